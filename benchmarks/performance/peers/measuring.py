# SPDX-License-Identifier: Apache-2.0
"""Runs a command and measures its whole process tree: CPU seconds, wall seconds, peak memory.

CPU comes from a cgroup made for the run, because waiting counts no process that somebody else reaps or that dies with its namespace. Where
no cgroup can be made, a subreaper waits for all descendants; `source` says which it was.
"""
import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
import time

SUBREAPER = 36


class Measurement:
    def __init__(self, code, cpu, wall, peak, exact_memory, source):
        self.code, self.cpu, self.wall, self.peak = code, cpu, wall, peak
        self.exact_memory, self.source = exact_memory, source


def mount_points():
    """(type, options, root, point) of each cgroup mount."""
    found = []
    with open("/proc/self/mountinfo") as lines:
        for line in lines:
            left, _, right = line.partition(" - ")
            words, kind = left.split(), right.split()
            if kind[0] in ("cgroup", "cgroup2"):
                found.append((kind[0], kind[2].split(","), words[3], words[4]))
    return found


def own_group(controller):
    """The directory of this process's cgroup: in the hierarchy of a version 1 controller, or ("") of version 2."""
    with open("/proc/self/cgroup") as lines:
        entries = [line.rstrip("\n").split(":", 2) for line in lines]
    inside = next((path for _, names, path in entries if controller in names.split(",")), None)
    if inside is None:
        return None
    for kind, options, root, point in mount_points():
        if kind == ("cgroup" if controller else "cgroup2") and (not controller or controller in options):
            rest = inside[len(root):] if root != "/" and inside.startswith(root) else inside
            group = os.path.normpath(point + "/" + rest)
            return group if os.path.isdir(group) else point
    return None


class Group:
    """A cgroup that counts the CPU time of everything in it and below it."""

    def __init__(self, path, version):
        self.path, self.version = path, version

    @classmethod
    def create(cls):
        """None where this user may not make one, or where the sandbox would leave it for want of delegated controllers."""
        name = "measured-%d-%d" % (os.getpid(), time.monotonic_ns())
        for version, controller in ((1, "cpuacct"), (2, "")):
            parent = own_group(controller)
            if parent is None or version == 2 and not cls.delegates(parent):
                continue
            try:
                path = os.path.join(parent, name)
                os.mkdir(path)
                if os.access(os.path.join(path, "cpuacct.usage" if version == 1 else "cpu.stat"), os.R_OK):
                    return cls(path, version)
                os.rmdir(path)
            except OSError:
                continue
        return None

    @staticmethod
    def delegates(parent):
        try:
            with open(os.path.join(parent, "cgroup.subtree_control"), "r+") as file:
                if {"memory", "pids"} <= set(file.read().split()):
                    return True
                file.write("+memory +pids")
            return True
        except OSError:
            return False

    def cpu_seconds(self):
        if self.version == 1:
            with open(self.path + "/cpuacct.usage") as file:
                return int(file.read()) / 1e9
        with open(self.path + "/cpu.stat") as file:
            return int(dict(line.split() for line in file)["usage_usec"]) / 1e6

    def processes(self):
        found = []
        for folder, _, _ in os.walk(self.path):
            try:
                with open(folder + "/cgroup.procs") as file:
                    found += [int(line) for line in file]
            except OSError:
                continue
        return found

    def end(self):
        """Kills what is left and removes the group."""
        for _ in range(500):
            left = self.processes()
            for process in left:
                kill(process)
            if not left:
                break
            time.sleep(0.01)
        for folder, _, _ in os.walk(self.path, topdown=False):
            for _ in range(100):
                try:
                    os.rmdir(folder)
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)


class Descendants:
    """The processes below one process, found by their parents: for machines without a writable cgroup."""

    def __init__(self):
        self.top = None

    def processes(self):
        parents = {}
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open("/proc/%s/stat" % name) as file:
                        parents.setdefault(int(file.read().rpartition(")")[2].split()[1]), []).append(int(name))
                except (OSError, IndexError, ValueError):
                    continue
        found, waiting = [], [self.top]
        while waiting:
            below = parents.get(waiting.pop(), [])
            found += below
            waiting += below
        return found

    def end(self):
        if self.top is None:
            return
        for process in [self.top] + self.processes():
            kill(process)


def kill(process):
    try:
        os.kill(process, signal.SIGKILL)
    except OSError:
        pass


def memory_of(process):
    """(bytes, whether shared pages were divided among their users); None when the process is gone."""
    try:
        with open("/proc/%d/smaps_rollup" % process) as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024, True
    except PermissionError:
        try:
            with open("/proc/%d/statm" % process) as file:
                return int(file.read().split()[1]) * resource.getpagesize(), False
        except OSError:
            return None
    except OSError:
        return None
    return None


class Sampler:
    """The peak of the tree's memory (sum of proportional set sizes), looked at a few times per second, never for more than a tenth of the time."""

    def __init__(self, group):
        self.group, self.peak, self.exact = group, 0, True
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        pause = 0.05
        while not self.stopping.wait(pause):
            start = time.monotonic()
            total = 0
            for process in self.group.processes():
                found = memory_of(process)
                if found:
                    total += found[0]
                    self.exact = self.exact and found[1]
            self.peak = max(self.peak, total)
            pause = max(0.2, 10 * (time.monotonic() - start))


class Runner:
    """Runs commands one at a time; `end` kills the one in progress."""

    def __init__(self):
        self.group = None

    def end(self):
        if self.group:
            self.group.end()
            self.group = None

    def run(self, command, log, environment=None, directory=None):
        group = Group.create()
        self.group = group or Descendants()
        usage = log + ".usage"
        if group:
            wrapped = ["sh", "-c", 'echo $$ >"$0"/cgroup.procs && exec "$@"', group.path] + command
        else:
            wrapped = [sys.executable, os.path.abspath(__file__), usage] + command
        sampler = Sampler(self.group)
        try:
            with open(log, "wb") as output:
                start = time.monotonic()
                process = subprocess.Popen(
                    wrapped, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=directory,
                    start_new_session=True)
                self.group.top = process.pid
                sampler.thread.start()
                code = process.wait()
                wall = time.monotonic() - start
                sampler.stopping.set()
                sampler.thread.join()
            if group:
                for _ in range(100):
                    if not group.processes():
                        break
                    time.sleep(0.01)
                cpu = group.cpu_seconds()
            else:
                with open(usage) as file:
                    cpu = float(file.read())
            return Measurement(
                code, cpu, wall, sampler.peak, sampler.exact, "cgroup v%d" % group.version if group else "waited-for processes")
        finally:
            sampler.stopping.set()
            self.end()


def wait_for_all(usage, command):
    """Runs the command, adopts its orphans, waits for all of them and writes the CPU seconds of what was waited for."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    process = subprocess.Popen(command)
    code = process.wait()
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(usage, "w") as file:
        file.write(repr(spent.ru_utime + spent.ru_stime))
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    wait_for_all(sys.argv[1], sys.argv[2:])
