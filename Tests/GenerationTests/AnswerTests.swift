// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Generation
import LanguageModels
import SelectorKit
import Testing

@Suite struct AnswerTests {
    @Test(
        arguments: [
            ("```python\nx\n```", "```python\nx\n```"), ("<think>a ``` b</think>\nyes", "\nyes"),
            ("  <think>never ends", ""), ("no <think> here", "no <think> here"),
        ]) func thoughtsAreNoAnswer(_ text: String, _ answer: String)
    {
        #expect(AnswerText(text).answer == answer)
    }

    @Test(arguments: ["", "naïve ✓\n", String(repeating: "ab", count: 100_000)])
    func textsSurviveCompression(_ text: String) throws {
        let answer = AnswerText(text, reasoning: "because " + text)
        let compressed = try answer.compressed()
        #expect(try AnswerText(compressed: compressed) == answer)
        if text.count > 1000 { #expect(compressed.count < text.count / 50) }
        #expect(throws: (any Error).self) { try AnswerText(compressed: Data([1, 2, 3])) }
    }

    private func token(_ logProb: Double?, _ alternatives: [Double]) -> CompletionAnswer.TokenLogProbs {
        .init(text: "t", logProb: logProb, alternatives: alternatives)
    }

    @Test func certaintyOfTheWholeVocabularyIsExact() {
        // ln of 1/2, 1/4, 1/8, 1/8 in any order; self-certainty is -(1/4) Σ ln p - ln 4.
        let logs: [Double] = [log(0.125), log(0.5), log(0.125), log(0.25)]
        let statistics = TokenStatistics([token(log(0.5), logs), token(log(0.25), logs)], vocabularySize: 4)
        #expect(statistics.count == 2)
        #expect(abs((statistics.sumLogProb ?? 0) - log(0.125)) < 1e-12)
        let expected: Double = -logs.reduce(0, +) / 4 - log(4.0)
        #expect(abs((statistics.selfCertainty ?? 0) - expected) < 1e-12)
        #expect(statistics.exact == true && statistics.k == nil)
    }

    @Test func certaintyOfTheTopIsApproximate() {
        let top: [Double] = [log(0.5), log(0.25)]
        // The second token was sampled from outside of the top and is told on top of it.
        let tokens = [token(log(0.5), top), token(log(0.01), top + [log(0.01)])]
        let bounded = TokenStatistics(tokens, vocabularySize: 4)
        #expect(bounded.k == 2 && bounded.exact == false)
        // What is missing, 1/4, is spread over two tokens.
        let sum: Double = top[0] + top[1] + 2 * log(0.125)
        let expected = -sum / 4 - log(4.0)
        #expect(abs((bounded.selfCertainty ?? 0) - expected) < 1e-12)
        let unknown = TokenStatistics(tokens, vocabularySize: nil)
        #expect(unknown.exact == false && unknown.k == 2)
        #expect(unknown.selfCertainty != bounded.selfCertainty)
    }

    /// An answer whose every token was sampled from outside of the top is measured like the others of its pool.
    @Test func certaintyNeverUsesMoreThanWasAskedFor() {
        let outside = [token(log(0.01), [log(0.01), log(0.5), log(0.25)])]
        let inside = [token(log(0.5), [log(0.5), log(0.25)])]
        let statistics = TokenStatistics(outside, asked: 2, vocabularySize: 8)
        #expect(statistics.k == 2)
        #expect(
            statistics.selfCertainty == TokenStatistics(inside, asked: 2, vocabularySize: 8).selfCertainty)
        // Of an answer's own token alone nothing follows.
        #expect(
            TokenStatistics([token(-1, [-1])], asked: 0, vocabularySize: 8) == TokenStatistics(count: 1, sumLogProb: -1)
        )
    }

    @Test func nothingIsMadeUp() {
        let missing = TokenStatistics([token(-1, []), token(nil, [])], vocabularySize: 4)
        #expect(missing.count == 2 && missing.sumLogProb == nil && missing.selfCertainty == nil && missing.k == nil)
        #expect(TokenStatistics([], vocabularySize: 4).selfCertainty == nil)
    }

    @Test func problemsLoseTheirMiddle() throws {
        let statement = "BEGIN" + String(repeating: "x", count: 990) + "END!!"
        let first = try #require(ProblemShortening.shorten(statement, kept: statement.count))
        #expect(first.text.hasPrefix("BEGIN") && first.text.hasSuffix("END!!") && first.text.contains("[…]"))
        #expect(first.kept == 700)
        var kept = statement.count
        var rounds = 0
        while let next = ProblemShortening.shorten(statement, kept: kept) {
            kept = next.kept
            rounds += 1
        }
        #expect(rounds == 4)
    }

    @Test(arguments: ["rows.jsonl", "rows.jsonl.gz"]) func rowsAppearWhole(_ name: String) throws {
        try withTemporaryFolder { folder in
            var files: [Data] = []
            for _ in 0..<2 {
                let file = folder.appendingPathComponent("deep/\(name)")
                let writer = try RowWriter(file)
                for number in 0..<20_000 { try writer.write(["number": number]) }
                #expect(files.count == 1 || !FileManager.default.fileExists(atPath: file.path))
                try writer.finish()
                files.append(try Data(contentsOf: file))
            }
            // The same rows give the same bytes, compressed too.
            #expect(files[0] == files[1])
            if name.hasSuffix("gz") { #expect(files[0].starts(with: [0x1f, 0x8b])) }
            let unfinished = folder.appendingPathComponent("never.jsonl")
            try RowWriter(unfinished).write(["a": 1])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["deep"])
        }
    }
}
