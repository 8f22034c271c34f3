"""BigCodeBench: program and unittest text in one module; the outcome is what the class TestCases reports.

Job: code (already calibrated), seconds (of the timer around the tests; officially the limit + 1), wall_seconds, clock, nonce,
set_memory_limit, memory_bytes, stack_bytes.

Conversation: {"loaded": true} once the program has been executed; the harness answers {"test": text}. At any time
{"failed": true}, at the first failure, and {"tampered": reason}: neither can be taken back. At the end the verdict as a binary
frame of JSON, followed by a binary frame: SHA-256 of nonce and verdict, each behind its length (8 bytes).
Verdict: status ("pass" or "fail"), details {test: trace}, or {"ALL": message} when no test could run, testsRun, skipped,
expectedFailures, kind ("syntax", "assertion", "exception", "timeout" or null), message (the last line of the first issue).
No verdict at all is "timeout", which is for the harness to say.

Program and tests share the interpreter by nature. So that there is nothing to steal, the nonce and the functions that judge wait
on the value stack of `run`, where no variable, no frame and no list of the collector leads; each stage gets what it needs as
the return value of the one before; and nothing behind the program's start looks up a global or a builtin.
"""
import __future__
import _signal
import builtins
import faulthandler
import gc
import hashlib
import json
import os
import signal
import sys
import time
import types
import unittest

import grade_bigcodebench_evidence as evidence
import limits
import tripwire
from grade_bigcodebench_guard import replace_functions
from wire import plain_text

_MODULE = "__test__"
_FILE = _MODULE + ".py"
_CHANNEL = 3
_DIGEST_HEADER = tripwire.message(b"B", bytes(32))[:5]
_FUTURE_FLAGS = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


def run(job, channel):
    parts = _prepare(job)
    # From left to right, nonce and stages leave the list for the value stack before the innermost one executes the program.
    # Between the last stage's return and the write there is no Python code to tamper with.
    os.write(_CHANNEL, _DIGEST_HEADER + hashlib.sha256(
        parts.pop() + parts.pop()(parts.pop()(parts.pop()(parts.pop()())))).digest())


def _prepare(job):
    """The environment that programs expect, then the stages, innermost first, and the nonce."""
    memory = job.get("memory_bytes") if job.get("set_memory_limit") else None
    stack = job.get("stack_bytes") if job.get("set_memory_limit") else None
    limits.plain_command_line()
    replace_functions()
    _set_environment()
    limits.set_memory_limits(memory, memory, stack)
    faulthandler.disable()
    builtins.exit = None
    builtins.quit = None
    _load_plotting()
    code, nonce = job["code"], job["nonce"].encode()
    nonce = len(nonce).to_bytes(8, "little") + nonce
    timed_out = limits.timeout_exception("bigcodebench.eval.utils")
    timer = limits.make_timer(job["clock"], lambda: timed_out("Timed out!"))
    times = job["seconds"], job["wall_seconds"]
    job.clear()

    module = types.ModuleType(_MODULE)
    module.__dict__.update(
        __builtins__=builtins, __file__=_FILE, __package__=None, __doc__=None, sys=sys, os=os, environ=os.environ)
    lines_before_test = code.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    alarm = tripwire.make_alarm()
    compare = evidence.make_comparison()
    recorder = evidence.make_recorder(alarm, _make_note(b'{"failed":true}'), _FILE, lines_before_test + 1)
    result = recorder()
    parts = [
        _make_loading(code, module),
        _make_receiving(code, lines_before_test, module, compare, alarm),
        _make_testing(module, result, recorder, timer, times, alarm),
        _make_judging(result, recorder, compare, alarm, timed_out),
        nonce,
    ]
    guarded = [member for kind in (unittest.TestCase, unittest.TestSuite, unittest.BaseTestSuite, unittest.TestResult, recorder)
               for member in vars(kind).values() if isinstance(member, types.FunctionType)]
    limits.swallow_streams()
    tripwire.arm(alarm, guarded, _FILE, lines_before_test + 1)
    return parts


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
    except Exception:  # Whatever is wrong with an installation shows when a program uses it.
        return
    matplotlib.pyplot.close("all")


def _make_note(payload):
    send, data = tripwire.make_sender(), tripwire.message(b"J", payload)
    return lambda: send(data)


def _make_loading(code, module):
    file, translate, execute, namespace, any_failure = _FILE, compile, exec, module.__dict__, BaseException

    def load():
        """Executes the program; returns its code, if it compiled, and what it raised."""
        program = None
        try:
            program = translate(code, file, "exec", dont_inherit=True)
            execute(program, namespace)
        except any_failure as error:
            return program, error
        return program, None

    return load


def _make_receiving(code, lines_before_test, module, compare, alarm):
    file, translate, any_failure, namespace, names = _FILE, compile, BaseException, module.__dict__, builtins
    announce, receive, flags = _make_note(b'{"loaded":true}'), _make_receiver(), _FUTURE_FLAGS

    def receive_test(loaded):
        """Asks for the tests' text and compiles it; returns code of program and tests, and what went wrong."""
        program, failure = loaded
        if program is not None and failure is not None:
            return program, None, failure
        reason = compare()
        if reason is None and namespace.get("__builtins__") is not names:
            reason = "the module's __builtins__ was replaced"
        if reason is not None:
            alarm(reason)
        announce()
        text = receive()
        test = None
        try:
            if program is not None and "__future__" not in text:
                # "pass" keeps a text at the start of the tests from becoming a docstring, which it is not behind a program.
                test = translate(
                    "pass" + "\n" * lines_before_test + text, file, "exec", program.co_flags & flags, dont_inherit=True)
        except any_failure:
            pass
        if test is None:
            # Officially program and tests are one text: its error is the verdict.
            try:
                translate(code + "\n" + text, file, "exec", dont_inherit=True)
            except any_failure as error:
                return None, None, error
            alarm("the program and the tests compile only as one text")
            return None, None, failure
        return program, test, None

    return receive_test


def _make_receiver():
    read, scan, channel, size_of, join = os.read, json.JSONDecoder().scan_once, _CHANNEL, int.from_bytes, b"".join
    length, ended = len, EOFError

    def exactly(size):
        parts = []
        while size > 0:
            part = read(channel, size)
            if not part:
                raise ended
            parts.append(part)
            size -= length(part)
        return join(parts)

    def receive():
        return scan(exactly(size_of(exactly(4), "little"))[1:].decode(), 0)[0]["test"]

    return receive


def _make_testing(module, result, recorder, timer, times, alarm):
    execute, namespace, attribute, modules, name = exec, module.__dict__, getattr, sys.modules, _MODULE
    make_loader, any_failure, function, kind_of = unittest.TestLoader, BaseException, types.FunctionType, type
    start, stop = timer
    own_process, vanish, process, stop_collecting = os.getpid(), os._exit, os.getpid, gc.disable
    canaries, sweep, silence = evidence.make_canaries(), evidence.make_sweep(), _make_silence()
    members_of = type.__dict__["__dict__"].__get__

    def run_tests(received):
        """Executes the tests' text and its class; returns the program's code and what kept the tests from running to their end."""
        program, test, failure = received
        if test is None:
            return program, failure
        methods, cases = (), None
        try:
            execute(test, namespace)
            modules[name] = module
            reason = canaries()
            if reason is not None:
                alarm(reason)
            cases = attribute(module, "TestCases")
            if kind_of(cases) is kind_of:
                methods = [(key, value) for key, value in members_of(cases).items() if kind_of(value) is function]
            suite = make_loader().loadTestsFromTestCase(cases)
            start(*times)
            try:
                suite.run(result)
            finally:
                stop()
        except any_failure as error:
            failure = error
        if process() != own_process:
            vanish(0)  # A fork of the program's came back from the tests; the verdict is its parent's to give.
        silence()
        members = members_of(cases) if methods else {}
        for key, value in methods:
            if members.get(key) is not value:
                alarm("the method " + key + " of TestCases was replaced")
        reason = canaries()
        if reason is None and failure is None:
            reason = sweep()
        if reason is not None:
            alarm(reason)
        stop_collecting()
        return program, failure

    return run_tests


def _make_silence():
    """A function after which no handler, tracer or profiler of the program runs in the main thread any more."""
    install, look_up = _signal.signal, _signal.getsignal
    numbers, ignore, kind_of, whole = tuple(map(int, signal.valid_signals())), int(signal.SIG_IGN), type, int
    set_profile, trace_of, set_trace, setitimer = sys.setprofile, sys.gettrace, sys.settrace, signal.setitimer
    timers = (signal.ITIMER_REAL, signal.ITIMER_PROF, signal.ITIMER_VIRTUAL)

    def silence():
        for timer in timers:
            setitimer(timer, 0)
        for number in numbers:
            handler = look_up(number)
            if handler is not None and kind_of(handler) is not whole:
                install(number, ignore)
        set_profile(None)
        if trace_of() is not None:
            set_trace(None)

    return silence


def _make_judging(result, recorder, compare, alarm, timed_out):
    cells_of = _cells
    show, quote, send, frame = plain_text, json.encoder.encode_basestring_ascii, tripwire.make_sender(), tripwire.message
    length, text, is_a, any_failure, vanish = len, str, isinstance, BaseException, os._exit
    methods = tuple((name, value, _cells(value)) for name, value in vars(recorder).items() if isinstance(value, types.FunctionType))
    method_names = frozenset(name for name in dir(recorder) if callable(getattr(recorder, name)))
    members_of = type.__dict__["__dict__"].__get__

    def last_line(message):
        lines = message.strip().splitlines()
        return lines[-1] if lines else ""

    def changed_recorder():
        members = members_of(recorder)
        for name, value, contents in methods:
            if members.get(name) is not value or cells_of(value) != contents:
                return "the recorder of results was changed"
        for name in result.__dict__:
            if name in method_names:
                return "the recorder of results was given another " + name
        return None

    def judge(outcome):
        program, failure = outcome
        reason = compare() or changed_recorder()
        if reason is not None:
            alarm(reason)
        issues, kind, message, details = result.failures + result.errors, None, "", {}
        try:
            if failure is not None:
                message = show(text(failure))
                kind = "syntax" if program is None else "timeout" if is_a(failure, timed_out) else "exception"
                details["ALL"] = message
            elif issues:
                details = {show(test.id().split(".")[-1]): show(trace) for test, trace in issues}
                message = show(issues[0][1])
                kind = "assertion" if result.failures else "exception"
            message = last_line(message)
            if failure is None and message.startswith("bigcodebench.eval.utils.TimeoutException"):
                kind = "timeout"
        except any_failure:
            # Officially the process dies when an exception has no text, and its caller then reports a time-out.
            vanish(1)
        verdict = '{"status":%s,"details":{%s},"testsRun":%d,"skipped":%d,"expectedFailures":%d,"kind":%s,"message":%s}' % (
            '"fail"' if details else '"pass"',
            ",".join([quote(key) + ":" + quote(value) for key, value in details.items()]),
            result.testsRun, length(result.skipped), length(result.expectedFailures),
            "null" if kind is None else quote(kind), quote(message))
        data = verdict.encode("ascii")
        send(frame(b"B", data))
        return length(data).to_bytes(8, "little") + data

    return judge


def _cells(function, make=tuple):
    """What a function's cells hold now."""
    return make([cell.cell_contents for cell in function.__closure__ or ()])
