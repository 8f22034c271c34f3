// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Foundation

/// Cuts programs out of models' texts by the sanitizers of EvalPlus and BigCodeBench, with Python's own parser, in the sandbox: parsing hostile
/// text is work for a child with limits.
public struct SandboxedSanitizer: CodeSanitizer {
    private let makeEngine: @Sendable () async throws -> ExecutionEngine
    /// Texts per child: enough to make the child's start nothing, few enough that one bad text costs little.
    private let batch = 64

    /// - Parameter makeEngine: starts the engine; called only when there is a text to sanitize.
    public init(makeEngine: @escaping @Sendable () async throws -> ExecutionEngine) { self.makeEngine = makeEngine }

    public func sanitize(_ items: [SanitizerItem], style: SanitizerStyle) async throws -> [String] {
        let engine = try await makeEngine()
        var texts: [String] = []
        for start in stride(from: 0, to: items.count, by: batch) {
            let part = Array(items[start..<min(start + batch, items.count)])
            if let sanitized = try await sanitize(part, style, engine) {
                texts += sanitized
                continue
            }
            // One text of the batch is too much for the parser: alone, the others still get through, and that one becomes blank.
            for item in part { texts += try await sanitize([item], style, engine) ?? [""] }
        }
        await engine.shutDown()
        return texts
    }

    private func sanitize(_ items: [SanitizerItem], _ style: SanitizerStyle, _ engine: ExecutionEngine) async throws
        -> [String]?
    {
        struct Item: Encodable {
            var text: String
            var entry_point: String?
        }
        struct Description: Encodable {
            var style: String
            var items: [Item]
        }
        struct Frame: Decodable, Sendable { var texts: [String] }
        let seconds = 30 + 2 * Double(items.count)
        let job = Job(
            module: "sanitize",
            payload: try payload(
                Description(style: style.rawValue, items: items.map { Item(text: $0.text, entry_point: $0.entryPoint) })
            ),
            limits: JobLimits(cpuSeconds: seconds, wallSeconds: 3 * seconds, addressSpaceBytes: 4 << 30))
        let (texts, _) = try await engine.runner.run(job) { session -> [String]? in
            guard case .json(let data) = session.receive(cpuSeconds: nil, wallSeconds: 3 * seconds) else { return nil }
            return try? JSONDecoder().decode(Frame.self, from: data).texts
        }
        return texts?.count == items.count ? texts : nil
    }
}
