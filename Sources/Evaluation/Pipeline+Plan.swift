// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import RunStore
import SelectorKit

extension Pipeline {
    /// What `run()` would do, in words: problems, pools, what is known already, what is left, and what it may cost.
    public func plan() throws -> String {
        var lines: [String] = []
        lines.append("\(experiment.name): \(problems.records.count) problems of \(experiment.benchmark.rawValue)")
        for pool in pools {
            lines.append(
                "  pool \(pool.name): \(pool.candidates.count) candidates, verdicts \(pool.verdictsImported ? "imported" : "executed")"
            )
        }
        if let part { lines.append("  \(part.summary)") }
        if let condition {
            let known = try store.verdicts(condition: condition.id)
            let plan = executionPlan(known: known)
            lines.append(
                "  execute: \(plan.pending) of \(plan.distinct) distinct programs (\(plan.distinct - plan.pending) known from before)"
            )
            if plan.pending > 0, !known.isEmpty {
                let mean = known.values.reduce(0) { $0 + $1.cpuSeconds } / Double(known.count)
                lines.append(
                    "           about \(Int((mean * Double(plan.pending)).rounded(.up))) s of CPU time, by the \(known.count) known ones"
                )
            }
        }
        let scoringPools = scoringPools
        for (stage, cached) in try scoringPlans(services) {
            let needs = stage.chosen.selector.descriptor.requirements.sorted().map(\.description)
            for pool in scoringPools {
                let known = stage.cachedCount(pool.items, cached: cached)
                lines.append(
                    "  score \(pool.name) by \(stage.chosen.label): \(pool.items.count - known) of \(pool.items.count) problems"
                        + (needs.isEmpty ? "" : "; needs \(needs.joined(separator: ", "))"))
            }
        }
        lines.append("  run directory: \(experiment.outputs.run.displayPath)")
        return lines.joined(separator: "\n")
    }
}
