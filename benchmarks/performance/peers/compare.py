# SPDX-License-Identifier: Apache-2.0
"""Grades the same programs with each peer evaluator and with bestofn, in turns, and prints what both cost and where they differ."""
import argparse
import ast
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import time

from evaluators import HERE, ROWS, Ours, Peers
from measuring import Runner
from programs import Inputs, Missing, Programs, numbered, rows_of, write_rows

# Exit code of bestofn when some programs have no verdict; they are listed as differences.
FINDINGS = 1
ROOT = os.path.normpath(os.path.join(HERE, "..", "..", ".."))


def options():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    parser = argparse.ArgumentParser(description=__doc__, prog="benchmarks/performance/peers.sh")
    parser.add_argument("--data", default=os.path.join(os.environ.get("BESTOFN_SHARED", os.path.join(ROOT, "../shared")), "data"),
                        help="the data pack (default: %(default)s)")
    parser.add_argument("--scratch", default=os.path.join(cache, "bestofn-peers"),
                        help="where the peers are installed and runs leave their files (default: %(default)s)")
    parser.add_argument("--peer-dir", help="a folder with checkouts named human-eval and LiveCodeBench; checkouts named evalplus and "
                        "bigcodebench, where they are, replace the published versions")
    parser.add_argument("--peer-python", default="python3", help="the Python to install the peers for; the pinned versions need 3.9 to 3.11")
    parser.add_argument("--rows", default=",".join(row.key for row in ROWS), help="which rows (default: all, %(default)s)")
    parser.add_argument("--workers", default="1,2", help="numbers of workers (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=3, help="how often; medians are quoted (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="about a tenth of the programs")
    parser.add_argument("--self-check", action="store_true", help="two problems per row, once: does everything work?")
    parser.add_argument("--output", help="also write everything measured to this file, as JSON")
    parser.add_argument("--tool", default=os.path.join(ROOT, ".build/release/bestofn"), help="bestofn (default: the release build)")
    chosen = parser.parse_args()
    unknown = set(chosen.rows.split(",")) - {row.key for row in ROWS}
    if unknown:
        parser.error("unknown rows: " + ", ".join(sorted(unknown)))
    if chosen.self_check:
        chosen.repeat = 1
    for name in ("data", "scratch", "tool", "peer_dir", "output"):
        if getattr(chosen, name):
            setattr(chosen, name, os.path.abspath(getattr(chosen, name)))
    return chosen


def say(text):
    print(time.strftime("%H:%M:%S "), text, file=sys.stderr, flush=True)


def install(scratch, python):
    """The virtual environment's Python, with the pinned versions; None where they cannot be installed."""
    folder = os.path.join(scratch, "environment")
    mine, done = os.path.join(folder, "bin", "python"), os.path.join(folder, "installed.txt")
    wanted = [os.path.join(HERE, "requirements.txt"), os.path.join(HERE, "evaluators.txt")]
    text = "".join(open(path).read() for path in wanted)
    if os.path.exists(done) and open(done).read() == text:
        return mine
    say("installing the peers into %s (about 1.1 GB, once)" % folder)
    shutil.rmtree(folder, ignore_errors=True)
    pip = [mine, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    log = os.path.join(scratch, "install.log")
    with open(log, "w") as output:
        for command in ([python, "-m", "venv", folder], pip + ["-r", wanted[0]], pip + ["--no-deps", "-r", wanted[1]]):
            if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT).returncode:
                say("the peers could not be installed; see " + log)
                return None
    with open(done, "w") as file:
        file.write(text)
    return mine


def importable(python):
    """Whether all libraries of a BigCodeBench task are there, by its `libs` field."""
    known = {}
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"

    def check(libraries):
        for name in ast.literal_eval(libraries):
            if name not in known:
                known[name] = subprocess.run([python, "-c", code, name], stderr=subprocess.DEVNULL).returncode == 0
        return all(known[name] for name in ast.literal_eval(libraries))

    return check


class Bench:
    def __init__(self, chosen):
        self.chosen = chosen
        self.runner = Runner()
        python = install(chosen.scratch, chosen.peer_python)
        self.peers = Peers(python or chosen.peer_python, chosen.peer_dir, chosen.scratch)
        self.python = self.peers.python
        self.ours = Ours(chosen.tool, self.python)
        scale = "check" if chosen.self_check else "quick" if chosen.quick else "full"
        self.programs = Programs(chosen.data, os.path.join(chosen.scratch, "programs-" + scale), scale)
        self.workers = [int(number) for number in chosen.workers.split(",")]
        self.count = 0
        self.folder = os.path.join(chosen.scratch, "run-%d" % os.getpid())
        os.makedirs(self.folder)

    def close(self):
        self.runner.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def fresh(self):
        self.count += 1
        folder = os.path.join(self.folder, str(self.count))
        os.mkdir(folder)
        return folder

    def one(self, what, command, read, folder, environment=None):
        """Runs and measures one command; its verdicts, or an error with its log's last lines."""
        log = os.path.join(folder, "log")
        measured = self.runner.run(command, log, environment, folder)
        if measured.code and not (what == "bestofn" and measured.code == FINDINGS):
            keep = os.path.join(self.chosen.scratch, "failed.log")
            shutil.copy(log, keep)
            with open(log, errors="replace") as file:
                raise Missing("%s ended with exit code %d: …%s (all of it: %s)" % (
                    what, measured.code, " ".join(file.read()[-400:].split()), keep))
        verdicts = read()
        shutil.rmtree(folder, ignore_errors=True)
        return measured, verdicts

    def peer_once(self, row, inputs, workers):
        folder = self.fresh()
        command, read = self.peers.command(row, inputs, workers, folder)
        return self.one(row.peer, command, read, folder, self.peers.environment(row, inputs))

    def ours_once(self, benchmark, inputs, workers):
        folder = self.fresh()
        command, read = self.ours.command(benchmark, inputs, workers, folder)
        return self.one("bestofn", command, read, folder)

    def inputs(self, row):
        if row.key != "bigcodebench":
            return getattr(self.programs, row.key.replace("-", "_"))()

        def passing(inputs):
            say("looking for canonical solutions that pass under the peer: trying %d" % len(inputs.keys))
            _, verdicts = self.peer_once(row, inputs, os.cpu_count() or 1)
            return {problem for (problem, _), verdict in verdicts.items() if verdict.passed}

        return self.programs.bigcodebench(passing, importable(self.python))

    def row(self, row, title, inputs):
        result = {"row": row.key, "title": title, "peer": row.peer, "goal": row.goal, "memoryGoal": row.memory_goal,
                  "peerVersion": self.peers.version(row), "profile": row.profile, "forks": row.forks, "workers": []}
        result["programs"] = len(inputs.keys)
        folder = self.fresh()
        say("%s: %d programs; %s %s" % (title, len(inputs.keys), row.peer, result["peerVersion"]))
        self.peers.prepare(row, inputs, self.runner, os.path.join(folder, "log"))
        runs = {number: [] for number in self.workers}
        for turn in range(self.chosen.repeat):
            for number in self.workers:
                peer, theirs = self.peer_once(row, inputs, number)
                mine, verdicts = self.ours_once(row.benchmark, inputs, number)
                runs[number].append(Turn(peer, theirs, mine, verdicts))
                say("%s, turn %d of %d, workers %d: %s %.1f ms of CPU per program, bestofn %.1f, 1/%.1f" % (
                    title, turn + 1, self.chosen.repeat, number, row.peer, 1000 * peer.cpu / len(inputs.keys),
                    1000 * mine.cpu / len(inputs.keys), peer.cpu / mine.cpu))
        for number in self.workers:
            result["workers"].append(summary(number, runs[number], inputs))
        return result, runs

    def rows(self, row):
        """The row, and a second one without the programs that ran into a time limit: what they burn is no evaluator's doing."""
        inputs = self.inputs(row)
        result, runs = self.row(row, row.title, inputs)
        results = [result]
        slow = {key for turns in runs.values() for turn in turns for key in turn.slow}
        if slow:
            rest = without(inputs, slow, row.key)
            results.append(self.row(row, row.title + ", %d slow ones left out" % (len(inputs.keys) - len(rest.keys)), rest)[0])
            results[1]["without"] = sorted(map(list, slow))
        return results

    def floor(self):
        """CPU per bare fork by profile, and per trivial program through bestofn with its start taken off."""
        source = os.path.join(ROOT, "Sources/Execution/Python/zygote.py")
        with open(source) as file:
            names = worker_modules(file.read())
        count = 100 if self.chosen.self_check else 1000
        forks = {}
        for profile, modules in names.items():
            found = []
            for _ in range(max(3, self.chosen.repeat)):
                done = subprocess.run(
                    [self.python, os.path.join(HERE, "bare_fork.py"), str(count)] + modules, capture_output=True, text=True,
                    start_new_session=True, check=True)
                found.append(float(done.stdout))
            forks[profile] = statistics.median(found)
        problem = {"task_id": "Trivial/0", "prompt": "def one():\n", "entry_point": "one", "canonical_solution": "    return 1\n",
                   "test": "def check(candidate):\n    assert candidate() == 1\n"}
        problems = write_rows(os.path.join(self.folder, "trivial.jsonl"), [problem])
        costs = []
        few, many = 2, 2 + count
        for _ in range(max(3, self.chosen.repeat)):
            cpu = {}
            for size in (few, many):
                rows = [{"task_id": "Trivial/0", "completion": "    return 1  # %d\n" % number} for number in range(size)]
                samples = write_rows(os.path.join(self.folder, "trivial-samples.jsonl"), rows)
                measured, verdicts = self.ours_once("humaneval", Inputs(problems, samples, []), 1)
                if not all(verdict.passed for verdict in verdicts.values()):
                    raise Missing("the trivial program fails")
                cpu[size] = measured.cpu
            costs.append(((cpu[many] - cpu[few]) / count, cpu[few]))
        return {"bareFork": forks, "trivialProgram": statistics.median(cost for cost, _ in costs),
                "start": statistics.median(start for _, start in costs)}


def worker_modules(source):
    """What a worker imports, by profile, read from the worker's own source."""
    found = {}
    for statement in ast.parse(source).body:
        name = getattr(statement.targets[0], "id", None) if isinstance(statement, ast.Assign) else None
        if name in ("STANDARD", "PROFILES"):
            found[name] = eval(compile(ast.Expression(statement.value), "zygote.py", "eval"), {})
    return {name: list(found["STANDARD"]) + list(extra) for name, extra in found["PROFILES"].items()}


class Turn:
    """One measurement of both evaluators."""

    def __init__(self, peer, theirs, mine, ours):
        self.peer, self.theirs, self.mine, self.ours = peer, theirs, mine, ours
        self.own = sum(verdict.cpu for verdict in ours.values())
        self.slow = [key for key, verdict in ours.items() if verdict.slow or key in theirs and theirs[key].slow]


def without(inputs, slow, name):
    """The inputs less the slow programs, but with one program of every problem: EvalPlus insists on it.

    lcb_runner insists on as many programs for each problem: there, a problem with a slow one goes as a whole.
    """
    if name == "livecodebench":
        problems = {key[0] for key in slow}
        slow = {key for key in inputs.keys if key[0] in problems}
    samples = rows_of(inputs.samples)
    left = {key[0] for key in inputs.keys if key not in slow} if name != "livecodebench" else {key[0] for key in inputs.keys}
    kept = [row for key, row in zip(inputs.keys, samples) if key not in slow or key[0] not in left]
    file = write_rows(os.path.join(os.path.dirname(inputs.samples), name + "-samples-rest.jsonl"), kept)
    return Inputs(inputs.problems, file, numbered(kept, "task_id" if "task_id" in kept[0] else "question_id"))


def summary(number, turns, inputs):
    differences, unstable = [], []
    for key in inputs.keys:
        theirs = [turn.theirs.get(key) for turn in turns]
        mine = [turn.ours.get(key) for turn in turns]
        for index, (one, other) in enumerate(zip(theirs, mine)):
            if one is None or other is None or one.passed != other.passed:
                differences.append({
                    "problem": key[0], "sample": key[1], "turn": index, "peer": one and one.words, "bestofn": other and other.words})
        for name, verdicts in (("peer", theirs), ("bestofn", mine)):
            if len({verdict and verdict.passed for verdict in verdicts}) > 1:
                unstable.append({"problem": key[0], "sample": key[1], "evaluator": name})
    channels = {}
    for verdict in turns[0].ours.values():
        channels[verdict.channel] = channels.get(verdict.channel, 0) + 1
    return {
        "workers": number, "ratio": statistics.median(turn.mine.cpu / turn.peer.cpu for turn in turns),
        "peer": side([turn.peer for turn in turns], turns[0].theirs, inputs),
        "bestofn": side([turn.mine for turn in turns], turns[0].ours, inputs),
        "ownShare": statistics.median(turn.own / turn.mine.cpu for turn in turns), "channels": channels,
        "differences": differences, "unstable": unstable,
    }


def side(measured, verdicts, inputs):
    return {
        "cpuSeconds": [one.cpu for one in measured], "wallSeconds": [one.wall for one in measured],
        "peakBytes": [one.peak for one in measured], "sharedPagesDivided": all(one.exact_memory for one in measured),
        "source": measured[0].source, "cpuPerProgram": statistics.median(one.cpu for one in measured) / len(inputs.keys),
        "wall": statistics.median(one.wall for one in measured), "peak": max(one.peak for one in measured),
        "passed": sum(key in verdicts and verdicts[key].passed for key in inputs.keys),
    }


def table(results, floor):
    heading = ["work", "programs", "workers", "peer ms", "our ms", "ratio", "goal", "", "peer wall s", "our wall s", "peer MB", "our MB",
               "passed", "differ", "own", "floors"]
    lines = [heading]
    for result in results:
        for entry in result["workers"]:
            peer, mine = entry["peer"], entry["bestofn"]
            met = entry["ratio"] <= result["goal"] and not (result["memoryGoal"] and mine["peak"] > result["memoryGoal"])
            differing = len({(one["problem"], one["sample"]) for one in entry["differences"]})
            fork = floor and floor["bareFork"].get(result["profile"])
            lines.append([
                result["title"], str(result["programs"]), str(entry["workers"]), "%.1f" % (1000 * peer["cpuPerProgram"]),
                "%.2f" % (1000 * mine["cpuPerProgram"]), "1/%.1f" % (1 / entry["ratio"]), "1/%.0f" % (1 / result["goal"]),
                "met" if met else "MISSED", "%.1f" % peer["wall"], "%.1f" % mine["wall"], "%.0f" % (peer["peak"] / 1e6),
                "%.0f" % (mine["peak"] / 1e6), "%d/%d" % (peer["passed"], mine["passed"]), str(differing),
                "%.0f%%" % (100 * entry["ownShare"]),
                "%.1f" % (mine["cpuPerProgram"] / fork / result["forks"]) if fork else "-"])
    widths = [max(len(line[column]) for line in lines) for column in range(len(heading))]
    for line in lines:
        print("  ".join(text.ljust(width) if column == 0 else text.rjust(width)
                        for column, (text, width) in enumerate(zip(line, widths))).rstrip())
    print()
    print("ms: CPU of the whole process tree per program, start and reading of the data included. MB: peak of the tree's memory, shared pages")
    print("counted once. passed: by the peer / by us. own: the programs' processes' share of our CPU. floors: our CPU per process that a")
    print("program needs, in bare forks of an interpreter with the same libraries. Goal of HumanEval+: also under 300 MB.")
    if floor:
        print("\nFloor, ms of CPU per fork, exit and wait: " + ", ".join("%s %.2f" % (k, 1000 * v) for k, v in floor["bareFork"].items()))
        print("A trivial program through bestofn, 1 worker: %.2f ms, %.1f times the floor of its profile; starting and ending: %.0f ms." % (
            1000 * floor["trivialProgram"], floor["trivialProgram"] / floor["bareFork"]["standard"], 1000 * floor["start"]))


def list_differences(results):
    print("\nWhere our verdicts are made: " + "; ".join("%s: %s" % (result["title"], ", ".join(
        "%s %d" % item for item in sorted(result["workers"][0]["channels"].items()))) for result in results))
    for result in results:
        for entry in result["workers"]:
            by_program = {}
            for one in entry["differences"]:
                by_program.setdefault((one["problem"], one["sample"]), []).append(one)
            if by_program and "without" not in result:
                print("\n%s, workers %d: %d of %d programs differ" % (
                    result["title"], entry["workers"], len(by_program), result["programs"]))
            if "without" in result:
                continue  # Told under the row with all programs.
            for (problem, sample), ones in by_program.items():
                turns = "" if len(ones) == len(entry["peer"]["cpuSeconds"]) else " (in %d turns)" % len(ones)
                print("  %s/%d%s: %s: %s | bestofn: %s" % (problem, sample, turns, result["peer"], ones[0]["peer"], ones[0]["bestofn"]))
            for one in entry["unstable"]:
                print("  %s/%d: %s changed its verdict between turns" % (one["problem"], one["sample"], one["evaluator"]))


def processor():
    with open("/proc/cpuinfo") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def main():
    chosen = options()
    if not os.access(chosen.tool, os.X_OK):
        sys.exit("%s is missing: run 'make build' first." % chosen.tool)
    os.makedirs(chosen.scratch, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bench = Bench(chosen)
    results, skipped, floor = [], [], None
    machine = {"processor": processor(), "cores": os.cpu_count(), "kernel": platform.release(), "loadAtStart": os.getloadavg()}
    try:
        for row in ROWS:
            if row.key not in chosen.rows.split(","):
                continue
            try:
                results += bench.rows(row)
            except Missing as reason:
                say("%s is skipped: %s" % (row.title, reason))
                skipped.append({"row": row.key, "reason": str(reason)})
        say("measuring the floor")
        try:
            floor = bench.floor()
        except (Missing, subprocess.CalledProcessError) as reason:
            skipped.append({"row": "floor", "reason": str(reason)})
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        bench.close()
    machine["loadAtEnd"] = os.getloadavg()
    if chosen.output:
        with open(chosen.output, "w") as file:
            json.dump({"machine": machine, "options": vars(chosen), "rows": results, "skipped": skipped, "floor": floor}, file, indent=1)
    print("%s, %d cores; load %.1f at the start, %.1f at the end. CPU counted by: %s. Medians of %d." % (
        machine["processor"], machine["cores"], machine["loadAtStart"][0], machine["loadAtEnd"][0],
        results[0]["workers"][0]["bestofn"]["source"] if results else "-", chosen.repeat))
    table(results, floor)
    list_differences(results)
    for one in skipped:
        print("\nSkipped: %s: %s" % (one["row"], one["reason"]))
    if chosen.self_check and (skipped or not results):
        sys.exit(1)


if __name__ == "__main__":
    main()
