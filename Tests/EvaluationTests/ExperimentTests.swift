// SPDX-License-Identifier: Apache-2.0
import Datasets
import Evaluation
import Execution
import Foundation
import Testing

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
