"""EvalPlus: what the tests of a task are made of.

MBPP+ inputs lose their types in JSON; the official loader restores them by task number, and so does `retype` here. `pack`
and `unpack` carry (inputs, expected) from the reference run to the grading runs.
"""
import json
import marshal
import pickle

# What becomes of an argument: "t" tuple, "l" list of tuples, "T" tuple of tuples, "m" as "T" but members that are no lists
# stay as they are, "d" dict of tuples, "c" complex, "f" float, "s" list of sets (an empty one becomes an empty dict),
# "-" unchanged. A final "*" applies the one before it to all arguments; without it, arguments beyond the pattern are dropped
# unless the pattern ends in "+".
_PATTERNS = {
    "t*": (2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809),
    "l*": (63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780),
    "T*": (259, 401, 445),
    "l-": (75, 413, 444, 753),
    "-t": (106, 750),
    "t-": (250, 405, 446, 617, 720, 763, 808),
    "t--": (307,),
    "s": (115,),
    "m": (278,),
    "c": (252,),
    "fc": (124,),
    "d+": (722,),
}
_PATTERN_OF_TASK = {number: pattern for pattern, numbers in _PATTERNS.items() for number in numbers}
_ALL_LISTS_TO_TUPLES = (580, 615, 791)

_CONVERTERS = {
    "-": lambda value: value,
    "t": tuple,
    "l": lambda value: [tuple(member) for member in value],
    "T": lambda value: tuple([tuple(member) for member in value]),
    "m": lambda value: tuple([tuple(member) if isinstance(member, list) else member for member in value]),
    "d": lambda value: {key: tuple(member) for key, member in value.items()},
    "c": complex,
    "f": float,
    "s": lambda value: [set(member) if isinstance(member, list) and member else {} for member in value],
}


def retype(task_id, inputs):
    """The inputs of an MBPP+ task with the types that JSON could not carry."""
    number = int(task_id.rsplit("/", 1)[-1])
    if number in _ALL_LISTS_TO_TUPLES:
        return [_tuples_all_through(arguments) for arguments in inputs]
    pattern = _PATTERN_OF_TASK.get(number)
    if pattern is None:
        return inputs
    return [_convert(arguments, pattern) for arguments in inputs]


def _tuples_all_through(value):
    return tuple([_tuples_all_through(member) for member in value]) if isinstance(value, list) else value


def _convert(arguments, pattern):
    if pattern[-1] == "*":
        return [_CONVERTERS[pattern[0]](argument) for argument in arguments]
    codes = pattern.rstrip("+")
    converted = [_CONVERTERS[code](argument) for code, argument in zip(codes, arguments)]
    return converted + list(arguments[len(codes):]) if pattern[-1] == "+" else converted


def read_inputs(job):
    """The argument lists of a reference job, from JSON text or from Python expressions (test vectors)."""
    expressions = job.get("input_expressions")
    if expressions is not None:
        return evaluate(expressions)
    inputs = json.loads(job["inputs"])
    return retype(job["task_id"], inputs) if job["dataset"] == "mbpp" else inputs


def evaluate(expressions):
    """Values of trusted Python expressions, with the names that the test vectors may use."""
    import collections
    import decimal
    import fractions

    names = {"collections": collections, "decimal": decimal, "fractions": fractions}
    try:
        import numpy
        names["np"] = numpy
    except ImportError:
        pass
    return [eval(text, dict(names)) for text in expressions]


_MARSHAL_ATOMS = frozenset((type(None), bool, int, float, complex, str, bytes))
_MARSHAL_CONTAINERS = frozenset((list, tuple, set, frozenset))


def _fits_marshal(value):
    """Whether every type in the value is one that marshal keeps: it would write a numpy array as plain bytes."""
    pending, seen = [value], set()
    while pending:
        value = pending.pop()
        kind = type(value)
        if kind in _MARSHAL_ATOMS:
            continue
        if id(value) in seen:
            continue
        seen.add(id(value))
        if kind in _MARSHAL_CONTAINERS:
            pending.extend(value)
        elif kind is dict:
            pending.extend(value)
            pending.extend(value.values())
        else:
            return False
    return True


def pack(inputs, expected):
    """One blob of the tests of a task: a letter, then marshal where it is exact (much the faster), else pickle.

    Pickle is acceptable for this blob alone: the trusted reference run wrote it, no candidate can reach it, and it is read
    only inside a sandboxed child.
    """
    tests = (inputs, expected)
    if _fits_marshal(tests):
        try:
            return b"M" + marshal.dumps(tests)
        except ValueError:
            pass  # Nested deeper than marshal goes.
    return b"P" + pickle.dumps(tests, protocol=4)


def unpack(blob):
    view = memoryview(blob)
    return marshal.loads(view[1:]) if view[:1] == b"M" else pickle.loads(view[1:])
