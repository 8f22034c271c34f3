// SPDX-License-Identifier: Apache-2.0
import Datasets
import Evaluation
import Execution
import Foundation
import Testing
import Training

@Suite struct ExperimentTests {
    private let minimal = """
        benchmark: livecodebench
        problems: problems.jsonl
        pools:
          - candidates: pool.jsonl
        """

    private func read(_ yaml: String, set overrides: [String] = []) throws -> Experiment {
        try Experiment(yaml: yaml, name: "e.yaml", directory: URL(fileURLWithPath: "/data"), overrides: overrides)
    }

    private func message(_ yaml: String, set overrides: [String] = []) -> String {
        do {
            _ = try read(yaml, set: overrides)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func defaultsAreFilledIn() throws {
        let experiment = try read(minimal)
        #expect(experiment.problems == [URL(fileURLWithPath: "/data/problems.jsonl")])
        #expect(experiment.pools.map(\.name) == ["pool.jsonl"])
        #expect(experiment.execution.settings == ExecutionSettings())
        #expect(experiment.outputs.run.path == "/data/runs/e")
        #expect(experiment.executes)
    }

    @Test func everythingCanBeSaid() throws {
        let experiment = try read(
            """
            name: all
            benchmark: bigcodebench
            problems: [a.jsonl, /b.jsonl]
            subset: {from: 2024-08-01, to: 2025-02-01, limit: 5, prompt: complete}
            pools:
              - {name: one, candidates: [x.jsonl, y.jsonl]}
              - {name: two, candidates: z.jsonl, verdicts: imported}
            execution: {semantics: strict, clock: wall, secondsPerTest: 2.5, memoryMegabytes: 512, sandbox: T2, workers: 3}
            selectors:
              - first
              - {name: longest, label: most lines, options: {unit: lines}}
            seed: 9
            outputs: {run: r, html: h, junit: j.xml}
            """)
        #expect(experiment.problems.map(\.path) == ["/data/a.jsonl", "/b.jsonl"])
        #expect(experiment.subset == .init(from: "2024-08-01", to: "2025-02-01", limit: 5, prompt: .complete))
        #expect(experiment.pools.map(\.verdicts) == [.executed, .imported])
        #expect(experiment.execution.settings.memoryBytes == 512 << 20)
        #expect(experiment.execution.sandbox == .isolated)
        #expect(experiment.selectors.map(\.label) == ["first", "most lines"])
        #expect(experiment.selectors[1].options == Data(#"{"unit":"lines"}"#.utf8))
        #expect(experiment.seed == 9)
    }

    @Test func theResolvedFormReadsBackAsTheSameExperiment() throws {
        let experiment = try read(minimal + "\nselectors: [first, {name: longest, options: {unit: lines}}]\nseed: 4\n")
        let again = try read(experiment.resolvedYAML)
        #expect(again.selectors == experiment.selectors)
        #expect(again.execution == experiment.execution)
        #expect(again.subset == experiment.subset)
        #expect(again.seed == 4)
    }

    @Test func trainedModelsSplitsAndAblationsReadBackToo() throws {
        let experiment = try read(
            minimal + """

                split: {stratified: {train: 80, test: {easy: 29, hard: 4}, hard: hard.txt, seed: 7}}
                rewardModels:
                  full:
                    trained: prm
                    pools: pool.jsonl
                    stepper: line
                    rollouts: {lattice: lattice, samples: 4, seed: 3}
                    trueValues: true
                    loss: bce
                    iterations: 77
                    optimizer: adamW
                    learningRate: 0.01
                    clipNorm: 1
                    hidden: 8
                    seeds: [3, 5]
                    correction:
                      {kind: reweight, order: virtualThenCommit, scale: learningRate, clamp: exclusive, project: true, table: lazy,
                       learningRate: 0.02, weightDecay: 0.1, loss: bce, radius: 0.1, finalsInInner: true, warmUpEpochs: 2, shareGradient: true}
                  orm: {trained: orm}
                  served:
                    trained: prm
                    rollouts: {languageModel: writer, samples: 5, seed: 2, temperature: 0.3, topP: 0.9, maxTokens: 99, prefill: none}
                selectors: [{name: funprm, label: f, options: {rewardModel: full}}]
                ablation: [{label: all of it, selector: f}]
                """)
        let again = try read(experiment.resolvedYAML)
        #expect(again.split == experiment.split && again.split != nil)
        #expect(again.ablation == experiment.ablation && again.ablation.map(\.pool) == ["pool.jsonl"])
        func trained(_ experiment: Experiment, _ role: String) -> TrainedModelChoice? {
            if case .trained(let choice) = experiment.rewardModels[role] { choice } else { nil }
        }
        for role in ["full", "orm", "served"] {
            let choice = try #require(trained(experiment, role))
            #expect(trained(again, role) == choice)
        }
        let full = try #require(trained(experiment, "full"))
        #expect(
            full.seeds == [3, 5] && full.training.correction.table == .lazy
                && full.training.correction.warmUpEpochs == 2)
        #expect(full.training.optimizer.rule == .adamW && full.learnsTrueValues)
    }

    @Test(arguments: [
        ("rewardModels: {m: {trained: pr}}", "'prm'"), ("rewardModels: {m: {trained: prm, seeds: 0}}", "seeds"),
        ("rewardModels: {m: {trained: prm, correction: residua}}", "'residual'"),
        ("rewardModels: {m: {trained: prm, trueValues: true}}", "True values come with 'rollouts'"),
        ("rewardModels: {m: {trained: orm, stepper: line}}", "stepper"),
        ("rewardModels: {m: {trained: prm, learningRate: nan}}", "learningRate"),
        ("rewardModels: {m: {trained: prm, rollouts: {languageModel: w, prefill: non}}}", "Did you mean 'none'?"),
        ("rewardModels: {m: {trained: prm, trueValues: true, rollouts: {languageModel: w}}}", "of a lattice"),
        ("rewardModels: {m: {trained: prm, rollouts: {languageModel: w, samples: 0}}}", "samples"),
        ("ablation: [{label: a, selector: firs}]", "Unknown selector 'firs'"),
        ("denoising: {samples: [1]}", "lattice"),
        ("denoising: {lattice: x, samples: [0], model: {trained: prm}}", "samples"),
        ("denoising: {lattice: x, model: {trained: orm}}", "process reward model"),
    ])
    func mistakesInTrainingAreNamed(_ line: String, _ expected: String) {
        let text = message(minimal + "\nselectors: [first]\n" + line)
        #expect(text.contains(expected), "\(text)")
    }

    @Test func overridesReachAnyKey() throws {
        let experiment = try read(
            minimal,
            set: ["execution.workers=2", "pools.0.name=renamed", "selectors=[first, longest]", "outputs.html=site"])
        #expect(experiment.execution.workers == 2)
        #expect(experiment.pools.map(\.name) == ["renamed"])
        #expect(experiment.selectors.map(\.name) == ["first", "longest"])
        #expect(experiment.outputs.html?.path == "/data/site")
    }

    @Test(arguments: [
        (
            "benchmark: livecodebench\nproblms: x\npools: []\n",
            "e.yaml: field 'problems': Give the benchmark's problem file or files."
        ),
        (
            "benchmark: humanevl\nproblems: x\n",
            "e.yaml:1: field 'benchmark': Unknown value 'humanevl'. Did you mean 'humaneval'?"
        ),
        ("benchmark: [", "The file is not valid YAML"),
        ("", "e.yaml: The experiment file is empty."),
        ("- 1\n", "Expected named values (key: value)."),
    ])
    func mistakesNameFileLineAndKey(_ yaml: String, _ expected: String) {
        let text = message(yaml)
        #expect(
            text.contains(expected)
                || (text.hasPrefix("e.yaml:") && text.hasSuffix(expected.drop { $0 != ":" }.dropFirst(2))), "\(text)")
    }

    @Test(arguments: [
        ("seeed: 1", "Unknown key 'seeed'. Did you mean 'seed'?"),
        ("execution: {workers: -1}", "field 'execution.workers': Expected a whole number from 1 to 1024, not '-1'."),
        ("execution: {sandbox: T9}", "Unknown value 'T9'. Did you mean"),
        ("execution: {secondsPerTest: .nan}", "field 'execution.secondsPerTest': Expected a number, not '.nan'."),
        ("subset: {from: 2024-8-1}", "Expected a day such as 2024-08-01, not '2024-8-1'."),
        ("selectors: [first, first]", "Two selectors are called 'first'. Give one of them a 'label'."),
        ("selectors: [{label: x}]", "field 'selectors[0].name': The key is missing."),
        ("subset: 5", "field 'subset': Expected named values (key: value)."),
    ])
    func mistakesInPartsAreNamed(_ line: String, _ expected: String) {
        #expect(message(minimal + "\n" + line + "\n").contains(expected))
    }

    @Test(arguments: [
        ("workers", "Expected path=value"), ("pools.7.name=x", "'7' is not an index of a list of 1 items"),
        ("benchmark.deep=x", "lies below a value that has no parts"),
    ])
    func overridesThatFitNothingAreRefused(_ override: String, _ expected: String) {
        #expect(message(minimal, set: [override]).contains(expected))
    }
}
