// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Fixtures
import Foundation
import Synchronization
import Testing

/// Every fault at every endpoint in every phase of a generation: the pool is complete, and nothing in it is doubled.
@Suite struct GenerationFaultTests {
    enum Phase: CaseIterable, Sendable { case probe, first, middle, last }

    private static let problems = 8

    private func behaviour(_ fault: ServerFault, _ phase: Phase) -> AnsweringServer.Behaviour {
        var behaviour = AnsweringServer.Behaviour()
        func inPlace(of numbers: Range<Int>) -> @Sendable (Int) -> TestServer.Reply? {
            { numbers.contains($0) ? fault.reply : nil }
        }
        switch phase {
        case .probe: behaviour.probeFault = inPlace(of: 0..<2)
        case .first: behaviour.fault = inPlace(of: 0..<2)
        case .middle: behaviour.fault = inPlace(of: 4..<6)
        case .last: behaviour.fault = inPlace(of: 7..<9)
        }
        return behaviour
    }

    @Test(arguments: ServerFault.allCases, ["chat", "completions"])
    func nothingIsLostOrDoubled(_ fault: ServerFault, _ endpoint: String) async throws {
        for phase in Phase.allCases {
            try await withTemporaryFolder { folder in
                let server = try AnsweringServer(behaviour(fault, phase))
                defer { server.stop() }
                try SmallProblems.write(Self.problems, to: folder)
                let experiment = try Experiment(
                    yaml: """
                        benchmark: livecodebench
                        problems: problems.jsonl
                        languageModels:
                          writer: {served: "\(server.url)", model: m, api: \(endpoint), concurrency: 2, timeoutSeconds: \(fault == .stalled ? 0.5 : 60)}
                        pools:
                          - {name: p, candidates: p.jsonl, generate: {languageModel: writer, prompt: plain, samples: 3}}
                        outputs: {run: run}
                        """, name: "e.yaml", directory: folder)
                let pools = try await PoolGeneration(experiment, toolVersion: "test", progress: SilentProgress()).run()
                let note = Comment("\(fault), \(endpoint), \(phase)")
                #expect(pools.first?.missing == 0, note)
                let text = try String(contentsOf: folder.appendingPathComponent("p.jsonl"), encoding: .utf8)
                let rows = try text.split(separator: "\n").map {
                    try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
                }
                #expect(rows.count == Self.problems * 3, note)
                #expect(Set(rows.map { "\($0["problem"] ?? "")/\($0["sample"] ?? "")" }).count == rows.count, note)
                #expect(Set(rows.compactMap { $0["code"] as? String }).count == rows.count, note)
                // A request for each problem and one more for each that met the fault.
                #expect(server.requests == Self.problems + (phase == .probe ? 0 : 2), note)
            }
        }
    }
}
