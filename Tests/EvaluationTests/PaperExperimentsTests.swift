// SPDX-License-Identifier: Apache-2.0
import Baselines
import Datasets
import Evaluation
import Fixtures
import Foundation
import Testing

/// The experiments of `benchmarks/paper`, and the numbers of problems that they insist on.
@Suite struct PaperExperimentsTests {
    private static let folder = SharedData.package.appendingPathComponent("benchmarks/paper")

    private static var files: [URL] {
        ((try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? [])
            .filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
    }

    @Test func thereIsOneForEachTableAndFigure() {
        let names = Set(Self.files.map { $0.deletingPathExtension().lastPathComponent })
        #expect(
            names.isSuperset(of: [
                "table1", "table2-livecodebench", "table2-bigcodebench", "table3", "figure2", "figure5-humaneval-plus",
                "figure5-mbpp-plus", "figure6",
            ]))
    }

    @Test(arguments: Self.files)
    func everyFileReads(_ file: URL) throws {
        let experiment = try Experiment(file: file)
        #expect(!experiment.pools.isEmpty)
        // What a run records of it is the same experiment; paths are recorded as seen from the working directory.
        let again = try Experiment(
            yaml: experiment.resolvedYAML, name: file.lastPathComponent, directory: Self.folder)
        #expect(again.selectors.map(\.label) == experiment.selectors.map(\.label))
        #expect(again.pools.map(\.name) == experiment.pools.map(\.name))
        #expect(Set(again.rewardModels.keys) == Set(experiment.rewardModels.keys))
        #expect(again.ablation == experiment.ablation)
        #expect(again.subset.from == experiment.subset.from && again.subset.to == experiment.subset.to)
        #expect(again.expect == experiment.expect)
    }

    @Test func thePapersNumbersOfProblemsAreExpected() throws {
        func expected(_ name: String) throws -> ExpectedProblems? {
            try Experiment(file: Self.folder.appendingPathComponent("\(name).yaml")).expect
        }
        let late = ExpectedProblems(problems: 131, byDifficulty: ["easy": 31, "medium": 39, "hard": 61])
        for name in ["table1", "table3", "figure2", "figure6"] { #expect(try expected(name) == late) }
        #expect(
            try expected("table2-livecodebench")
                == ExpectedProblems(problems: 454, byDifficulty: ["easy": 110, "medium": 141, "hard": 203]))
        #expect(
            try expected("table2-bigcodebench")
                == ExpectedProblems(problems: 340, byDifficulty: ["easy": 292, "hard": 48]))
        #expect(
            try expected("training-livecodebench")
                == ExpectedProblems(problems: 601, byDifficulty: ["easy": 212, "medium": 242, "hard": 147]))
        #expect(try expected("figure5-humaneval-plus") == ExpectedProblems(problems: 164))
        #expect(try expected("figure5-mbpp-plus") == ExpectedProblems(problems: 378))
    }

    @Test(
        .enabled(if: SharedData.isPresent, "\(SharedData.missing)"), arguments: ["table1", "table2-livecodebench"])
    func theRealProblemsAreThoseOfThePaper(_ name: String) async throws {
        try await withTemporaryFolder { folder in
            let pool = SharedData.data("livecodebench/candidates_Qwen3-8B.jsonl.gz").path
            var overrides = [
                "problems=\(SharedData.data("livecodebench/lcb_v6_partial.jsonl.gz").path)",
                "pools=[{name: q, candidates: \(pool), verdicts: imported}]", "selectors=[first]",
                "rewardModels={}", "outputs={run: \(folder.appendingPathComponent("run").path)}",
            ]
            let file = Self.folder.appendingPathComponent("\(name).yaml")
            _ = try await pipeline(Experiment(file: file, overrides: overrides))
            // A day more or less, and it is another table.
            overrides.append("subset.to=2025-03-01")
            let message = await mistake(try Experiment(file: file, overrides: overrides))
            #expect(message.contains("field 'expect': The problems are not the expected ones:"), "\(message)")
        }
    }

    /// The numbers of docs/paper.md.
    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.missing)"))
    func theTrainingDataTakesWhatTheDocumentationSays() async throws {
        try await withTemporaryFolder { folder in
            let experiment = try Experiment(
                file: Self.folder.appendingPathComponent("training-livecodebench.yaml"),
                overrides: [
                    "problems=\(SharedData.data("livecodebench/lcb_v6_partial.jsonl.gz").path)",
                    "outputs={run: \(folder.path)/run}",
                ])
            var options = PlanOptions()
            options.completions = 8
            options.completingModel = "qwen3-coder"
            options.iterations = 20000
            let plan = try await Planner(experiment, selectors: SelectorRegistry([]), options: options).plan()
            let generate = plan.stages.filter { $0.kind == .generate }
            #expect(generate.map(\.total) == [4808, 4808, 4808] && generate.allSatisfy { $0.requests?.count == 601 })
            let rollouts = try #require(plan.stages.first { $0.kind == .rollouts })
            #expect(rollouts.total == 230_784 && rollouts.requests?.count == 28_848)
            #expect(abs((rollouts.requests?.completionTokens ?? 0) - 51.3e6) < 0.1e6)
            #expect(plan.stages.first { $0.kind == .train }?.total == 43_272)
        }
    }

    @Test func otherProblemsStopTheRunAndTheDifferencesAreNamed() async throws {
        try await withTemporaryFolder { folder in
            func experiment(_ expect: String, set overrides: [String] = []) throws -> Experiment {
                try Experiment(
                    yaml: """
                        name: e
                        benchmark: livecodebench
                        problems: \(SharedData.package.path)/benchmarks/demo/problems.jsonl
                        expect: \(expect)
                        pools: [{name: cof, candidates: \(SharedData.package.path)/benchmarks/demo/pool-cof.jsonl}]
                        selectors: [first]
                        """, name: "e.yaml", directory: folder, overrides: overrides)
            }
            for right in ["{problems: 36}", "{problems: 36, easy: 12, medium: 12, hard: 12}", "{hard: 12, unrated: 0}"]
            {
                _ = try await pipeline(experiment(right))
            }
            #expect(
                await mistake(try experiment("{problems: 131, easy: 12, hard: 61, unrated: 3}"))
                    == "experiment 'e': field 'expect': The problems are not the expected ones: 36 problems instead of 131, 12 hard instead of 61, "
                    + "0 unrated instead of 3. Loaded: 36 (12 easy, 12 medium, 12 hard). Check 'problems', 'subset' and 'split', or leave 'expect' out "
                    + "(--set expect=null) to run on these.")
            #expect(
                await mistake(try experiment("{problems: 36}", set: ["subset.limit=5"])).contains(
                    "5 problems instead of 36"))
            _ = try await pipeline(experiment("{problems: 131}", set: ["expect=null"]))
        }
    }

    @Test(arguments: [
        ("{}", "Say how many problems are expected"),
        ("{problems: many}", "field 'expect.problems': Expected a whole number"),
        ("{easy: -1}", "field 'expect.easy': Expected a whole number of at least 0"), ("131", "field 'expect'"),
    ])
    func mistakesInExpectAreNamed(_ expect: String, _ message: String) {
        do {
            _ = try Experiment(
                yaml: """
                    benchmark: livecodebench
                    problems: p.jsonl
                    pools: [{candidates: c.jsonl}]
                    expect: \(expect)
                    """, name: "e.yaml", directory: URL(fileURLWithPath: "/data"))
            Issue.record("no error")
        } catch {
            #expect("\(error)".contains(message), "\(error)")
        }
    }

    /// BigCodeBench tells no difficulty; the list of hard problems does, for the run's tables too.
    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.missing)"))
    func aListOfHardProblemsRatesABenchmarkWithoutDifficulties() async throws {
        try await withTemporaryFolder { folder in
            let hard = (0..<148).map { "BigCodeBench/\($0 * 7)" }.joined(separator: "\n")
            try hard.write(to: folder.appendingPathComponent("hard.txt"), atomically: true, encoding: .utf8)
            try #"{"task_id": "BigCodeBench/0", "model": "m", "sample": 0, "code": "pass"}"#.write(
                to: folder.appendingPathComponent("pool.jsonl"), atomically: true, encoding: .utf8)
            let overrides = [
                "problems=\(SharedData.data("bigcodebench/BigCodeBench.jsonl.gz").path)",
                "split.stratified.hard=\(folder.path)/hard.txt", "selectors=[first]", "rewardModels={}",
                "pools=[{name: q, candidates: \(folder.path)/pool.jsonl, verdicts: executed}]",
                "outputs={run: \(folder.path)/run}",
            ]
            let file = Self.folder.appendingPathComponent("table2-bigcodebench.yaml")
            _ = try await pipeline(Experiment(file: file, overrides: overrides).part(.test))
            let message = await mistake(
                try Experiment(file: file, overrides: overrides + ["split.stratified.test={easy: 291, hard: 49}"])
                    .part(.test))
            #expect(message.contains("291 easy instead of 292, 49 hard instead of 48"), "\(message)")
        }
    }

    private func pipeline(_ experiment: Experiment) async throws -> Pipeline {
        try await Pipeline(
            experiment, selectors: SelectorRegistry([FirstPlugin.self]), toolVersion: "test")
    }

    private func mistake(_ experiment: Experiment) async -> String {
        do {
            _ = try await pipeline(experiment)
            return "no error"
        } catch {
            return "\(error)"
        }
    }
}
