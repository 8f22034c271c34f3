// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The version in `--version`, manifests and reports.
let toolVersion = "0.1.0"

@main
struct BestOfNCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bestofn",
        abstract: "Compares ways of choosing the best of N candidate programs.",
        discussion: """
            Given the same candidate programs for each problem, which selector picks a correct one, how often, and at what cost?

            Examples:
              bestofn run benchmarks/demo/experiment.yaml
              bestofn execute --benchmark humaneval --problems HumanEval.jsonl.gz \\
                  --candidates samples.jsonl --output verdicts.jsonl
              bestofn report runs/demo --html reports/demo
              bestofn doctor

            Exit codes: 0 done; 1 findings (a row is incomplete, a gate of a comparison failed); 2 merged with conflicts; 64 wrong usage; 65 bad input data; 69 something needed is \
            unavailable (Python, a sandbox tier); 70 a bug of ours; 130 interrupted (the same command continues).
            """,
        version: toolVersion,
        subcommands: [
            RunCommand.self, GenerateCommand.self, CertaintyCommand.self, ExecuteCommand.self, ReportCommand.self,
            MergeCommand.self, DoctorCommand.self,
            ListCommand.self,
            LatticeCommand.self, StepsCommand.self, TrainCommand.self, RolloutsCommand.self, SplitCommand.self,
            PlanCommand.self,
            DenoiseCommand.self,
            ExportCommand.self, CompareCommand.self, BaselineCommand.self,
            LeaderboardCommand.self, ClaimsCommand.self, PowerCommand.self, MeasureBootstrapCommand.self,
            MeasureClientCommand.self, MeasureTransformerCommand.self,
            CheckCommand.self,
        ])
}
