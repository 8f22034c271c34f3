#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# CPU seconds of 95 % intervals and p-values: 10,000 resamples × 1,000 problems × 10 selectors, in turns with numpy where Python has it
# ($BESTOFN_NUMPY_PYTHON, or python3). Widths of the intervals are printed to see that both do the same.
set -eu
cd "$(dirname "$0")/../.."
python=${BESTOFN_NUMPY_PYTHON:-python3}
exec python3 - "$python" .build/release/bestofn <<'PYTHON'
import os, statistics, subprocess, sys
python, tool = sys.argv[1:]
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
THEIRS = """
import time, numpy
random = numpy.random.default_rng(1)
values = (random.random((1000, 10)) < 0.6).astype(float)
start = time.process_time()
sums = numpy.empty((10000, 10))
# The fastest of numpy's ways to count draws (add.at and multinomial take nine times as long).
for first in range(0, 10000, 100):
    draws = random.integers(0, 1000, (100, 1000)) + 1000 * numpy.arange(100)[:, None]
    counts = numpy.bincount(draws.ravel(), minlength=100 * 1000).reshape(100, 1000)
    sums[first:first + 100] = counts.astype(float) @ values
means = sums / 1000
low, high = numpy.quantile(means, [0.025, 0.975], axis=0)
p = numpy.minimum(1, 2 * (numpy.minimum((means <= 0).sum(0), (means >= 0).sum(0)) + 1) / 10001)
print(time.process_time() - start, (high - low).mean())
"""
has_numpy = subprocess.run([python, "-c", "import numpy"], stderr=subprocess.DEVNULL).returncode == 0
ours, theirs = [], []
for _ in range(5):
    line = subprocess.run([tool, "measure-bootstrap", "--times", "1"], check=True, text=True, stdout=subprocess.PIPE).stdout.split()
    ours.append((float(line[0]), float(line[1])))
    if has_numpy:
        line = subprocess.run([python, "-c", THEIRS], check=True, text=True, stdout=subprocess.PIPE).stdout.split()
        theirs.append((float(line[0]), float(line[1])))
seconds = statistics.median(time for time, _ in ours)
print("10,000 resamples x 1,000 problems x 10 selectors, medians of 5 in turns:")
print(f"bestofn {seconds:.3f} s CPU (mean width {100 * ours[0][1]:.2f} points)")
if theirs:
    other = statistics.median(time for time, _ in theirs)
    print(f"numpy   {other:.3f} s CPU (mean width {100 * theirs[0][1]:.2f} points), ratio {other / seconds:.1f}")
else:
    print("(numpy is not installed: no comparison)")
if seconds > 2:
    sys.exit("slower than 2 s")
PYTHON
