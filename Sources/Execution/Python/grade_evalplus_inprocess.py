"""EvalPlus in the child's own interpreter, for problems whose expected values cannot leave it as data.

The job: code, entry_point, dataset, atol, reference_seconds, minimum_seconds, factor, stop_at_first_failure, clock, nonce,
set_memory_limit, memory_bytes; the blob holds the tests. Sends {"progress": n, "failed": [indices]} now and then, and at the
end {nonce, status, details, kind, exception, message}. A child that vanishes is "timeout", which is for the harness to say;
its details are the tests that the last progress frame reported.

The comparison keeps the official quirks: the candidate's own == is trusted, `atol` stays raised once a test expected floats,
and values that are equal or not by tolerance must have the same type.
"""
import math
import sys
import time

import limits
from grade_evalplus_inputs import COMPARED_AS_PRESENCE, COMPARED_AS_SETS, unpack
from wire import plain_text, type_name

_FLOAT_ATOL = 1e-6
_RTOL = 1e-7
_PROGRESS_SECONDS = 0.05


def run(job, channel):
    inputs, expected = unpack(channel.blob())
    code, entry_point, dataset, atol = job["code"], job["entry_point"], job["dataset"], job["atol"]
    stop_at_first_failure, nonce, clock = job["stop_at_first_failure"], job["nonce"], job["clock"]
    least, factor = job["minimum_seconds"], job["factor"]
    allowed = [max(least, factor * seconds) for seconds in job["reference_seconds"]]
    memory = job.get("memory_bytes") if job.get("set_memory_limit") else None
    job.clear()

    count = len(inputs)
    # Tolerant comparisons need numpy as well, but it costs too much to load for nothing.
    tolerant = atol != 0 or any(_holds_floats(value, None) for value in expected)
    limits.load_numpy_for("numpy" if tolerant else code)
    timed_out = limits.timeout_exception("evalplus.eval.utils")
    send, monotonic, name_of = channel.send, time.monotonic, type_name
    send_pass = limits.prepared(channel, _frame(nonce, "pass", [True] * count, None, None, None))
    matches = _make_comparison(dataset, entry_point, atol)
    swallow, restore = limits.swallow_streams, limits.restore_streams
    limits.plain_command_line()
    if memory is not None:
        limits.set_memory_limits(memory, memory, memory)
    limits.remove_functions(remove_open=True)
    start, stop = limits.make_timer(clock, lambda: timed_out("Timed out!"))

    compiled = None
    streams = swallow()
    try:
        names = {}
        compiled = compile(code, "<string>", "exec", dont_inherit=True)
        exec(compiled, names)
        function = names[entry_point]
        failure = None
    except BaseException as error:
        failure = ("syntax" if compiled is None else "exception", error)
    restore(streams)
    if failure is not None:
        send(_failure_frame(nonce, [], failure, name_of))
        return

    details = []
    next_report, last_report, reported = 1, monotonic(), 0
    for index, arguments in enumerate(inputs):
        seconds = allowed[index]
        phase = "exception"
        try:
            start(seconds, 3 * seconds + 2)
            try:
                streams = swallow()
                try:
                    result = function(*arguments)
                finally:
                    restore(streams)
            finally:
                stop()
            phase = "wrongAnswer"
            passed = matches(result, expected[index], arguments)
            error = None
        except BaseException as raised:
            passed, error = False, raised
        details.append(passed)
        if not passed:
            if failure is None:
                failure = ("timeout" if isinstance(error, timed_out) else phase, error)
            if stop_at_first_failure:
                break
        # Few frames, yet a child that dies early has told how far it was: after 1, 2, 4, ... tests and every 50 ms.
        done = index + 1
        if done == next_report or monotonic() - last_report >= _PROGRESS_SECONDS:
            if done == next_report:
                next_report *= 2
            last_report = monotonic()
            send({"progress": done, "failed": [i for i in range(reported, done) if not details[i]]})
            reported = done
    if failure is None:
        send_pass()
    else:
        send(_failure_frame(nonce, details, failure, name_of))


def _frame(nonce, status, details, kind, exception, message):
    return {"nonce": nonce, "status": status, "details": details, "kind": kind, "exception": exception, "message": message}


def _failure_frame(nonce, details, failure, name_of):
    kind, error = failure
    name = message = None
    if error is not None:
        name = name_of(error)
        try:
            message = plain_text(str(error))[:1000]
        except BaseException:
            message = ""
    return _frame(nonce, "fail", details, kind, name, message)


def _holds_floats(value, numpy):
    """Whether the tolerance for floats applies to this expected value: a float, or a flat, non-empty run of them."""
    if isinstance(value, float):
        return True
    if isinstance(value, (list, tuple)) and value:
        return all(isinstance(member, float) for member in value)
    if numpy is not None and isinstance(value, numpy.ndarray):
        return value.dtype == numpy.float64 or value.dtype == numpy.float32
    return False


def _make_comparison(dataset, entry_point, atol):
    """A function (result, expected, arguments) -> bool. It may raise; its tolerance changes from test to test."""
    numpy = sys.modules.get("numpy")
    close = numpy.allclose if numpy is not None else _allclose_without_numpy
    oracle = _MBPP_ORACLES.get(entry_point) if dataset == "mbpp" else None
    as_sets = dataset == "mbpp" and entry_point in COMPARED_AS_SETS
    as_presence = dataset == "mbpp" and entry_point in COMPARED_AS_PRESENCE
    finds_zero = dataset == "humaneval" and entry_point == "find_zero"

    def matches(result, expected, arguments):
        nonlocal atol
        # Every step can raise or leave a non-boolean, so their order is part of the semantics.
        equal = result == expected
        if oracle is not None:
            equal = equal or oracle(result, arguments, atol)
        elif as_sets:
            equal = set(result) == set(expected)
        elif as_presence:
            equal = result == expected if isinstance(result, bool) else expected == (result is not None)
        if finds_zero:
            return bool(abs(_polynomial(*arguments, result)) <= atol)
        if atol == 0 and _holds_floats(expected, numpy):
            # Not reset afterwards: from here on every test of this run is compared with a tolerance.
            atol = _FLOAT_ATOL
        if not equal and atol != 0:
            if not type(result) == type(expected):
                return False
            if isinstance(expected, (list, tuple)) and len(result) != len(expected):
                return False
            return bool(close(result, expected, rtol=_RTOL, atol=atol))
        return bool(equal)

    return matches


def _allclose_without_numpy(result, expected, rtol, atol):
    """numpy.allclose for numbers and equally nested sequences of them; broadcasting is beyond it."""
    if isinstance(expected, (list, tuple)):
        return len(result) == len(expected) and all(
            _allclose_without_numpy(mine, theirs, rtol, atol) for mine, theirs in zip(result, expected))
    if isinstance(expected, (str, bytes)) or isinstance(result, (str, bytes)):
        raise TypeError("no tolerance between texts")
    if result == expected:
        return True
    difference = abs(result - expected)
    return math.isfinite(difference) and difference <= atol + rtol * abs(expected)


def _polynomial(coefficients, x):
    return sum([coefficient * math.pow(x, power) for power, coefficient in enumerate(coefficients)])


def _pyramid_surface(base, height):
    # The height is taken as the perpendicular one; the dataset's own answer takes it as the slant height.
    slant = math.sqrt((base / 2) ** 2 + height ** 2)
    return round(base ** 2 + 4 * (base * slant) / 2)


def _digit_distance(first, second):
    first, second = str(first), str(second)
    width = max(len(first), len(second))
    return sum(abs(int(a) - int(b)) for a, b in zip(first.zfill(width), second.zfill(width)))


# Answers that the official evaluator accepts besides the expected one, by entry point.
_MBPP_ORACLES = {
    "are_equivalent": lambda result, arguments, atol: True,
    "sum_div": lambda result, arguments, atol: result == 0,
    "surface_Area": lambda result, arguments, atol: abs(result - _pyramid_surface(*arguments)) <= atol,
    "digit_distance_nums": lambda result, arguments, atol: result == _digit_distance(*arguments),
}
