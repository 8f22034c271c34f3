// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import PythonSource
import Testing

@Suite struct StepperTests {
    static let all: [any Stepper] = [
        FunctionStepper(), FunctionStepper(includesNested: true, separatesTail: true), DocstringStepper(),
        LineStepper(),
        ParagraphStepper(), ProgramStepper(), FunctionStepper(limits: StepLimits(minimumLines: 4, maximumSteps: 3)),
        LineStepper(limits: StepLimits(minimumLines: 2, maximumSteps: 5)),
    ]

    private func texts(_ stepper: some Stepper, _ text: String) -> [String] {
        let steps = stepper.steps(of: text)
        return steps.steps.map { steps.text(of: $0) }
    }

    @Test(.enabled(if: SharedData.isPresent, "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"))
    func functionStepsAreThoseOfTheReference() throws {
        struct File: Decodable {
            struct Case: Decodable {
                struct Function: Decodable {
                    var name: String
                    var kind: String
                    var first_line: Int
                    var last_line: Int
                }
                var name: String
                var text: String
                var steps: [String]
                var well_formed: Bool
                var functions: [Function]
            }
            var cases: [Case]
        }
        let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: SharedData.vectors("steps.json")))
        #expect(file.cases.count == 51)
        for entry in file.cases {
            let steps = FunctionStepper().steps(of: entry.text)
            #expect(steps.isWellFormed == entry.well_formed, "\(entry.name)")
            #expect(steps.steps.map { steps.text(of: $0) } == entry.steps, "\(entry.name)")
            guard entry.well_formed else { continue }
            let functions = steps.steps.filter { $0.name != nil }
            #expect(functions.map(\.name) == entry.functions.map(\.name), "\(entry.name)")
            #expect(functions.map(\.kind.rawValue) == entry.functions.map(\.kind), "\(entry.name)")
            #expect(functions.map(\.lines) == entry.functions.map { $0.first_line...$0.last_line }, "\(entry.name)")
        }
    }

    private static let program = """
        import sys

        def main():
            \"""Reads and prints.\"""
            def inner():
                return 1
            print(inner())


        class A:
            def one(self): return 1

            # two
            @property
            def two(self):
                return 2

        if __name__ == "__main__":
            main()

        """

    @Test func nestedFunctionsAndTheTailEndStepsOnDemand() {
        let steps = FunctionStepper(includesNested: true, separatesTail: true).steps(of: Self.program).steps
        #expect(steps.map(\.name) == ["inner", "main", "one", "two", nil])
        #expect(steps.map(\.kind) == [.function, .function, .method, .method, .tail])
        #expect(steps.map(\.lines) == [5...6, 3...7, 11...11, 14...16, 17...19])
        #expect(FunctionStepper().steps(of: Self.program).steps.map(\.name) == ["main", "one", "two"])
        // A nested function at the end of its outer one is no step of its own.
        let ends = FunctionStepper(includesNested: true).steps(of: "def f():\n    def g():\n        return 1\n")
        #expect(ends.steps.map(\.name) == ["f"])
    }

    @Test func docstringsEndSteps() {
        let steps = DocstringStepper().steps(of: Self.program)
        #expect(steps.steps.map(\.kind) == [.docstring, .function, .method, .method])
        #expect(steps.prefix(through: 0).hasSuffix("\"\"\"Reads and prints.\"\"\"\n"))
    }

    @Test func linesAreSkyworks() {
        #expect(texts(LineStepper(), "a\n\nb") == ["a\n", "\n", "b"])
        #expect(texts(LineStepper(), "a\nb\n") == ["a\n", "b\n", ""])
        #expect(texts(LineStepper(), "a\r\nb\rc") == ["a\r\n", "b\rc"])
    }

    @Test func paragraphsEndBeforeBlankLines() {
        let text = "a\nb\n\n \t\nc = '''\n\nd'''\n\n"
        #expect(texts(ParagraphStepper(), text) == ["a\nb\n", "\n \t\nc = '''\n\nd'''\n\n"])
        #expect(ParagraphStepper().steps(of: text).steps.map(\.lines) == [1...2, 5...7])
        #expect(texts(ParagraphStepper(), "\n\na") == ["\n\na"])
    }

    @Test func limitsJoinSteps() {
        let text = "a\nb\nc\nd\ne"
        #expect(texts(LineStepper(limits: .init(maximumSteps: 2)), text) == ["a\n", "b\nc\nd\ne"])
        #expect(texts(LineStepper(limits: .init(minimumLines: 2)), text) == ["a\nb\n", "c\nd\ne"])
        #expect(texts(LineStepper(limits: .init(minimumLines: 9)), text) == [text])
        #expect(LineStepper(limits: .init(minimumLines: 2)).steps(of: text).steps.map(\.lines) == [1...2, 3...5])
    }

    @Test(arguments: ["", " \n\t\n", "\u{3000}\n"]) func blankTextHasNoSteps(_ text: String) {
        for stepper in Self.all { #expect(stepper.steps(of: text).steps.isEmpty) }
    }

    /// Any bytes at all: the steps lie side by side, cover the text, and their lines lie within it.
    @Test func anyTextIsSafe() {
        var random = SplitMix(seed: 7)
        let words = [
            "def f(", "):", "\n", "    ", "\t", "\"\"\"", "'", "\\", "#", "@x", "class A:", "async def", "if x:", "\r",
            "\r\n", "\u{c}", "(", "]",
            "é", "\u{0}", "return 1", "\u{2028}", "f'{", "\u{FFFD}", ";", ":", "lambda", "def", "\u{3000}",
        ]
        for _ in 0..<3000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int(random.next() % 60) {
                if random.next() % 9 == 0 {
                    bytes.append(UInt8(truncatingIfNeeded: random.next()))
                } else {
                    bytes += words[Int(random.next() % UInt64(words.count))].utf8
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            for stepper in Self.all {
                let steps = stepper.steps(of: text)
                #expect(steps.steps.map { steps.text(of: $0) }.joined() == (steps.steps.isEmpty ? "" : text))
                #expect(steps.steps.isEmpty == text.allSatisfy(\.isWhitespace))
                if let last = steps.prefixes.last { #expect(last == text) }
                var end = 0
                for step in steps.steps {
                    #expect(step.bytes.lowerBound == end && step.lines.lowerBound >= 1)
                    end = step.bytes.upperBound
                }
            }
        }
    }
}

private struct SplitMix {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
