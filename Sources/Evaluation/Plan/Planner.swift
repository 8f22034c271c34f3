// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Generation
import RunStore
import SelectorKit

/// Tells what an experiment would take before anything is spent: every stage of the paper's pipeline, from generated pools to scores.
///
/// Prompts are laid out as they would be sent, and selectors choose from the pools with models that count instead of answering; where pools do not exist yet,
/// stand-ins of the expected length take their place. What the run has stored is left out. No server is asked, nothing is executed or written.
public struct Planner: Sendable {
    let experiment: Experiment
    let chosen: [ChosenSelector]
    let options: PlanOptions
    var notes: [String]

    /// - Throws: `SelectorError` for an unknown selector or option.
    public init(_ experiment: Experiment, selectors: SelectorRegistry, options: PlanOptions) async throws {
        self.experiment = experiment
        self.options = options
        notes = []
        var chosen: [ChosenSelector] = []
        var external: [String] = []
        for choice in experiment.selectors {
            if choice.program != nil {
                external.append(choice.label)
            } else {
                chosen.append(try await selectors.makeSelector(choice))
            }
        }
        if !external.isEmpty {
            notes.append(
                "What selectors of their own programs ask for is not counted: \(external.joined(separator: ", ")).")
        }
        self.chosen = chosen
    }

    /// - Throws: `InputErrors` or `DataError` for problems or pools that cannot be read.
    public func plan() async throws -> Plan {
        let store = try existingStore()
        var basis = PlanBasis(options: options, store: store)
        // Pools that exist are measured first, for the others to be like them.
        var existing = experiment
        existing.pools.removeAll { !$0.exists }
        let measured = try await PlannedPart(existing)
        try basis.measure(measured, pools: experiment.pools)
        var assumed: [String: AssumedPrograms] = [:]
        for pool in experiment.pools where !pool.exists {
            assumed[pool.name] = basis.assumedPrograms(pool, of: experiment)
        }
        let all = try await PlannedPart(experiment, known: measured, assumed: assumed)
        let isDivided = experiment.split.map { if case .folds = $0 { false } else { true } } ?? false
        let training = isDivided ? try await PlannedPart(experiment.only(.train), assumed: assumed) : all
        let evaluated = isDivided ? try await PlannedPart(experiment.only(.test), assumed: assumed) : all

        var stages: [Plan.Stage] = []
        stages += try generationStages(all, &basis)
        let rollouts = try rolloutStages(training, &basis)
        stages += rollouts.stages
        stages += trainingStages(training, basis)
        stages += try executionStages(all, completions: rollouts.completions, store)
        stages += try await scoringStages(evaluated, &basis)
        let order = Plan.Kind.allCases
        stages.sort { (order.firstIndex(of: $0.kind) ?? 0) < (order.firstIndex(of: $1.kind) ?? 0) }
        return Plan(
            experiment: experiment.name, benchmark: experiment.benchmark.rawValue, problems: all.problems.records.count,
            assumptions: basis.assumptions, stages: stages, notes: notes + rollouts.notes)
    }

    private func existingStore() throws -> RunStore? {
        let file = experiment.outputs.run.appendingPathComponent("run.sqlite")
        return FileManager.default.fileExists(atPath: file.path)
            ? try RunStore.existing(directory: experiment.outputs.run) : nil
    }

    /// Requests with what they cost.
    func requests(
        _ role: String, count: Int, oneByOne: Int, promptTokens: Double, promptTokensOneByOne: Double,
        completionTokens: Double
    ) -> Plan.Requests {
        let prices = experiment.languageModels[role]?.prices
        func cost(_ prompt: Double) -> Double? {
            prices?.cost(promptTokens: prompt, completionTokens: completionTokens)
        }
        return Plan.Requests(
            role: role, count: count, countOneByOne: oneByOne, promptTokens: promptTokens,
            promptTokensOneByOne: promptTokensOneByOne, completionTokens: completionTokens,
            cost: cost(promptTokens), costOneByOne: cost(promptTokensOneByOne), currency: prices?.currency)
    }
}

extension Experiment.Pool {
    var exists: Bool { candidates.allSatisfy { FileManager.default.fileExists(atPath: $0.path) } }
}
