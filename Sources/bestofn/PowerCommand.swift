// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Metrics
import Reporting
import RunStore
import Statistics

struct PowerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "power",
        abstract: "Plans how many problems a difference between two selectors takes.",
        discussion: """
            The discordance is the share of problems that only one of the two selectors solves; a run tells what it is for its own \
            selectors. All numbers are for McNemar's exact test, which 'report' and 'compare' use.

            Examples:
              bestofn power --problems 131                              # what 131 problems can show
              bestofn power --difference 2% --discordance 10%           # how many problems that takes
              bestofn power runs/demo                                   # for every two selectors of a run
              bestofn power runs/demo --only funprm --only orm          # for these two
              bestofn power --problems 131 --discordance 15% --simulate 200   # do intervals and gates keep their promises?
            """)

    @Argument(help: "A run's directory.")
    var run: String?

    @Option(help: "Only this pool of the run.")
    var pool: String?

    @Option(help: "Only pairs with the selector of this label, or of both labels where it is given twice.")
    var only: [String] = []

    @Option(help: "How many problems there are.")
    var problems: Int?

    @Option(help: ArgumentHelp("The difference in pass@1 to find, such as 2%.", valueName: "points"))
    var difference: Percentage?

    @Option(
        help: ArgumentHelp("The share of problems that only one of the two solves, such as 10%.", valueName: "share"))
    var discordance: Percentage?

    @Option(help: "The level of the two-sided test.")
    var alpha = 0.05

    @Option(help: "The wished probability to find the difference.")
    var power = 0.8

    @Option(
        help: ArgumentHelp(
            "Draw so many pairs of runs whose difference is known, and count how often intervals hold it and the regression gate fails.",
            valueName: "repetitions"))
    var simulate: Int?

    @Option(help: "Of the simulation.")
    var seed: UInt64 = 0

    func validate() throws {
        guard alpha > 0, alpha < 1, power > 0, power < 1 else {
            throw ValidationError("--alpha and --power must lie between 0 and 1.")
        }
        if let problems, !(2...100_000).contains(problems) {
            throw ValidationError("--problems must be from 2 to 100000.")
        }
        for (name, value) in [("--difference", difference), ("--discordance", discordance)] {
            if let value, !(value.share > 0 && value.share <= 1) {
                throw ValidationError("\(name) must be above 0% and at most 100%.")
            }
        }
        if let difference, let discordance, difference.share > discordance.share {
            throw ValidationError("--difference cannot be greater than --discordance: only problems that differ count.")
        }
        if let simulate {
            guard (1...100_000).contains(simulate) else { throw ValidationError("--simulate must be at least 1.") }
            guard problems != nil, let discordance else {
                throw ValidationError("--simulate needs --problems and --discordance.")
            }
            guard discordance.share <= 0.5 else {
                throw ValidationError(
                    "--simulate draws problems of different hardness and needs --discordance of at most 50%.")
            }
        }
        if run == nil, problems == nil, difference == nil {
            throw ValidationError("Give a run, --problems or --difference.")
        }
        if run != nil, problems != nil || difference != nil || discordance != nil {
            throw ValidationError(
                "A run tells its own numbers: give either a run or --problems, --difference, --discordance.")
        }
        if pool != nil || !only.isEmpty, run == nil { throw ValidationError("--pool and --only need a run.") }
        if only.count > 2 { throw ValidationError("--only may be given twice at most: a pair has two selectors.") }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            if let run { return try printRun(run) }
            if let simulate, let problems, let discordance {
                return try printSimulation(simulate, problems: problems, discordance: discordance.share)
            }
            printPlan()
        }
    }

    private func plan(_ discordance: Double) -> PairedPower {
        PairedPower(discordance: discordance, alpha: alpha, power: power)
    }

    // MARK: Planning

    private func printPlan() {
        let shares = (discordance.map { [$0.share] } ?? [0.02, 0.05, 0.1, 0.2, 0.3, 0.5]).filter {
            $0 >= difference?.share ?? 0
        }
        let target = "\(NumberFormat.percent(power)) % power, alpha \(alpha)"
        switch (problems, difference?.share) {
        case (let problems?, let difference?):
            print("\(problems) problems, a difference of \(NumberFormat.points(difference)) points, alpha \(alpha):\n")
            table(
                ["only one solves, %", "power, %", "problems for \(NumberFormat.percent(power)) %"],
                shares.map { share in
                    [
                        NumberFormat.percent(share),
                        NumberFormat.percent(plan(share).exactPower(for: difference, problems: problems)),
                        plan(share).exactProblems(for: difference).map(NumberFormat.integer) ?? "> 1 000 000",
                    ]
                })
        case (let problems?, nil):
            print("The smallest differences that \(problems) problems can show (\(target)):\n")
            table(
                ["only one solves, %", "difference, points"],
                shares.map { share in
                    [
                        NumberFormat.percent(share),
                        plan(share).exactDetectableDifference(problems: problems).map { NumberFormat.points($0) }
                            ?? "none is enough",
                    ]
                })
        case (nil, let difference?):
            print("How many problems a difference of \(NumberFormat.points(difference)) points takes (\(target)):\n")
            table(
                ["only one solves, %", "problems"],
                shares.map { share in
                    [
                        NumberFormat.percent(share),
                        plan(share).exactProblems(for: difference).map(NumberFormat.integer) ?? "> 1 000 000",
                    ]
                })
        case (nil, nil): break
        }
    }

    private func table(_ head: [String], _ rows: [[String]]) {
        for line in TextGrid(rows: [head] + rows).lines(width: 140) { print(line) }
    }

    // MARK: A run's own selectors

    private func printRun(_ path: String) throws {
        let record = try RunStore.existing(directory: URL(fileURLWithPath: path)).record()
        let tables = RunTables(record: record)
        let pools = tables.pools.filter { pool == nil || $0.name == pool }
        guard !pools.isEmpty else {
            throw ValidationError(
                "The run has no pool '\(pool ?? "")'. Available: \(tables.pools.map(\.name).joined(separator: ", ")).")
        }
        let labels = tables.selectors.map(\.label)
        if let unknown = only.first(where: { !labels.contains($0) }) {
            throw ValidationError(
                "The run has no selector '\(unknown)'. Available: \(labels.joined(separator: ", ")).")
        }
        for pool in pools {
            let count = pool.overall.coverage.counted
            print("Pool \(pool.name), \(count) problems, alpha \(alpha), \(NumberFormat.percent(power)) % power:\n")
            table(
                ["", "difference", "only one is better, %", "can be found from", "problems for it"],
                pool.pairs.filter { Set(only).isSubset(of: [$0.first, $0.second]) }.map { pair in
                    let share = Double(pair.firstBetter + pair.secondBetter) / Double(max(count, 1))
                    let difference = abs(pair.difference.value)
                    let reachable = share > 0 ? plan(share).exactDetectableDifference(problems: count) : nil
                    let needed =
                        share > 0 && difference > 0 && difference <= share
                        ? plan(share).exactProblems(for: difference).map(NumberFormat.integer) ?? "> 1 000 000"
                        : NumberFormat.missing
                    return [
                        "\(pair.first) over \(pair.second)", NumberFormat.points(pair.difference.value),
                        NumberFormat.percent(share), reachable.map { NumberFormat.points($0) } ?? "none is enough",
                        needed,
                    ]
                })
            print("")
        }
        print(
            "Each pair as the only comparison, by the share of problems on which the two differ here; shares of ties count as whole differences."
        )
    }

    // MARK: Simulation

    private func printSimulation(_ repetitions: Int, problems: Int, discordance: Double) throws {
        let plan = plan(discordance)
        let losses = simulatedLosses(plan, problems: problems)
        let margin = 1.96 * (0.95 * 0.05 / Double(repetitions)).squareRoot()
        print(
            """
            \(repetitions) pairs of runs of \(problems) problems each, \(NumberFormat.percent(discordance)) % of them changing, judged by the functions of 'bestofn compare'.
            Of \(repetitions) repetitions a share near 95 % is uncertain by ±\(NumberFormat.percent(margin)) %.

            """)
        var rows: [[String]] = []
        for (title, tied, selectors) in [
            ("", 0.0, 1), ("a third of changes tied", 1.0 / 3, 1), ("five selectors", 0, 5),
        ] {
            for loss in selectors > 1 || tied > 0 ? [0] : losses {
                try Task.checkCancellation()
                let simulation = GateSimulation(
                    problems: problems, discordance: discordance, repetitions: repetitions, tied: tied,
                    selectors: selectors, policy: GatePolicy(gates: [.regression], alpha: alpha), seed: seed)
                let outcome = try simulation.run(loss: loss)
                rows.append([
                    loss == 0
                        ? "no loss\(title.isEmpty ? "" : ", \(title)")"
                        : "loss of \(NumberFormat.percent(loss)) points",
                    NumberFormat.percent(outcome.coverage), NumberFormat.percent(outcome.failureRate),
                    loss == 0
                        ? "at most \(NumberFormat.percent(alpha / 2))"
                        : NumberFormat.percent(plan.exactPower(for: loss, problems: problems)),
                ])
            }
        }
        table(["", "intervals that hold it, %", "gate failed, %", "planned, %"], rows)
    }

    /// None, and those that are found half of the time, with the wished power, and nearly always.
    private func simulatedLosses(_ plan: PairedPower, problems: Int) -> [Double] {
        let found = [0.5, power, 0.95].compactMap { wished in
            PairedPower(discordance: plan.discordance, alpha: alpha, power: wished)
                .exactDetectableDifference(problems: problems)
        }
        return [0] + found.reduce(into: [Double]()) { if !$0.contains($1) { $0.append($1) } }
    }
}
