// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import SelectorKit
import Synchronization
import Testing

/// What selectors that execute are given: outputs as values, failures as values, nothing lost to a program that ends itself.
@Suite struct ProgramRunnerTests {
    /// One runner for all tests.
    private static let runner = SandboxedProgramRunner(preambles: ["Test/helper": "def helper():\n    return 7\n\n"]) {
        let python = ProcessInfo.processInfo.environment["BESTOFN_TEST_PYTHON"] ?? "python3"
        return try await ExecutionEngine(
            settings: ExecutionSettings(), sandbox: nil, interpreter: PythonInterpreter(resolving: python), workers: 2,
            profile: .standard)
    }

    private static let reading = Problem(id: "abc", benchmark: "livecodebench", statement: "Read a number, print it.")
    private static let method = Problem(
        id: "two", benchmark: "livecodebench", statement: "", starterCode: "class Solution:", entryPoint: "f")
    private static let function = Problem(id: "Test/0", benchmark: "humaneval", statement: "", entryPoint: "f")

    private func run(
        _ program: String, _ problem: Problem, _ inputs: ProgramInput..., seconds: Double? = nil
    ) async throws -> [ProgramOutput] {
        try await Self.runner.run(program, of: problem, on: inputs, seconds: seconds)
    }

    @Test func readsStandardInput() async throws {
        let outputs = try await run(
            "n = int(input())\nprint(10 // n)\n", Self.reading, .standardInput("5\n"), .standardInput("0\n"),
            .standardInput("x"), .standardInput("2"))
        #expect(
            outputs == [
                .output("2\n"), .failed(reason: "ZeroDivisionError"), .failed(reason: "ValueError"), .output("5\n"),
            ])
    }

    @Test func callsAMethodOfLiveCodeBench() async throws {
        let program = "class Solution:\n    def f(self, a: List[int], b):\n        return (sum(a) / 2, b)\n"
        let outputs = try await run(program, Self.method, .arguments("[1, 2, 3]\n\"x\""), .arguments("[1]"))
        #expect(outputs == [.output("[3, \"x\"]"), .failed(reason: "TypeError")])
    }

    @Test func callsAFunction() async throws {
        let program = """
            def f(x):
                return {True: [x, 1.0, x / 3, None], 'k': ('a"', {2, 1}), 10 ** 30: b'\\x01'}
            """
        let outputs = try await run(program, Self.function, .arguments("1"))
        #expect(
            outputs == [
                .output(
                    #"{"k": ("a\"", set(1, 2)), 0xc9f2c9cd04674edea40000000: bytes(01), 1: [1, 1, 0.333333, null]}"#)
            ])
    }

    @Test func makesAssertionsInANamespaceOfTheirOwn() async throws {
        let program = "calls = []\ndef f(x):\n    calls.append(x)\n    return len(calls)\n"
        let outputs = try await run(
            program, Self.function, .assertion("assert f(3) == 1"), .assertion("assert f(3) == 1, 'again'"),
            .assertion("assert f(3) == 2"), .assertion("assert f("), .assertion("assert f(1) == g(1)"))
        #expect(
            outputs == [
                .output("passed"), .output("passed"), .failed(reason: "AssertionError"),
                .failed(reason: "SyntaxError"), .failed(reason: "NameError"),
            ])
    }

    @Test func putsTheBenchmarksOwnTextInFront() async throws {
        let problem = Problem(id: "Test/helper", benchmark: "humaneval", statement: "", entryPoint: "f")
        #expect(
            try await run("def f():\n    return helper()\n", problem, .assertion("assert f() == 7")) == [
                .output("passed")
            ])
    }

    /// A program that ends its process on one input keeps its answers to the others.
    @Test(arguments: [
        ("import os\nn = int(input())\nif n == 2: os._exit(0)\nprint(n)\n", "exit"),
        ("import ctypes\nn = int(input())\nif n == 2: ctypes.string_at(0)\nprint(n)\n", "crash"),
        ("n = int(input())\nwhile n == 2: pass\nprint(n)\n", "time limit"),
        ("n = int(input())\nx = bytearray(1 << 45) if n == 2 else 0\nprint(n)\n", "memory limit"),
        ("n = int(input())\nprint('x' * (1 << 22) if n == 2 else n)\n", "output limit"),
        ("n = int(input())\nif n == 2: raise KeyboardInterrupt\nprint(n)\n", "exit"),
    ])
    func losesNoOtherInput(program: String, reason: String) async throws {
        let outputs = try await run(
            program, Self.reading, .standardInput("1"), .standardInput("2"), .standardInput("3"), seconds: 0.5)
        #expect(outputs == [.output("1\n"), .failed(reason: reason), .output("3\n")])
    }

    @Test func aFunctionThatExitsLosesNoOtherInput() async throws {
        let program =
            "import os, sys\ndef f(x):\n    if x == 1: sys.exit(0)\n    if x == 2: os._exit(0)\n    return x\n"
        for problem in [Self.function, Self.method] {
            let outputs = try await run(
                program, problem, .arguments("0"), .arguments("1"), .arguments("2"), .arguments("3"))
            #expect(
                outputs == [.output("0"), .failed(reason: "exit"), .failed(reason: "exit"), .output("3")],
                "\(problem.benchmark)")
        }
    }

    @Test func aProgramThatDoesNotLoadFailsOnAll() async throws {
        let inputs: [ProgramInput] = [.arguments("1"), .assertion("assert f(1)"), .standardInput("")]
        for (program, reason) in [("def f(x:\n", "SyntaxError"), ("import os\nos._exit(3)\n", "exit")] {
            let outputs = try await Self.runner.run(program, of: Self.function, on: inputs, seconds: nil)
            #expect(outputs == inputs.map { _ in .failed(reason: reason) })
        }
        // Without end at its top: given up after a few inputs.
        let many = (0..<40).map { ProgramInput.assertion("assert f(\($0))") }
        let begun = ContinuousClock.now
        let outputs = try await Self.runner.run("while True: pass\n", of: Self.function, on: many, seconds: 0.5)
        #expect(outputs == many.map { _ in .failed(reason: "time limit") })
        #expect(ContinuousClock.now - begun < .seconds(15))
    }

    @Test func objectsAreEqualToNothing() async throws {
        let outputs = try await run("class A: pass\ndef f(x):\n    return [A()]\n", Self.function, .arguments("1"))
        #expect(outputs == [.failed(reason: "returned an object: A")])
    }

    /// No program leaves anything behind for the next one.
    @Test func aHostileProgramDoesNotReachAnother() async throws {
        let hostile = """
            import builtins, sys, os, threading
            def f(x):
                builtins.len = lambda a: 99
                sys.modules['math'] = None
                try:
                    open('/tmp/left', 'w').write('x')
                except Exception:
                    pass
                threading.Thread(target=lambda: exec('while True: pass'), daemon=True).start()
                os.write(3, b'\\x0e\\x00\\x00\\x00J{"value": 99}')
                return 1
            """
        _ = try await run(hostile, Self.function, .arguments("1"), .arguments("2"), seconds: 0.5)
        let honest = "import math, os\ndef f(x):\n    return [len(x), math.floor(2.5), os.path.exists('/tmp/left')]\n"
        #expect(try await run(honest, Self.function, .arguments("[1]")) == [.output("[1, 2, 0]")])
    }

    @Test func comparesAsTheBenchmarkDoes() {
        func comparable(_ text: String, _ input: ProgramInput, _ problem: Problem) -> String {
            Self.runner.comparable(text, on: input, of: problem)
        }
        let stdin = ProgramInput.standardInput("")
        for (one, other, equal) in [
            ("1 2\n3\n", " 1  2 \n3", true), ("1.50", "1.5", true), ("1e3", "1000", true), ("a b", "a  b", false),
            ("1\n\n2", "1\n2", false), ("0.1", "0.10000001", false), ("-0", "0", true), ("YES", "yes", false),
            ("1 a", "1.0 a", false),
        ] {
            #expect(
                (comparable(one, stdin, Self.reading) == comparable(other, stdin, Self.reading)) == equal,
                "\(one) and \(other)")
        }
        let call = ProgramInput.arguments("1")
        for (one, other, equal) in [
            ("[1,2]", "[1, 2.0]", true), ("true", "1", true), ("\"1\"", "1", false),
            ("{\"b\": 1, \"a\": 2}", "{\"a\":2,\"b\":1}", true), ("\"\\u00e9/\"", "\"é\\/\"", true),
        ] {
            #expect(
                (comparable(one, call, Self.method) == comparable(other, call, Self.method)) == equal,
                "\(one) and \(other)")
        }
        #expect(comparable("0.3333333", call, Self.function) == comparable("0.33333331", call, Self.function))
        #expect(comparable("0.3333333", call, Self.method) != comparable("0.33333331", call, Self.method))
        // What a program returned is not changed again.
        for text in ["(1, 2)", "set(1, 2)", "{1: 2}", "[0.1, \"a\"]", "null", "0x1000000000000000000"] {
            #expect(comparable(text, call, Self.method) == text)
        }
    }

    @Test func startsLateAndRunsNothingTwice() async throws {
        let starts = Mutex(0)
        let runner = SandboxedProgramRunner {
            starts.withLock { $0 += 1 }
            let python = ProcessInfo.processInfo.environment["BESTOFN_TEST_PYTHON"] ?? "python3"
            return try await ExecutionEngine(
                settings: ExecutionSettings(), sandbox: nil, interpreter: PythonInterpreter(resolving: python),
                workers: 1, profile: .standard)
        }
        #expect(try await runner.run("print(1)", of: Self.reading, on: [], seconds: nil).isEmpty)
        #expect(await !runner.isRunning)
        // Different each time it is really run.
        let program = "import os, time\nprint(time.time_ns())\n"
        let input = [ProgramInput.standardInput("")]
        let first = try await runner.run(program, of: Self.reading, on: input, seconds: nil)
        #expect(await runner.isRunning)
        #expect(try await runner.run(program, of: Self.reading, on: input, seconds: nil) == first)
        #expect(try await runner.run(program, of: Self.reading, on: input + input, seconds: nil).first != first.first)
        await runner.shutDown()
        #expect(await !runner.isRunning)
        #expect(try await runner.run(program, of: Self.reading, on: input, seconds: nil) == first)
        #expect(starts.withLock { $0 } == 1)
    }

    @Test func anEngineThatDoesNotStartIsAnError() async throws {
        let runner = SandboxedProgramRunner { throw SandboxError(.unavailable, "No sandbox here.") }
        await #expect(throws: SandboxError.self) {
            try await runner.run("print(1)", of: Self.reading, on: [.standardInput("")], seconds: nil)
        }
    }
}
