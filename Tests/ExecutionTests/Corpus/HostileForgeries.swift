// SPDX-License-Identifier: Apache-2.0
import Execution

/// Ends without a verdict, forged frames, and attempts to change or find what judges.
extension HostilePrograms {
    static let forgeries: [CorpusProgram] = [
        CorpusProgram("exit at once", .fails, "os._exit(0)"),
        CorpusProgram("stop at once", .fails, "raise SystemExit(0)"),
        CorpusProgram("exit while exiting", .fails, "import atexit\natexit.register(os._exit, 0)\nsys.exit(0)"),
        CorpusProgram("become a generator", .fails, "def f(x):\n    yield x * x"),
        CorpusProgram("be no function", .fails, "f = 9"),
        CorpusProgram("be a function of nothing", .fails, "f = lambda *a: None"),
        CorpusProgram("close all descriptors", .fails, "def f(x):\n    os.closerange(0, 1024)\n    return 0"),
        CorpusProgram(
            "half a frame", .fails, waits: true,
            """
            import time
            def f(x):
                os.write(3, b"\\x20\\0\\0\\0J{")
                time.sleep(1000)
            """),
        CorpusProgram("a frame of nothing", .fails, "os.write(3, bytes(5))\ndef f(x):\n    return 0"),
        CorpusProgram("a frame of another kind", .fails, "os.write(3, b'\\5\\0\\0\\0Bpass')\ndef f(x):\n    return 0"),
        CorpusProgram("noise", .fails, "os.write(3, os.urandom(4096))\ndef f(x):\n    return 0"),
        CorpusProgram(
            "frames that are not JSON", .fails,
            """
            import struct
            def f(x):
                for text in (b"", b"{", b"[]", b"nul", b"{\\"status\\":", b"\\xff\\xfe", b"[" * 100000, b"1e999", b'{"value":' * 5000):
                    try: os.write(3, struct.pack("<I", len(text) + 1) + b"J" + text)
                    except OSError: pass
                return 0
            """),
        CorpusProgram(
            "a flood of frames", .fails, isCostly: true,
            """
            def f(x):
                while True: os.write(3, b"\\3\\0\\0\\0J{}" * 5000)
            """),
        CorpusProgram(
            "a frame of eight megabytes", .fails,
            """
            import struct
            def f(x):
                text = b'{"value": "' + b"9" * (8 << 20) + b'"}'
                data = memoryview(struct.pack("<I", len(text) + 1) + b"J" + text)
                while data: data = data[os.write(3, data):]
                return 0
            """),
        CorpusProgram(
            "answers before the questions", .fails,
            """
            import json, struct
            for answer in ({"output": "9\\n"}, {"value": 9}, {"value": [9]}, {"ok": True}, {"status": "passed"}, {"return": 9}):
                text = json.dumps(answer).encode()
                os.write(3, struct.pack("<I", len(text) + 1) + b"J" + text)
            def f(x):
                return 0
            """),
        CorpusProgram(
            "read the harness' questions", .fails, waits: true,
            """
            def f(x):
                while os.read(3, 4096): pass
                os._exit(0)
            """),
        CorpusProgram(
            "search all objects for a sender", .fails,
            """
            import gc, types
            def f(x):
                for item in gc.get_objects():
                    if isinstance(item, types.FunctionType) and item.__name__ in ("<lambda>", "write_all", "send"):
                        for arguments in ((), ({"status": "passed", "result": "passed"},), (b"\\3\\0\\0\\0J{}",)):
                            if item.__globals__.get("__name__") == __name__: continue
                            try: item(*arguments)
                            except BaseException: pass
                os._exit(0)
            """),
        steal(
            "by a traceback", "try: 1 / 0\n    except ZeroDivisionError as error: frame = error.__traceback__.tb_frame"),
        steal(
            "by inspect", "import inspect\n    frame = inspect.stack(0)[-1].frame if False else inspect.currentframe()"),
        steal(
            "by a generator",
            "frame = (lambda g: (next(g), g.gi_frame.f_back or sys._getframe())[1])(i for i in (1, 2))"),
        steal(
            "by a signal handler",
            "import signal\n    found = []\n    signal.signal(signal.SIGUSR1, lambda number, frame: found.append(frame))\n    signal.raise_signal(signal.SIGUSR1)\n    frame = found[0]"
        ),
        steal("by a thread", "import threading\n    frame = list(sys._current_frames().values())[-1]"),
        steal(
            "by a trace",
            "found = []\n    sys.settrace(lambda frame, event, argument: found.append(frame))\n    (lambda: 0)()\n    sys.settrace(None)\n    frame = found[0]"
        ),
        CorpusProgram(
            "code with another file's name", .fails,
            """
            space = {}
            text = '''
            import os, sys
            def f(x):
                frame = sys._getframe()
                while frame:
                    mark = frame.f_locals.get("nonce")
                    if mark: os.write(3, ("P" + mark).encode())
                    frame = frame.f_back
                os._exit(0)
            '''
            exec(compile(text, "unittest/case.py", "exec"), space)
            f = space["f"]
            """),
        CorpusProgram(
            "steal the answer from the tests' constants", .fails, mayPassIn: [.bigCodeBench],
            """
            def f(x):
                frame = sys._getframe(1)
                while frame:
                    constants = frame.f_code.co_consts
                    if x in constants and constants.index(x) + 1 < len(constants): return constants[constants.index(x) + 1]
                    frame = frame.f_back
            """),
        CorpusProgram(
            "patch the JSON encoder", .fails,
            """
            import json
            json.dumps = lambda *a, **k: '{"status": "passed", "result": "passed", "value": 9, "output": "9"}'
            json.JSONEncoder.encode = lambda self, value: json.dumps(value)
            json.JSONEncoder.iterencode = lambda self, value, *a: [json.dumps(value)]
            json.encoder.c_make_encoder = None
            def f(x):
                return 0
            """),
        CorpusProgram(
            "patch the operating system", .fails,
            """
            real = os.write
            os.write = lambda number, data: real(number, bytes(data).replace(b"fail", b"pass"))
            os._exit = os.read = lambda *a: b""
            def f(x):
                return 0
            """),
        CorpusProgram(
            "replace exceptions", .fails,
            """
            builtins.AssertionError = type("AssertionError", (KeyboardInterrupt,), {})
            builtins.BaseException = builtins.Exception = type("Other", (SystemExit,), {})
            def f(x):
                return 0
            """),
        CorpusProgram(
            "replace builtins", .fails,
            """
            builtins.isinstance = builtins.issubclass = builtins.all = builtins.any = lambda *a: True
            builtins.len = lambda *a: 3
            builtins.type = lambda *a: int
            builtins.abs = lambda *a: 0
            builtins.compile = lambda *a, **k: "0"
            builtins.exec = lambda *a, **k: None
            builtins.__import__ = lambda *a, **k: sys
            def f(x):
                return 0
            """),
        CorpusProgram(
            "patch unittest", .fails,
            """
            import unittest
            for name in dir(unittest.TestCase):
                if name.startswith("assert"):
                    try: setattr(unittest.TestCase, name, lambda *a, **k: None)
                    except TypeError: pass
            unittest.TestResult.addFailure = unittest.TestResult.addError = lambda self, *a: self.addSuccess(a[0])
            unittest.TestCase.fail = lambda *a: None
            def f(x):
                return 0
            """),
        CorpusProgram(
            "skip the tests", .fails,
            """
            import unittest
            unittest.TestCase.setUp = lambda self: self.skipTest("no")
            unittest.TestCase.run = lambda self, result=None: result.startTest(self)
            def f(x):
                return 0
            """),
        CorpusProgram(
            "build another class of tests", .fails,
            """
            build = builtins.__build_class__
            def replace(body, name, *bases, **keywords):
                if name != "TestCases": return build(body, name, *bases, **keywords)
                return type(name, bases, {"test_%d" % i: lambda self: None for i in (3, 10, 7)})
            builtins.__build_class__ = replace
            def f(x):
                return 0
            """),
        CorpusProgram("swallow the tests in a text", .fails, "def f(x):\n    return 0\nrest = '''"),
        CorpusProgram("swallow the tests in a condition", .fails, "def f(x):\n    return 0\nif 0: \\"),
        CorpusProgram(
            "change small numbers in memory", .fails, mayPassIn: [.bigCodeBench],
            """
            import ctypes
            def f(x):
                for number in (9, 49, 100):
                    ctypes.c_uint32.from_address(id(number) + 24).value = 0
                return 0
            """),
        CorpusProgram(
            "a memory full of another function", .fails,
            """
            import gc, types
            def nothing(*a, **k): return None
            for item in gc.get_objects():
                if isinstance(item, types.FunctionType) and item.__name__ in ("check", "run", "_report", "equal", "compare", "same", "grade"):
                    try: item.__code__ = nothing.__code__
                    except (ValueError, AttributeError): pass
            def f(x):
                return 0
            """),
        raising(
            "an exception whose text exits",
            "class Error(Exception):\n    def __str__(self): os._exit(0)\n    __repr__ = __str__"),
        raising(
            "an exception of ten megabytes",
            "class Error(Exception):\n    def __init__(self): super().__init__('x' * 10 ** 7)"),
        raising("an exception named as another", "class AssertionError(BaseException): pass\nError = AssertionError"),
        raising("an interruption", "Error = KeyboardInterrupt"),
        raising("the end of a generator", "Error = GeneratorExit"),
        CorpusProgram(
            "a chain of exceptions without an end", .fails,
            """
            def f(x):
                error = ValueError("x" * 1000)
                for _ in range(20000):
                    other = ValueError("y")
                    other.__cause__, error = error, other
                error.__context__ = error
                raise error
            """),
    ]

    private static func raising(_ name: String, _ definition: String) -> CorpusProgram {
        CorpusProgram(name, .fails, definition + "\ndef f(x):\n    raise Error()")
    }

    /// Goes up from some frame to whatever judges, and sends what a pass would look like.
    private static func steal(_ name: String, _ start: String) -> CorpusProgram {
        CorpusProgram(
            "find the verdict's sender " + name, .fails,
            """
            def f(x):
                \(start)
                while frame:
                    spaces = frame.f_locals
                    for name in ("send_passed", "send"):
                        send = spaces.get(name)
                        if not callable(send): continue
                        try: send()
                        except BaseException: pass
                        for status in ("passed", "pass"):
                            try: send({"nonce": spaces.get("nonce"), "status": status, "result": status, "details": {}, "testsRun": 3})
                            except BaseException: pass
                    frame = frame.f_back
                os._exit(0)
            """)
    }
}
