"""Serves a Hugging Face checkpoint of a causal language model as OpenAI-compatible servers do: for tests on real weights.

    python serve.py CHECKPOINT --port 8000 [--log requests.jsonl] [--context 4096]

Needs torch, transformers and tokenizers. One request at a time, in float32; the n answers of a request are drawn together. Turns are laid out as Qwen's
models expect them (ChatML).

Known fields of a request: n, max_tokens, max_completion_tokens, temperature, top_p, seed, stop, ignore_eos, logit_bias, logprobs, top_logprobs,
continue_final_message, add_generation_prompt. Others are ignored. Any number of alternatives per token can be asked for, up to the whole vocabulary.
Log-probabilities are those of temperature 1 before top_p. The token that ends an answer counts and has its log-probability, but is not part of the text.
The same seed and request give the same answers, whatever n is: the i-th answer is drawn with seed + i.

Every answered request is a line of the log:
    prompt   SHA-256 of the prompt's text
    reward   p(+) / (p(+) + p(-)) of the first token, computed in float64 from the logits
    form     chat or completions
    top      how many alternatives per token were told; null for no log-probabilities
    ids      the prompt's tokens
    answers  for each its tokens ("ids"), "text" and "finish"
"""
import argparse
import hashlib
import http.server
import json
import math
import random
import threading

import tokenizers
import torch
import transformers


class Refusal(Exception):
    def __init__(self, message, status=400):
        super().__init__(message)
        self.status = status


class Sampling:
    """What a request says about the drawing of its answers."""

    def __init__(self, request):
        def number(name, default, least, whole=False):
            value = request.get(name)
            if value is None:
                return default
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or value < least:
                raise Refusal("'%s' must be %s of at least %s." % (name, "a whole number" if whole else "a number", least))
            return value

        self.n = number("n", 1, 1, whole=True)
        limit = "max_completion_tokens" if request.get("max_completion_tokens") is not None else "max_tokens"
        self.max_tokens = number(limit, 16, 1, whole=True)
        self.temperature = number("temperature", 1, 0)
        self.top_p = number("top_p", 1, 0)
        if not 0 < self.top_p <= 1:
            raise Refusal("'top_p' must be above 0 and at most 1.")
        self.seed = number("seed", None, 0, whole=True)
        stop = request.get("stop") or []
        self.stop = [stop] if isinstance(stop, str) else stop
        if not isinstance(self.stop, list) or not all(isinstance(text, str) and text for text in self.stop):
            raise Refusal("'stop' must be a text or a list of texts.")
        self.bias = request.get("logit_bias") or {}
        self.ignore_eos = request.get("ignore_eos") is True


class Answer:
    def __init__(self):
        self.ids, self.log_probs, self.alternatives, self.text, self.finish = [], [], [], "", None


class Model:
    def __init__(self, folder, context):
        self.tokenizer = tokenizers.Tokenizer.from_file(folder + "/tokenizer.json")
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.context = context
        ends = self.model.config.eos_token_id
        self.ends = set(ends if isinstance(ends, list) else [] if ends is None else [ends])
        self.names = self.spellings(self.model.config.vocab_size)
        self.lock = threading.Lock()

    def spellings(self, count):
        """Every token's text; a name of its own where that is no text, or another's: the completions form tells tokens apart by it."""
        texts = [self.tokenizer.decode([token], skip_special_tokens=False) for token in range(count)]
        return [
            "token_id:%d" % token if not text or "\ufffd" in text or texts.index(text) != token else text
            for token, text in enumerate(texts)
        ]

    def encode(self, prompt):
        return self.tokenizer.encode(prompt, add_special_tokens=False).ids

    def complete(self, ids, sampling, top):
        """Draws the answers to a prompt.

        Returns them, and the reward that its first token tells.
        """
        if self.context and len(ids) + sampling.max_tokens > self.context:
            raise Refusal(
                "This model's maximum context length is %d tokens. However, you requested %d tokens (%d in the messages, %d in the completion)."
                % (self.context, len(ids) + sampling.max_tokens, len(ids), sampling.max_tokens))
        answers = [Answer() for _ in range(sampling.n)]
        seed = random.getrandbits(31) if sampling.seed is None else sampling.seed
        draws = [random.Random(seed + index) for index in range(sampling.n)]
        with torch.no_grad():
            step = self.model(torch.tensor([ids]), use_cache=True, logits_to_keep=1)
            cache, logits = step.past_key_values, step.logits[:, -1].double()
            reward = self.reward(logits[0])
            cache.batch_repeat_interleave(sampling.n)
            logits = logits.repeat(sampling.n, 1)
            while True:
                for token, value in sampling.bias.items():
                    logits[:, int(token)] += value
                log_probs = torch.log_softmax(logits, -1)
                best = torch.topk(log_probs, min(top, log_probs.shape[1])) if top else None
                tokens = []
                for index, (answer, draw) in enumerate(zip(answers, draws)):
                    # What ended is carried along, so that the others' batch stays as it is.
                    tokens.append(self.draw(log_probs[index], sampling, draw) if answer.finish is None else 0)
                    if answer.finish is None:
                        answer.log_probs.append(log_probs[index, tokens[-1]].item())
                        if best:
                            answer.alternatives.append((best.indices[index].tolist(), best.values[index].tolist()))
                        self.extend(answer, tokens[-1], sampling)
                if all(answer.finish for answer in answers):
                    return answers, reward
                step = self.model(torch.tensor(tokens)[:, None], past_key_values=cache, use_cache=True)
                cache, logits = step.past_key_values, step.logits[:, -1].double()

    def draw(self, log_probs, sampling, draw):
        if sampling.temperature == 0:
            return int(log_probs.argmax())
        ordered = torch.sort(torch.softmax(log_probs / sampling.temperature, -1), descending=True, stable=True)
        sums = torch.cumsum(ordered.values, 0)
        # The fewest tokens that together have top_p, at least one.
        count = min(int((sums < sampling.top_p).sum()) + 1, len(sums)) if sampling.top_p < 1 else len(sums)
        place = torch.searchsorted(sums[:count], draw.random() * sums[count - 1].item(), right=True)
        return int(ordered.indices[min(int(place), count - 1)])

    def extend(self, answer, token, sampling):
        answer.ids.append(token)
        if token in self.ends and not sampling.ignore_eos:
            answer.finish = "stop"
        else:
            answer.text = self.tokenizer.decode(answer.ids)
            places = [place for place in (answer.text.find(text) for text in sampling.stop) if place >= 0]
            if places:
                answer.text, answer.finish = answer.text[:min(places)], "stop"
        if answer.finish is None and len(answer.ids) == sampling.max_tokens:
            answer.finish = "length"

    def reward(self, logits):
        plus, minus = (self.tokenizer.token_to_id(sign) for sign in "+-")
        if plus is None or minus is None:
            return None
        return 1 / (1 + math.exp(-(logits[plus] - logits[minus]).item()))


def chat_prompt(request):
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Refusal("'messages' must be a list of at least one message.")
    for message in messages:
        if not isinstance(message, dict) or not all(isinstance(message.get(key), str) for key in ("role", "content")):
            raise Refusal("Every message needs a 'role' and a 'content', both texts.")
    goes_on = request.get("continue_final_message") is True
    if goes_on and request.get("add_generation_prompt", True):
        raise Refusal("Cannot set both 'continue_final_message' and 'add_generation_prompt' to true.")
    text = "".join("<|im_start|>%s\n%s<|im_end|>\n" % (message["role"], message["content"]) for message in messages)
    if goes_on:
        return text[:-len("<|im_end|>\n")]
    return text + ("<|im_start|>assistant\n" if request.get("add_generation_prompt", True) else "")


def chat_log_probs(answer, top, names):
    def item(token, value):
        return {"token": names[token], "logprob": value, "bytes": None}

    alternatives = answer.alternatives if top else [([], [])] * len(answer.ids)
    return {"content": [
        dict(item(token, value), top_logprobs=[item(*other) for other in zip(*others)])
        for token, value, others in zip(answer.ids, answer.log_probs, alternatives)]}


def completion_log_probs(answer, top, names):
    """The drawn token is among the alternatives, whether or not it is one of the likeliest."""
    alternatives = answer.alternatives if top else [([], [])] * len(answer.ids)
    return {
        "tokens": [names[token] for token in answer.ids],
        "token_logprobs": answer.log_probs,
        "top_logprobs": [
            dict([(names[other], number) for other, number in zip(*others)] + [(names[token], value)])
            for token, value, others in zip(answer.ids, answer.log_probs, alternatives)] if top else None,
    }


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    model = name = log = None

    def do_GET(self):
        if self.path == "/v1/models":
            return self.answer(200, {"object": "list", "data": [
                {"id": self.name, "object": "model", "max_model_len": self.model.context}]})
        self.answer(200, {"status": "ok"}) if self.path == "/health" else self.refuse(404, "There is no %s." % self.path)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            try:
                request = json.loads(body)
            except ValueError as error:
                raise Refusal("The body is not JSON: %s." % error)
            if not isinstance(request, dict):
                raise Refusal("The body is not a JSON object.")
            answer = self.complete(request)
        except Refusal as refusal:
            return self.refuse(refusal.status, str(refusal))
        self.answer(200, answer)

    def complete(self, request):
        if self.path not in ("/v1/chat/completions", "/v1/completions"):
            raise Refusal("There is no %s." % self.path, 404)
        if request.get("model") != self.name:
            raise Refusal("The model `%s` does not exist." % request.get("model"), 404)
        if request.get("stream"):
            raise Refusal("Answers cannot be streamed.")
        chat = self.path == "/v1/chat/completions"
        if chat:
            prompt = chat_prompt(request)
            top = request.get("top_logprobs") or 0 if request.get("logprobs") is True else None
        else:
            prompt, top = request.get("prompt"), request.get("logprobs")
            if not isinstance(prompt, str) or not prompt:
                raise Refusal("'prompt' must be a text.")
        if top is not None and (isinstance(top, bool) or not isinstance(top, int) or top < 0):
            raise Refusal("The number of alternatives per token must be a whole number of at least 0.")
        sampling = Sampling(request)
        with self.model.lock:
            ids = self.model.encode(prompt)
            answers, reward = self.model.complete(ids, sampling, top or 0)
            # Logged before it is sent: a reply that got lost on the way was answered all the same.
            self.record(prompt, reward, "chat" if chat else "completions", top, ids, answers)
        choices = []
        for index, answer in enumerate(answers):
            choice = {"index": index, "finish_reason": answer.finish, "logprobs": None}
            if chat:
                choice["message"] = {"role": "assistant", "content": answer.text}
            else:
                choice["text"] = answer.text
            if top is not None:
                choice["logprobs"] = (chat_log_probs if chat else completion_log_probs)(answer, top, self.model.names)
            choices.append(choice)
        count = sum(len(answer.ids) for answer in answers)
        return {
            "object": "chat.completion" if chat else "text_completion", "model": self.name, "choices": choices,
            "usage": {"prompt_tokens": len(ids), "completion_tokens": count, "total_tokens": len(ids) + count}}

    def record(self, prompt, reward, form, top, ids, answers):
        if not self.log:
            return
        line = {
            "prompt": hashlib.sha256(prompt.encode()).hexdigest(), "reward": reward, "form": form, "top": top, "ids": ids,
            "answers": [{"ids": answer.ids, "text": answer.text, "finish": answer.finish} for answer in answers]}
        with open(self.log, "a") as file:
            file.write(json.dumps(line) + "\n")

    def refuse(self, status, message):
        self.answer(status, {"error": {"message": message, "code": status}})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--name", default="checkpoint", help="what the model is called")
    parser.add_argument("--log", help="a line per answered request")
    parser.add_argument("--context", type=int, help="how many tokens prompt and answer may have together; longer requests are refused")
    options = parser.parse_args()
    torch.set_num_threads(1)
    Handler.model, Handler.name, Handler.log = Model(options.checkpoint, options.context), options.name, options.log
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    print("serving %s on port %d" % (options.checkpoint, server.server_port), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


main()
