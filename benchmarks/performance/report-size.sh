#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the report of a run of LiveCodeBench's size takes: 1,055 problems × 8 candidates × 10 selectors that only read, verdicts imported. Prints CPU seconds and
# peak memory of `bestofn report --html`, the size of the index (to stay below 2 MB) and of all pages.
set -eu
program=$(cd "$(dirname "$0")/../.." && pwd)/.build/release/bestofn
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 - <<'END'
import json, random
random.seed(1)
words = "parcel locker row nearest free delivery number value limit first last order sum path grid word letter".split()
with open("problems.jsonl", "w") as problems, open("pool.jsonl", "w") as pool:
    for number in range(1055):
        identity = "made_%d" % number
        difficulty = ("easy", "medium", "hard")[number % 3]
        problems.write(json.dumps({
            "question_title": "Problem %d" % number, "question_content": " ".join(random.choices(words, k=150)), "platform": "made",
            "question_id": identity, "contest_id": "made", "contest_date": "2026-01-01T00:00:00", "starter_code": "", "difficulty": difficulty,
            "public_test_cases": json.dumps([{"input": "1", "output": "1", "testtype": "stdin"}]), "private_test_cases": "[]",
            "metadata": "{}"}) + "\n")
        rate = {"easy": 0.85, "medium": 0.5, "hard": 0.2}[difficulty]
        for sample in range(8):
            lines = ["def read():", "    return list(map(int, input().split()))", "", "", "def solve(values, limit):", "    total = %d" % random.randrange(9),
                     "    for value in values:"]
            lines += ["        total += value * %d" % random.randrange(9) for _ in range(random.randrange(5, 40))]
            lines += ["    return total if total < limit else limit", "", "", "print(solve(read(), 9))", ""]
            pool.write(json.dumps({
                "problem": identity, "model": "made", "sample": sample, "code": "\n".join(lines),
                "verdict": {"passed": random.random() < rate, "source": "made"}}) + "\n")
END
cat > experiment.yaml <<'END'
benchmark: livecodebench
problems: problems.jsonl
pools: [{name: made, candidates: pool.jsonl, verdicts: imported}]
selectors:
  - first
  - majority-text
  - self-certainty-proxy
  - {name: shortest, label: fewest characters}
  - {name: shortest, label: fewest lines, options: {unit: lines}}
  - {name: longest, label: most characters}
  - {name: longest, label: most lines, options: {unit: lines}}
  - {name: shortest, label: fewest characters again}
  - {name: longest, label: most lines again, options: {unit: lines}}
  - {name: first, label: the first one again}
outputs: {run: run}
END
"$program" run experiment.yaml --quiet >/dev/null
python3 - "$program" <<'END'
import os, resource, subprocess, sys
subprocess.run([sys.argv[1], "report", "run", "--html", "html"], check=True, stdout=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
pages = sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk("html") for name in names)
index = os.path.getsize("html/index.html")
print("1,055 problems x 8 candidates x 10 selectors: %.2f s CPU, %.0f MB of memory; index %.0f kB, all pages %.1f MB" % (
    usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, index / 1e3, pages / 1e6))
if index >= 2_000_000:
    sys.exit("the index is too large")
END
