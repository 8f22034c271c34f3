// SPDX-License-Identifier: Apache-2.0

extension TamperCorpus {
    /// Honest programs that inspect, trace, patch or compare for good reasons.
    static let honest: [Program] = [
        Program("plain", "def task_func(x): return x * x"),
        Program(
            "data classes",
            "from dataclasses import dataclass, field\n@dataclass(order=True, frozen=True)\nclass P:\n    a: int\n    b: list = field(default_factory=list)\ndef task_func(x): return P(x).a * x if P(x) == P(x) else 0"
        ),
        Program(
            "named tuples and enumerations",
            "from collections import namedtuple\nimport enum, typing\nP = namedtuple('P', 'a b')\nclass N(typing.NamedTuple):\n    a: int\nclass E(enum.Enum):\n    A = enum.auto()\n    B = 2\ndef task_func(x): return P(x, x).a * N(x).a * E.A.value"
        ),
        Program(
            "inspect",
            "import inspect\ndef helper(a, b=1): pass\ndef task_func(x):\n    assert 'a' in inspect.signature(helper).parameters\n    assert inspect.stack()[0].function == 'task_func' and inspect.currentframe().f_back.f_code.co_name\n    inspect.getmembers(helper)\n    try: inspect.getsource(helper)\n    except OSError: pass\n    return x * x"
        ),
        Program(
            "the caller's name",
            "import sys\ndef task_func(x):\n    name = sys._getframe(1).f_code.co_name\n    return x * x if name.startswith('test') else 0"
        ),
        Program(
            "logging",
            "import logging\nlogging.basicConfig(level=logging.DEBUG)\ndef task_func(x):\n    logging.getLogger(__name__).warning('x=%s', x, stack_info=True)\n    return x * x"
        ),
        Program(
            "warnings",
            "import warnings\ndef task_func(x):\n    with warnings.catch_warnings(record=True) as seen:\n        warnings.simplefilter('always')\n        warnings.warn('x', stacklevel=2)\n    return x * x * len(seen)"
        ),
        Program(
            "tracebacks",
            "import traceback, sys\ndef task_func(x):\n    try: int('q')\n    except ValueError:\n        assert 'int' in traceback.format_exc()\n        traceback.extract_tb(sys.exc_info()[2])\n    traceback.format_stack()\n    return x * x"
        ),
        Program(
            "the collector",
            "import gc\ndef task_func(x):\n    gc.collect(); gc.get_objects(); gc.get_referrers(gc); gc.get_referents([x])\n    return x * x"
        ),
        Program(
            "memory statistics",
            "import tracemalloc\ndef task_func(x):\n    tracemalloc.start(); y = x * x; tracemalloc.take_snapshot(); tracemalloc.stop()\n    return y"
        ),
        Program(
            "a profile",
            "import cProfile, pstats, io\ndef task_func(x):\n    p = cProfile.Profile(); p.enable(); y = x * x; p.disable(); pstats.Stats(p, stream=io.StringIO()).print_stats()\n    return y"
        ),
        Program(
            "mocks",
            "import os\nfrom unittest.mock import patch, MagicMock\ndef task_func(x):\n    with patch('os.getcwd', MagicMock(return_value='q')):\n        return x * x if os.getcwd() == 'q' else 0"
        ),
        Program(
            "C types",
            "import ctypes\ndef task_func(x):\n    buffer = ctypes.create_string_buffer(b'abc')\n    a = (ctypes.c_int * 3)(1, 2, 3)\n    return x * x * ctypes.cast(a, ctypes.POINTER(ctypes.c_int))[0] if ctypes.CDLL(None).abs(-3) == 3 else 0"
        ),
        Program(
            "processes",
            "import subprocess, sys\ndef task_func(x):\n    return x * x if subprocess.run(['echo', 'hi'], capture_output=True).stdout == b'hi\\n' else 0"
        ),
        Program(
            "a forked process",
            "import multiprocessing\ndef square(x, answers): answers.send(x * x)\ndef task_func(x):\n    here, there = multiprocessing.Pipe()\n    process = multiprocessing.Process(target=square, args=(x, there))\n    process.start(); answer = here.recv(); process.join()\n    return answer"
        ),
        Program(
            "threads",
            "from concurrent.futures import ThreadPoolExecutor\nimport threading\ndef task_func(x):\n    threading.enumerate()\n    with ThreadPoolExecutor(2) as pool: return pool.submit(lambda: x * x).result()"
        ),
        Program(
            "asyncio",
            "import asyncio\nasync def square(x):\n    await asyncio.sleep(0)\n    return x * x\ndef task_func(x): return asyncio.run(square(x))"
        ),
        Program(
            "pickle and copies",
            "import pickle, copy\nclass P:\n    def __init__(self, x): self.x = x\ndef task_func(x): return pickle.loads(pickle.dumps(copy.deepcopy([x])))[0] * x"
        ),
        Program(
            "its own equality",
            "import functools\n@functools.total_ordering\nclass P:\n    def __init__(self, x): self.x = x\n    def __eq__(self, other): return isinstance(other, P) and self.x == other.x\n    def __lt__(self, other): return self.x < other.x\n    __hash__ = None\ndef task_func(x): return x * x if P(x) == P(x) and P(1) < P(2) else 0"
        ),
        Program(
            "a signal handler",
            "import signal\nseen = []\nsignal.signal(signal.SIGUSR1, lambda *a: seen.append(a[0]))\ndef task_func(x):\n    signal.raise_signal(signal.SIGUSR1)\n    return x * x if seen else 0"
        ),
        Program("names of builtins", "def input(*a): return 0\nsum = 5\ndef task_func(x): return x * x"),
        Program(
            "a hook for exceptions",
            "import sys, atexit\nsys.excepthook = print\natexit.register(print, 'bye')\ndef task_func(x): return x * x"),
        Program(
            "deep recursion",
            "import functools, sys\nsys.setrecursionlimit(20000)\n@functools.lru_cache(None)\ndef f(n): return n if n < 1 else 1 + f(n - 1)\ndef task_func(x): return x * x + f(3000) - 3000"
        ),
        Program(
            "doctest, subtests and settings",
            test: """
                import unittest, doctest, sys
                from unittest.mock import patch
                class TestCases(unittest.TestCase):
                    maxDiff = None
                    @classmethod
                    def setUpClass(cls):
                        cls.shared = [1]
                        unittest.TestCase.maxDiff = None
                    def setUp(self):
                        self.addCleanup(self.shared.append, 2)
                        patcher = patch("builtins.print")
                        self.printed = patcher.start()
                    @patch("os.getcwd", return_value="q")
                    def test_a(self, cwd):
                        doctest.testmod(sys.modules["__test__"])
                        for i in range(3):
                            with self.subTest(i=i): self.assertEqual(task_func(i), i * i)
                    def test_b(self):
                        with self.assertRaises(TypeError): task_func(None)
                        with self.assertLogs() as seen:
                            import logging
                            logging.warning("x")
                        self.assertDictEqual({"a": [task_func(2)]}, {"a": [4]})
                """,
            "def task_func(x):\n    '''>>> task_func(2)\n    4'''\n    return x * x"),
        Program(
            "skips and expected failures of the tests' own",
            test: """
                import unittest
                class TestCases(unittest.TestCase):
                    @unittest.skip("not here")
                    def test_a(self): self.fail()
                    @unittest.expectedFailure
                    def test_b(self): self.assertEqual(task_func(1), 5)
                    def test_c(self):
                        if task_func(2) == 4: self.skipTest("enough")
                """,
            "def task_func(x): return x * x"),
        Program(
            "a program of the future",
            "from __future__ import annotations\ndef task_func(x: undefined) -> also_undefined: return x * x"),
    ]
}
