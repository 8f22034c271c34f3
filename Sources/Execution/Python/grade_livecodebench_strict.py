"""A LiveCodeBench program as a plain process: its text runs as __main__ with real standard streams, afresh for every test.

The star-import prelude of the official runner is still there, since models were told nothing and rely on it; everything else
that the official runner changes is left alone. Standard input and output are files behind descriptors 0 and 1, so
sys.stdin.buffer, open(0), os.read and os.write work. A test fails by a non-zero exit status, as it would in a shell.
"""
import atexit
import io
import os
import sys
import tempfile
import threading
import types

import limits
from grade_livecodebench_official import PRELUDE
from wire import plain_text, type_name


class StrictProgram:
    """One program. `load` once, then `run_text` or `call` per test."""

    def __init__(self, job):
        self.code = job["code"]
        self.function = job["function"]
        self.seconds = job["seconds"]
        self.wall_seconds = job["wall_seconds"]
        self.timed_out = limits.timeout_exception("bestofn")
        self.start_timer, self.stop = limits.make_timer(job["clock"], self.timed_out)
        limits.plain_command_line()

    def start(self):
        self.start_timer(self.seconds, self.wall_seconds)

    def load(self):
        """None, or the error that ends the grading."""
        try:
            self.start()
            try:
                self.program = compile(self.code, "<string>", "exec", dont_inherit=True)
                self.names = {}
                exec(compile(PRELUDE, "<prelude>", "exec", dont_inherit=True), self.names)
            finally:
                self.stop()
        except BaseException as failure:
            kind = "timeout" if isinstance(failure, self.timed_out) else "syntax"
            return self._error(failure, kind)
        # What the worker has registered is not the program's.
        atexit._clear()
        self.saved = (os.dup(0), os.dup(1))
        return None

    def run_text(self, text):
        """(output, None) or (output, error)."""
        error = None
        source, sink = _temporary_file(), _temporary_file()
        _write_all(source, text.encode("utf-8", "surrogatepass"))
        os.lseek(source, 0, os.SEEK_SET)
        os.dup2(source, 0)
        os.dup2(sink, 1)
        os.close(source)
        streams = (sys.stdin, sys.stdout)
        sys.stdin = io.open(0, encoding="utf-8", closefd=False)
        sys.stdout = stdout = io.open(1, "w", encoding="utf-8", closefd=False)
        try:
            self.start()
            try:
                self._execute()
                self._finish()
            finally:
                self.stop()
        except SystemExit as failure:
            error = self._exit_error(failure)
        except BaseException as failure:
            error = self._error(failure)
        try:
            # As an interpreter at its end: a stream that is closed or gone is no error, a failing write is.
            for stream in (getattr(sys, "stdout", None), stdout):
                if stream is not None and not stream.closed:
                    stream.flush()
        except BaseException as failure:
            error = error or self._error(failure)
        sys.stdin, sys.stdout = streams
        os.dup2(self.saved[0], 0)
        os.dup2(self.saved[1], 1)
        output = _read_all(sink).decode("utf-8", "replace")
        os.close(sink)
        return output, error

    def call(self, arguments):
        """(returned value, None) or (None, error)."""
        try:
            self.start()
            try:
                names = self._execute()
                method = self._find(names)
                return method(*arguments), None
            finally:
                self.stop()
        except BaseException as failure:
            return None, self._error(failure)

    def _execute(self):
        module = types.ModuleType("__main__")
        module.__dict__.update(self.names)
        module.__dict__.update(__name__="__main__", __builtins__=__builtins__)
        # dataclasses, pickle and others look the module up by its name.
        sys.modules["__main__"] = module
        sys.setrecursionlimit(50000)
        exec(self.program, module.__dict__)
        return module.__dict__

    def _find(self, names):
        solution = names.get("Solution")
        if isinstance(solution, type) and hasattr(solution, self.function):
            return getattr(solution(), self.function)
        if self.function in names:
            return names[self.function]
        raise AttributeError("no function " + self.function)

    def _finish(self):
        """What an interpreter does at its end: wait for the threads, call the exit functions."""
        current = threading.current_thread()
        for thread in threading.enumerate():
            if thread is not current and not thread.daemon:
                thread.join()
        atexit._run_exitfuncs()

    def _exit_error(self, failure):
        try:
            self.start()
            try:
                self._finish()
            finally:
                self.stop()
        except BaseException as second:
            return self._error(second)
        return None if failure.code is None or failure.code == 0 else self._error(failure, "exit")

    def _error(self, failure, kind=None):
        if isinstance(failure, self.timed_out):
            return {"code": -3, "kind": "timeout", "type": type_name(failure), "message": "time limit", "whole": False}
        if kind is None:
            kind = "exit" if isinstance(failure, SystemExit) else "exception"
        try:
            message = plain_text(repr(failure))[:1000]
        except BaseException:
            message = type_name(failure)
        return {"code": -4, "kind": kind, "type": type_name(failure), "message": message, "whole": False}


def _temporary_file():
    if hasattr(os, "memfd_create"):
        try:
            return os.memfd_create("stream")
        except OSError:
            pass
    descriptor, path = tempfile.mkstemp()
    os.unlink(path)
    return descriptor


def _write_all(descriptor, data):
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view):]


def _read_all(descriptor):
    parts = []
    position = 0
    while True:
        part = os.pread(descriptor, 1 << 20, position)
        if not part:
            return b"".join(parts)
        parts.append(part)
        position += len(part)
