// SPDX-License-Identifier: Apache-2.0
public import PythonSource

/// What a plan is made for, and what it may assume instead of measuring.
public struct PlanOptions: Sendable {
    /// K: completions per prefix; nil for 8 where the experiment has no selectors, and no rollouts elsewhere.
    public var completions: Int?
    /// The role of the model that completes; nil for the one that generates the first pool.
    public var completingModel: String?
    public var stepper = StepperName.function
    public var sampling = CompletionSampling()
    public var seed: UInt64 = 1
    /// How a transformer would be trained on the rollouts.
    public var iterations: Int?
    public var batch: Int?

    // What is measured where pools or stored answers exist, and assumed elsewhere.
    public var charactersPerToken: Double?
    /// T: functions per program.
    public var steps: Double?
    public var programCharacters: Double?
    /// Generated tokens per answer.
    public var answerTokens: Double?
    /// Generated tokens per answer of a judge.
    public var judgeTokens: Double?

    public init() {}
}

/// Values for what nobody has measured yet.
enum PlanDefaults {
    static let charactersPerToken = 3.6
    /// The demo's chains of functions have 1,650 characters in 2.8 functions.
    static let chain = (characters: 1600.0, steps: 3.0)
    /// Published pools of LiveCodeBench without Chain-of-Function have 540 to 940 characters in 1.1 to 1.2 functions.
    static let plain = (characters: 800.0, steps: 1.2)
    /// The fence and the sentences around a program.
    static let tokensAroundProgram = 40.0
    /// A turn's markers.
    static let tokensPerMessage = 5.0
    static let judgeTokens = 300.0
    static let samples = 8
}
