"""BigCodeBench: program and unittest text in one module; the outcome is what the class TestCases reports.

Job: code (already calibrated), test, seconds (of the timer around the tests; officially the limit + 1), wall_seconds, clock,
nonce, set_memory_limit, memory_bytes, stack_bytes.
Frame: nonce, status ("pass" or "fail"), details {test: trace}, or {"ALL": message} when no test could run, testsRun, skipped,
kind ("syntax", "assertion", "exception", "timeout" or null), message (the last line of the first issue).
No frame at all is "timeout", which is for the harness to say. Program and tests share the interpreter by nature: skipping or
removing all tests passes officially, which testsRun and skipped reveal.
"""
import builtins
import faulthandler
import os
import sys
import time
import types
import unittest

import limits
from grade_bigcodebench_guard import replace_functions
from wire import plain_text

_MODULE = "__test__"


def run(job, channel):
    text = job["code"] + "\n" + job["test"]
    nonce, seconds, wall_seconds, clock = job["nonce"], job["seconds"], job["wall_seconds"], job["clock"]
    memory = job.get("memory_bytes") if job.get("set_memory_limit") else None
    stack = job.get("stack_bytes") if job.get("set_memory_limit") else None
    job.clear()

    send, own_process, vanish, process = channel.send, os.getpid(), os._exit, os.getpid
    show = plain_text
    make_loader, make_result = unittest.TestLoader, unittest.TestResult
    timed_out = limits.timeout_exception("bigcodebench.eval.utils")
    limits.plain_command_line()
    replace_functions()
    _set_environment()
    limits.set_memory_limits(memory, memory, stack)
    faulthandler.disable()
    builtins.exit = None
    builtins.quit = None
    _load_plotting()
    start, stop = limits.make_timer(clock, lambda: timed_out("Timed out!"))

    module = types.ModuleType(_MODULE)
    module.__dict__.update(
        __builtins__=builtins, __file__=_MODULE + ".py", __package__=None, __doc__=None,
        sys=sys, os=os, environ=os.environ)
    program = result = failure = None
    streams = limits.swallow_streams()
    try:
        program = compile(text, _MODULE + ".py", "exec", dont_inherit=True)
        exec(program, module.__dict__)
        sys.modules[_MODULE] = module
        suite = make_loader().loadTestsFromTestCase(getattr(module, "TestCases"))
        result = make_result()
        start(seconds, wall_seconds)
        try:
            suite.run(result)
        finally:
            stop()
    except BaseException as error:
        failure = error
    limits.restore_streams(streams)
    if process() != own_process:
        vanish(0)  # A fork of the program's came back from the tests; the verdict is its parent's to give.
    frame = None
    if failure is None:
        try:
            frame = _report(nonce, result, show)
        except BaseException as error:
            failure = error
    if frame is None:
        try:
            frame = _no_report(nonce, failure, program, timed_out, result, show)
        except BaseException:
            # Officially the process dies when an exception has no text, and its caller then reports a time-out.
            vanish(1)
    send(frame)


def _set_environment():
    os.environ["TZ"] = "UTC"
    time.tzset()
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"


def _load_plotting():
    """Officially always loaded, so that `import matplotlib` alone gives programs pyplot too. Free in a worker that has it."""
    try:
        import matplotlib.pyplot
    except ImportError:
        return
    matplotlib.pyplot.close("all")


def _report(nonce, result, show):
    issues = result.failures + result.errors
    details = {show(test.id().split(".")[-1]): show(trace) for test, trace in issues}
    kind, message = None, ""
    if issues:
        message = _last_line(show(issues[0][1]))
        kind = "assertion" if result.failures else "exception"
        if message.startswith("bigcodebench.eval.utils.TimeoutException"):
            kind = "timeout"
    return {"nonce": nonce, "status": "fail" if details else "pass", "details": details, "testsRun": result.testsRun,
            "skipped": len(result.skipped), "kind": kind, "message": message}


def _no_report(nonce, failure, program, timed_out, result, show):
    message = show(str(failure))
    kind = "syntax" if program is None else "timeout" if isinstance(failure, timed_out) else "exception"
    return {"nonce": nonce, "status": "fail", "details": {"ALL": message}, "testsRun": result.testsRun if result else 0,
            "skipped": 0, "kind": kind, "message": _last_line(message)}


def _last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""
