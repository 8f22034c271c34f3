// SPDX-License-Identifier: Apache-2.0

/// The steppers by the names that experiments and the command line use.
public enum StepperName: String, Sendable, Codable, CaseIterable {
    case function
    case docstring
    case line
    case paragraph
    case whole

    /// - Parameters:
    ///   - includesNested: functions inside functions end steps too; for `function`.
    ///   - separatesTail: what follows the last function is a step of its own; for `function`.
    ///   - limits: for all but `whole`.
    public func stepper(
        includesNested: Bool = false, separatesTail: Bool = false, limits: StepLimits = StepLimits()
    ) -> any Stepper {
        switch self {
        case .function: FunctionStepper(includesNested: includesNested, separatesTail: separatesTail, limits: limits)
        case .docstring: DocstringStepper(limits: limits)
        case .line: LineStepper(limits: limits)
        case .paragraph: ParagraphStepper(limits: limits)
        case .whole: ProgramStepper()
        }
    }
}

extension Steps {
    /// Where the prefixes end: offsets into the text's UTF-8, the last being its length.
    public var prefixEnds: [Int] { steps.map(\.bytes.upperBound) }
}
