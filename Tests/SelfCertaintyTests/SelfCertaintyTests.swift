// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import SelectorKit
import SelectorTesting
import SelfCertainty
import Testing

@Suite struct CertaintyTests {
    /// JSON with infinities written as texts.
    private struct Number: Decodable {
        var value: Double

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                value = text == "-Infinity" ? -.infinity : text == "Infinity" ? .infinity : .nan
            } else {
                value = try container.decode(Double.self)
            }
        }
    }

    private struct Vectors: Decodable {
        struct TopK: Decodable {
            var k: Int
            var uniform_tail: Double
            var renormalised: Double
            var mean_neg_logprob: Double
        }
        struct Case: Decodable {
            var name: String
            var V: Int
            var logits: [[Number]]
            var official_f32: Number
            var exact_f64: Number?
            var per_token_f64: [Number]?
            var kl_p_from_uniform_f64: Number?
            var topk: [TopK]?
        }
        struct Special: Decodable { var logits: [[Number]], official_f32: Number }
        struct Batch: Decodable { var logits: [[[Number]]], mask: [[Int]], exact_f64: [Double] }
        struct Aligned: Decodable {
            var prompt_tokens: Int, output_tokens: Int
            var logits: [[Double]]
            var official_slice_rows: [Int], paper_slice_rows: [Int]
            var official_f32: Double, paper_f64: Double
        }
        var cases: [Case]
        var special: [Special]
        var batch: Batch
        var alignment: Aligned
    }

    private func vectors() throws -> Vectors {
        try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: SharedData.vectors("self_certainty.json")))
    }

    private func close(_ value: Double, _ expected: Double, relative: Double = 1e-9) -> Bool {
        value == expected || abs(value - expected) <= 1e-12 + relative * abs(expected)
    }

    @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.missing)))
    func theFormulaEqualsTheReference() throws {
        let vectors = try vectors()
        #expect(vectors.cases.count == 11)
        for row in vectors.cases {
            let logits = row.logits.map { $0.map(\.value) }
            let value = Certainty.ofAnswer(rows: logits)
            #expect(abs(value - row.official_f32.value) <= 1e-5 + 1e-5 * abs(value), "\(row.name): \(value)")
            if let exact = row.exact_f64?.value { #expect(close(value, exact), "\(row.name): \(value) \(exact)") }
            for (index, expected) in (row.per_token_f64 ?? []).enumerated() {
                #expect(close(Certainty.ofToken(logits: logits[index]), expected.value, relative: 1e-9), "\(row.name)")
            }
            if let expected = row.kl_p_from_uniform_f64?.value {
                let mean = logits.reduce(0) { $0 + Certainty.divergenceFromUniform(logits: $1) } / Double(logits.count)
                #expect(abs(mean - expected) < 1e-9, "\(row.name)")
            }
            for approximation in row.topk ?? [] {
                let tops = logits.map { row in
                    let normaliser = log(row.reduce(0) { $0 + exp($1 - (row.max() ?? 0)) }) + (row.max() ?? 0)
                    return Array(row.map { $0 - normaliser }.sorted(by: >).prefix(approximation.k))
                }
                func mean(_ function: ([Double]) -> Double) -> Double {
                    tops.reduce(0) { $0 + function($1) } / Double(tops.count)
                }
                let note = "\(row.name), k = \(approximation.k)"
                #expect(
                    close(
                        mean { Certainty.uniformTail(top: $0, vocabulary: row.V) }, approximation.uniform_tail,
                        relative: 1e-6), "\(note)")
                #expect(abs(mean(Certainty.renormalised) - approximation.renormalised) < 1e-9, "\(note)")
                #expect(
                    abs(mean(Certainty.meanNegativeLogProbability) - approximation.mean_neg_logprob) < 1e-9, "\(note)")
            }
        }
        for row in vectors.special {
            #expect(Certainty.ofAnswer(rows: row.logits.map { $0.map(\.value) }) == row.official_f32.value)
        }
        for (index, expected) in vectors.batch.exact_f64.enumerated() {
            let rows = zip(vectors.batch.logits[index], vectors.batch.mask[index]).filter { $1 == 1 }.map {
                $0.0.map(\.value)
            }
            #expect(close(Certainty.ofAnswer(rows: rows), expected))
        }
    }

    @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.missing)))
    func bothAlignmentsAreKnown() throws {
        let row = try vectors().alignment
        for (alignment, slice, expected, tolerance) in [
            (Certainty.Alignment.formula, row.paper_slice_rows, row.paper_f64, 1e-9),
            (.published, row.official_slice_rows, row.official_f32, 1e-5),
        ] {
            let rows = alignment.rows(promptTokens: row.prompt_tokens, outputTokens: row.output_tokens)
            #expect([rows.lowerBound, rows.upperBound] == slice)
            #expect(abs(Certainty.ofAnswer(rows: Array(row.logits[rows])) - expected) < tolerance)
        }
    }

    @Test func theUniformDistributionIsZeroAndOthersAreAbove() {
        #expect(abs(Certainty.ofToken(logits: [3, 3, 3, 3])) < 1e-12)
        #expect(Certainty.ofToken(logits: [5, 0, 0, 0]) > Certainty.ofToken(logits: [2, 0, 0, 0]))
        #expect(Certainty.ofToken(logits: [0, -.infinity]) == .infinity)
    }
}

@Suite struct SelfCertaintySelectorTests {
    private func pool(_ tokens: [TokenStatistics?]) -> CandidatePool {
        CandidatePool(
            name: "pool", problem: ExamplePools.problem,
            candidates: tokens.enumerated().map {
                Candidate(id: CandidateID(model: "m", sample: $0), program: "print(\($0))", tokens: $1)
            })
    }

    private func scores(
        _ pool: CandidatePool, _ source: SelfCertaintySelector.Source = .exact
    ) async throws -> [CandidateScore] {
        var options = SelfCertaintySelector.Options()
        options.source = source
        let selector = SelfCertaintySelector(options)
        return try await selector.score(pool, in: SelectionContext(for: selector.descriptor, seed: 0))
    }

    private func tokens(_ value: Double?, exact: Bool, k: Int? = nil) -> TokenStatistics {
        TokenStatistics(count: 5, selfCertainty: value, k: k, exact: exact)
    }

    @Test func recordedValuesAreTheScores() async throws {
        #expect(
            try await scores(pool([tokens(4, exact: true), tokens(5.5, exact: true)])) == [.value(4), .value(5.5)])
        #expect(try await scores(pool([tokens(4, exact: false, k: 20)]), .approximate) == [.value(4)])
    }

    @Test func whatIsMissingOrMixedIsNamed() async throws {
        for (tokens, source, expected) in [
            (
                [tokens(4, exact: true), nil], SelfCertaintySelector.Source.exact,
                "m/1 of pool 'pool', problem 'example/0' has no self-certainty"
            ),
            (
                [tokens(4, exact: true), tokens(4, exact: false, k: 20)], .exact,
                "m/1 of pool 'pool', problem 'example/0' has an approximate self-certainty (from 20 tokens)"
            ),
            ([tokens(4, exact: true)], .approximate, "has an exact self-certainty"),
            ([tokens(4, exact: false, k: 20), tokens(4, exact: false, k: 5)], .approximate, "k = 5, 20"),
            ([tokens(.infinity, exact: true)], .exact, "has no self-certainty"),
        ] {
            await #expect {
                _ = try await scores(pool(tokens), source)
            } throws: {
                ($0 as? SelectorError)?.code == .missingData && "\($0)".contains(expected)
            }
        }
    }

    @Test func itConforms() async {
        let failures = await checkConformance(of: SelfCertaintySelector())
        #expect(failures.isEmpty, "\(failures)")
    }
}

@Suite struct SelfCertaintyProxyTests {
    private let corpus = PoolCorpus(
        fingerprint: "corpus",
        problems: [
            ("example/0", ["strange = never(seen)\n"]),
            ("other/1", Array(repeating: "for i in range(n):\n    print(i)\n", count: 5)),
            ("other/2", ["for i in range(10):\n    total += i\nprint(total)\n"]),
        ])

    private func ranks(_ programs: [String], _ corpus: PoolCorpus) async throws -> [Double] {
        let selector = SelfCertaintyProxySelector()
        let context = SelectionContext(for: selector.descriptor, seed: 0, services: .init(corpus: corpus))
        return try await selector.score(ExamplePools.pool("p", programs), in: context).map(\.rank)
    }

    @Test func contextsDecideNotTheTokensThatCame() async throws {
        // Both programs meet the start alone.
        let ranks = try await ranks(["for", "qq", " "], corpus)
        #expect(ranks[0] == ranks[1])
        #expect(ranks[0] > 0)
        #expect(ranks[2] == -.infinity)
    }

    @Test func theProblemsOwnProgramsDoNotCount() async throws {
        let program = "for i in range(n):\n    x = i\n"
        var more = corpus.problems
        more[0].programs += Array(repeating: "for i in range(n):\n    x = i\n", count: 50)
        // The vocabulary grows by x and = only where they are new; keep it the same in both.
        var fewer = corpus.problems
        fewer[0].programs += ["for i in range(n):\n    x = i\n"]
        let with = try await ranks([program], PoolCorpus(fingerprint: "more", problems: more))
        let without = try await ranks([program], PoolCorpus(fingerprint: "fewer", problems: fewer))
        #expect(with == without)
    }

    @Test func aPoolOfOneProblemIsRefused() async throws {
        await #expect(throws: SelectorError.self) {
            _ = try await ranks(["a"], PoolCorpus(fingerprint: "one", problems: [("example/0", ["a = 1"])]))
        }
    }

    @Test func itConforms() async {
        let failures = await checkConformance(of: SelfCertaintyProxySelector(), services: .init(corpus: corpus))
        #expect(failures.isEmpty, "\(failures)")
    }

    /// The shortcut over shared shares equals the sum over the whole vocabulary.
    @Test func theDivergenceIsExact() async throws {
        // One token per program, so that there is one context: the start.
        let corpus = PoolCorpus(
            fingerprint: "tiny", problems: [("example/0", ["z"]), ("a", ["x", "x", "y"]), ("b", ["w"])])
        // After the start: x 2/4, y 1/4, w 1/4 as trigrams and bigrams alike; anywhere the same; z is in the vocabulary and never comes.
        func p(_ share: Double) -> Double { 0.95 * share + 0.05 / 4 }
        let expected = -[0.5, 0.25, 0.25, 0].reduce(0) { $0 + log(p($1)) } / 4 - log(4)
        #expect(abs(try await ranks(["x"], corpus)[0] - expected) < 1e-12)
    }
}
