// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import Foundation
import Testing

/// Programs that reach for the machinery of an in-process suite, and honest ones that look a little like them.
@Suite struct TamperTests {
    static let engine = Task {
        try await TestEngine.start(.standard, settings: ExecutionSettings(clock: .cpu, secondsPerTest: 3))
    }

    @Test(arguments: TamperCorpus.attacks) func forgesNoPass(_ attack: TamperCorpus.Program) async throws {
        let verdict = try await Self.grade(attack)
        #expect(!verdict.passed, "\(attack.name)")
        #expect(verdict.outcome != .infrastructureError, "\(attack.name): \(verdict.message)")
        if let outcome = attack.outcome {
            #expect(verdict.outcome == outcome, "\(attack.name): \(verdict.message)")
        }
    }

    @Test(arguments: TamperCorpus.honest) func letsPass(_ program: TamperCorpus.Program) async throws {
        let verdict = try await Self.grade(program)
        #expect(verdict.passed, "\(program.name): \(verdict.outcome.rawValue) \(verdict.message)")
    }

    @Test(
        arguments: [
            (TamperCorpus.test, 3),
            ("import unittest\nclass TestCases(unittest.TestCase):\n    async def test_a(self): pass\n", 1),
            (
                "import unittest\nclass TestCases(unittest.TestCase):\n    @patch('a')\n    def test_a(self, a):\n        def test_b(): pass\n    def test_a(self): pass\n",
                1
            ),
            ("import unittest\nclass TestCases(Base):\n    def test_a(self): pass\n", nil),
            (
                "import unittest\nclass TestCases(unittest.TestCase):\n    @parameterized.expand([1])\n    def test_a(self): pass\n",
                nil
            ),
            (
                "import unittest\nclass TestCases(unittest.TestCase):\n    def test_a(self): pass\nTestCases.test_b = None\n",
                nil
            ),
            ("x = '''\nclass TestCases(unittest.TestCase):\n    def test_a(self): pass\n'''\n", nil),
        ] as [(String, Int?)]) func countsTests(_ text: String, _ count: Int?)
    {
        #expect(TamperCorpus.tests(text).testCount == count)
    }

    private static func grade(_ program: TamperCorpus.Program) async throws -> Verdict {
        try await engine.value.grader.grade(
            program.code,
            against: TestSuite(
                problemID: "tamper", hash: "tamper", tests: .bigCodeBench(TamperCorpus.tests(program.test))))
    }
}
