#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The client of language model servers, with 256 requests in flight against a server on this machine that answers at once: requests per second,
# processor time per request and memory, of the transport, of the client, and of a whole `bestofn generate`. And what a large answer costs to read.
set -eu
cd "$(dirname "$0")/../.."
exec python3 - .build/release/bestofn "${CANDIDATES:-72000}" <<'PYTHON'
import json, os, subprocess, sys, tempfile, time
tool, candidates = sys.argv[1], int(sys.argv[2])
PROBLEMS, DEMAND = 1000, 2000
failures = []

size, ms, before, after = map(float, subprocess.check_output([tool, "measure-client", "answer"]).split())
print(f"answer  {size:.1f} MB (8 samples x 2,048 tokens x 20 alternatives): {ms:.1f} ms CPU per MB, {after - before:.0f} MB of memory beside the text")

server = subprocess.Popen([tool, "measure-client", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
try:
    url = server.stdout.readline().strip()
    for part in ("transport", "client"):
        line = subprocess.check_output([tool, "measure-client", part, "--server", url])
        rate, cpu, early, late = map(float, line.split())
        print(f"{part:9s} {rate:,.0f} requests/s, {cpu:.0f} us CPU per request, {early:.0f} MB after a tenth, {late:.0f} MB at the end")
        if rate < DEMAND: failures.append(f"{part}: fewer than {DEMAND} requests/s")
    peaks = []
    for count in (candidates // 10, candidates):
        samples = count // PROBLEMS
        with tempfile.TemporaryDirectory() as folder:
            rows = [json.loads(line) for line in open("benchmarks/demo/problems.jsonl")]
            with open(f"{folder}/problems.jsonl", "w") as file:
                for number in range(PROBLEMS):
                    json.dump(rows[number % len(rows)] | {"question_id": f"p{number}"}, file)
                    file.write("\n")
            start = time.monotonic()
            child = subprocess.Popen([
                tool, "generate", "--quiet", "--benchmark", "livecodebench", "--problems", f"{folder}/problems.jsonl", "--server", url,
                "--model", "m", "--samples", str(samples), "--max-tokens", "10", "--prompt", "plain", "--concurrency", "256", "--run", f"{folder}/run",
                "--output", f"{folder}/pool.jsonl.gz"], stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            seconds = time.monotonic() - start
        if status != 0: sys.exit("bestofn generate failed")
        total, cpu = samples * PROBLEMS, usage.ru_utime + usage.ru_stime
        peaks.append(usage.ru_maxrss / 1024)
        print(f"generate  {total:,} candidates, a request each: {total / seconds:,.0f} requests/s, {cpu / total * 1e6:.0f} us CPU per request, {peaks[-1]:.0f} MB at most")
    if total / seconds < DEMAND: failures.append(f"generate: fewer than {DEMAND} requests/s")
    # The run's database keeps 64 MB of itself in memory.
    if peaks[1] > peaks[0] + 80: failures.append("generate: memory grows with the number of candidates")
finally:
    server.stdin.close()
    server.wait()
if failures: sys.exit("; ".join(failures))
PYTHON
