// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Glibc
import Testing

/// The server's process with its log.
struct RealServer {
    struct Answered: Decodable {
        var prompt: String
        var reward: Double
        var answers: [String]
    }

    static let python = ProcessInfo.processInfo.environment["BESTOFN_TORCH_PYTHON"]

    let port: Int
    private let process = Process()
    private let file: URL

    var url: String { "http://127.0.0.1:\(port)/v1" }

    /// Starts the server and waits until it answers.
    init(in folder: URL, port wanted: Int = 0) async throws {
        let checkpoint = folder.appendingPathComponent("checkpoint")
        if !FileManager.default.fileExists(atPath: checkpoint.path) {
            try FileManager.default.createDirectory(at: checkpoint, withIntermediateDirectories: true)
            for name in ["tied/config.json", "tied/model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
                try FileManager.default.copyItem(
                    at: SharedData.vectors("tiny_qwen2/\(name)"),
                    to: checkpoint.appendingPathComponent((name as NSString).lastPathComponent))
            }
        }
        file = folder.appendingPathComponent("server.jsonl")
        let output = folder.appendingPathComponent("server.out")
        try Data().write(to: output)
        process.executableURL = URL(fileURLWithPath: Self.python ?? "")
        process.arguments = [
            SharedData.package.appendingPathComponent("benchmarks/served/serve.py").path, checkpoint.path, "--port",
            "\(wanted)", "--log", file.path,
        ]
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        var found: Int?
        for _ in 0..<1200 where found == nil {
            let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
            found =
                text.contains("\n")
                ? text.split(separator: " ").last.flatMap { Int($0.trimmingCharacters(in: .newlines)) } : nil
            if found == nil { try await Task.sleep(for: .milliseconds(100)) }
        }
        port = try #require(found, "The server did not start.")
    }

    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func log() throws -> [Answered] {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { try? JSONDecoder().decode(Answered.self, from: Data($0.utf8)) }
    }
}
