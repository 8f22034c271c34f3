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
        public var programRunner: (any ProgramRunner)?

        public init(
            languageModels: [String: any LanguageModel] = [:], rewardModels: [String: any RewardModel] = [:],
            publicTests: [TestExample] = [], programRunner: (any ProgramRunner)? = nil
        ) {
            self.languageModels = languageModels
            self.rewardModels = rewardModels
            self.publicTests = publicTests
            self.programRunner = programRunner
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
        return model
    }

    /// The reward model that the experiment gives this role.
    public func rewardModel(_ role: String) throws(SelectorError) -> any RewardModel {
        try require(.rewardModel(role: role))
        guard let model = services.rewardModels[role] else { throw unavailable(.rewardModel(role: role)) }
        return model
    }

    /// The tests that the problem statement shows; never hidden ones. Empty where the statement shows none.
    public func publicTests() throws(SelectorError) -> [TestExample] {
        try require(.publicTests)
        return services.publicTests
    }

    /// Runs programs in the sandbox on inputs that the selector chooses.
    public func programRunner() throws(SelectorError) -> any ProgramRunner {
        try require(.execution)
        guard let runner = services.programRunner else { throw unavailable(.execution) }
        return runner
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

/// Scores the prefixes of a program: a process reward model, or with one prefix an outcome reward model.
public protocol RewardModel: Sendable {
    /// Identifies the weights and the way they are read: two models with the same fingerprint give the same rewards.
    var fingerprint: String { get }

    /// One reward in [0, 1] per prefix, in order. Each prefix begins with the one before it.
    func rewards(for prefixes: [String], of problem: Problem) async throws -> [Double]
}

/// Generates text.
public protocol LanguageModel: Sendable {
    /// Identifies the model and its sampling parameters.
    var fingerprint: String { get }

    func reply(to request: LanguageModelRequest) async throws -> String
}

/// One chat request to a language model.
public struct LanguageModelRequest: Sendable, Hashable, Codable {
    public var system: String?
    public var user: String
    public var maxTokens: Int
    public var temperature: Double
    public var seed: UInt64?

    public init(system: String? = nil, user: String, maxTokens: Int, temperature: Double, seed: UInt64? = nil) {
        self.system = system
        self.user = user
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.seed = seed
    }
}

/// Runs a program in the sandbox on inputs that are not hidden tests.
public protocol ProgramRunner: Sendable {
    /// The outputs of `program` on `inputs`, in order. A failure is a value too: it is an `.failed` entry, not an error.
    func run(_ program: String, of problem: Problem, on inputs: [TestExample]) async throws -> [ProgramOutput]
}

/// What one run of a program gave.
public enum ProgramOutput: Sendable, Hashable, Codable {
    /// Standard output, or the returned value in a canonical text form.
    case output(String)
    case failed(reason: String)
}
