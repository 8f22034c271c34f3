// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Evaluation
import Execution
import Foundation

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract:
            "Says what this machine offers: Python, sandbox tiers with each failing step and its cure, libraries.",
        discussion: "Exit code 69 when candidates cannot be executed here at all.\n\nExample:\n  bestofn doctor")

    @Option(help: "The Python that would run the candidates.")
    var python = "python3"

    func run() async throws {
        try await reportingFailures { [self] in
            print("bestofn    \(toolVersion)")
            print("system     \(MachineFacts.operatingSystem)")
            print("processor  \(MachineFacts.processor)")
            print("SQLite     \(SystemLibraries.sqlite)")
            print("libxml2    \(SystemLibraries.libxml2)")
            print("OpenBLAS   \(SystemLibraries.openBLAS.text)")
            let interpreter: PythonInterpreter
            do {
                interpreter = try PythonInterpreter(resolving: python)
            } catch {
                print("Python     \(error)")
                throw Exit.unavailable
            }
            print("Python     \(interpreter.version) (\(interpreter.executable))")
            var best: String?
            for (tier, result) in await ExecutionEngine.probe(interpreter: interpreter) {
                switch result {
                case .success(let checks):
                    if best == nil { best = tier.rawValue }
                    print("sandbox    \(tier.rawValue) works; self-test: \(Self.summary(checks))")
                case .failure(let error):
                    print("sandbox    \(tier.rawValue) no: \(error)")
                }
            }
            guard let best else { throw Exit.unavailable }
            print("\nCandidates would run in tier \(best).")
        }
    }

    private static func summary(_ checks: [String: String]) -> String {
        let byResult = Dictionary(grouping: checks.keys.sorted()) { checks[$0] ?? "" }
        return byResult.sorted { $0.key < $1.key }.map { "\($0.value.joined(separator: ", ")): \($0.key)" }.joined(
            separator: "; ")
    }
}
