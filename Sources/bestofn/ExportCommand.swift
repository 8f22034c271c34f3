// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import RewardModels
import RunStore
import SelectorKit

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes what a run has stored in formats that other runs and tools read.",
        subcommands: [ExportScoresCommand.self])
}

struct ExportScoresCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scores",
        abstract: "Writes a reward model's rewards as JSON lines, which 'recorded:' of an experiment reads.",
        discussion: """
            One line per prefix: {"problem", "prefix" (the SHA-256 of its UTF-8 bytes), "reward"}, with "approximate" where the reward is a \
            bound. Runs with the same steps on the same pools then need no model.

            Examples:
              bestofn export scores runs/demo --output prm.jsonl
              bestofn export scores runs/demo --model prm --output prm.jsonl
            """)

    @Argument(help: "The run's directory, as 'bestofn run' printed it.")
    var run: String

    @Option(help: "The model's role in the experiment; may be left out where the run has rewards of one model.")
    var model: String?

    @Option(help: "The file to write. Default: standard output.")
    var output: String?

    func run() async throws {
        try await reportingFailures { [self] in
            let store = try RunStore.existing(directory: URL(fileURLWithPath: run))
            let rewards = try store.rewards(of: fingerprint(in: store))
            guard !rewards.isEmpty else {
                throw RunStoreError(
                    path: run,
                    "The run has no rewards to export. Rewards of served models are stored; recorded ones are in their file already."
                )
            }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            var text = Data()
            for reward in rewards {
                let row = RecordedReward(
                    problem: reward.problem, prefix: reward.key.prefixHash, reward: reward.value.value,
                    approximate: reward.value.cost.approximations > 0 ? true : nil, model: reward.key.model,
                    whole: reward.key.isWhole ? true : nil)
                text.append(try encoder.encode(row))
                text.append(UInt8(ascii: "\n"))
            }
            if let output {
                try text.write(to: URL(fileURLWithPath: output), options: .atomic)
                print("\(rewards.count) rewards written to \(output)")
            } else {
                FileHandle.standardOutput.write(text)
            }
        }
    }

    /// The fingerprint of the model asked for.
    private func fingerprint(in store: RunStore) throws -> String? {
        let stored = Set(try store.rewards().map(\.key.model))
        let models = (try store.manifest().models ?? []).filter { stored.contains($0.fingerprint) }
        let roles = models.map(\.role).joined(separator: ", ")
        guard let model else {
            guard stored.count <= 1 else {
                throw ValidationError(
                    "The run has rewards of \(stored.count) models; name one with --model. Available: \(roles).")
            }
            return stored.first
        }
        guard let found = models.first(where: { $0.role == model }) else {
            throw ValidationError("The run has no rewards of a model '\(model)'. Available: \(roles).")
        }
        return found.fingerprint
    }
}
