// SPDX-License-Identifier: Apache-2.0
import CZlib
import Foundation
public import SelectorKit
import JSONReading

extension LatticeProblem {
    /// The platform of lattice problems.
    public static let platform = "bestofn-demo"

    /// The problem as a row of LiveCodeBench, ready for every tool that reads those.
    ///
    /// - Parameters:
    ///   - publicTests: `publicInputs` with the outputs of the reference program.
    ///   - hiddenTests: `hiddenInputs`, then those of the generator, with the outputs of the reference program.
    /// - Returns: one line of JSON, without its line end.
    public func liveCodeBenchRow(publicTests: [TestExample], hiddenTests: [TestExample]) -> String {
        let metadata = function.map { JSONText.object([("func_name", JSONText.string($0))]) } ?? "{}"
        let fields: [(String, String)] = [
            ("question_title", title), ("question_content", statement), ("platform", Self.platform),
            ("question_id", id),
            ("contest_id", "bestofn-demo"), ("contest_date", date + "T00:00:00"), ("starter_code", starter ?? ""),
            ("difficulty", difficulty.rawValue), ("public_test_cases", Self.json(publicTests)),
            (PackedTests.field, PackedTests.pack(Self.json(hiddenTests))), ("metadata", metadata),
        ]
        return JSONText.object(fields.map { ($0, JSONText.string($1)) })
    }

    private static func json(_ tests: [TestExample]) -> String {
        JSONText.list(
            tests.map { test in
                JSONText.object([
                    ("input", JSONText.string(test.input)), ("output", JSONText.string(test.output)),
                    ("testtype", JSONText.string(test.kind.rawValue)),
                ])
            })
    }

    /// A drawn candidate as a row of our own format, with the choice it was made from.
    ///
    /// - Returns: one line of JSON, without its line end.
    public func candidateRow(_ sample: LatticeSample, model: String) -> String {
        let choice = zip(slots, sample.choice).map { (name: $0.name, json: String($1)) }
        return JSONText.object([
            ("problem", JSONText.string(id)), ("model", JSONText.string(model)), ("sample", String(sample.index)),
            ("code", JSONText.string(sample.program)), ("choice", JSONText.object(choice)),
        ])
    }
}

extension PackedTests {
    /// Base64 of zlib of a pickle of `text`, as LiveCodeBench packs its private tests.
    static func pack(_ text: String) -> String {
        let pickle = PickledString.encode(text)
        var count = compressBound(uLong(pickle.count))
        var packed = [UInt8](repeating: 0, count: Int(count))
        let result = compress2(&packed, &count, pickle, uLong(pickle.count), Z_BEST_COMPRESSION)
        // zlib refuses only for want of memory or room, and the room is what it asked for.
        guard result == Z_OK else { fatalError("Out of memory: zlib could not pack \(pickle.count) bytes.") }
        return Data(packed.prefix(Int(count))).base64EncodedString()
    }
}
