"""The tests' side of the split channel: runs a suite's tests, one candidate after another, and calls the candidate by wire.

No candidate's code runs here. A suite's text is compiled once and executed in a fresh namespace for each candidate: the prompt,
whose helpers tests may use, then the tests, then check(candidate) where the suite has one. The names `candidate` and the entry
point stand for a proxy that sends the arguments to the candidate's process and returns what came back.

From the harness: {"begin": key} with "prompt", "test", "entry_point" and "checks" when the suite is new here; after a call an
                  answer as `serve` sends it (a list), or {"abandon": true} when there is none.
To the harness:   [arguments] or [arguments, keywords] for a call; {"kind", "exception", "text", "calls"} as the verdict. The
                  kinds: "passed", "assertion" (an assertion of the tests), "raised" (by the program), "timeout" (raised by its
                  timer), "exception" (by the tests, for what they were given), "answer" (not a value), "suite" (the tests cannot be
                  run in this way). An abandoned candidate gets no verdict.
"""
import builtins
import collections
import decimal
import sys

import limits
import wire
from wire import plain_text, type_name

_ATOMS = frozenset((int, float, str, bool, type(None), complex, bytes))
_TEXT_LIMIT = 2000


class Abandoned(BaseException):
    """The candidate's process has no more answers."""


class NotAValue(Exception):
    """The candidate's process sent something that is not a value."""


class CannotTravel(Exception):
    """The tests call the candidate with something that is not plain data."""


def run(job, channel):
    limits.plain_command_line()
    limits.swallow_streams()
    suites = {}
    while True:
        frame = channel.receive()
        if type(frame) is not dict or "begin" not in frame:
            continue  # The rest of an abandoned conversation.
        key = frame["begin"]
        suite = suites.get(key)
        if suite is None:
            suite = suites[key] = Suite(frame)
        verdict = Conversation(channel).hold(suite)
        if verdict is not None:
            channel.send(verdict)


class Suite:
    """Compiled tests, or what is wrong with them."""

    def __init__(self, frame):
        self.entry_point, self.checks = frame["entry_point"], frame["checks"]
        self.failure = None
        try:
            self.prompt = _compiled_prompt(frame["prompt"])
            self.test = compile(frame["test"], "<test>", "exec", dont_inherit=True)
        except BaseException as error:
            self.failure = _text(error)


def _compiled_prompt(prompt):
    try:
        return compile(prompt, "<prompt>", "exec", dont_inherit=True)
    except SyntaxError:
        # A function without a docstring still lacks its body.
        return compile(prompt + "\n    pass\n", "<prompt>", "exec", dont_inherit=True)


class Conversation:
    """One candidate's way through the tests."""

    def __init__(self, channel):
        self.channel = channel
        self.abandoned = False
        self.calls = 0
        # What the candidate raised last, to tell it from what the tests raise themselves.
        self.raised = self.name = self.text = None
        self.is_timeout = False

    def hold(self, suite):
        if suite.failure is not None:
            return self.verdict("suite", text=suite.failure)
        candidate = self.proxy(suite.entry_point)
        namespace = {}
        try:
            exec(suite.prompt, namespace)
            namespace["candidate"] = namespace[suite.entry_point] = candidate
            exec(suite.test, namespace)
            if suite.checks:
                namespace["check"](candidate)
        except BaseException as error:
            return None if self.abandoned else self.failure(error)
        return None if self.abandoned else self.verdict("passed")

    def failure(self, error):
        if error is self.raised:
            return self.verdict("timeout" if self.is_timeout else "raised", self.name, self.text)
        kinds = {AssertionError: "assertion", NotAValue: "answer", CannotTravel: "suite"}
        return self.verdict(kinds.get(type(error), "exception"), type_name(error), _text(error))

    def verdict(self, kind, exception=None, text=""):
        return {"kind": kind, "exception": exception, "text": text[:_TEXT_LIMIT], "calls": self.calls}

    def proxy(self, name):
        def candidate(*arguments, **keywords):
            return self.call(arguments, keywords)

        candidate.__name__ = candidate.__qualname__ = name
        return candidate

    def call(self, arguments, keywords):
        if self.abandoned:
            raise Abandoned
        try:
            if not _is_plain(arguments, 0) or keywords and not _is_plain(keywords, 0):
                raise CannotTravel("an argument is not plain data")
            call = [wire.encode(list(arguments))]
            if keywords:
                call.append(wire.encode(keywords))
        except wire.WireError as error:
            raise CannotTravel(str(error)) from None
        self.channel.send(call)
        answer = self.channel.receive()
        if type(answer) is not list:
            self.abandoned = True
            raise Abandoned
        self.calls += 1
        return self.take(answer, arguments, keywords)

    def take(self, answer, arguments, keywords):
        try:
            kind, content = answer[0], answer[1]
            if len(answer) > 3 and answer[3] is True:
                _load_numpy()
            if kind == "v":
                value = _value(content)
            elif kind == "x":
                value = self.exception(*content)
            else:
                raise NotAValue("neither a value nor an exception")
            for place, message in answer[2] if len(answer) > 2 else ():
                original = keywords[place] if type(place) is str else arguments[place]
                _update(original, wire.decode(message))
        except (wire.WireError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
            raise NotAValue(_text(error)) from None
        if kind == "x":
            raise value
        return value

    def exception(self, name, base, text, arguments, is_timeout):
        """The candidate's exception by its own name, or an heir of its nearest built-in ancestor under that name."""
        ancestor = getattr(builtins, base, None)
        if not isinstance(ancestor, type) or not issubclass(ancestor, BaseException):
            ancestor = Exception
        kind = ancestor if ancestor.__name__ == name else type(str(name), (ancestor,), {"__module__": "candidate"})
        values = (str(text),) if arguments is None else wire.decode(arguments)
        if type(values) is not tuple:
            raise NotAValue("arguments of an exception")
        try:
            error = kind(*values)
        except BaseException:
            error = Exception.__new__(type(str(name), (Exception,), {}), str(text))
        self.raised, self.name, self.text, self.is_timeout = error, str(name), str(text), is_timeout is True
        return error


def _value(message):
    """The returned value; where tests can tell, iterables and decimals get their own type back."""
    if type(message) is list and len(message) > 1:
        if message[0] == "e":
            return _ITERABLES.get(message[1], iter)([wire.decode(member) for member in message[2:]])
        if message[0] == "q" and message[1] == "Decimal":
            top, bottom = int(message[2], 16), int(message[3], 16)
            context = decimal.Context(prec=top.bit_length() + bottom.bit_length() + 1)
            return context.divide(decimal.Decimal(top), decimal.Decimal(bottom))
    return wire.decode(message)


def _range(members):
    if not members:
        return range(0)
    step = members[1] - members[0] if len(members) > 1 else 1
    return range(members[0], members[0] + step * len(members), step)


_ITERABLES = {
    "range": _range,
    "deque": collections.deque,
    "dict_keys": lambda members: dict.fromkeys(members).keys(),
    "dict_values": lambda members: dict(enumerate(members)).values(),
    "dict_items": lambda members: dict(members).items(),
}


def _is_plain(value, depth):
    """Whether the value is made of built-in types alone, which arrive as they left."""
    kind = type(value)
    if kind in _ATOMS:
        return True
    if depth > wire.MAX_DEPTH:
        return False
    if kind is dict:
        return all(_is_plain(key, depth + 1) and _is_plain(member, depth + 1) for key, member in value.items())
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        return _ATOMS.issuperset(map(type, value)) or all(_is_plain(member, depth + 1) for member in value)
    return False


def _update(old, new):
    """Gives the tests' object the content that the candidate's copy has now; what is inside keeps its identity where it can."""
    kind = type(old)
    if kind is not type(new):
        raise NotAValue("an argument changed its type")
    if kind is list:
        old[:] = [_renewed(old[index], member) if index < len(old) else member for index, member in enumerate(new)]
    elif kind is tuple:
        for mine, other in zip(old, new):
            _renewed(mine, other)
    elif kind is dict:
        merged = {key: _renewed(old[key], member) if key in old else member for key, member in new.items()}
        old.clear()
        old.update(merged)
    elif kind is set:
        old.clear()
        old.update(new)


def _renewed(old, new):
    if type(old) is type(new) and type(old) in (list, dict, set):
        _update(old, new)
        return old
    return new


def _load_numpy():
    if "numpy" not in sys.modules:
        try:
            import numpy  # noqa: F401
        except ImportError:
            sys.modules["numpy"] = None


def _text(error):
    try:
        return plain_text(str(error))
    except BaseException:
        return ""
