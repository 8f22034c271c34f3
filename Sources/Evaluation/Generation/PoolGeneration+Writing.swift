// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import Foundation
import Generation
import LanguageModels
import PythonSource
import RunStore
import SelectorKit

extension PoolGeneration {
    /// An answer with what is known of it.
    private struct Item {
        var problem: Problem
        var sample: Int
        var answer: GeneratedAnswer
        var text: AnswerText
    }

    /// Enough for a sanitizer's start to be nothing, few enough to be held in memory.
    private static let batch = 4096

    /// Cuts the programs out of the stored answers and writes the pool with its card.
    func write(
        _ pool: Experiment.Pool, _ choice: Experiment.GenerationChoice, _ stage: GenerationStage
    ) async throws -> PoolCard.Totals {
        let file = pool.candidates[0]
        let prices = stage.budget.prices
        let rule = experiment.benchmark.generatedExtraction
        let model = choice.model ?? stage.client.configuration.model
        var totals = PoolCard.Totals()
        var reported: Set<String> = []
        let writer = try RowWriter(file)
        let decoder = JSONDecoder()
        var items: [Item] = []
        var formats: Set<PromptFormat> = []

        func writeItems() async throws {
            for (item, program) in zip(items, try await programs(of: items, rule)) {
                let isBlank = program.allSatisfy(\.isWhitespace)
                totals.add(item.answer, isBlank: isBlank, prices: prices)
                if let name = item.answer.model { reported.insert(name) }
                try writer.write(
                    PoolRow(
                        problem: item.problem.id, model: model, sample: item.sample, code: program,
                        tokens: item.answer.tokens, generation: .init(item.answer, prices: prices),
                        output: choice.keepsOutput ? item.text : nil))
            }
            items = []
        }

        for record in records {
            formats.insert(PromptFormat(record.problem, of: experiment.benchmark))
            let key = try stage.question(record.problem).key
            for row in try store.generated(key, samples: choice.settings.samples) {
                items.append(
                    Item(
                        problem: record.problem, sample: row.sample,
                        answer: try decoder.decode(GeneratedAnswer.self, from: Data(row.json.utf8)),
                        text: try AnswerText(compressed: row.output)))
            }
            if items.count >= Self.batch { try await writeItems() }
        }
        try await writeItems()
        try writer.finish()
        try PoolCard(
            tool: toolVersion, benchmark: experiment.benchmark.rawValue, problems: problems.records.count,
            problemsHash: problems.hash, generation: stage.identity, model: stage.client.configuration.model,
            reportedModels: reported.sorted(), prompt: .init(choice.prompt, formats: formats),
            settings: stage.choice.settings,
            extraction: rule.rawValue, prices: prices, totals: totals
        ).write(beside: file)
        return totals
    }

    private func programs(of items: [Item], _ rule: ExtractionRule) async throws -> [String] {
        guard let style = rule.sanitizer else { return items.map { rule.extract($0.text.answer) } }
        let sanitizer = SandboxedSanitizer {
            try await experiment.makeEngine(PythonInterpreter(resolving: experiment.execution.python))
        }
        return try await sanitizer.sanitize(
            items.map { SanitizerItem(text: $0.text.answer, entryPoint: $0.problem.entryPoint) }, style: style)
    }
}

extension Benchmark {
    /// The benchmark's rule, forgiving where LiveCodeBench's finds no closed block: an answer that ran into its limit still shows its beginning.
    var generatedExtraction: ExtractionRule { self == .liveCodeBench ? .liveCodeBenchLenient : extractionRule }
}
