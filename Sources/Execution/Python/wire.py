"""Typed values as JSON, for the answers that a candidate's process hands to the trusted side.

Plain JSON: null, true, false, strings, integers below 2**53. Everything else is a list whose first member is a tag:
  ["i", hex]                  larger integer              ["f", float.hex()]            float, nan, inf, -inf
  ["l", ...] ["t", ...]       list, tuple                 ["d", [key, value], ...]      dict
  ["s", ...] ["z", ...]       set, frozenset              ["b", hex]                    bytes
  ["c", hex, hex]             complex                     ["y", hex of UTF-8]           string with lone surrogates
  ["n", dtype, shape, flat]   numpy array                 ["g", dtype, value]           numpy scalar
  ["q", type, hex, hex]       Decimal or Fraction as an exact ratio
  ["u", type, value]          instance of a subclass, by its base value
  ["e", type, ...]            what an iterator or a view of a built-in type yields; equal to nothing
  ["o", type]                 anything else: equal to nothing

A subclass goes by its base value, read with the base type's own methods, so no method of the candidate runs while it is
encoded and an `__eq__` that always agrees is lost on the way. The one exception is asked for by name: with iterators=True,
generators and the like are exhausted, which runs their code. Values too deep or too large raise WireError.
"""
import collections
import decimal
import fractions
import itertools
import sys

MAX_DEPTH = 200
MAX_ELEMENTS = 1_000_000
MAX_SIZE = 16 << 20
_EXACT_INTEGER = 1 << 53
_MAX_RATIO_BITS = 1 << 16
_MAX_ITERATIONS = 100_000
_INTEGERS = {int}
# Reading these through their descriptors keeps a metaclass from answering for its class.
_type_name = type.__dict__["__name__"].__get__
_bases_of = type.__dict__["__mro__"].__get__


class WireError(ValueError):
    """The value cannot travel, or the message is not a value."""


class Opaque:
    """A value of a type that does not travel; equal to nothing, itself included."""

    __slots__ = ("type_name",)
    __hash__ = None

    def __init__(self, type_name):
        self.type_name = type_name

    def __eq__(self, other):
        return False

    def __repr__(self):
        return "<" + self.type_name + ">"


class _Budget:
    """What is left of the element and size caps, and whether iterators may be exhausted."""

    __slots__ = ("elements", "size", "iterators")

    def __init__(self, iterators=False):
        self.elements = MAX_ELEMENTS
        self.size = MAX_SIZE
        self.iterators = iterators

    def spend(self, elements, size):
        self.elements -= elements
        self.size -= size
        if self.elements < 0 or self.size < 0:
            raise WireError("value too large")


def encode(value, iterators=False):
    """The value as an object that `json.dumps` takes. Raises WireError.

    With `iterators`, a value that is itself an iterator or a view of a built-in type is exhausted and sent with its members;
    one that raises, or yields too much, is opaque.
    """
    try:
        return _encode(value, 0, _Budget(iterators))
    except (RecursionError, MemoryError):
        # The program may have left a tiny recursion limit or a full heap behind.
        raise WireError("value cannot be encoded") from None


def plain_text(text):
    """The text with lone surrogates replaced: many JSON readers refuse them."""
    text = str.__str__(text)
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def type_name(value):
    return plain_text(_type_name(type(value)))


def _encode_text(text, budget):
    budget.spend(1, len(text))
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        return ["y", text.encode("utf-8", "surrogatepass").hex()]


def _encode_integer(number, budget):
    if -_EXACT_INTEGER < number < _EXACT_INTEGER:
        budget.spend(1, 0)
        return number
    budget.spend(1, number.bit_length() // 4)
    return ["i", "%x" % number]


def _encode(value, depth, budget):
    kind = type(value)
    # The exact types first: nearly every answer is made of them alone.
    if value is None or kind is bool:
        budget.spend(1, 0)
        return value
    if kind is int:
        return _encode_integer(value, budget)
    if kind is str:
        return _encode_text(value, budget)
    if kind is float:
        budget.spend(1, 0)
        return ["f", value.hex()]
    if depth >= MAX_DEPTH:
        raise WireError("value too deep")
    if kind is list or kind is tuple:
        budget.spend(1, 0)
        encoded = ["l" if kind is list else "t"]
        if set(map(type, value)) == _INTEGERS and -_EXACT_INTEGER < min(value) and max(value) < _EXACT_INTEGER:
            # Long answers are mostly these.
            budget.spend(len(value), 0)
            encoded.extend(value)
            return encoded
        encoded.extend([_encode(member, depth + 1, budget) for member in value])
        return encoded
    if kind is dict:
        budget.spend(1, 0)
        return ["d"] + [[_encode(key, depth + 1, budget), _encode(member, depth + 1, budget)]
                        for key, member in value.items()]
    if kind is set or kind is frozenset:
        budget.spend(1, 0)
        return ["s" if kind is set else "z"] + [_encode(member, depth + 1, budget) for member in value]
    if kind is bytes:
        budget.spend(1, 2 * len(value))
        return ["b", value.hex()]
    if kind is complex:
        budget.spend(1, 0)
        return ["c", value.real.hex(), value.imag.hex()]
    return _encode_rare(value, kind, depth, budget)


def _encode_rare(value, kind, depth, budget):
    name = plain_text(_type_name(kind))
    budget.spend(1, len(name))
    encoded = _encode_numpy(value, kind, depth, budget)
    if encoded is not None:
        return encoded
    if kind is fractions.Fraction or kind is decimal.Decimal:
        return _encode_ratio(value, name, budget)
    if kind in _ITERATORS and depth == 0 and budget.iterators:
        try:
            members = list(itertools.islice(value, _MAX_ITERATIONS + 1))
        except BaseException:
            # A generator runs the program's code, which may raise anything.
            return ["o", name]
        if len(members) > _MAX_ITERATIONS:
            return ["o", name]
        return ["e", name] + [_encode(member, 1, budget) for member in members]
    bases = _bases_of(kind)
    for base, copy in _BASES:
        # Not isinstance: it would ask the object's own __class__.
        if base in bases:
            return ["u", name, _encode(copy(value), depth + 1, budget)]
    return ["o", name]


# Types whose instances yield values without being containers of a type that travels.
_ITERATORS = frozenset(map(type, (
    (nothing for nothing in ()), range(0), map(None, ()), filter(None, ()), zip(), enumerate(()), reversed([]), reversed(()),
    reversed({}), reversed(range(0)), {}.keys(), {}.values(), {}.items(), iter([]), iter(()), iter(""), iter(b""), iter({}),
    iter({}.values()), iter({}.items()), iter(set()), iter(range(0)), iter(int, 0),
    collections.deque(), iter(collections.deque()),
    itertools.chain(), itertools.islice((), 0), itertools.count(), itertools.cycle(()), itertools.repeat(None, 0),
    itertools.accumulate(()), itertools.combinations((), 0), itertools.combinations_with_replacement((), 0),
    itertools.compress((), ()), itertools.dropwhile(None, ()), itertools.filterfalse(None, ()), itertools.groupby(()),
    itertools.permutations(()), itertools.product(), itertools.starmap(None, ()), itertools.takewhile(None, ()),
    itertools.zip_longest())))

# How to read an instance of a subclass as a value of its base type, without running the subclass' methods.
_BASES = (
    (int, int.__pos__),
    (float, float.__float__),
    (complex, complex.__pos__),
    (str, str.__str__),
    (bytes, lambda value: bytes.__getitem__(value, slice(None))),
    (bytearray, lambda value: bytes(bytearray.__getitem__(value, slice(None)))),
    (list, lambda value: list.__getitem__(value, slice(None))),
    (tuple, lambda value: tuple.__getitem__(value, slice(None))),
    (dict, lambda value: dict(dict.items(value))),
    (set, lambda value: set(set.__iter__(value))),
    (frozenset, lambda value: frozenset(frozenset.__iter__(value))),
)


def _encode_numpy(value, kind, depth, budget):
    # Only a program that has imported numpy can return its values.
    numpy = sys.modules.get("numpy")
    array_type = getattr(numpy, "ndarray", None)
    scalar_type = getattr(numpy, "generic", None)
    if not isinstance(array_type, type) or not isinstance(scalar_type, type):
        return None
    bases = _bases_of(kind)
    try:
        if array_type in bases:
            budget.spend(value.size, 0)
            if value.dtype.kind not in "biufcSU" or value.dtype.char in "gG":
                return ["o", plain_text(_type_name(kind))]
            flat = [_encode(member, depth + 1, budget) for member in numpy.asarray(value).ravel().tolist()]
            return ["n", str(value.dtype), [int(length) for length in value.shape], flat]
        if scalar_type in bases and value.dtype.kind in "biufc" and value.dtype.char not in "gG":
            return ["g", value.dtype.name, _encode(value.item(), depth + 1, budget)]
    except WireError:
        raise
    except BaseException:
        # A subclass of the program's own may raise anything here.
        return ["o", plain_text(_type_name(kind))]
    return None


def _encode_ratio(value, name, budget):
    # 1E+1000000 would become a number of a million digits.
    if isinstance(value, decimal.Decimal):
        if not value.is_finite() or abs(value.adjusted()) > _MAX_RATIO_BITS // 4:
            return ["o", name]
    try:
        top, bottom = value.as_integer_ratio() if hasattr(value, "as_integer_ratio") else (
            value.numerator, value.denominator)
    except Exception:
        return ["o", name]
    budget.spend(1, top.bit_length() // 4 + bottom.bit_length() // 4)
    return ["q", name, "%x" % top, "%x" % bottom]


def decode(message):
    """The value of an encoded message; a subclass comes back as its base value, ["o", ...] as Opaque. Raises WireError."""
    try:
        return _decode(message, 0, _Budget())
    except WireError:
        raise
    except (RecursionError, MemoryError, ValueError, TypeError, IndexError, AttributeError, ArithmeticError) as error:
        raise WireError("not a value: " + type(error).__name__) from None


def _decode(message, depth, budget):
    if message is None or isinstance(message, bool):
        budget.spend(1, 0)
        return message
    if isinstance(message, str):
        budget.spend(1, len(message))
        return message
    if isinstance(message, int):
        if not -_EXACT_INTEGER < message < _EXACT_INTEGER:
            raise WireError("plain integer too large")
        budget.spend(1, 0)
        return message
    if not isinstance(message, list) or not message or not isinstance(message[0], str):
        raise WireError("not a value")
    if depth > MAX_DEPTH:
        raise WireError("value too deep")
    decoder = _DECODERS.get(message[0])
    if decoder is None:
        raise WireError("unknown tag")
    budget.spend(1, 0)
    return decoder(message, depth + 1, budget)


def _members(message, depth, budget):
    return [_decode(member, depth, budget) for member in message[1:]]


def _hex_integer(text):
    if len(text) > MAX_SIZE:
        raise WireError("integer too large")
    return int(text, 16)


def _decode_dict(message, depth, budget):
    return {_decode(key, depth, budget): _decode(member, depth, budget) for key, member in message[1:]}


def _decode_array(message, depth, budget):
    _, dtype, shape, flat = message
    values = [_decode(member, depth, budget) for member in flat]
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return Opaque("ndarray")
    kind = numpy.dtype(dtype)
    if kind.kind not in "biufcSU":
        raise WireError("unknown element type")
    # The width of texts follows from the values: a declared one could ask for any amount of memory.
    return numpy.array(values, dtype=kind.char if kind.kind in "SU" else kind).reshape(shape)


def _decode_scalar(message, depth, budget):
    _, dtype, member = message
    value = _decode(member, depth, budget)
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return value
    kind = numpy.dtype(dtype)
    if kind.kind not in "biufc":
        raise WireError("unknown scalar type")
    return kind.type(value)


_DECODERS = {
    "i": lambda m, depth, budget: _hex_integer(m[1]),
    "f": lambda m, depth, budget: float.fromhex(m[1]),
    "l": _members,
    "t": lambda m, depth, budget: tuple(_members(m, depth, budget)),
    "d": _decode_dict,
    "s": lambda m, depth, budget: set(_members(m, depth, budget)),
    "z": lambda m, depth, budget: frozenset(_members(m, depth, budget)),
    "b": lambda m, depth, budget: bytes.fromhex(m[1]),
    "c": lambda m, depth, budget: complex(float.fromhex(m[1]), float.fromhex(m[2])),
    "y": lambda m, depth, budget: bytes.fromhex(m[1]).decode("utf-8", "surrogatepass"),
    "n": _decode_array,
    "g": _decode_scalar,
    "q": lambda m, depth, budget: fractions.Fraction(_hex_integer(m[2]), _hex_integer(m[3])),
    "u": lambda m, depth, budget: _decode(m[2], depth, budget),
    "e": lambda m, depth, budget: iter(_members(m[1:], depth, budget)),
    "o": lambda m, depth, budget: Opaque(str(m[1])),
}
