// SPDX-License-Identifier: Apache-2.0
import Execution

/// Answers that should confuse who compares them.
extension HostilePrograms {
    static let values: [CorpusProgram] = [
        lie("a text equal to all", "str", "'5'"),
        lie("a list equal to all", "list", "[5]"),
        lie("a float equal to all", "float", "5"),
        CorpusProgram(
            "a mock that equals anything", .fails, mayPassIn: [.bigCodeBench],
            """
            from unittest import mock
            def f(x):
                return mock.ANY
            """),
        CorpusProgram(
            "a class in disguise", .fails, mayPassIn: [.bigCodeBench],
            """
            class Disguised:
                @property
                def __class__(self): return int
                def __eq__(self, other): return True
                def __index__(self): return 9
                def __int__(self): return 9
                def __repr__(self): return "9"
            def f(x):
                return Disguised()
            """),
        CorpusProgram(
            "a class whose class lies", .fails, mayPassIn: [.bigCodeBench],
            """
            class Meta(type):
                def __eq__(cls, other): return True
                def __hash__(cls): return hash(int)
                def __instancecheck__(cls, value): return True
                def __subclasscheck__(cls, other): return True
            class Odd(metaclass=Meta):
                def __eq__(self, other): return True
                def __hash__(self): return 9
            def f(x):
                return Odd()
            """),
        CorpusProgram(
            "the class instead of a value", .fails, mayPassIn: [.bigCodeBench],
            """
            class Meta(type):
                def __eq__(cls, other): return True
                def __ne__(cls, other): return False
                __hash__ = type.__hash__
            class Value(metaclass=Meta): pass
            def f(x):
                return Value
            """),
        CorpusProgram(
            "a comparison that answers with arrays", .fails, mayPassIn: [.bigCodeBench],
            """
            class Array:
                shape, dtype, ndim, size = (1,), "bool", 1, 1
                def __init__(self): self.data = [True]
                def __eq__(self, other): return Array()
                def __bool__(self): return True
                def all(self, *a, **k): return True
                def any(self, *a, **k): return True
                def tolist(self): return [True]
                def __array__(self, *a, **k): return self.data
                def __len__(self): return 1
                def __iter__(self): return iter(self.data)
            def f(x):
                return Array()
            """),
        CorpusProgram(
            "a list with lying methods", .fails, mayPassIn: [.bigCodeBench],
            """
            class Liar(list):
                def __len__(self): return 10 ** 6
                def __iter__(self): return iter(int, 1)
                def __getitem__(self, index): return 9
                def __eq__(self, other): return True
                def __ne__(self, other): return False
            def f(x):
                return Liar([1])
            """),
        CorpusProgram(
            "a dictionary with lying methods", .fails, mayPassIn: [.bigCodeBench],
            """
            class Liar(dict):
                def items(self): return iter(lambda: ("a", 1), 0)
                def __iter__(self): return iter(int, 1)
                def keys(self): raise SystemExit(0)
                def __eq__(self, other): return True
            def f(x):
                return Liar(a=1)
            """),
        CorpusProgram(
            "a length that exits", .fails,
            """
            class Trap(list):
                def __len__(self): os._exit(0)
                __iter__ = __repr__ = __hash__ = __bool__ = __len__
                def __eq__(self, other): os._exit(0)
            def f(x):
                return Trap([9])
            """),
        CorpusProgram(
            "a text that hangs", .fails, waits: true,
            """
            import time
            class Trap:
                def __repr__(self): time.sleep(1000)
                __str__ = __format__ = __reduce__ = __repr__
                def __eq__(self, other): time.sleep(1000)
                def __getattr__(self, name): raise KeyboardInterrupt
            def f(x):
                return Trap()
            """),
        value("a dictionary that holds itself", "value = {}; value[1] = value"),
        value("a chain that ends in itself", "value = ([],); value[0].append([value])"),
        value("keys that are not numbers", "value = {float('nan'): 9, float('nan'): 9, -0.0: 9}"),
        value("not a number", "value = float('nan')"),
        value("infinite", "value = float('inf')"),
        value("a huge number", "value = 1 << 4_000_000"),
        value("a signalling decimal", "import decimal; value = decimal.Decimal('sNaN')"),
        value("a decimal of a million digits", "import decimal; value = decimal.Decimal('1E+999999')"),
        value("a fraction of huge numbers", "import fractions; value = fractions.Fraction(1 << 500000, 3)"),
        value("surrogates", "value = '\\ud800\\udfff' + chr(0) + '9'"),
        value("bytes", "value = b'9' * 1000"),
        value("a view of memory", "value = memoryview(bytearray(100)).cast('i')"),
        value("a null pointer", "import ctypes; value = ctypes.py_object()"),
        value("a pointer", "import ctypes; value = ctypes.pointer(ctypes.c_int(9))"),
        value("a generator without an end", "import itertools; value = (9 for _ in itertools.count())"),
        value("a generator that raises", "value = (1 // 0 for _ in range(9))"),
        value("an open file", "value = open(os.devnull)"),
        value("the module of builtins", "value = builtins"),
        value("a frame", "value = sys._getframe()"),
        value("ten million elements", "value = [0] * 10 ** 7"),
        value("deep dictionaries", "value = 9\n    for _ in range(50000): value = {0: value}"),
        value("deep tuples of shared parts", "value = (9, 9)\n    for _ in range(60): value = (value, value)"),
        value("a coroutine", "import asyncio\n    async def later(): return x * x\n    value = later()"),
        value("not implemented", "value = NotImplemented"),
        value("the ellipsis", "value = ..."),
        value("true", "value = True"),
    ]

    private static func value(_ name: String, _ statements: String) -> CorpusProgram {
        CorpusProgram(
            "return " + name, .fails,
            """
            def f(x):
                \(statements)
                return value
            """)
    }

    private static func lie(_ name: String, _ base: String, _ value: String) -> CorpusProgram {
        CorpusProgram(
            name, .fails, mayPassIn: [.bigCodeBench],
            """
            class Any(\(base)):
                def __eq__(self, other): return True
                def __ne__(self, other): return False
                def __req__(self, other): return True
                def __lt__(self, other): return True
                def __sub__(self, other): return 0
                __rsub__ = __sub__
                def __abs__(self): return 0
                __hash__ = object.__hash__
            def f(x):
                return Any(\(value))
            """)
    }
}
