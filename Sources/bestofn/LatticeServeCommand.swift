// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Foundation
import LatticeServer

extension LatticeCommand {
    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serves the lattices as a language model, so that generation can be tried offline.",
            discussion: """
                An OpenAI-compatible server on this machine: /v1/models, /v1/chat/completions, /v1/completions. It recognises a problem by its \
                statement in the prompt and answers with a program drawn from the lattice; its tokens are lines, with exact log-probabilities. \
                Models: lattice-cof (programs in functions), lattice-plain (in one function), lattice (functions where the prompt asks for a \
                chain of functions). Ctrl-C ends it.

                Examples:
                  bestofn lattice serve benchmarks/demo/lattice --port 8000
                  bestofn generate --benchmark livecodebench --problems benchmarks/demo/problems.jsonl \\
                      --server http://127.0.0.1:8000/v1 --model lattice --output pool.jsonl
                """)

        @Argument(help: "The folder with the lattice files (YAML).")
        var lattices: String

        @Option(help: "The port; 0 for any that is free.")
        var port = 8000

        @Option(help: "How long each answer takes.")
        var delayMilliseconds = 0

        func validate() throws {
            if !(0...65_535).contains(port) { throw ValidationError("--port must be from 0 to 65535.") }
            if delayMilliseconds < 0 { throw ValidationError("--delay-milliseconds must be at least 0.") }
        }

        func run() async throws {
            try await reportingFailures { [self] in
                let lattice = try Lattice.load(URL(fileURLWithPath: lattices))
                let server: LatticeServer
                do {
                    server = try LatticeServer(
                        lattice, port: port, delaySeconds: Double(delayMilliseconds) / 1000)
                } catch let error as POSIXError {
                    standardError(
                        "bestofn: error: port \(port) cannot be used (\(error.localizedDescription)). Choose another with --port, or 0 for any."
                    )
                    throw Exit.unavailable
                }
                let line = "serving \(lattice.problems.count) lattice problems at \(server.url)\n"
                FileHandle.standardOutput.write(Data(line.utf8))
                // Until Ctrl-C, which is how it is meant to end.
                while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
                server.stop()
            }
        }
    }
}
