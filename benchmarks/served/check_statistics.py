"""Recomputes the token statistics of a generated pool from full logits, and compares.

    python check_statistics.py CHECKPOINT --log requests.jsonl --problems HumanEval.jsonl.gz --pool pool.jsonl [--tolerance 1e-3]

The pool comes from `bestofn generate` with 'keepOutput: true', asked of serve.py, whose log tells the token ids. For each candidate, in float64: the number of
tokens, the sum of their log-probabilities, and self-certainty, the mean over the generated tokens of -(1/V) sum_j ln p_j - ln V, with p the distribution
that predicted the token; where the pool says that it knew k alternatives only, what is missing is spread evenly over the other V - k. Exit code 1 where a
difference is larger than the tolerance, or a candidate is not in the log. Shares no code with the program under test.
"""
import argparse
import collections
import gzip
import json
import math
import sys

import torch
import transformers


def rows(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt") as file:
        # A server that was killed may have left half a line.
        return [json.loads(line) for line in file if line.endswith("}\n")]


def uniform_tail(log_probs, k, vocabulary):
    top = torch.topk(log_probs, k, -1).values
    missing = (1 - top.exp().sum(-1)).clamp(min=1e-7)
    total = top.sum(-1) + (vocabulary - k) * (missing / (vocabulary - k)).log()
    return (-total / vocabulary - math.log(vocabulary)).mean().item()


@torch.no_grad()
def statistics(model, prompt, answer, k):
    logits = model(torch.tensor([prompt + answer])).logits[0].double()
    log_probs = torch.log_softmax(logits[len(prompt) - 1:len(prompt) + len(answer) - 1], -1)
    vocabulary = log_probs.shape[-1]
    total = log_probs[torch.arange(len(answer)), torch.tensor(answer)].sum().item()
    if k is None:
        certainty = (-log_probs.mean(-1) - math.log(vocabulary)).mean().item()
    else:
        certainty = uniform_tail(log_probs, k, vocabulary)
    return {"count": len(answer), "sumLogProb": total, "selfCertainty": certainty}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--log", required=True)
    parser.add_argument("--problems", required=True)
    parser.add_argument("--pool", required=True)
    parser.add_argument("--tolerance", type=float, default=1e-3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = transformers.AutoModelForCausalLM.from_pretrained(options.checkpoint, dtype=torch.float64).eval()
    statements = {row["task_id"]: row["prompt"] for row in rows(options.problems)}
    by_text = collections.defaultdict(list)
    for line in rows(options.log):
        for ids, text in zip(line["ids"], line["answers"]):
            by_text[text].append((line["text"], line["prompt_ids"], ids))
    largest, exact, lost = collections.Counter(), 0, []
    pool = rows(options.pool)
    for row in pool:
        known = row["tokens"]
        exact += known["exact"]
        best = None
        # Different tokens can spell the same text: the nearest of those that answered this problem's prompt.
        for text, prompt, ids in by_text[row["output"]]:
            if statements[row["problem"]] not in text:
                continue
            own = statistics(model, prompt, ids, known.get("k"))
            differences = {name: abs(own[name] - known[name]) for name in own}
            if best is None or max(differences.values()) < max(best.values()):
                best = differences
            if max(best.values()) <= options.tolerance:
                break
        if best is None:
            lost.append("%s/%d" % (row["problem"], row["sample"]))
            continue
        for name, value in best.items():
            largest[name] = max(largest[name], value)
    print("%d candidates, %d exact; largest differences: %s" % (
        len(pool), exact, ", ".join("%s %.2e" % pair for pair in sorted(largest.items()))))
    if lost:
        print("not in the log: %s" % ", ".join(lost[:10]))
    sys.exit(bool(lost) or max(largest.values(), default=1) > options.tolerance)


main()
