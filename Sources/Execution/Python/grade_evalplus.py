"""EvalPlus: a function is called on every input in one process; what it returns is compared on the trusted side.

Mode "reference" (trusted code): code, entry_point, dataset ("humaneval" or "mbpp"), task_id, inputs (a JSON text) or
input_expressions, clock. Sends {"count": n}, the inputs as one binary frame, binary frames with records of expected values, and
{"reference_seconds": [...]}. Instead of any of these: {"error": {...}}, or {"in_process": type} when a value cannot travel. With
expected_expressions nothing is executed: test vectors bring their own expected values. With "only": [indices], the full encodings
of these tests' values follow instead, one binary frame each, no larger than "largest".

Mode "reference_in_process": the same job. Sends {"count": n, "reference_seconds": [...]} and one binary frame with the tests, for
`grade_evalplus_inprocess`.

Mode "answers": code, entry_point, sets (whether results are compared as sets), minimum_seconds, seconds ({index: seconds} where a
test has more), clock, memory_bytes; the blob holds the inputs. Sends {"error": {...}} when the program cannot be loaded, else binary
frames, each the marshalled list of the next answers. An answer is one of
    the value in marshal's version 2
    b"W" + the value as `wire` has it, in JSON          b"X" + JSON of {"kind", "type", "message"}: the call raised, or timed out
    b"D" + head, size, digest of a long value: the last of its frame. The child waits for {"send": bool} and sends the value if asked
"""
import copy
import json
import marshal
import struct
import sys
import time

import limits
from grade_evalplus_inputs import (
    COMPARED_AS_PRESENCE, COMPARED_AS_SETS, evaluate, fits_marshal, pack, pack_inputs, read_inputs, unpack_inputs)
from wire import WireError, encode, plain_text, type_name

try:
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

# Longer values are compared by their digests.
_LONGEST = 1 << 16
_BATCH_SIZE = 1 << 20
_BATCH_SECONDS = 0.05
_HEAD = 5
_SIZE = struct.Struct("<Q").pack
_ATOMS = frozenset((int, str, bool, float, type(None), bytes, complex))
_CONTAINERS = frozenset((list, tuple, dict, set, frozenset))
# What a record of the reference says about its value.
_FLOATS, _UNSAFE, _DIGEST, _TYPED = 1, 2, 4, 8


def run(job, channel):
    if job["mode"] == "answers":
        _run_answers(job, channel)
        return
    try:
        if job["mode"] == "reference":
            _run_reference(job, channel)
        else:
            _run_reference_in_process(job, channel)
    except BaseException as error:
        channel.send({"error": {"type": type_name(error), "message": plain_text(str(error))}})


# The reference.

class _Travels(Exception):
    """A value does not."""


def _run_reference(job, channel):
    inputs = read_inputs(job)
    if job.get("only") is not None:
        for index in job["only"]:
            value, _ = next(_results(job, inputs[index:index + 1]))
            data = marshal.dumps(value, 2)
            channel.send_bytes(data if len(data) <= job["largest"] else b"")
        return
    try:
        blob = pack_inputs(inputs)
    except ValueError:
        channel.send({"in_process": "input"})
        return
    channel.send({"count": len(inputs)})
    channel.send_bytes(blob)
    seconds, records, size = [], [], 0
    for value, spent in _results(job, inputs):
        try:
            record = _record(value)
        except _Travels:
            channel.send({"in_process": type_name(value)})
            return
        del value
        seconds.append(spent)
        records.append(record)
        size += len(record)
        if size > _BATCH_SIZE:
            channel.send_bytes(marshal.dumps(records, 2))
            records, size = [], 0
    channel.send_bytes(marshal.dumps(records, 2))
    channel.send({"reference_seconds": seconds})


def _results(job, inputs):
    """Yields (expected value, seconds) per test."""
    if job.get("expected_expressions") is not None:
        for value in evaluate(job["expected_expressions"]):
            yield value, 0.0
        return
    clock = time.process_time if job.get("clock") == "cpu" else time.perf_counter
    names = {}
    exec(compile(job["code"], "<string>", "exec", dont_inherit=True), names)
    function = names[job["entry_point"]]
    as_presence = job["dataset"] == "mbpp" and job["entry_point"] in COMPARED_AS_PRESENCE
    for arguments in inputs:
        # The inputs must stay as they were before the reference touched them.
        arguments = copy.deepcopy(arguments)
        start = clock()
        value = function(*arguments)
        spent = clock() - start
        yield (value is not None if as_presence else value), spent
        del value


def _record(value):
    flags = _FLOATS if _holds_floats(value) else 0
    if fits_marshal(value):
        data = marshal.dumps(value, 2)
        if len(data) > _LONGEST:
            # Long values are compared by digest first, and a digest knows no NaN.
            if _equals_itself(value):
                return bytes((flags | _DIGEST,)) + data[:_HEAD] + _SIZE(len(data)) + _digest(data)
            raise _Travels
        return bytes((flags if _equals_itself(value) else flags | _UNSAFE,)) + data
    try:
        encoded = encode(value)
    except WireError:
        raise _Travels from None
    if not _is_plain(encoded):
        raise _Travels
    return bytes((flags | _UNSAFE | _TYPED,)) + json.dumps(encoded).encode()


def _digest(data):
    return blake2b(data, digest_size=16).digest()


def _equals_itself(value):
    """Whether equal encodings mean equal values: not where a NaN is inside, and not for bytes, as which marshal writes other things."""
    kind = type(value)
    if kind is float or kind is complex:
        return value == value
    if kind is bytes:
        return False
    if kind is dict:
        return _equals_itself(list(value)) and _equals_itself(list(value.values()))
    if kind in _CONTAINERS:
        kinds = set(map(type, value))
        return kinds <= {int, str, bool} or all([_equals_itself(member) for member in value])
    return True


def _is_plain(encoded):
    """Whether a wire value is made of plain types and subclasses of them alone."""
    if not isinstance(encoded, list):
        return True
    if encoded[0] in ("o", "e", "n", "g", "q"):
        return False
    return all([_is_plain(member) if encoded[0] != "d" or not isinstance(member, list) else all(map(_is_plain, member))
                for member in encoded[1:]])


def _holds_floats(value):
    """Whether the tolerance for floats applies to this expected value: a float, or a flat, non-empty run of them."""
    if isinstance(value, float):
        return True
    return isinstance(value, (list, tuple)) and len(value) > 0 and all(isinstance(member, float) for member in value)


def _run_reference_in_process(job, channel):
    inputs = read_inputs(job)
    expected, seconds = [], []
    for value, spent in _results(job, inputs):
        expected.append(value)
        seconds.append(spent)
    channel.send({"count": len(inputs), "reference_seconds": seconds})
    channel.send_bytes(pack(inputs, expected))


# The candidate.

def _run_answers(job, channel):
    blob = channel.blob()
    code, entry_point, clock, memory = job["code"], job["entry_point"], job["clock"], job["memory_bytes"]
    least, more = job["minimum_seconds"], {int(index): seconds for index, seconds in job["seconds"].items()}
    answer_of = _make_encoder(job["sets"])
    job.clear()

    limits.load_numpy_for(code)
    timed_out = limits.timeout_exception("evalplus.eval.utils")
    send_bytes, receive, monotonic, dumps = channel.send_bytes, channel.receive, time.monotonic, marshal.dumps
    load, failure_of, seconds_of, make_sink = unpack_inputs, _failure, more.get, limits.WriteOnlyText
    limits.plain_command_line()
    limits.set_memory_limits(memory, memory, memory)
    limits.remove_functions(remove_open=True)
    arm, start, stop = limits.make_test_timer(clock, lambda: timed_out("Timed out!"))

    compiled = None
    streams = limits.swallow_streams()
    sink = sys.stdout
    try:
        names = {}
        compiled = compile(code, "<string>", "exec", dont_inherit=True)
        exec(compiled, names)
        function = names[entry_point]
    except BaseException as error:
        failure = failure_of(error, "syntax" if compiled is None else "exception")
        limits.restore_streams(streams)
        channel.send({"error": failure})
        return

    arm()
    answers, size, done, next_report, last_report = [], 0, 0, 1, monotonic()
    for arguments in load(blob):
        # Officially every call gets a fresh stream; one that nobody used is as good as new.
        try:
            if sink.tell():
                sink = make_sink()
        except ValueError:
            sink = make_sink()
        sys.stdout = sys.stderr = sys.stdin = sink
        full = None
        try:
            start(seconds_of(done, least))
            try:
                result = function(*arguments)
            finally:
                stop()
            answer, full = answer_of(result)
            del result
        except BaseException as error:
            kind = "timeout" if isinstance(error, timed_out) else "answer" if isinstance(error, WireError) else "exception"
            answer = b"X" + json_bytes(failure_of(error, kind))
        answers.append(answer)
        size += len(answer)
        done += 1
        # Few frames, yet a wrong answer stops the rest soon: after 1, 2, 4, ... tests, every 50 ms, and after each slow test.
        if done == next_report or full is not None or monotonic() - last_report >= _BATCH_SECONDS or size > _BATCH_SIZE:
            if done == next_report:
                next_report *= 2
            send_bytes(dumps(answers, 2))
            answers, size = [], 0
            if full is not None and receive()["send"]:
                send_bytes(full)
            arm()
            last_report = monotonic()
    limits.restore_streams(streams)
    if answers:
        send_bytes(dumps(answers, 2))


def _failure(error, kind):
    try:
        message = plain_text(str(error))[:1000]
    except BaseException:
        message = ""
    return {"kind": kind, "type": type_name(error), "message": message}


json_bytes = (lambda encode: lambda value: encode(value).encode())(json.JSONEncoder(check_circular=False).encode)


def _make_encoder(iterators, dumps=marshal.dumps, fits=fits_marshal, atoms=_ATOMS, containers=_CONTAINERS):
    """A function result -> (answer, long value or None). What a program may change afterwards is bound here."""
    def answer_of(result):
        kind = type(result)
        data = None
        if kind in atoms:
            data = dumps(result, 2)
        elif kind in containers:
            try:
                data = dumps(result, 2)
            except ValueError:
                pass
            # Whatever has a buffer would go as bytes.
            if data is not None and b"s" in data and not fits(result):
                data = None
        if data is None:
            return b"W" + json_bytes(encode(result, iterators)), None
        if len(data) <= _LONGEST:
            return data, None
        return b"D" + data[:_HEAD] + _SIZE(len(data)) + _digest(data), data

    return answer_of
