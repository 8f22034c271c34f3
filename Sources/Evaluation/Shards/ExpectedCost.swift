// SPDX-License-Identifier: Apache-2.0
import Datasets
import RunStore
import SelectorKit

/// What problems are expected to take, in seconds by a rule of thumb: enough to divide them evenly, where nothing was measured.
enum ExpectedCost {
    /// A program's start, and one of its tests.
    private static let programSeconds = 0.02
    private static let testSeconds = 0.002
    /// Reading a byte of text, and having a model read or write it.
    private static let byteSeconds = 1e-6
    private static let modelByteSeconds = 2e-5

    static func execution(tests: Int) -> Double { programSeconds + testSeconds * Double(tests) }

    static func text(bytes: Int, byModel: Bool) -> Double {
        Double(bytes) * (byModel ? modelByteSeconds : byteSeconds)
    }

    /// A model's answer, of which the problem's length tells little.
    static func answer(to statement: String) -> Double {
        text(bytes: statement.utf8.count + typicalAnswerBytes, byModel: true)
    }

    private static let typicalAnswerBytes = 4000

    /// The costs with those that were measured in place of those that were guessed; guesses for other problems are scaled to fit them.
    static func adjusted(_ guessed: [String: Double], to measured: [String: Double]) -> [String: Double] {
        let known = guessed.keys.filter { (measured[$0] ?? 0) > 0 }.sorted()
        let guess = known.reduce(0) { $0 + (guessed[$1] ?? 0) }
        guard guess > 0 else { return guessed }
        let scale = known.reduce(0) { $0 + (measured[$1] ?? 0) } / guess
        return guessed.reduce(into: [:]) { costs, entry in
            let seconds = measured[entry.key] ?? 0
            costs[entry.key] = seconds > 0 ? seconds : entry.value * scale
        }
    }
}

extension TestSuite {
    /// About how many tests there are: exact for LiveCodeBench, a guess by the text for the others.
    var expectedTests: Int {
        switch tests {
        case .liveCodeBench(let tests): tests.tests.count
        case .evalPlus(let tests): 1 + (tests.baseInputs.utf8.count + tests.plusInputs.utf8.count) / 32
        case .humanEval(let tests): 1 + tests.test.utf8.count { $0 == UInt8(ascii: "\n") }
        case .bigCodeBench(let tests):
            max(1, tests.test.split(separator: "def test", omittingEmptySubsequences: false).count - 1)
        }
    }
}
