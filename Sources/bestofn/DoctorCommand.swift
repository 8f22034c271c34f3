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
        discussion: """
            With --self-test it runs hostile programs, which must gain nothing, and demanding honest ones, which must pass, \
            through every grader. With --server it asks a language model server a dozen tiny questions and says what it can do.

            Exit code 69 when candidates cannot be executed here at all or the server does not answer, 1 when --self-test finds a \
            broken promise.

            Examples:
              bestofn doctor
              bestofn doctor --self-test --tier T2
              bestofn doctor --server http://127.0.0.1:8000/v1 --model my-model
            """)

    @Option(help: "The Python that would run the candidates.")
    var python = "python3"

    @Flag(help: "Run hostile and honest programs through every grader.")
    var selfTest = false

    @Option(
        help: "The sandbox tier that --self-test tests: T1, T2 or T3. Default: the strongest that this machine offers.")
    var tier: String?

    @Option(help: "The address of a language model server, usually ending in /v1.")
    var server: String?

    @Option(help: "The model's name on the server (default: the only one that it lists).")
    var model: String?

    @Option(help: "The environment variable that holds the server's API key.")
    var apiKeyVariable: String?

    @Flag(help: "Print the results of --self-test or --server as one JSON object.")
    var json = false

    func validate() throws {
        guard selfTest || tier == nil else { throw ValidationError("--tier belongs to --self-test.") }
        guard selfTest || server != nil || !json else {
            throw ValidationError("--json belongs to --self-test and --server.")
        }
        guard !selfTest || server == nil else { throw ValidationError("Give --self-test or --server, not both.") }
        guard server != nil || (model == nil && apiKeyVariable == nil) else {
            throw ValidationError("--model and --api-key-variable belong to --server.")
        }
        if let tier, SandboxTier(rawValue: tier).map({ $0 == .none }) ?? true {
            throw ValidationError("'\(tier)' is no tier to test; use T1, T2 or T3.")
        }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            if let server {
                try await ServerDescription(address: server, model: model, keyVariable: apiKeyVariable).print(
                    json: json)
            } else if selfTest {
                try await testPromises()
            } else {
                try await describe()
            }
        }
    }

    private func testPromises() async throws {
        let interpreter = try PythonInterpreter(resolving: python)
        let result = try await CorpusRun.shortTest(
            tier: tier.flatMap(SandboxTier.init(rawValue:)), interpreter: interpreter
        ) { check in
            if !json { print(Self.line(check)) }
        }
        let broken = result.checks.filter { $0.finding != nil }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(result), as: UTF8.self))
        } else {
            print("\n\(result.environment.summary)")
            print(
                "\(result.checks.count - broken.count) of \(result.checks.count) checks hold"
                    + (broken.isEmpty ? "." : "; \(broken.count) do not."))
        }
        if !broken.isEmpty { throw Exit.findings }
    }

    private static func line(_ check: CorpusRun.Check) -> String {
        let channel = check.channel.rawValue.padding(toLength: 27, withPad: " ", startingAt: 0)
        let outcome = check.outcome.rawValue.padding(toLength: 13, withPad: " ", startingAt: 0)
        let result = check.finding == nil ? "ok    " : "BROKEN"
        let finding = check.finding.map { ": \($0)" } ?? ""
        return "\(result)  \(check.tier.rawValue)  \(channel)  \(outcome)  \(check.program)\(finding)"
    }

    private func describe() async throws {
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

    private static func summary(_ checks: [String: String]) -> String {
        let byResult = Dictionary(grouping: checks.keys.sorted()) { checks[$0] ?? "" }
        return byResult.sorted { $0.key < $1.key }.map { "\($0.value.joined(separator: ", ")): \($0.key)" }.joined(
            separator: "; ")
    }
}
