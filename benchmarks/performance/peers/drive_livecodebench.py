# SPDX-License-Identifier: Apache-2.0
"""Grades programs with LiveCodeBench's lcb_runner (on the path): PROBLEMS SAMPLES WORKERS RESULTS.

A row of PROBLEMS is LiveCodeBench's own; only its public tests are used. RESULTS gets one row per sample: problem, results, metadata.
"""
import json
import sys

from lcb_runner.evaluation.compute_code_generation_metrics import codegen_metrics


def main(problems, samples, workers, results):
    tests = {}
    for line in open(problems):
        row = json.loads(line)
        public = json.loads(row["public_test_cases"])
        tests[row["question_id"]] = {"input_output": json.dumps({
            "inputs": [test["input"] for test in public], "outputs": [test["output"] for test in public],
            "fn_name": json.loads(row["metadata"]).get("func_name"),
        })}
    codes = {}
    for line in open(samples):
        row = json.loads(line)
        codes.setdefault(row["question_id"], []).append(row["code"])
    names = list(codes)
    _, graded, metadata = codegen_metrics(
        [tests[name] for name in names], [codes[name] for name in names], k_list=[1], num_process_evaluate=int(workers), timeout=6)
    with open(results, "w") as file:
        for index, name in enumerate(names):
            for vector, notes in zip(graded[index], metadata[index]):
                file.write(json.dumps({"problem": name, "results": [int(result) for result in vector], "metadata": notes}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
