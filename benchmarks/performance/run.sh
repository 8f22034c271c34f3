#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures what one candidate costs: CPU seconds of the whole process tree, wall time and peak memory, per pool and number of workers.
#
# Pools: the demo's, and those of the data pack in ../shared (or $BESTOFN_SHARED) where it is present. Machines are noisy: trust CPU per candidate and ratios.
set -eu
cd "$(dirname "$0")/../.."
tool=.build/release/bestofn
shared=${BESTOFN_SHARED:-../shared}/data
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

measure() { # label, workers, execute options…
    label=$1
    workers=$2
    shift 2
    python3 - "$label" "$workers" "$scratch" "$tool" "$@" <<'PYTHON'
import json, os, resource, subprocess, sys, time
label, workers, scratch, tool, *options = sys.argv[1:]
output = os.path.join(scratch, "out.jsonl")
start = time.monotonic()
code = subprocess.run([tool, "execute", "--quiet", "--workers", workers, "--output", output] + options).returncode
wall = time.monotonic() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
if code:
    sys.exit(f"{label}: exit code {code}")
rows = [json.loads(line) for line in open(output)]
own = sum(row["cpuSeconds"] for row in rows)
cpu = usage.ru_utime + usage.ru_stime
passed = sum(row["passed"] for row in rows)
print(f"{label:34} {workers:>7} {len(rows):>10} {passed:>7} {1000 * cpu / len(rows):>11.1f} {1000 * own / len(rows):>9.1f} "
      f"{len(rows) / wall:>10.1f} {max(row['peakBytes'] for row in rows) / 1e6:>8.0f}")
PYTHON
}

echo "CPU: the whole process tree that was waited for. own: the candidates' processes alone (equal programs run once; each row counts)."
printf '%-34s %7s %10s %7s %11s %9s %10s %8s\n' pool workers candidates passed "CPU ms each" "own ms" "per second" "peak MB"
for workers in 1 2; do
    measure "demo (LiveCodeBench rules)" $workers --benchmark livecodebench --problems benchmarks/demo/problems.jsonl \
        --candidates benchmarks/demo/pool-cof.jsonl --seconds 1
    [ -d "$shared" ] || continue
    for model in gpt-3.5-turbo gpt-4; do
        measure "HumanEval, $model" $workers --benchmark humaneval --problems "$shared/humaneval/HumanEval.jsonl.gz" \
            --candidates "$shared/humaneval/candidates_$model.jsonl.gz"
    done
    measure "HumanEval, codegen-16B (even)" $workers --benchmark humaneval --problems "$shared/humaneval/HumanEval.jsonl.gz" \
        --candidates "$shared/humaneval/candidates_codegen-16B_even.jsonl.gz"
    measure "LiveCodeBench, Qwen2.5 (public)" $workers --benchmark livecodebench \
        --problems "$shared/livecodebench/lcb_v6_partial.jsonl.gz" \
        --candidates "$shared/livecodebench/candidates_Qwen2.5-Ins-7B.jsonl.gz"
done
[ -d "$shared" ] || echo "(the data pack is not at $shared: only the demo was measured)"
