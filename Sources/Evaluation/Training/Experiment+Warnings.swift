// SPDX-License-Identifier: Apache-2.0
import RewardModels
import SelectorKit

extension Experiment {
    /// What the models of a run have seen of the problems that they score.
    func warnings(about models: [String: any TrainedRewardModel], scoring problems: [Problem]) -> [String] {
        var warnings: [String] = []
        if let warning = split?.warning { warnings.append(warning) }
        // The seeds of a model have seen the same.
        for (role, model) in models.sorted(by: { $0.key < $1.key }) where !role.contains(" #") {
            let overlap = model.overlap(with: problems)
            if !overlap.isEmpty, model.allowsOverlap, split?.warning == nil {
                warnings.append(
                    "Reward model '\(role)' scores \(overlap.count) of \(problems.count) problems that it was trained on, such as '\(overlap[0].id)': "
                        + "overlap was allowed. Its numbers on them show what it remembers.")
            }
            let alike = model.nearDuplicates(among: problems)
            if !alike.isEmpty {
                warnings.append(
                    "Reward model '\(role)' was trained on problems told in nearly the same words as \(alike.count) of \(problems.count) that it scores, "
                        + "such as '\(alike[0].id)'. Look whether they are the same.")
            }
        }
        return warnings
    }
}
