// SPDX-License-Identifier: Apache-2.0
import Datasets
import Fixtures
import Foundation
import LanguageModels
import LatticeServer
import Testing

@Suite struct LatticeServerTests {
    /// main has two variants, helper three: six programs.
    private static let file = """
        id: t
        title: T
        difficulty: easy
        date: 2026-01-01
        kind: stdin
        statement: |
          Add the numbers.
        preamble: |
          import sys
        slots:
          - name: main
            variants:
              - probability: 0.75
                code: |
                  def main():
                      \"""Go.\"""
                      print(helper())
              - probability: 0.25
                bug: adds one
                code: |
                  def main():
                      \"""Go.\"""
                      print(helper() + 1)
          - name: helper
            variants:
              - probability: 0.5
                code: |
                  def helper():
                      \"""One.\"""
                      return 1
              - probability: 0.3
                bug: two
                code: |
                  def helper():
                      \"""One.\"""
                      return 2
              - probability: 0.2
                bug: another docstring
                code: |
                  def helper():
                      \"""Other.\"""
                      return 1
        tests:
          public: ["1"]
          hidden: ["2"]
        """

    private let lattice: Lattice
    private var problem: LatticeProblem { lattice.problems[0] }

    init() throws {
        lattice = try withTemporaryFolder { folder in
            try Self.file.write(to: folder.appendingPathComponent("t.yaml"), atomically: true, encoding: .utf8)
            return try Lattice.load(folder)
        }
    }

    private func ask(
        _ messages: [ChatMessage], model: String = "lattice-cof", prefill: Prefill? = nil, samples: Int = 1,
        maxTokens: Int = 100, temperature: Double = 1, topP: Double? = nil, seed: UInt64? = 1, stop: [String] = [],
        topLogProbs: Int? = nil, api: CompletionAPI = .chat
    ) async throws -> CompletionAnswer {
        let server = try LatticeServer(lattice)
        defer { server.stop() }
        let client = ServerClient(
            ServerConfiguration(url: try #require(URL(string: server.url)), model: model), environment: [:])
        return try await client.complete(
            CompletionRequest(
                messages: messages, prefill: prefill, samples: samples, maxTokens: maxTokens, temperature: temperature,
                topP: topP, seed: seed, stop: stop, topLogProbs: topLogProbs),
            options: .init(api: api))
    }

    private let question = [ChatMessage(role: .user, content: "# T\n\nAdd the numbers.\n\nThanks.")]

    private func program(_ choice: [Int], _ style: LatticeStyle = .chainOfFunctions) -> String {
        problem.program(choice: choice, style: style)
    }

    @Test(arguments: CompletionAPI.allCases) func answersAreProgramsWithExactProbabilities(_ api: CompletionAPI)
        async throws
    {
        let answer = try await ask(question, samples: 600, topLogProbs: 5, api: api)
        #expect(answer.choices.count == 600)
        let programs = problem.allPrograms(style: .chainOfFunctions)
        var counts: [String: Int] = [:]
        for choice in answer.choices {
            let text = choice.text.replacingOccurrences(of: "```python\n", with: "").replacingOccurrences(
                of: "```", with: "")
            counts[text, default: 0] += 1
            let known = try #require(programs.first { $0.program == text })
            let tokens = try #require(choice.tokens)
            #expect(tokens.map(\.text).joined() == choice.text)
            #expect(abs(tokens.reduce(0) { $0 + ($1.logProb ?? .nan) } - log(known.probability)) < 1e-12)
            #expect(tokens.allSatisfy { abs($0.alternatives.reduce(0) { $0 + exp($1) } - 1) < 1e-9 })
            #expect(choice.finish == "stop")
        }
        for known in programs {
            let expected = known.probability * 600
            let deviation = (known.probability * (1 - known.probability) * 600).squareRoot()
            #expect(abs(Double(counts[known.program] ?? 0) - expected) < 5 * deviation)
        }
    }

    @Test func programsAreContinued() async throws {
        let whole = program([1, 0])
        let prefix = String(whole[..<(try #require(whole.range(of: "def helper"))).lowerBound])
        let turn = [ChatMessage(role: .assistant, content: "```python\n" + prefix)]
        let answer = try await ask(question + turn, prefill: .continueFinalMessage, samples: 300, topLogProbs: 3)
        var rewards = 0
        for choice in answer.choices {
            let text = prefix + choice.text.replacingOccurrences(of: "```", with: "")
            #expect([program([1, 0]), program([1, 1]), program([1, 2])].contains(text))
            if text == whole { rewards += 1 }
        }
        #expect(abs(rewards - 150) < 45)
        // A prompt that shows the beginning and asks for the rest gets the rest.
        let asked = "Add the numbers.\n\n```python\n\(prefix)```\n\nWrite only the remaining code."
        let rest = try await ask([ChatMessage(role: .user, content: asked)])
        #expect(rest.text.hasPrefix("```python\ndef helper"))
        await #expect {
            let turn = [ChatMessage(role: .assistant, content: "```python\nimport os\n")]
            _ = try await ask(question + turn, prefill: .continueFinalMessage)
        } throws: {
            "\($0)".contains("No program of the lattice begins")
        }
    }

    @Test func requestsAreHonoured() async throws {
        #expect(try await ask(question, seed: 3).text == ask(question, seed: 3).text)
        let likeliest = try await ask(question, samples: 20, temperature: 0)
        #expect(likeliest.choices.allSatisfy { $0.text == "```python\n" + program([0, 0]) + "```" })
        #expect(try await ask(question, samples: 50, topP: 0.4).choices.allSatisfy { $0.text == likeliest.text })
        let short = try await ask(question, maxTokens: 3)
        #expect(short.choices[0].finish == "length" && short.text == "```python\nimport sys\n\n")
        #expect(short.completionTokens == 3)
        let stopped = try await ask(question, stop: ["def helper"], topLogProbs: 0)
        #expect(stopped.text.hasSuffix("\n\n\n") && stopped.choices[0].finish == "stop")
        #expect(try await ask(question).choices[0].tokens == nil)
    }

    @Test func modelNamesSayTheStyle() async throws {
        func text(_ model: String, _ words: String = "") async throws -> String {
            let messages = [ChatMessage(role: .system, content: words)] + question
            return try await ask(messages, model: model, temperature: 0).text
        }
        let functions = "```python\n" + program([0, 0]) + "```"
        let single = "```python\n" + program([0, 0], .plain) + "```"
        #expect(functions != single)
        #expect(try await text("lattice-cof") == functions)
        #expect(try await text("lattice-plain", "chain of functions") == single)
        #expect(try await text("lattice", "As a Chain of functions.") == functions)
        #expect(try await text("lattice") == single)
        await #expect {
            _ = try await text("gpt")
        } throws: {
            "\($0)".contains("Available: lattice, lattice-cof, lattice-plain")
        }
    }

    @Test func probeFindsWhatItCan() async throws {
        let server = try LatticeServer(lattice)
        defer { server.stop() }
        let probe = try await ServerClient(
            ServerConfiguration(url: try #require(URL(string: server.url)), model: "lattice"), environment: [:]
        ).probeAll()
        #expect(probe.chat && probe.completions && probe.severalSamples && probe.tellsUsage)
        #expect(probe.topLogProbs == 1 && probe.repeatsSeeds == true)
        #expect(probe.prefills.first == .continueFinalMessage)
    }
}
