// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing

// Rollouts by a server with real weights.
extension RealServerTests {
    private static let names = ["has_close_elements", "separate_paren_groups", "truncate_number"]

    private static func head(_ name: String) -> String {
        "def \(name)(*values):\n    return helper(values)\n"
    }

    private func write(_ server: RealServer, to folder: URL) throws {
        try Self.names.enumerated().map { number, name in
            let program = Self.head(name) + "\n\ndef helper(values):\n    return len(values)\n"
            let code = String(decoding: try JSONEncoder().encode(program), as: UTF8.self)
            return #"{"problem": "HumanEval/\#(number)", "model": "m", "sample": 0, "code": \#(code)}"# + "\n"
        }.joined().write(to: folder.appendingPathComponent("pool.jsonl"), atomically: true, encoding: .utf8)
        try """
        benchmark: humaneval
        problems: \(SharedData.data("humaneval/HumanEval.jsonl.gz").path)
        subset: {limit: 3}
        languageModels: {writer: {served: "\(server.url)", model: checkpoint}}
        pools: [{name: pool, candidates: pool.jsonl}]
        outputs: {run: run}
        """.write(to: folder.appendingPathComponent("e.yaml"), atomically: true, encoding: .utf8)
    }

    @Test func prefixesAreContinuedByRealWeights() async throws {
        try await withTemporaryFolder { folder in
            let server = try await RealServer(in: folder)
            defer { server.kill() }
            try write(server, to: folder)
            let command = [
                "rollouts", "e.yaml", "--language-model", "writer", "--samples", "4", "--max-tokens", "16",
                "--output", "r.jsonl",
            ]
            func run(_ more: [String]) async throws -> Tool.Result {
                let result = try await onOwnThread { try Tool.run(command + more, in: folder) }
                #expect(result.status == 0, "\(result.errors)")
                return result
            }
            let first = try await run([])
            #expect(first.errors.contains("continues the model's opened turn (continueFinalMessage)"))
            #expect(first.output.contains("3 prefixes, 12 completions"))
            // The turn was open at the prefix's end, in tokens too.
            let drawn = try texts(folder).filter { $0.count == 4 }
            #expect(drawn.count == 3)
            for name in Self.names {
                #expect(drawn.contains { $0.text.hasSuffix("assistant\n```python\n" + Self.head(name)) })
            }
            let asked = try texts(folder).count
            #expect(try await run([]).output == first.output)
            #expect(try texts(folder).count == asked)

            // Without an opened turn the prefix is in the question.
            let other = try await run(["--prefill", "none"])
            #expect(other.output.contains("3 prefixes, 12 completions"))
            let questions = try texts(folder).dropFirst(asked)
            #expect(questions.count == 3)
            for name in Self.names {
                #expect(
                    questions.contains {
                        $0.text.contains("must be continued.\n\n```python\n" + Self.head(name) + "```")
                            && $0.text.hasSuffix("<|im_end|>\n<|im_start|>assistant\n")
                    })
            }
        }
    }

    /// What the server was asked, and how many answers it gave.
    private func texts(_ folder: URL) throws -> [(text: String, count: Int)] {
        try String(contentsOf: folder.appendingPathComponent("server.jsonl"), encoding: .utf8).split(separator: "\n")
            .map {
                let row = try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
                return (row["text"] as? String ?? "", (row["answers"] as? [String])?.count ?? 0)
            }
    }
}
