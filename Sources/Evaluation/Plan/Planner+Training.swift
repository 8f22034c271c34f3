// SPDX-License-Identifier: Apache-2.0
import PythonSource
import RewardModels
import SelectorKit
import Training

// What is trained and executed: no server is asked.
extension Planner {
    func trainingStages(_ part: PlannedPart, _ basis: PlanBasis) -> [Plan.Stage] {
        var stages: [Plan.Stage] = []
        for (role, choice) in experiment.rewardModels.sorted(by: { $0.key < $1.key }) {
            guard case .trained(let model) = choice else { continue }
            let (rows, tokens) = rows(of: part, pools: model.pools, stepper: model.stepper.stepper(), basis)
            stages.append(
                stage(role, rows, tokens, model.training, models: model.seeds.count, isInProcess: true))
        }
        guard stages.isEmpty, experiment.selectors.isEmpty else { return stages }
        var training = RewardTraining()
        training.iterations = options.iterations ?? training.iterations
        training.batch = options.batch ?? training.batch
        let (rows, tokens) = rows(of: part, pools: [], stepper: options.stepper.stepper(), basis)
        return [stage("prm", rows, tokens, training, models: 1, isInProcess: false)]
    }

    private func stage(
        _ name: String, _ rows: Int, _ tokens: Double, _ training: RewardTraining, models: Int, isInProcess: Bool
    ) -> Plan.Stage {
        // Per iteration: a step of the model on prefixes, the gradient on whole programs, and two passes for the labels' finite difference.
        let corrects = training.correction.kind != .none
        let sequences = training.iterations * training.batch * models
        let (forward, backward) = (sequences * (corrects ? 4 : 1), sequences * (corrects ? 2 : 1))
        var note =
            "\(training.iterations) iterations of \(training.batch): \(forward) forward and \(backward) backward passes"
        if models > 1 { note += " over \(models) seeds" }
        note +=
            isInProcess
            ? ", in process"
            : "; as prompts of a transformer, \(Int(tokens.rounded())) tokens each on average"
        return Plan.Stage(
            kind: .train, name: name, unit: "prefixes", total: rows, known: 0, requests: nil, note: note)
    }

    /// The prefixes to learn, whole programs among them, and how long a prompt about one is on average.
    private func rows(
        of part: PlannedPart, pools: [String], stepper: any Stepper, _ basis: PlanBasis
    ) -> (count: Int, meanTokens: Double) {
        var (count, tokens) = (0, 0.0)
        let prompt = RewardPrompt()
        for pool in part.pools where pools.isEmpty || pools.contains(pool.pool.name) {
            for item in pool.items {
                guard
                    let frame = try? prompt.messages(for: RewardedPrefix("\n", isWhole: false), of: item.pool.problem)
                else { continue }
                let around = basis.tokens(of: frame.system, frame.user)
                for program in Set(item.pool.candidates.map(\.program)) {
                    for end in stepper.steps(of: program).prefixEnds where end > 0 {
                        count += 1
                        tokens += around + Double(end) / basis.charactersPerToken
                    }
                }
            }
        }
        return (count, count > 0 ? tokens / Double(count) : 0)
    }
}
