#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the harness itself takes for 10,000 candidates: reading, scoring by selectors that only read, storing, tables and reports. Verdicts are
# imported, so that no program is executed. Prints CPU and wall seconds of a first and of a repeated run, three times.
set -eu
program=$(cd "$(dirname "$0")/../.." && pwd)/.build/release/bestofn
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 - <<'END'
import json, random
random.seed(1)
with open("problems.jsonl", "w") as problems, open("pool.jsonl", "w") as pool:
    for number in range(250):
        name = "solve_%d" % number
        prompt = "def %s(values, limit):\n    \"\"\"Sum the values below the limit, problem %d.\"\"\"\n" % (name, number)
        problems.write(json.dumps({
            "task_id": "HumanEval/%d" % number, "prompt": prompt, "entry_point": name,
            "canonical_solution": "    return sum(v for v in values if v < limit)\n",
            "test": "def check(candidate):\n    assert candidate([1, 2], 2) == 1\n"}) + "\n")
        for sample in range(40):
            lines = ["    total = %d" % random.randrange(9), "    for value in values:"]
            lines += ["        total += value * %d" % random.randrange(4) for _ in range(random.randrange(1, 12))]
            code = prompt + "\n".join(lines + ["    return helper(total, limit)", "", "", "def helper(total, limit):",
                                               "    return total if total < limit else limit", ""])
            pool.write(json.dumps({
                "problem": "HumanEval/%d" % number, "model": "made", "sample": sample, "code": code,
                "verdict": {"passed": random.random() < 0.5, "source": "made"}}) + "\n")
END
cat > experiment.yaml <<'END'
benchmark: humaneval
problems: problems.jsonl
pools: [{name: made, candidates: pool.jsonl, verdicts: imported}]
selectors: [first, shortest, longest, majority-text]
outputs: {run: run, html: html, junit: junit.xml}
END
for turn in 1 2 3; do
    rm -rf run
    for kind in first repeated; do
        python3 - "$kind" "$program" <<'END'
import os, subprocess, sys, time
start, before = time.monotonic(), os.times()
subprocess.run([sys.argv[2], "run", "experiment.yaml", "--quiet"], check=True, stdout=subprocess.DEVNULL)
after = os.times()
cpu = after.children_user - before.children_user + after.children_system - before.children_system
print("%-8s %.2f s CPU, %.2f s wall" % (sys.argv[1], cpu, time.monotonic() - start))
END
    done
done
