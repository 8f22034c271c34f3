"""EvalPlus: what the tests of a task are made of, and how they travel.

MBPP+ inputs lose their types in JSON; the official loader restores them by task number, and so does `retype` here.
`pack_inputs` and `unpack_inputs` carry the inputs from the reference run to the candidates' children, `pack` and `unpack`
inputs and expected values to those children that compare by themselves.
"""
import json
import marshal
import pickle
import struct

# Tasks whose results are compared as sets, and tasks that only ask whether there is a result.
COMPARED_AS_SETS = frozenset(
    "similar_elements find_char_long common_in_nested_lists extract_singly larg_nnum intersection_array find_dissimilar Diff"
    .split())
COMPARED_AS_PRESENCE = frozenset("check_str text_match_three text_starta_endb".split())

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
_MARSHAL_TYPES = _MARSHAL_ATOMS | _MARSHAL_CONTAINERS | {dict}


def fits_marshal(value):
    """Whether every type in the value is one that marshal keeps: it would write whatever has a buffer as plain bytes."""
    kind = type(value)
    if kind in _MARSHAL_ATOMS:
        return True
    if kind is dict:
        return fits_marshal(list(value)) and fits_marshal(list(value.values()))
    if kind not in _MARSHAL_CONTAINERS:
        return False
    # Long values are mostly flat; a set of their types is made at the speed of C.
    kinds = set(map(type, value))
    return kinds <= _MARSHAL_ATOMS or kinds <= _MARSHAL_TYPES and all(
        [fits_marshal(member) for member in value if type(member) not in _MARSHAL_ATOMS])


# The children that stop at an early test need not load the later ones.
_CHUNKS = (8, 32, 128)
_LENGTH = struct.Struct("<I")


def pack_inputs(inputs):
    """The argument lists as a row of marshalled lists, each after its length. Raises ValueError for types that do not fit."""
    parts, at, chunk = [], 0, 0
    while at < len(inputs):
        count = _CHUNKS[min(chunk, len(_CHUNKS) - 1)]
        members = inputs[at:at + count]
        if not fits_marshal(members):
            raise ValueError("an input is of a type that does not travel")
        # Version 2 has no references between values: the harness reads it as well.
        data = marshal.dumps(members, 2)
        parts += (_LENGTH.pack(len(data)), data)
        at, chunk = at + count, chunk + 1
    return b"".join(parts)


def unpack_inputs(blob, loads=marshal.loads, length=_LENGTH.unpack_from):
    """Yields the argument lists of `pack_inputs`, a chunk at a time."""
    view, at = memoryview(blob), 0
    while at < len(view):
        size, = length(view, at)
        yield from loads(view[at + 4:at + 4 + size])
        at += 4 + size


def pack(inputs, expected):
    """One blob of the tests of a task: a letter, then marshal where it is exact (much the faster), else pickle.

    Pickle is acceptable for this blob alone: the trusted reference run wrote it, no candidate can reach it, and it is read
    only inside a sandboxed child.
    """
    tests = (inputs, expected)
    if fits_marshal(tests):
        try:
            return b"M" + marshal.dumps(tests)
        except ValueError:
            pass  # Nested deeper than marshal goes.
    return b"P" + pickle.dumps(tests, protocol=4)


def unpack(blob):
    view = memoryview(blob)
    return marshal.loads(view[1:]) if view[:1] == b"M" else pickle.loads(view[1:])
