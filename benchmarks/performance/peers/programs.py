# SPDX-License-Identifier: Apache-2.0
"""The programs and problems of each row, as files that both evaluators read."""
import gzip
import hashlib
import json
import os


class Missing(Exception):
    """Something that a row needs is not here; the row is skipped with this message."""


class Inputs:
    """What one row grades. `keys` has one entry per program in the order of the samples file: (problem, number within the problem)."""

    def __init__(self, problems, samples, keys):
        self.problems, self.samples, self.keys = problems, samples, keys


def rows_of(path):
    if not os.path.exists(path):
        raise Missing("there is no " + path)
    with open(path, "rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    with (gzip.open if compressed else open)(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
    return path


def numbered(rows, field):
    counts, keys = {}, []
    for row in rows:
        number = counts.get(row[field], 0)
        counts[row[field]] = number + 1
        keys.append((row[field], number))
    return keys


def distinct(text, number):
    """Equal programs are graded once by us and every time by the peers; a comment makes both grade all of them."""
    return text + "\n# sample %d\n" % number


class Programs:
    """`scale` is "full", "quick" (about a tenth) or "check" (two problems)."""

    def __init__(self, data, folder, scale):
        self.data, self.folder, self.scale = data, folder, scale
        os.makedirs(folder, exist_ok=True)

    def source(self, name):
        return rows_of(os.path.join(self.data, name))

    def amount(self, full, quick, check):
        return {"full": full, "quick": quick, "check": check}[self.scale]

    def file(self, name, rows):
        return write_rows(os.path.join(self.folder, name), rows)

    def codegen(self, per_problem):
        chosen = {}
        for row in self.source("humaneval/candidates_codegen-16B_even.jsonl.gz"):
            taken = chosen.setdefault(row["task_id"], [])
            if len(taken) < per_problem:
                taken.append({"task_id": row["task_id"], "completion": distinct(row["completion"], len(taken))})
        names = list(chosen)[:self.amount(None, None, 2)]
        return [row for name in names for row in chosen[name]]

    def humaneval(self):
        samples = self.codegen(self.amount(20, 2, 2))
        names = {row["task_id"] for row in samples}
        problems = [row for row in self.source("humaneval/HumanEval.jsonl.gz") if row["task_id"] in names]
        return Inputs(
            self.file("humaneval.jsonl", problems), self.file("humaneval-samples.jsonl", samples), numbered(samples, "task_id"))

    def humaneval_plus(self):
        """The same programs; EvalPlus insists on every problem, so those without candidates get their canonical solution."""
        samples = self.codegen(self.amount(20, 2, 2))
        names = {row["task_id"] for row in samples}
        problems = self.source("humanevalplus/HumanEvalPlus.jsonl.gz")
        if self.scale == "check":
            problems = [row for row in problems if row["task_id"] in names]
        samples += [
            {"task_id": row["task_id"], "completion": row["canonical_solution"]} for row in problems if row["task_id"] not in names]
        return Inputs(
            self.file("humaneval-plus.jsonl", problems), self.file("humaneval-plus-samples.jsonl", samples),
            numbered(samples, "task_id"))

    def mbpp_plus(self):
        problems = self.source("mbppplus/MbppPlus.jsonl.gz")[:self.amount(None, None, 2)]
        samples = [
            {"task_id": row["task_id"], "solution": distinct(row["prompt"] + row["canonical_solution"], copy)}
            for row in problems for copy in range(self.amount(3, 1, 3))]
        return Inputs(
            self.file("mbpp-plus.jsonl", problems), self.file("mbpp-plus-samples.jsonl", samples), numbered(samples, "task_id"))

    def livecodebench(self):
        pools = [
            {row["question_id"]: row["code"] for row in self.source("livecodebench/candidates_%s.jsonl.gz" % model)}
            for model in ("O1-Mini-2024-09-12", "Qwen3-8B")]
        common = [
            row for row in self.source("livecodebench/lcb_v6_partial.jsonl.gz")
            if all(row["question_id"] in pool for pool in pools) and json.loads(row["public_test_cases"])]
        wanted = self.amount(220, 22, 2)
        problems = common[::max(1, len(common) // wanted)][:wanted]
        for row in problems:
            row["private_test_cases"] = "[]"
        samples = [
            {"question_id": row["question_id"], "model": str(number), "sample": 0, "code": pool[row["question_id"]]}
            for row in problems for number, pool in enumerate(pools)]
        return Inputs(
            self.file("livecodebench.jsonl", problems), self.file("livecodebench-samples.jsonl", samples),
            numbered(samples, "question_id"))

    def bigcodebench_files(self, problems, name):
        samples = [
            {"task_id": row["task_id"], "solution": row["complete_prompt"] + "\n" + row["canonical_solution"]} for row in problems]
        return Inputs(
            self.file(name + ".jsonl", problems), self.file(name + "-samples.jsonl", samples), numbered(samples, "task_id"))

    def bigcodebench(self, passing, importable):
        """Canonical solutions that pass here; `passing` grades inputs and returns the problems that do."""
        everything = self.source("bigcodebench/BigCodeBench.jsonl.gz")
        wanted = self.amount(60, 6, 2)
        memory = os.path.join(self.folder, "..", "bigcodebench-passing-%s.json" % hashlib.md5(
            json.dumps(everything, sort_keys=True).encode()).hexdigest()[:12])
        known = {}
        if os.path.exists(memory):
            with open(memory) as file:
                known = json.load(file)
        # From all over the file; neighbours resemble each other.
        order = [row for start in range(19) for row in everything[start::19]]
        order = [row for row in order if importable(row["libs"])]
        while True:
            good = [row for row in order if known.get(row["task_id"])][:wanted]
            unknown = [row for row in order if row["task_id"] not in known][:max(4, (wanted - len(good)) * 5 // 4)]
            if len(good) == wanted or not unknown:
                break
            inputs = self.bigcodebench_files(unknown, "bigcodebench-trial")
            found = passing(inputs)
            known.update((row["task_id"], row["task_id"] in found) for row in unknown)
            with open(memory, "w") as file:
                json.dump(known, file)
        if not good:
            raise Missing("no canonical solution of BigCodeBench passes here: its libraries are not installed")
        return self.bigcodebench_files(good, "bigcodebench")
