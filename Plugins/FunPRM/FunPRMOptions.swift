// SPDX-License-Identifier: Apache-2.0
public import PythonSource
public import SelectorKit

/// What FunPRM's steps are, and how their rewards become a score.
public struct FunPRMOptions: Codable, Sendable, Hashable {
    /// The role of the reward model in the experiment.
    public var rewardModel = "prm"
    public var stepper = StepperName.function
    public var aggregation = RewardAggregation.mean
    /// Whether functions inside functions end steps too; for the stepper `function`.
    public var includeNested = false
    /// Whether code after the last function is a step of its own; for the stepper `function`.
    public var separateTail = false
    /// A step with fewer lines joins the next one.
    public var minimumLines = 1
    public var maximumSteps = MaximumSteps.any

    public init() {}

    /// How many steps a program may have; with more, those at the end become one.
    public enum MaximumSteps: Codable, Sendable, Hashable {
        case any
        case count(Int)

        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let count = try? container.decode(Int.self), count >= 1 {
                self = .count(count)
            } else if (try? container.decode(String.self)) == "any" {
                self = .any
            } else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "It must be 'any' or a whole number from 1.")
            }
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .any: try container.encode("any")
            case .count(let count): try container.encode(count)
            }
        }

        var limit: Int? { if case .count(let count) = self { count } else { nil } }
    }

    func makeStepper() throws(SelectorError) -> any Stepper {
        guard minimumLines >= 1 else {
            throw SelectorError(
                .invalidOption, "Selector 'funprm': option 'minimumLines' is \(minimumLines); it must be at least 1.")
        }
        guard stepper == .function || !(includeNested || separateTail) else {
            throw SelectorError(
                .invalidOption,
                "Selector 'funprm': the options 'includeNested' and 'separateTail' need the stepper 'function', not '\(stepper.rawValue)'."
            )
        }
        return stepper.stepper(
            includesNested: includeNested, separatesTail: separateTail,
            limits: StepLimits(minimumLines: minimumLines, maximumSteps: maximumSteps.limit))
    }
}
