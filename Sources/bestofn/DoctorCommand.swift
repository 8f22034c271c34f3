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
            through every grader.

            Exit code 69 when candidates cannot be executed here at all, 1 when --self-test finds a broken promise.

            Examples:
              bestofn doctor
              bestofn doctor --self-test --tier T2
            """)

    @Option(help: "The Python that would run the candidates.")
    var python = "python3"

    @Flag(help: "Run hostile and honest programs through every grader.")
    var selfTest = false

    @Option(
        help: "The sandbox tier that --self-test tests: T1, T2 or T3. Default: the strongest that this machine offers.")
    var tier: String?

    @Flag(help: "Print the results of --self-test as one JSON object.")
    var json = false

    func validate() throws {
        guard selfTest || (tier == nil && !json) else {
            throw ValidationError("--tier and --json belong to --self-test.")
        }
        if let tier, SandboxTier(rawValue: tier).map({ $0 == .none }) ?? true {
            throw ValidationError("'\(tier)' is no tier to test; use T1, T2 or T3.")
        }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            if selfTest { try await testPromises() } else { try await describe() }
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
