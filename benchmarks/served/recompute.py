"""Compares a generated pool's token statistics with those of the model's full logits, computed anew in float64.

    python recompute.py CHECKPOINT --log requests.jsonl POOL.jsonl ...

The pools are written by `bestofn generate --keep-output` with answers of serve.py, whose --log says which tokens each answer has. For each row: the number
of tokens, the sum of their log-probabilities, and self-certainty, the mean over tokens of -(1/V) sum_j ln(V p_j), where row P-1+i of the logits of prompt
and answer tells the distribution of the answer's token i. Where the row has it from the k likeliest tokens, what they leave over is spread evenly over the
other tokens of the vocabulary. The pool's card says whether the vocabulary's size was known; if not, it is the divergence among the k alone.

Exit codes: 0 all equal, 1 a difference above --tolerance or an answer that the log lacks.
"""
import argparse
import collections
import gzip
import json
import math
import pathlib
import sys

import tokenizers
import torch
import transformers

TAIL_FLOOR = 1e-7


def rows_of(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        # A server that was killed may have left half a line.
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


class Answers:
    """The log's answers with their log-probabilities, by text."""

    def __init__(self, checkpoint, log):
        model = transformers.AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float64).eval()
        tokenizer = tokenizers.Tokenizer.from_file(checkpoint + "/tokenizer.json")
        self.by_text = collections.defaultdict(list)
        self.count = 0
        for line in rows_of(log):
            if "answers" not in line:
                continue
            prompt, texts = line["ids"], [answer["ids"] for answer in line["answers"]]
            longest = max(map(len, texts))
            # Causal: what stands behind an answer does not change it.
            batch = torch.tensor([prompt + ids + [0] * (longest - len(ids)) for ids in texts])
            with torch.no_grad():
                logits = model(batch, logits_to_keep=longest + 1).logits
            for ids, answer, values in zip(texts, line["answers"], logits):
                told = tokenizer.decode(ids)
                if not told.startswith(answer["text"]):
                    sys.exit("The log's text is not that of its tokens: %r" % answer["text"])
                self.count += 1
                self.by_text[answer["text"]].append({
                    "prompt": len(prompt), "ids": ids, "finish": answer["finish"], "form": line["form"], "top": line["top"],
                    "log_probs": torch.log_softmax(values[:len(ids)], -1)})


def sum_log_prob(answer):
    return sum(answer["log_probs"][i, token].item() for i, token in enumerate(answer["ids"]))


def told(answer):
    """For each token the log-probabilities that the server told, in descending order."""
    best = torch.topk(answer["log_probs"], min(answer["top"], answer["log_probs"].shape[1]), -1)
    rows = []
    for i, token in enumerate(answer["ids"]):
        row = best.values[i].tolist()
        if answer["form"] == "completions" and token not in best.indices[i].tolist():
            row.append(answer["log_probs"][i, token].item())
        rows.append(row)
    return rows


def self_certainty(answer, k, knows_vocabulary):
    """k: how many log-probabilities per token to use; None for all."""
    size = answer["log_probs"].shape[1]
    if k is None:
        return (-answer["log_probs"].mean(-1) - math.log(size)).mean().item()
    total = 0
    for row in told(answer):
        row = row[:k]
        if knows_vocabulary:
            rest = max(1 - sum(math.exp(value) for value in row), TAIL_FLOOR)
            tail = (size - k) * math.log(rest / (size - k)) if size > k else 0
            total += -(sum(row) + tail) / size - math.log(size)
        else:
            mass = math.log(sum(math.exp(value) for value in row))
            total += -sum(value - mass for value in row) / k - math.log(k)
    return total / len(answer["ids"])


def differences(row, answer, knows_vocabulary):
    tokens, made = row["tokens"], row["generation"]
    found = {
        "count": abs(tokens["count"] - len(answer["ids"])),
        "completionTokens": abs(made["completionTokens"] - len(answer["ids"])),
        "promptTokens": abs(made["promptTokens"] - answer["prompt"]),
        "finish": int(made.get("finish") != answer["finish"]),
        "sumLogProb": abs(tokens.get("sumLogProb", math.inf) - sum_log_prob(answer)),
    }
    if answer["top"]:
        exact = tokens.get("exact") is True
        if not exact:
            found["k"] = abs((tokens.get("k") or 0) - min(map(len, told(answer))))
        expected = self_certainty(answer, None if exact else tokens.get("k") or 1, knows_vocabulary)
        found["exact" if exact else "approximate"] = abs(tokens.get("selfCertainty", math.inf) - expected)
    return found


def card_of(pool):
    path = pathlib.Path(pool)
    card = path.with_name(path.name.split(".")[0] + ".card.json")
    return json.loads(card.read_text()) if card.exists() else {}


def compare(pool, answers, tolerance):
    knows_vocabulary = card_of(pool).get("settings", {}).get("vocabularySize") is not None
    largest, rows, missing, bound = collections.defaultdict(float), 0, [], []
    for row in rows_of(pool):
        rows += 1
        name = "%s, sample %s" % (row.get("problem"), row.get("sample"))
        if "output" not in row or "tokens" not in row:
            sys.exit("%s: %s has no output or no token statistics; generate with --keep-output." % (pool, name))
        # The same text can have been drawn twice, with other tokens or for another problem; each answer is some row's.
        options = answers.by_text[row["output"]]
        ranked = sorted(
            (max(found.values()), index, found) for index, found in
            ((index, differences(row, answer, knows_vocabulary)) for index, answer in enumerate(options)))
        if not ranked:
            missing.append(name)
            continue
        answer = options.pop(ranked[0][1])
        for key, value in ranked[0][2].items():
            largest[key] = max(largest[key], value)
        if "approximate" in ranked[0][2] and knows_vocabulary:
            bound.append(self_certainty(answer, None, True) - row["tokens"]["selfCertainty"])
    print("%s: %d candidates, %d with an answer of the log" % (pool, rows, rows - len(missing)))
    for key, value in largest.items():
        print("  largest difference of %-16s %.2e" % (key, value))
    if bound:
        print("  the approximation is below the exact value by %.4f to %.4f" % (min(bound), max(bound)))
    for name in missing[:5]:
        print("  not in the log: %s" % name)
    return rows > 0 and not missing and all(value <= tolerance for value in largest.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("pools", nargs="+", metavar="pool")
    parser.add_argument("--log", required=True)
    parser.add_argument("--tolerance", type=float, default=1e-3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    answers = Answers(options.checkpoint, options.log)
    equal = [compare(pool, answers, options.tolerance) for pool in options.pools]
    print("%d answers of the log are in no pool" % sum(map(len, answers.by_text.values())))
    sys.exit(0 if all(equal) else 1)


main()
