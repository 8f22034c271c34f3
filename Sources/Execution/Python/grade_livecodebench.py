"""LiveCodeBench: runs one program on test after test and hands the answers out; the trusted side compares them.

Job: code, function (null: a program that reads standard input; else the name of the function or method), seconds,
wall_seconds, clock, semantics ("official" or "strict"), optionally output_limit (characters, 16 Mi).
First frame: {"ready": true} or {"error": {...}}. Then for each request one answer:
  {"input": text}     -> {"output": text} or {"value": wire}, or {"error": {...}}; a list of lines is joined by newlines
  {"describe": true, "expected": text or null}
                      -> {"output", "inputs", "expected"}: the texts that the official result file shows of the last test (of
                         functional ones; str() of the values, cut to 300 characters), or {"error": {...}}
An error holds code (the official -3, -4, or -5 where the official runner itself would have died), kind ("timeout",
"exception", "exit", "syntax"), type, message, whole (true: officially the vector is this code alone, whatever passed before)
and, for programs that read standard input, output (what was printed so far). Expected outputs never come here before an
answer has been given, and no == of the candidate decides anything.
"""
import json
import sys

from grade_livecodebench_official import OfficialProgram
from grade_livecodebench_strict import StrictProgram
from wire import WireError, encode, plain_text, type_name

_OUTPUT_LIMIT = 16 << 20
_SHOWN_CHARACTERS = 300


def run(job, channel):
    # The official runner allows this many digits, and int() limits in the tests depend on it.
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(50000)
    make_program = StrictProgram if job["semantics"] == "strict" else OfficialProgram
    limit = job.get("output_limit", _OUTPUT_LIMIT)
    send, receive, loads = channel.send, channel.receive, json.loads
    program = make_program(job)
    functional = job["function"] is not None
    job.clear()

    error = program.load()
    if error is not None:
        send({"error": error})
        return
    send({"ready": True})
    arguments = prediction = None
    while True:
        try:
            request = receive()
        except EOFError:
            return
        if "describe" in request:
            send(_describe(prediction, arguments, request.get("expected"), loads))
            continue
        text = request["input"]
        if not functional:
            if isinstance(text, list):
                text = "\n".join(text)
            output, error = program.run_text(text)
            answer = _cut({"output": output}, limit) if error is None else {"error": _cut(dict(error, output=output), limit)}
        else:
            try:
                arguments = [loads(line) for line in text.split("\n")]
            except ValueError as failure:
                answer = {"error": _error(-4, "exception", failure, f"Error during testing: {failure}", True)}
            else:
                prediction, error = program.call(arguments)
                answer = {"value": _travelling(prediction)} if error is None else {"error": error}
        send(answer)
        if error is not None and error["code"] == -5:
            return


def _error(code, kind, failure, message, whole=False):
    return {"code": code, "kind": kind, "type": type_name(failure), "message": plain_text(message), "whole": whole}


def _cut(answer, limit):
    """Marks and shortens an output that no expected output can match."""
    output = plain_text(answer["output"])
    if len(output) > limit:
        answer["truncated"] = len(output)
        output = output[:limit]
    answer["output"] = output
    return answer


def _travelling(prediction):
    try:
        return encode(prediction)
    except WireError:
        # Deeper or larger than any expected value, so equal to none.
        return ["o", type_name(prediction)]


def _describe(prediction, arguments, expected, loads):
    if isinstance(prediction, tuple):
        prediction = list(prediction)
    try:
        return {
            "output": _shown(prediction),
            "inputs": _shown(arguments),
            "expected": None if expected is None else _shown(loads(expected)),
        }
    except Exception as failure:
        # Officially a text that cannot be made is a runtime error of the test.
        return {"error": _error(-4, "exception", failure, _safe_repr(failure))}


def _safe_repr(failure):
    try:
        return repr(failure)
    except Exception:
        return type_name(failure)


def _shown(value):
    text = plain_text(value if isinstance(value, str) else str(value))
    if len(text) <= _SHOWN_CHARACTERS:
        return text
    half = _SHOWN_CHARACTERS // 2
    return text[:half] + "...(truncated) ..." + text[-half:]
