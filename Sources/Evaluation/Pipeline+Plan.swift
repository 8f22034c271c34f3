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
        for selector in chosen {
            let stage = ScoringStage(
                chosen: selector, seed: experiment.seed, store: store, progress: progress, workers: 1)
            let cached = try store.scores(fingerprint: stage.fingerprint)
            for pool in pools {
                let items = pool.selectorPools(problems).map(\.pool)
                let known = stage.cachedCount(items, cached: cached)
                let needs = selector.selector.descriptor.requirements.sorted().map(\.description)
                lines.append(
                    "  score \(pool.name) by \(selector.label): \(items.count - known) of \(items.count) problems"
                        + (needs.isEmpty ? "" : "; needs \(needs.joined(separator: ", "))"))
            }
        }
        lines.append("  run directory: \(experiment.outputs.run.displayPath)")
        return lines.joined(separator: "\n")
    }
}
