// SPDX-License-Identifier: Apache-2.0
import Metrics
import RunStore
import SelectorKit

/// Everything that identifies the run, folded at the end of the report.
struct ProvenanceView {
    let manifest: RunManifest

    var markup: Markup {
        tag("section", ["class": "pool provenance", "aria-labelledby": "provenance"]) {
            tag("h2", ["id": "provenance"], "Provenance")
            tag("details") {
                tag("summary", "Where these numbers come from")
                identity
                tag("h3", "Pools")
                pools
                tag("h3", "Selectors")
                selectors
                tag("h3", "Execution")
                execution
                tag("h3", "Machine and times")
                environment
                tag("h3", "Experiment, with all defaults")
                tag("pre", ["class": "text"], manifest.experiment)
            }
        }
    }

    private var identity: Markup {
        list([
            ("Run", manifest.name), ("Tool version", manifest.toolVersion), ("Benchmark", manifest.benchmark),
            ("Problems", "\(manifest.problemCount), hash \(manifest.problemsHash)"), ("Seed", "\(manifest.seed)"),
            ("Condition of the verdicts", manifest.conditionID ?? "none: every verdict was imported"),
            ("File format", "\(manifest.formatVersion)"),
        ])
    }

    private var pools: Markup {
        table(
            "Pools", ["Pool", "Candidates", "Verdicts", "Hash"],
            manifest.pools.map { [$0.name, "\($0.candidates)", $0.verdicts, $0.hash] })
    }

    private var selectors: Markup {
        table(
            "Selectors", ["Label", "Selector", "Version", "Scope", "Uses", "Options"],
            manifest.selectors.map { entry in
                let descriptor = entry.descriptor
                let uses = descriptor.requirements.sorted().map(\.description).joined(separator: ", ")
                return [
                    entry.label, descriptor.name, "\(descriptor.version)", descriptor.scope.rawValue,
                    uses.isEmpty ? NumberFormat.missing : uses, entry.options,
                ]
            })
    }

    private var execution: Markup {
        guard let execution = manifest.execution else {
            return tag("p", "Every verdict was imported; this run executed no candidate.")
        }
        let facts = execution.selfTest.sorted { $0.key < $1.key }.map { ("Self-test: \($0.key)", $0.value) }
        let fixed = (execution.environment ?? [:]).sorted { $0.key < $1.key }.map {
            ("Environment: \($0.key)", $0.value)
        }
        var entries = [
            ("Semantics", execution.semantics), ("Clock", execution.clock), ("Sandbox tier", execution.sandboxTier),
            ("Python", execution.python), ("Workers", "\(execution.workers)"),
        ]
        if let profile = execution.profile { entries.append(("Profile", profile)) }
        if let imported = execution.imported, !imported.isEmpty {
            entries.append(("Loaded beforehand", imported.joined(separator: ", ")))
        }
        return list(entries + fixed + facts)
    }

    private var environment: Markup {
        let environment = manifest.environment
        let stages = environment.stageSeconds.sorted { $0.key < $1.key }
            .map { ("Stage: \($0.key)", "\(NumberFormat.seconds($0.value)) s") }
        return list(
            [
                ("Started", environment.startedAt), ("Finished", environment.finishedAt ?? "not finished"),
                ("Processor", environment.processor), ("Operating system", environment.operatingSystem),
            ] + stages)
    }

    private func list(_ entries: [(String, String)]) -> Markup {
        tag("dl") {
            for (name, value) in entries {
                tag("dt", name)
                tag("dd", value)
            }
        }
    }

    private func table(_ caption: String, _ columns: [String], _ rows: [[String]]) -> Markup {
        let id = "provenance-\(caption.lowercased())"
        return scrolling(labelledBy: id) {
            tag("table") {
                tag("caption", ["id": id, "class": "hidden"], caption)
                tag("thead") {
                    tag("tr") { for column in columns { tag("th", ["scope": "col"], column) } }
                }
                tag("tbody") {
                    for row in rows {
                        tag("tr") {
                            for (index, cell) in row.enumerated() {
                                // The last column holds hashes and options, which may break anywhere.
                                if index == 0 {
                                    tag("th", ["scope": "row"], cell)
                                } else if index == row.count - 1 {
                                    tag("td") { tag("code", cell) }
                                } else {
                                    tag("td", cell)
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
