// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ContentHash
import Foundation
import PluginHost
import SelectorKit
import SelectorTesting

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tests a selector in another language: does it keep what the protocol asks of it?",
        discussion: """
            Starts the command as an experiment would, lets it score small pools with blank, tiny, huge and odd programs, and says what it got \
            wrong. Models that it requires are answered by stand-ins. Exit code 1 when something is wrong, 69 when it cannot be started.

            Examples:
              bestofn check -- python3 my_selector.py
              bestofn check --options '{"weight": 2}' -- ./my-selector --fast
            """)

    @Option(help: "Options for the selector, as a JSON object.")
    var options: String?

    @Option(help: "How many seconds it may take for one pool.")
    var timeoutSeconds = 60.0

    @Argument(parsing: .postTerminator, help: "The command, after '--'.")
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else {
            throw ValidationError("Give the command after '--', as in: bestofn check -- python3 my_selector.py")
        }
        guard timeoutSeconds > 0 else { throw ValidationError("--timeout-seconds must be above 0.") }
        if let options, (try? JSONSerialization.jsonObject(with: Data(options.utf8))) as? [String: Any] == nil {
            throw ValidationError("--options must be a JSON object such as '{\"weight\": 2}'.")
        }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            let selector: ProcessSelector
            do {
                selector = try await ProcessSelector.start(
                    label: command.joined(separator: " "),
                    command: SelectorCommand(
                        command, directory: URL(fileURLWithPath: FileManager.default.currentDirectoryPath)),
                    options: options.map { Data($0.utf8) }, timeoutSeconds: timeoutSeconds)
            } catch {
                standardError("bestofn: error: \(error)")
                throw Exit.unavailable
            }
            let descriptor = selector.descriptor
            print("\(descriptor.name), version \(descriptor.version), scope \(descriptor.scope.rawValue)")
            if !descriptor.summary.isEmpty { print(descriptor.summary) }
            if !descriptor.requirements.isEmpty {
                print("uses \(descriptor.requirements.sorted().map(\.description).joined(separator: ", "))")
            }
            let failures = await checkConformance(of: selector, services: standIns(for: descriptor))
            await selector.shutDown()
            for failure in failures { print("wrong: \(failure)") }
            guard failures.isEmpty else { throw Exit.findings }
            print("Everything that can be checked from outside is as it should be.")
        }
    }

    /// Models that answer from the text they are asked about.
    private func standIns(for descriptor: SelectorDescriptor) -> SelectionContext.Services {
        var services = SelectionContext.Services(
            publicTests: [TestExample(input: "2\n1 2\n", output: "3\n", kind: .standardInput)])
        for requirement in descriptor.requirements {
            switch requirement {
            case .rewardModel(let role):
                services.rewardModels[role] = FakeRewardModel { prefix, _ in Self.share(prefix) }
            case .languageModel(let role):
                services.languageModels[role] = FakeLanguageModel { request in
                    LanguageModelReply(
                        text: "\(Int(Self.share(request.user) * 5) + 1)", firstToken: ["1": -0.7, "2": -0.7],
                        cost: Cost(calls: 1))
                }
            default: break
            }
        }
        return services
    }

    /// A number in 0..<1 that follows from the text.
    private static func share(_ text: String) -> Double {
        Double(UInt32(ContentHash.of("stand-in", text).prefix(8), radix: 16) ?? 0) / 4_294_967_296
    }
}
