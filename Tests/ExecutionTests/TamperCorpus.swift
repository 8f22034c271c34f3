// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import Testing

/// The programs of `TamperTests`. The task is to square a number.
enum TamperCorpus {
    struct Program: Sendable, CustomTestStringConvertible {
        var name: String
        /// The exact outcome, where one is promised; nil where the attack merely fails.
        var outcome: Outcome?
        var code: String
        var test: String

        init(_ name: String, ends outcome: Outcome? = nil, test: String = TamperCorpus.test, _ code: String) {
            self.name = name
            self.outcome = outcome
            self.code = code
            self.test = test
        }

        var testDescription: String { name }
    }

    static let test = """
        import unittest
        class TestCases(unittest.TestCase):
            def test_a(self):
                self.assertEqual(task_func(3), 9)
            def test_b(self):
                self.assertEqual(task_func(10), 100)
            def test_c(self):
                result = task_func(7)
                self.assertEqual(result, 49)
        """

    static func tests(_ text: String) -> BigCodeBenchTests {
        BigCodeBenchTests(codePrompt: "", test: text, entryPoint: "task_func", canonicalSolution: "", libraries: [])
    }

    /// Writes a passing verdict and what looks like a mark to every descriptor, with whatever `n` holds as the nonce, and ends the process.
    private static let forge = """
        import hashlib, os, struct, sys
        def forge(n=b""):
            if isinstance(n, str): n = n.encode()
            verdict = b'{"status":"pass","details":{},"testsRun":3,"skipped":0,"expectedFailures":0,"kind":null,"message":""}'
            mark = hashlib.sha256(struct.pack("<Q", len(n)) + n + struct.pack("<Q", len(verdict)) + verdict).digest()
            for number in range(3, 64):
                for payload in (verdict, mark):
                    try: os.write(number, struct.pack("<I", len(payload) + 1) + b"B" + payload)
                    except OSError: pass
            os._exit(0)
        def search(frame):
            while frame:
                for space in (frame.f_locals, frame.f_globals):
                    for value in list(space.values()):
                        if type(value) in (str, bytes) and 20 < len(value) < 50: candidates.append(value)
                    if "nonce" in space: candidates.insert(0, space["nonce"])
                frame = frame.f_back
            forge(candidates[0] if candidates else b"")
        candidates = []

        """

    static let attacks: [Program] = [
        // Forged verdicts.
        Program("a verdict without the nonce", forge + "def task_func(x): forge()"),
        Program("a verdict when the module is loaded", forge + "forge()"),
        Program("the nonce from the frames", forge + "def task_func(x): search(sys._getframe())"),
        Program("the nonce from the frames, while loading", forge + "search(sys._getframe())"),
        Program(
            "the nonce from inspect.stack",
            forge + "import inspect\ndef task_func(x): search(inspect.stack(0)[-1].frame); search(sys._getframe())"),
        Program(
            "the nonce from a traceback",
            forge
                + """
                def task_func(x):
                    try: 1 / 0
                    except ZeroDivisionError as error: search(error.__traceback__.tb_frame)
                """),
        Program(
            "the nonce from a signal handler's frame",
            forge
                + """
                import signal
                signal.signal(signal.SIGALRM, lambda number, frame: search(frame))
                def task_func(x):
                    signal.raise_signal(signal.SIGALRM)
                    return 0
                """),
        Program(
            "the nonce through a spoofed file name",
            forge + "exec(compile('def task_func(x): search(sys._getframe())', 'unittest/case.py', 'exec'))"),
        Program(
            "the nonce among all objects",
            forge
                + """
                import gc
                def task_func(x):
                    for value in gc.get_objects():
                        if isinstance(value, (list, tuple, dict)):
                            for member in list(value.values() if isinstance(value, dict) else value):
                                if type(member) is bytes and 24 < len(member) < 48: candidates.append(member[8:])
                    for found in candidates[:1]: forge(found)
                    return 0
                """),
        Program(
            "the nonce from the stack of a frame", ends: .tampered,
            forge
                + """
                import gc
                def task_func(x):
                    frame = sys._getframe()
                    while frame:
                        for value in gc.get_referents(frame):
                            if type(value) is bytes: forge(value[8:])
                        frame = frame.f_back
                """),
        Program(
            "unfrozen objects", ends: .tampered,
            "import gc\ndef task_func(x):\n    gc.unfreeze(); gc.get_objects()\n    return 0"),
        Program(
            "the threads' frames", ends: .tampered,
            forge + "def task_func(x): [search(f) for f in sys._current_frames().values()]"),
        Program("the process' memory", ends: .tampered, "def task_func(x):\n    open('/proc/self/mem', 'rb').read(1)"),
        Program(
            "memory by address", ends: .tampered,
            "import ctypes\ndef task_func(x):\n    ctypes.string_at(id(x), 8)\n    return 0"),
        Program(
            "a local variable by PyFrame_LocalsToFast", ends: .tampered,
            "import ctypes\ndef task_func(x):\n    ctypes.pythonapi.PyFrame_LocalsToFast\n    return 0"),
        Program(
            "the channel in the locals of the worker",
            """
            import os, sys
            def task_func(x):
                frame = sys._getframe()
                while frame:
                    channel = frame.f_locals.get("channel")
                    if channel is not None:
                        channel.send({"status": "pass", "details": {}, "testsRun": 3, "skipped": 0, "expectedFailures": 0})
                    frame = frame.f_back
                return 0
            """),
        Program(
            "another file in the channel's place",
            "import os\ndef task_func(x):\n    os.dup2(os.open('/dev/null', os.O_WRONLY), 3)\n    return 0"),
        Program(
            "the verdict's encoder",
            "import json\njson.JSONEncoder.encode = lambda *a: '{\"status\":\"pass\"}'\njson.dumps = json.JSONEncoder.encode\ndef task_func(x): return 0"
        ),
        Program("a failing hash", "import hashlib\nhashlib.sha256 = lambda *a: None\ndef task_func(x): return 0"),
        Program("atexit", forge + "import atexit\natexit.register(forge)\ndef task_func(x): return 0"),
        Program(
            "the exception hook",
            forge + "sys.excepthook = lambda *a: forge()\ndef task_func(x): raise KeyboardInterrupt"),
        Program(
            "a finalizer",
            forge
                + "class F:\n    def __del__(self): search(sys._getframe())\nkeep = F()\ndef task_func(x):\n    globals().pop('keep', None)\n    return 0"
        ),
        Program(
            "an audit hook", ends: .tampered,
            "import sys\nsys.addaudithook(lambda *a: None)\ndef task_func(x): return 0"),

        // Assertions and results.
        Program(
            "assertEqual", ends: .tampered,
            "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\ndef task_func(x): return 0"),
        Program(
            "assertEqual, put back",
            ends: .tampered,
            """
            import unittest
            true = unittest.TestCase.assertEqual
            def fake(*arguments): unittest.TestCase.assertEqual = true
            def task_func(x):
                unittest.TestCase.assertEqual = fake
                return 0
            """),
        Program(
            "the code of assertEqual", ends: .tampered,
            "import unittest\ndef fake(self, first, second, msg=None): pass\nunittest.TestCase.assertEqual.__code__ = fake.__code__\ndef task_func(x): return 0"
        ),
        Program(
            "assertEqual of one test",
            ends: .tampered,
            "import sys\ndef task_func(x):\n    sys._getframe(1).f_locals['self'].assertEqual = lambda *a: None\n    return 0"
        ),
        Program(
            "a comparison of one test",
            ends: .tampered,
            "import sys\ndef task_func(x):\n    sys._getframe(1).f_locals['self']._type_equality_funcs[int] = lambda *a, **k: None\n    return 0"
        ),
        Program(
            "TestCase.run", ends: .tampered,
            "import unittest\nunittest.TestCase.run = lambda self, result=None: result\ndef task_func(x): return 0"),
        Program(
            "TestCase.__init_subclass__", ends: .tampered,
            "import unittest\nunittest.TestCase.__init_subclass__ = classmethod(lambda c: None)\ndef task_func(x): return 0"
        ),
        Program(
            "TestCase.setUp skips", ends: .tampered,
            "import unittest\nunittest.TestCase.setUp = lambda self: self.skipTest('')\ndef task_func(x): return 0"),
        Program(
            "TestCase.__getattribute__", ends: .tampered,
            "import unittest\nunittest.TestCase.__getattribute__ = lambda s, n: object.__getattribute__(s, n)\ndef task_func(x): return 0"
        ),
        Program(
            "TestResult.addFailure", ends: .tampered,
            "import unittest\nunittest.TestResult.addFailure = lambda *a: None\ndef task_func(x): return 0"),
        Program(
            "addFailure of the result", ends: .tampered,
            "import sys\ndef task_func(x):\n    sys._getframe(1).f_locals['self']._outcome.result.addFailure = lambda *a: None\n    return 0"
        ),
        Program(
            "addFailure of the result's class", ends: .tampered,
            "import sys\ndef task_func(x):\n    type(sys._getframe(1).f_locals['self']._outcome.result).addFailure = lambda *a: None\n    return 0"
        ),
        Program(
            "another result", ends: .tampered,
            "import sys, unittest\ndef task_func(x):\n    sys._getframe(1).f_locals['self']._outcome.result = unittest.TestResult()\n    return 0"
        ),
        Program(
            "failures cleared", ends: .tampered,
            """
            import sys
            def task_func(x):
                result = sys._getframe(1).f_locals["self"]._outcome.result
                result.failures.clear()
                result.errors.clear()
                return 49 if x == 7 else 0
            """),
        Program(
            "a failure that is expected", ends: .tampered,
            "import sys\ndef task_func(x):\n    sys._getframe(1).f_locals['self']._outcome.expecting_failure = True\n    return 0"
        ),
        Program(
            "AssertionError", ends: .tampered,
            "import builtins\nbuiltins.AssertionError = KeyboardInterrupt\ndef task_func(x): return 0"),
        Program(
            "__build_class__", ends: .tampered,
            "import builtins\ntrue = builtins.__build_class__\nbuiltins.__build_class__ = lambda *a, **k: true(*a, **k)\ndef task_func(x): return 0"
        ),
        Program(
            "the module's builtins", ends: .tampered,
            "__builtins__ = dict(vars(__builtins__))\ndef task_func(x): return 0"),
        Program(
            "isinstance", ends: .tampered,
            "import builtins\nbuiltins.isinstance = lambda *a: True\ndef task_func(x): return 0"),
        Program(
            "another unittest",
            ends: .tampered,
            """
            import sys, types, unittest
            fake = types.ModuleType("unittest")
            class TestCase(unittest.TestCase):
                def assertEqual(self, *arguments): pass
            fake.TestCase = TestCase
            sys.modules["unittest"] = fake
            def task_func(x): return 0
            """),
        Program(
            "the loader", ends: .tampered,
            "import unittest\nunittest.TestLoader.loadTestsFromTestCase = lambda s, c: unittest.TestSuite()\ndef task_func(x): return 0"
        ),

        // The tests themselves.
        Program(
            "a skip raised in the call", ends: .tampered,
            "import unittest\ndef task_func(x): raise unittest.SkipTest('')"),
        Program(
            "a skipped class",
            ends: .tampered,
            """
            import threading, time
            def spoil():
                while "TestCases" not in globals(): pass
                TestCases.__unittest_skip__ = True
            threading.Thread(target=spoil, daemon=True).start()
            def task_func(x):
                globals()["TestCases"].__unittest_skip__ = True
                return 9
            """),
        Program(
            "tests deleted by a thread",
            ends: .tampered,
            """
            import threading
            def spoil():
                while True:
                    kind = globals().get("TestCases")
                    for name in ("test_a", "test_b", "test_c"):
                        try: delattr(kind, name)
                        except AttributeError: pass
            threading.Thread(target=spoil, daemon=True).start()
            def task_func(x):
                import time
                time.sleep(0.2)
                return 0
            """),
        Program(
            "tests replaced in the first call",
            ends: .tampered,
            """
            import sys
            def task_func(x):
                kind = type(sys._getframe(1).f_locals["self"])
                kind.test_b = kind.test_c = lambda self: None
                return 9
            """),
        Program(
            "expected values from the caller's constants", ends: .tampered,
            "import sys\ndef task_func(x):\n    c = sys._getframe(1).f_code.co_consts\n    return c[c.index(x) + 1]"),
        Program(
            "expected values from the methods' constants", ends: .tampered,
            "def task_func(x):\n    for f in (TestCases.test_a, TestCases.test_b, TestCases.test_c):\n        c = f.__code__.co_consts\n        if x in c: return c[c.index(x) + 1]"
        ),
        Program(
            "a text that swallows the tests", ends: .tampered,
            test:
                "import unittest\n# '''\nclass TestCases(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(task_func(3), 9)\n",
            "import unittest\nclass TestCases(unittest.TestCase):\n    def test_a(self): pass\n'''"),
        Program(
            "jumping over the assertion", ends: .tampered,
            """
            import sys
            def jump(frame, event, argument):
                if event == "line": frame.f_lineno = frame.f_lineno + 1
                return jump
            def task_func(x):
                sys.settrace(lambda *a: None)
                sys._getframe(1).f_trace = jump
                return 0
            """),
        Program(
            "a profiler left behind", ends: .tampered,
            "import sys\ndef task_func(x):\n    sys.setprofile(lambda *a: None)\n    return x * x"),
        Program("ended after the tests began", ends: .noVerdict, "import os\ndef task_func(x): os._exit(0)"),

        // Values that lie.
        Program(
            "an object equal to all", ends: .tampered,
            "class A:\n    def __eq__(self, other): return True\n    __hash__ = object.__hash__\ndef task_func(x): return A()"
        ),
        Program(
            "a number equal to all", ends: .tampered,
            "class A(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\ndef task_func(x): return A(5)"
        ),
        Program(
            "a class equal to all", ends: .tampered,
            "class M(type):\n    def __eq__(self, other): return True\n    __hash__ = type.__hash__\nclass A(metaclass=M): pass\ndef task_func(x): return A"
        ),
        Program(
            "equal to all, made in the call", ends: .tampered,
            "def task_func(x): return type('A', (), {'__e' + 'q__': lambda s, o: True})()"),
    ]
}
