// SPDX-License-Identifier: Apache-2.0
public import Metrics

extension PaperTable {
    /// The layout of the paper's Table 3: what each part of a method contributes, with the difference to the first row.
    public init(ablation: AblationTable, of run: RunTables) {
        let hasSeeds = ablation.rows.contains { $0.seeds > 1 }
        let problems = ablation.rows.map(\.problems)
        self.init(
            caption: "What each part contributes: pass@1 in percent, \(run.benchmark) (\(run.run)).", stub: "Variant",
            blocks: [
                Block(title: run.benchmark, columns: ablation.difficulties + [Self.overall, "to the first"])
            ],
            groups: [
                Group(
                    title: run.run,
                    problems: ablation.difficulties.map { difficulty in Self.problems(of: difficulty, in: run, ablation)
                    }
                        + [problems.first, nil],
                    rows: ablation.rows.map { row in
                        Row(
                            label: row.label, kind: .selector,
                            cells: row.byDifficulty.map { $0.map { Cell($0) } }
                                + [
                                    row.passAt1.map { Cell($0.value, low: $0.low, high: $0.high) },
                                    row.difference.map {
                                        var cell = Cell($0.value, low: $0.low, high: $0.high, isDifference: true)
                                        cell.isCloseToBest = !$0.differsFromZero
                                        return cell
                                    },
                                ])
                    })
            ],
            notes: [
                "†: the 95 % interval of the difference to the first row (paired bootstrap over the problems that both rows have) includes zero."
            ])
        if hasSeeds {
            let seeds = Set(ablation.rows.map(\.seeds)).sorted()
            notes.append(
                "Values are means over \(seeds.map(String.init).joined(separator: " or ")) seeds of training; intervals resample problems, not seeds."
            )
        }
        if Set(problems).count > 1 {
            notes.append(
                "The rows stand on different numbers of problems: "
                    + ablation.rows.map { "\($0.label): \($0.problems)" }.joined(separator: ", ") + ".")
        }
        notes += run.warnings
    }

    /// How many problems of a difficulty the rows' pools have; nil where they differ, or not all of them take part.
    private static func problems(of difficulty: String, in run: RunTables, _ ablation: AblationTable) -> Int? {
        let pools = run.pools.filter { pool in ablation.rows.contains { $0.pool == pool.name } }
        let counts = Set(pools.map { $0.group(of: difficulty)?.coverage.counted ?? 0 })
        let wholes = Set(pools.map(\.overall.coverage.counted))
        guard counts.count == 1, wholes.count == 1, ablation.rows.allSatisfy({ wholes.contains($0.problems) }) else {
            return nil
        }
        return counts.first
    }
}
