"""LiveCodeBench's own way of running a program: prelude, wrapping into a function, a mock standard input, whole-second alarms.

Reproduced with its quirks, since verdicts depend on them: programs that read standard input become the body of a function
that is compiled once and called per test; the mock's read() never consumes; the patched readline() of the real standard input
drops newlines; the alarm prints into the captured output. Error texts name the official classes, so ours carry their names.
"""
import ast
import builtins
import faulthandler
import io
import sys
import types
from unittest.mock import mock_open, patch

import limits
from wire import plain_text, type_name

_STAR_IMPORTS = (
    "string re datetime collections heapq bisect copy math random statistics itertools functools operator io sys json builtins"
    " typing"
).split()
# The plain imports come later and win: `bisect` and `datetime` are the modules.
PRELUDE = (
    "".join(f"from {name} import *\n" for name in _STAR_IMPORTS)
    + "".join(f"import {name}\n" for name in _STAR_IMPORTS[:-2])
    + "sys.setrecursionlimit(50000)\n"
)
_MAIN_GUARD = "__name__ == '__main__'"
_WRAPPER = "wrapped_function"
_REAL_OPEN = builtins.open
# Spelled as the official handler spells it: it lands in the captured output.
_ALARM_TEXT = "timeout occured: alarm went off"


class OfficialProgram:
    """One loaded program. `load` once, then `run_text` or `call` per test."""

    def __init__(self, job):
        self.code = job["code"]
        self.function = job["function"]
        self.seconds = job["seconds"]
        self.wall_seconds = job["wall_seconds"]
        self.timed_out = limits.timeout_exception("lcb_runner.evaluation.testing_util")
        # The evaluator's real standard input is the null device, whatever the worker's was.
        sys.stdin = io.open(0, encoding="utf-8", closefd=False)
        self.start_timer, self.stop = limits.make_timer(
            job["clock"], self.timed_out, keep_handler=True, announcement=_ALARM_TEXT)
        limits.plain_command_line()
        limits.load_numpy_for(self.code)
        limits.remove_functions(remove_exit=False)

    def start(self):
        self.start_timer(self.seconds, self.wall_seconds)

    def load(self):
        """None, or the error that ends the grading."""
        self.parsing = True
        try:
            self.start()
            try:
                self.method = self._load()
            finally:
                self.stop()
            return None
        except Exception as failure:
            kind = "timeout" if isinstance(failure, self.timed_out) else "syntax" if self.parsing else "exception"
            return self._testing_error(failure, kind)
        except BaseException as failure:
            return self._death(failure)

    def _load(self):
        if self.function is None:
            code, name = _wrap(_inline_main_guard(self.code)), _WRAPPER
        else:
            code, name = PRELUDE + "\n\n" + self.code, self.function
        module = types.ModuleType("tmp_sol", "")
        self.start()
        try:
            program = compile(code, "<string>", "exec", dont_inherit=True)
            self.parsing = False
            exec(program, module.__dict__)
            # Decided by the text: a comment that mentions the class is enough.
            holder = module.Solution() if "class Solution" in code else module
            assert holder is not None
        finally:
            self.stop()
        try:
            assert hasattr(holder, name)
            return getattr(holder, name)
        except Exception:
            # The official runner then fails to unpack what its grading function did not return.
            raise TypeError("cannot unpack non-iterable NoneType object") from None

    def run_text(self, text):
        """(captured output, None) or (captured output, error)."""
        output = ""
        try:
            self.start()
            faulthandler.enable()
            self.start()
            error = None
            capture = io.StringIO()
            # Officially closing is meant to do nothing; called without an argument, it raises.
            capture.close = lambda stream: 1
            previous, sys.stdout = sys.stdout, capture
            try:
                try:
                    _call_with_input(self.method, text)
                    self.stop()
                except Exception as failure:
                    self.stop()
                    error = self._run_error(failure)
                finally:
                    self.stop()
                    faulthandler.disable()
            finally:
                output = capture.getvalue()
                sys.stdout = previous
            return output, error
        except Exception as failure:
            return output, self._testing_error(failure, "exception")
        except BaseException as failure:
            return output, self._death(failure)

    def call(self, arguments):
        """(returned value, None) or (None, error)."""
        try:
            self.start()
            faulthandler.enable()
            try:
                prediction = self.method(*arguments)
                self.stop()
                return prediction, None
            except Exception as failure:
                self.stop()
                return None, self._run_error(failure)
            finally:
                self.stop()
                faulthandler.disable()
        except Exception as failure:
            return None, self._testing_error(failure, "exception")
        except BaseException as failure:
            return None, self._death(failure)

    def _run_error(self, failure):
        text = repr(failure)
        # Decided by the text as well: any exception that mentions the name counts as a time-out.
        code = -3 if "timeoutexception" in text.lower() else -4
        kind = "timeout" if code == -3 else "exception"
        return _error(code, kind, failure, text, False)

    def _testing_error(self, failure, kind):
        try:
            return _error(-4, kind, failure, f"Error during testing: {failure}", True)
        except Exception as second:
            return self._death(second)

    def _death(self, failure):
        """What officially kills the process that runs the tests."""
        self.stop()
        return _error(-5, "exit", failure, type_name(failure), True)


def _error(code, kind, failure, message, whole):
    return {"code": code, "kind": kind, "type": type_name(failure), "message": plain_text(message), "whole": whole}


def _inline_main_guard(code):
    """The code with a final `if __name__ == '__main__':` replaced by its body; its else is lost."""
    try:
        tree = ast.parse(code)
        last = tree.body[-1]
        if isinstance(last, ast.If) and ast.unparse(last.test).strip() == _MAIN_GUARD:
            return ast.unparse(tree.body[:-1]) + "\n" + ast.unparse(last.body)
    except BaseException:
        pass  # Broken code is reported later; officially even the alarm is swallowed here.
    return code


def _wrap(code):
    """The code as a function: its imports above, everything else in the body. Code that does not parse stays as it is."""
    try:
        tree = ast.parse(code)
        imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        body = [node for node in tree.body if not isinstance(node, (ast.Import, ast.ImportFrom))]
        arguments = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        function = ast.FunctionDef(name=_WRAPPER, args=arguments, body=body, decorator_list=[], lineno=-1)
        if sys.version_info >= (3, 12):
            function.type_params = []
        return PRELUDE + "\n" + ast.unparse(imports) + "\n" + ast.unparse(function)
    except Exception:
        return code


class MockStdinWithBuffer:
    """Standard input as the official runner mocks it; only readline() and what it delegates consume."""

    def __init__(self, text):
        self.inputs = text
        self.buffer = MockBuffer(text)
        self._stringio = io.StringIO(text)

    def read(self, *arguments):
        return self.inputs

    def readline(self, *arguments):
        return self._stringio.readline(*arguments)

    def readlines(self, *arguments):
        return self.inputs.split("\n")

    def __getattr__(self, name):
        return getattr(self._stringio, name)


class MockBuffer:
    """Its bytes; readline() gives the first line for ever."""

    def __init__(self, text):
        self.inputs = text.encode("utf-8")

    def read(self, *arguments):
        return self.inputs

    def readline(self, *arguments):
        return self.inputs.split(b"\n")[0] + b"\n"


class _LateOpen:
    """Stands for the mock of builtins.open, which costs more to build than most programs to run and is hardly ever called."""

    def __init__(self, text):
        self.__dict__.update(_text=text, _mock=None)

    def _made(self):
        if self._mock is None:
            # The mock imitates what builtins.open is when it is built.
            current, builtins.open = builtins.open, _REAL_OPEN
            try:
                self.__dict__["_mock"] = mock_open(read_data=self._text)
            finally:
                builtins.open = current
        return self._mock

    def __call__(self, *arguments, **keywords):
        return self._made()(*arguments, **keywords)

    def __getattr__(self, name):
        return getattr(self._made(), name)

    def __setattr__(self, name, value):
        setattr(self._made(), name, value)


def _call_with_input(method, text):
    lines = iter(text.split("\n"))
    # The order matters: the three methods are patched on the real standard input, which is replaced only afterwards, so they
    # reach programs that kept a reference to it.
    with patch("sys.stdin.read", lambda *arguments: text), \
            patch("sys.stdin.readlines", lambda *arguments: text.split("\n")), \
            patch("sys.stdin.readline", lambda *arguments: next(lines)), \
            patch("sys.stdin", MockStdinWithBuffer(text)), \
            patch("builtins.open", _LateOpen(text)):
        try:
            method()
        except SystemExit:
            pass
