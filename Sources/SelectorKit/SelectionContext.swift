// SPDX-License-Identifier: Apache-2.0

/// The services a selector may use while it scores one pool: metered, and limited to what its descriptor declares.
public struct SelectionContext: Sendable {
    /// A seed of this selector and problem alone, so that results do not depend on the order of problems.
    public let seed: UInt64
    /// What was spent. Services count themselves; in-process models add their forward passes here.
    public let cost: CostMeter

    private let selector: SelectorDescriptor
    private let services: Services

    /// What the harness can hand out. Nothing reaches a selector that did not declare it.
    public struct Services: Sendable {
        public var languageModels: [String: any LanguageModel]
        public var rewardModels: [String: any RewardModel]
        public var publicTests: [TestExample]
        public var generatedTests: [ProgramInput]
        public var programRunner: (any ProgramRunner)?
        public var corpus: PoolCorpus?
        /// Other selectors' scores of the same candidates with what they cost, by the label that the experiment gives them.
        public var otherScores: [String: OtherScores]

        public init(
            languageModels: [String: any LanguageModel] = [:], rewardModels: [String: any RewardModel] = [:],
            publicTests: [TestExample] = [], generatedTests: [ProgramInput] = [],
            programRunner: (any ProgramRunner)? = nil, corpus: PoolCorpus? = nil,
            otherScores: [String: OtherScores] = [:]
        ) {
            self.languageModels = languageModels
            self.rewardModels = rewardModels
            self.publicTests = publicTests
            self.generatedTests = generatedTests
            self.programRunner = programRunner
            self.corpus = corpus
            self.otherScores = otherScores
        }
    }

    public init(
        for selector: SelectorDescriptor, seed: UInt64, services: Services = Services(), cost: CostMeter = CostMeter()
    ) {
        self.selector = selector
        self.seed = seed
        self.services = services
        self.cost = cost
    }

    /// The language model that the experiment gives this role.
    public func languageModel(_ role: String) throws(SelectorError) -> any LanguageModel {
        try require(.languageModel(role: role))
        guard let model = services.languageModels[role] else { throw unavailable(.languageModel(role: role)) }
        return MeteredLanguageModel(model: model, meter: cost)
    }

    /// The reward model that the experiment gives this role.
    public func rewardModel(_ role: String) throws(SelectorError) -> any RewardModel {
        try require(.rewardModel(role: role))
        guard let model = services.rewardModels[role] else { throw unavailable(.rewardModel(role: role)) }
        return MeteredRewardModel(model: model, meter: cost)
    }

    /// The tests that the problem statement shows; never hidden ones. Empty where the statement shows none.
    public func publicTests() throws(SelectorError) -> [TestExample] {
        try require(.publicTests)
        return services.publicTests
    }

    /// Inputs or assertions that a model wrote for this problem, in the order it wrote them; they may be wrong. Empty where there are none.
    public func generatedTests() throws(SelectorError) -> [ProgramInput] {
        try require(.generatedTests)
        return services.generatedTests
    }

    /// Runs programs in the sandbox on inputs that the selector chooses.
    public func programRunner() throws(SelectorError) -> any ProgramRunner {
        try require(.execution)
        guard let runner = services.programRunner else { throw unavailable(.execution) }
        return MeteredProgramRunner(runner: runner, meter: cost)
    }

    /// The programs of the whole pool, for selectors that learn what its programs usually look like.
    public func corpus() throws(SelectorError) -> PoolCorpus {
        try require(.corpus)
        guard let corpus = services.corpus else { throw unavailable(.corpus) }
        return corpus
    }

    /// What another selector of the experiment gave the same candidates, in pool order. Its cost counts as this selector's too.
    public func scores(of label: String) throws(SelectorError) -> [CandidateScore] {
        try require(.scores(of: label))
        guard let other = services.otherScores[label] else { throw unavailable(.scores(of: label)) }
        cost.add(other.cost)
        return other.scores
    }

    private func require(_ requirement: SelectorDescriptor.Requirement) throws(SelectorError) {
        guard selector.requirements.contains(requirement) else {
            throw SelectorError(
                .undeclared,
                "Selector '\(selector.name)' used \(requirement) without declaring it. Add it to the descriptor's requirements."
            )
        }
    }

    private func unavailable(_ requirement: SelectorDescriptor.Requirement) -> SelectorError {
        SelectorError(
            .unavailable,
            "Selector '\(selector.name)' needs \(requirement), and this experiment provides none.")
    }
}

/// What went wrong inside a selector or its services.
public struct SelectorError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, Hashable {
        /// A service was used that the descriptor does not declare.
        case undeclared
        /// The experiment does not provide what the descriptor declares.
        case unavailable
        /// An option is unknown or has a wrong type or value.
        case invalidOption
        /// The pool lacks data that the selector needs, such as token statistics.
        case missingData
        /// The selector broke its contract: a wrong number of scores, or a score that is not finite.
        case contractViolation
        /// A model or another outside service failed.
        case serviceFailed
    }

    public var code: Code
    /// A full sentence: what, where, and what to do next.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
