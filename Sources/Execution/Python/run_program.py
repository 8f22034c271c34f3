"""Runs one program on calls and assertions that are no hidden tests, each in a fresh namespace, and hands out what came of it.

Job: code, function (null where only assertions come), star_imports (LiveCodeBench's, before the program), seconds, wall_seconds, clock.
First frame: {"ready": true} or {"error": {...}}, when the program does not load. Then for each request one answer:
  {"arguments": text} -> {"value": wire} or {"error": {...}}: the function, or the method of class Solution, called with one JSON
                         value per line
  {"assertion": code} -> {"passed": true} or {"error": {...}}: the code executed behind the program
An error holds kind ("timeout", "exception", "exit", "syntax"), type and message. A time limit covers the program's own loading.
"""
import json

import limits
from grade_livecodebench_official import PRELUDE
from wire import WireError, encode, plain_text, type_name


def run(job, channel):
    program = Program(job)
    job.clear()
    send, receive, answer = channel.send, channel.receive, program.answer
    error = program.load()
    send({"ready": True} if error is None else {"error": error})
    if error is not None:
        return
    while True:
        try:
            request = receive()
        except EOFError:
            return
        send(answer(request))


class Program:
    """A compiled program."""

    def __init__(self, job):
        self.code, self.star_imports, self.function = job["code"], job["star_imports"], job["function"]
        self.seconds, self.wall_seconds = job["seconds"], job["wall_seconds"]
        self.timed_out = limits.timeout_exception("bestofn")
        self.start_timer, self.stop = limits.make_timer(job["clock"], self.timed_out)
        self.loads, self.encode = json.loads, _travelling
        limits.plain_command_line()
        limits.load_numpy_for(self.code)
        limits.remove_functions()
        limits.swallow_streams()

    def load(self):
        """None, or the error of a program that does not even load: it would be that of every input."""
        self.names = {}
        if self.star_imports:
            exec(compile(PRELUDE, "<prelude>", "exec", dont_inherit=True), self.names)
        try:
            self.start_timer(self.seconds, self.wall_seconds)
            try:
                self.compiled = compile(self.code, "<string>", "exec", dont_inherit=True)
            finally:
                self.stop()
        except self.timed_out as failure:
            return _error("timeout", failure)
        except BaseException as failure:
            return _error("syntax", failure)
        return self._guarded(self._namespace, None)[1]

    def answer(self, request):
        if "assertion" in request:
            _, error = self._guarded(self._assert, request["assertion"])
            return {"passed": True} if error is None else {"error": error}
        value, error = self._guarded(self._call, request["arguments"])
        return {"value": value} if error is None else {"error": error}

    def _guarded(self, action, argument):
        try:
            self.start_timer(self.seconds, self.wall_seconds)
            try:
                return action(argument), None
            finally:
                self.stop()
        except self.timed_out as failure:
            return None, _error("timeout", failure)
        except SystemExit as failure:
            return None, _error("exit", failure)
        except BaseException as failure:
            return None, _error("exception", failure)

    def _namespace(self, _):
        names = dict(self.names)
        exec(self.compiled, names)
        return names

    def _assert(self, code):
        names = self._namespace(None)
        exec(compile(code, "<assertion>", "exec", dont_inherit=True), names)

    def _call(self, text):
        names = self._namespace(None)
        arguments = [self.loads(line) for line in text.split("\n")]
        return self.encode(self._find(names)(*arguments))

    def _find(self, names):
        solution = names.get("Solution")
        if isinstance(solution, type) and hasattr(solution, self.function):
            return getattr(solution(), self.function)
        if self.function in names:
            return names[self.function]
        raise AttributeError("no function " + self.function)


def _travelling(value):
    try:
        return encode(value, iterators=True)
    except WireError:
        return ["o", type_name(value)]


def _error(kind, failure):
    try:
        message = plain_text(str(failure))[:300]
    except BaseException:
        message = ""
    return {"code": -4, "kind": kind, "type": type_name(failure), "message": message}
