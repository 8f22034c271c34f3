"""Serves a Hugging Face checkpoint of a causal language model with log-probabilities, as OpenAI-compatible servers do: for tests on real weights.

    python serve.py CHECKPOINT --port 8000 [--log requests.jsonl]

Needs torch, transformers and tokenizers. One request at a time, float32. Understands n, temperature, top_p, seed, stop, logprobs with any number of
alternatives, logit_bias, and assistant messages that are to be continued. Every answered request is a line of the log: the prompt and its hash, the token
ids of prompt and answers, and the reward p(+) / (p(+) + p(-)) of the first token, computed in float64 from the logits.
"""
import argparse
import collections
import hashlib
import http.server
import json
import math
import threading

import tokenizers
import torch
import transformers


class Refusal(Exception):
    pass


class Model:
    def __init__(self, folder):
        self.tokenizer = tokenizers.Tokenizer.from_file(folder + "/tokenizer.json")
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.end = {self.tokenizer.token_to_id(name) for name in ("<|im_end|>", "<|endoftext|>")} - {None}
        self.names = self.spell(self.model.config.vocab_size)
        self.lock = threading.Lock()

    def spell(self, size):
        """A text of its own for every token, since completions tell alternatives apart by their texts."""
        texts = [self.tokenizer.decode([token], skip_special_tokens=False) for token in range(size)]
        counts = collections.Counter(texts)
        return ["token_id:%d" % token if "\ufffd" in text or counts[text] > 1 else text
                for token, text in enumerate(texts)]

    def text(self, ids):
        return self.tokenizer.decode([token for token in ids if token not in self.end])

    @torch.no_grad()
    def generate(self, ids, request):
        """`n` answers to a prompt, each a list of (token id, log-probability, [(id, log-probability), ...]), with the first token's logits."""
        count = request.get("n") or 1
        limit = request.get("max_tokens") or request.get("max_completion_tokens") or 16
        temperature, top_p = request.get("temperature", 1.0), request.get("top_p", 1.0)
        top, bias, stops = request["top"], request.get("logit_bias") or {}, request["stops"]
        random = torch.Generator()
        random.manual_seed(request["seed"]) if request.get("seed") is not None else random.seed()
        answers, finish, first = [[] for _ in range(count)], ["length"] * count, None
        open_answers = list(range(count))
        output = self.model(torch.tensor([ids]), use_cache=True)
        cache = output.past_key_values
        cache.batch_repeat_interleave(count)
        logits = output.logits[:, -1].repeat(count, 1)
        for _ in range(limit):
            logits = logits.double()
            if first is None:
                first = logits[0].clone()
            for token, value in bias.items():
                logits[:, int(token)] += value
            log_probs = torch.log_softmax(logits, -1)
            chosen = self.choose(log_probs, temperature, top_p, random)
            best = torch.topk(log_probs, min(top, log_probs.shape[-1]), -1) if top else None
            for index in list(open_answers):
                token = int(chosen[index])
                tops = list(zip(best.indices[index].tolist(), best.values[index].tolist())) if top else []
                answers[index].append((token, log_probs[index, token].item(), tops))
                text = self.text([entry[0] for entry in answers[index]])
                if token in self.end or any(stop in text for stop in stops):
                    finish[index] = "stop"
                    open_answers.remove(index)
            if not open_answers:
                break
            output = self.model(chosen[:, None], past_key_values=cache, use_cache=True)
            cache, logits = output.past_key_values, output.logits[:, -1]
        return answers, finish, first

    @staticmethod
    def choose(log_probs, temperature, top_p, random):
        if temperature == 0:
            return log_probs.argmax(-1)
        probabilities = torch.softmax(log_probs / temperature, -1)
        if top_p < 1:
            values, order = probabilities.sort(-1, descending=True)
            values[values.cumsum(-1) - values >= top_p] = 0
            probabilities = torch.zeros_like(probabilities).scatter(-1, order, values)
        return torch.multinomial(probabilities, 1, generator=random)[:, 0]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    model = name = log = None

    def do_GET(self):
        self.answer(200, {"data": [{"id": self.name}]} if self.path == "/v1/models" else {"status": "ok"})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if request.get("model") != self.name:
            return self.answer(404, {"error": {"message": "no such model"}})
        try:
            self.complete(request, self.path == "/v1/chat/completions")
        except Refusal as refusal:
            self.answer(400, {"error": {"message": str(refusal)}})

    def complete(self, request, chat):
        if chat:
            prompt = self.layout(request)
            request["top"] = request.get("top_logprobs", 0) if request.get("logprobs") else 0
        else:
            prompt = request["prompt"]
            request["top"] = request.get("logprobs") or 0
        tells = bool(request.get("logprobs")) or request.get("logprobs") == 0
        stop = request.get("stop") or []
        request["stops"] = [stop] if isinstance(stop, str) else stop
        model = self.model
        ids = model.tokenizer.encode(prompt, add_special_tokens=False).ids
        with model.lock:
            answers, finish, first = model.generate(ids, request)
        choices = [self.choice(*parts, request["stops"], tells, chat) for parts in zip(range(len(answers)), answers, finish)]
        plus, minus = (model.tokenizer.token_to_id(sign) for sign in "+-")
        # Logged before it is sent: a reply that got lost on the way was answered all the same.
        if self.log:
            line = {
                "prompt": hashlib.sha256(prompt.encode()).hexdigest(), "text": prompt, "prompt_ids": ids,
                "ids": [[entry[0] for entry in answer] for answer in answers],
                "answers": [choice["message"]["content"] if chat else choice["text"] for choice in choices],
                "reward": 1 / (1 + math.exp(-(first[plus] - first[minus]).item()))}
            with open(self.log, "a") as file:
                file.write(json.dumps(line) + "\n")
        usage = {"prompt_tokens": len(ids), "completion_tokens": sum(map(len, answers))}
        self.answer(200, {"choices": choices, "usage": usage, "model": self.name})

    @staticmethod
    def layout(request):
        messages = request["messages"]
        continues = request.get("continue_final_message") and messages[-1]["role"] == "assistant"
        if continues and request.get("add_generation_prompt", True):
            raise Refusal("continue_final_message needs add_generation_prompt false")
        turns = ["<|im_start|>%s\n%s" % (message["role"], message["content"]) for message in messages]
        text = "<|im_end|>\n".join(turns)
        return text if continues else text + "<|im_end|>\n<|im_start|>assistant\n"

    def choice(self, index, answer, finish, stops, tells, chat):
        model = self.model
        text = model.text([token for token, _, _ in answer])
        for stop in stops:
            text = text.split(stop)[0]
        choice = {"index": index, "finish_reason": finish}
        if chat:
            choice["message"] = {"role": "assistant", "content": text}
        else:
            choice["text"] = text
        if tells and chat:
            choice["logprobs"] = {"content": [
                {"token": model.names[token], "logprob": value,
                 "top_logprobs": [{"token": model.names[other], "logprob": number} for other, number in tops]}
                for token, value, tops in answer]}
        elif tells:
            choice["logprobs"] = {
                "tokens": [model.names[token] for token, _, _ in answer],
                "token_logprobs": [value for _, value, _ in answer],
                "top_logprobs": [{model.names[other]: number for other, number in tops} for _, _, tops in answer]}
        return choice

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
    parser.add_argument("--name", default="checkpoint")
    parser.add_argument("--log")
    options = parser.parse_args()
    torch.set_num_threads(1)
    Handler.model, Handler.name, Handler.log = Model(options.checkpoint), options.name, options.log
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    print("serving %s on port %d" % (options.checkpoint, server.server_port), flush=True)
    server.serve_forever()


main()
