"""Serves a Hugging Face checkpoint of a causal language model with log-probabilities, as OpenAI-compatible servers do: for tests on real weights.

    python serve.py CHECKPOINT --port 8000 [--log requests.jsonl]

Needs torch, transformers and tokenizers. One request at a time, float32, greedy. Every answered request is a line of the log: the prompt, and the
reward p(+) / (p(+) + p(-)) of its next token, computed in float64 from the logits.
"""
import argparse
import hashlib
import http.server
import json
import math
import threading

import tokenizers
import torch
import transformers


class Model:
    def __init__(self, folder):
        self.tokenizer = tokenizers.Tokenizer.from_file(folder + "/tokenizer.json")
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.lock = threading.Lock()

    def next_logits(self, ids):
        with torch.no_grad():
            return self.model(torch.tensor([ids])).logits[0, -1].double()

    def complete(self, prompt, tokens, top, bias):
        ids = self.tokenizer.encode(prompt, add_special_tokens=False).ids
        text, first, reward = [], None, None
        for index in range(tokens):
            logits = self.next_logits(ids + text)
            if index == 0:
                plus, minus = (self.tokenizer.token_to_id(sign) for sign in "+-")
                reward = 1 / (1 + math.exp(-(logits[plus] - logits[minus]).item()))
            for token, value in bias.items():
                logits[int(token)] += value
            if index == 0:
                log_probs = torch.log_softmax(logits, -1)
                best = torch.topk(log_probs, min(top, len(log_probs)))
                first = [(self.spell(token), value) for value, token in zip(best.values.tolist(), best.indices.tolist())]
            text.append(int(logits.argmax()))
        return len(ids), self.tokenizer.decode(text), first, reward

    def spell(self, token):
        return self.tokenizer.decode([token], skip_special_tokens=False)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model = name = log = None

    def do_GET(self):
        self.answer(200, {"data": [{"id": self.name}]} if self.path == "/v1/models" else {"status": "ok"})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if request.get("model") != self.name:
            return self.answer(404, {"error": {"message": "no such model"}})
        chat = self.path == "/v1/chat/completions"
        if chat:
            turns = "".join("<|im_start|>%s\n%s<|im_end|>\n" % (m["role"], m["content"]) for m in request["messages"])
            prompt = turns + "<|im_start|>assistant\n"
            top = request.get("top_logprobs", 0) if request.get("logprobs") else 0
        else:
            prompt, top = request["prompt"], request.get("logprobs") or 0
        with self.model.lock:
            count, text, first, reward = self.model.complete(
                prompt, request["max_tokens"], top, request.get("logit_bias") or {})
        choice = {"index": 0, "finish_reason": "length"}
        if chat:
            choice["message"] = {"role": "assistant", "content": text}
            alternatives = [{"token": token, "logprob": value} for token, value in first]
            if top:
                choice["logprobs"] = {"content": [dict(alternatives[0], top_logprobs=alternatives)]}
        else:
            choice["text"] = text
            if top:
                choice["logprobs"] = {
                    "tokens": [first[0][0]], "token_logprobs": [first[0][1]], "top_logprobs": [dict(first)]}
        usage = {"prompt_tokens": count, "completion_tokens": request["max_tokens"]}
        # Logged before it is sent: a reply that got lost on the way was answered all the same.
        if self.log:
            with open(self.log, "a") as file:
                digest = hashlib.sha256(prompt.encode()).hexdigest()
                file.write(json.dumps({"prompt": digest, "reward": reward}) + "\n")
        self.answer(200, {"choices": [choice], "usage": usage, "model": self.name})

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
    torch.manual_seed(0)
    torch.set_num_threads(1)
    Handler.model, Handler.name, Handler.log = Model(options.checkpoint), options.name, options.log
    server = http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    print("serving %s on port %d" % (options.checkpoint, server.server_port), flush=True)
    server.serve_forever()


main()
