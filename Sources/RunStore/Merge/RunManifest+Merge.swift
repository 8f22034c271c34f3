// SPDX-License-Identifier: Apache-2.0
import Foundation
import SelectorKit

extension RunManifest {
    /// What results depend on, by name: parts of one run agree in all of it.
    func identity() throws -> [String: String] {
        var facts = [
            "benchmark": benchmark, "problems": "\(problemCount) problems \(problemsHash.prefix(12))",
            "seed": "\(seed)", "condition of verdicts": conditionID.map { String($0.prefix(12)) } ?? "imported",
            "pools": pools.map(\.name).joined(separator: ", "),
            "selectors": selectors.map(\.label).joined(separator: ", "),
        ]
        for pool in pools {
            facts["pool '\(pool.name)'"] =
                "\(pool.candidates) candidates \(pool.hash.prefix(12)), verdicts \(pool.verdicts)"
        }
        for selector in selectors {
            let descriptor = selector.descriptor
            let needs = descriptor.requirements.sorted().map(\.description).joined(separator: ", ")
            facts["selector '\(selector.label)'"] =
                "\(descriptor.name) version \(descriptor.version) \(descriptor.scope.rawValue), needs \(needs.isEmpty ? "nothing" : needs), options \(selector.options)"
        }
        for model in models ?? [] { facts["model '\(model.role)'"] = model.fingerprint }
        if let ablation { facts["ablation"] = try canonical(ablation) }
        return facts
    }

    /// The manifest of two parts of a run: what identifies it is equal; where and when it was made is joined, in whatever order the parts come.
    func joined(with other: RunManifest) -> RunManifest {
        // Either would do; the choice must not depend on the order.
        var joined = (experiment, name) < (other.experiment, other.name) ? self : other
        joined.toolVersion = Self.join(toolVersion, other.toolVersion)
        let warnings = Set((warnings ?? []) + (other.warnings ?? [])).sorted()
        joined.warnings = warnings.isEmpty ? nil : warnings
        switch (execution, other.execution) {
        case (let own?, let others?): joined.execution = own.joined(with: others)
        case (let own, let others): joined.execution = own ?? others
        }
        joined.environment = Environment(
            startedAt: min(environment.startedAt, other.environment.startedAt),
            finishedAt: environment.finishedAt.flatMap { own in other.environment.finishedAt.map { max(own, $0) } },
            processor: Self.join(environment.processor, other.environment.processor),
            operatingSystem: Self.join(environment.operatingSystem, other.environment.operatingSystem),
            // Parts run side by side: the longest counts.
            stageSeconds: environment.stageSeconds.merging(other.environment.stageSeconds) { max($0, $1) })
        return joined
    }

    private static let separator = " + "

    /// Both texts, or the one where they are equal.
    fileprivate static func join(_ first: String, _ second: String) -> String {
        Set(first.components(separatedBy: separator) + second.components(separatedBy: separator))
            .sorted().joined(separator: separator)
    }
}

extension RunManifest.Execution {
    fileprivate func joined(with other: RunManifest.Execution) -> RunManifest.Execution {
        func join(_ value: (Self) -> String?) -> String? {
            switch (value(self), value(other)) {
            case (let own?, let others?): RunManifest.join(own, others)
            case (let own, let others): own ?? others
            }
        }
        return RunManifest.Execution(
            semantics: join(\.semantics) ?? "", clock: join(\.clock) ?? "", sandboxTier: join(\.sandboxTier) ?? "",
            selfTest: selfTest.merging(other.selfTest) { RunManifest.join($0, $1) }, python: join(\.python) ?? "",
            workers: max(workers, other.workers), profile: join(\.profile),
            imported: imported == nil && other.imported == nil
                ? nil : Set((imported ?? []) + (other.imported ?? [])).sorted(),
            environment: environment == nil && other.environment == nil
                ? nil
                : (environment ?? [:]).merging(other.environment ?? [:]) { RunManifest.join($0, $1) })
    }
}
