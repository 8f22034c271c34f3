// SPDX-License-Identifier: Apache-2.0
import Foundation
import Generation
import LanguageModels
import PythonSource
import RunStore
import SelectorKit

/// The numbers that a plan rests on: given, measured or assumed.
struct PlanBasis: Sendable {
    let options: PlanOptions
    /// What the run has stored; nil where there is no run yet.
    let store: RunStore?
    private(set) var charactersPerToken: Double
    private(set) var assumptions: [Plan.Assumption] = []
    /// By pool, those whose file exists.
    private var measures: [String: ProgramMeasure] = [:]
    /// By pool, of stored answers.
    private var answers: [String: AnswerMeasure] = [:]

    /// What stored answers are like.
    private struct AnswerMeasure {
        var count = 0
        var tokens = 0.0
        /// Of answers whose tokens are told.
        var characters = 0.0
    }

    /// So many stored answers of a pool are read.
    private static let sampledAnswers = 2000

    init(options: PlanOptions, store: RunStore?) {
        self.options = options
        self.store = store
        charactersPerToken = options.charactersPerToken ?? PlanDefaults.charactersPerToken
    }

    /// Measures what there is.
    ///
    /// - Parameters:
    ///   - part: with the pools whose file exists.
    ///   - pools: all pools, of which answers may be stored.
    mutating func measure(_ part: PlannedPart, pools: [Experiment.Pool]) throws {
        let stepper = options.stepper.stepper()
        for pool in part.pools {
            guard let loaded = pool.loaded else { continue }
            var measure = ProgramMeasure()
            measure.add(loaded, stepper: stepper)
            measures[pool.pool.name] = measure
        }
        for pool in pools { try measureAnswers(pool, of: part) }
        let told = answers.values.reduce(into: AnswerMeasure()) {
            $0.tokens += $1.tokens
            $0.characters += $1.characters
            $0.count += $1.count
        }
        if options.charactersPerToken == nil, told.tokens > 0, told.characters > 0 {
            charactersPerToken = told.characters / told.tokens
        }
        let source =
            options.charactersPerToken != nil
            ? "given"
            : told.tokens > 0 ? "measured on \(told.count) stored answers" : "assumed; --characters-per-token"
        assumptions.append(.init(name: "characters per token", pool: nil, value: charactersPerToken, source: source))
    }

    private mutating func measureAnswers(_ pool: Experiment.Pool, of part: PlannedPart) throws {
        guard let store, let questions = try part.questions(pool) else { return }
        var measure = AnswerMeasure()
        for question in questions where measure.count < Self.sampledAnswers {
            for row in try store.generated(question.key) {
                guard let answer = try? JSONDecoder().decode(GeneratedAnswer.self, from: Data(row.json.utf8)),
                    answer.completionTokens > 0
                else { continue }
                let text = try AnswerText(compressed: row.output)
                measure.count += 1
                measure.tokens += Double(answer.completionTokens)
                measure.characters += Double(
                    text.text.unicodeScalars.count + (text.reasoning?.unicodeScalars.count ?? 0))
            }
        }
        if measure.count > 0 { answers[pool.name] = measure }
    }

    /// What stands in for the programs of a pool without a file: like those of a pool with the same prompt, or of any pool, where there is one.
    mutating func assumedPrograms(_ pool: Experiment.Pool, of experiment: Experiment) -> AssumedPrograms {
        let alike = experiment.pools.filter {
            $0.name != pool.name && measures[$0.name] != nil
                && ($0.generation?.prompt == pool.generation?.prompt || pool.generation == nil)
        }
        var measure = ProgramMeasure()
        for other in alike { if let known = measures[other.name] { measure.add(known) } }
        let isPlain = pool.generation?.prompt == .plain
        let fallback = isPlain ? PlanDefaults.plain : PlanDefaults.chain
        let measured = "measured on \(alike.map { "'\($0.name)'" }.joined(separator: ", "))"
        func value(_ name: String, given: Double?, known: Double?, assumed: Double, option: String) -> Double {
            let source = given != nil ? "given" : known != nil ? measured : "assumed; \(option)"
            let value = given ?? known ?? assumed
            assumptions.append(.init(name: name, pool: pool.name, value: value, source: source))
            return value
        }
        let characters = value(
            "characters per program", given: options.programCharacters, known: measure.meanCharacters,
            assumed: fallback.characters, option: "--program-characters")
        let steps = value(
            "\(options.stepper.rawValue) steps per program", given: options.steps, known: measure.meanSteps,
            assumed: fallback.steps, option: "--steps")
        let samples = pool.generation?.settings.samples ?? PlanDefaults.samples
        if pool.generation == nil {
            assumptions.append(
                .init(
                    name: "candidates per problem", pool: pool.name, value: Double(samples),
                    source: "assumed; its file is missing"))
        }
        return AssumedPrograms(characters: characters, steps: steps, samples: samples, mark: pool.name)
    }

    /// Generated tokens per answer of a pool.
    mutating func answerTokens(_ pool: PlannedPool) -> Double {
        func use(_ value: Double, _ source: String) -> Double {
            assumptions.append(
                .init(name: "completion tokens per answer", pool: pool.pool.name, value: value, source: source))
            return value
        }
        if let given = options.answerTokens { return use(given, "given") }
        if let known = answers[pool.pool.name] {
            return use(known.tokens / Double(known.count), "measured on \(known.count) stored answers")
        }
        if let known = measures[pool.pool.name]?.meanTokens { return use(known, "as the pool's file tells") }
        let candidates = pool.items.flatMap(\.pool.candidates)
        let characters = candidates.reduce(0) { $0 + $1.program.unicodeScalars.count }
        let program = Double(characters) / Double(max(candidates.count, 1)) / charactersPerToken
        return use(
            program + PlanDefaults.tokensAroundProgram,
            "the program and \(Int(PlanDefaults.tokensAroundProgram)) tokens around it, no reasoning; --answer-tokens")
    }

    /// Generated tokens per answer of a judge.
    mutating func judgeTokens(isUsed: Bool) -> Double {
        let value = options.judgeTokens ?? PlanDefaults.judgeTokens
        if isUsed {
            assumptions.append(
                .init(
                    name: "completion tokens per judgement, up to what is allowed", pool: nil, value: value,
                    source: options.judgeTokens == nil ? "assumed; --judge-tokens" : "given"))
        }
        return value
    }

    func tokens(of messages: String?...) -> Double {
        let texts = messages.compactMap(\.self)
        return tokens(characters: texts.reduce(0) { $0 + $1.unicodeScalars.count }, messages: texts.count)
    }

    func tokens(characters: Int, messages: Int) -> Double {
        Double(characters) / charactersPerToken + Double(messages) * PlanDefaults.tokensPerMessage
    }
}

extension PlannedPart {
    /// What `bestofn generate` would ask for a pool, by problem; nil for pools that come from elsewhere.
    func questions(
        _ pool: Experiment.Pool
    ) throws -> [(key: GeneratedKey, messages: GenerationPrompt.Messages)]? {
        guard var choice = pool.generation, let model = experiment.languageModels[choice.languageModel] else {
            return nil
        }
        choice.settings.vocabularySize = model.vocabularySize
        let identity = choice.identity(
            model: ServedLanguageModel(client: ServerClient(model.server), options: model.options).fingerprint)
        return problems.records.map { record in
            let messages = choice.prompt.messages(for: record.problem, of: experiment.benchmark)
            return (GeneratedKey(generation: identity, problemID: record.problem.id, messages: messages), messages)
        }
    }
}
