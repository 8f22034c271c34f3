// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import RunStore
import SelectorKit

extension Planner {
    /// What the sandbox has to run.
    func executionStages(_ part: PlannedPart, completions: Int, _ store: RunStore?) throws -> [Plan.Stage] {
        var known: [VerdictKey: VerdictRecord] = [:]
        if let store, experiment.executes,
            let interpreter = try? PythonInterpreter(resolving: experiment.execution.python)
        {
            known = try store.verdicts(
                condition: experiment.execution.settings.condition(interpreter: interpreter).id)
        }
        var stages: [Plan.Stage] = []
        let cpu = known.isEmpty ? nil : known.values.reduce(0) { $0 + $1.cpuSeconds } / Double(known.count)
        func note(_ pending: Int, _ more: String?) -> String? {
            let time = cpu.map {
                "about \(Int(($0 * Double(pending)).rounded(.up))) s of CPU time, as the \(known.count) known ones took"
            }
            let parts = [more, time].compactMap(\.self)
            return parts.isEmpty ? nil : parts.joined(separator: "; ")
        }
        for pool in part.pools where pool.pool.verdicts == .executed {
            var plan = ExecutionPlan(known: known)
            if let loaded = pool.loaded {
                for candidate in loaded.candidates {
                    guard let entry = part.problems[candidate.loaded.problemID] else { continue }
                    plan.add(
                        .init(gradedHash: candidate.gradedHash, text: ""), problemID: candidate.loaded.problemID,
                        suiteHash: entry.suiteHash)
                }
            }
            let assumed = pool.isAssumed ? pool.items.reduce(0) { $0 + $1.pool.candidates.count } : 0
            let pending = plan.pending + assumed
            stages.append(
                Plan.Stage(
                    kind: .execute, name: pool.pool.name, unit: "programs", total: plan.distinct + assumed,
                    known: plan.distinct - plan.pending, requests: nil,
                    note: pending > 0 ? note(pending, nil) : nil))
        }
        if completions > 0 {
            stages.append(
                Plan.Stage(
                    kind: .execute, name: "completions", unit: "programs", total: completions, known: 0, requests: nil,
                    note: note(completions, "at most: equal programs and known ones are not executed again")))
        }
        return stages
    }
}
