// SPDX-License-Identifier: Apache-2.0
public import SelectorKit

/// A candidate as a pool file gives it, ready to be graded.
public struct LoadedCandidate: Sendable {
    public var problemID: String
    /// What selectors see.
    public var candidate: Candidate
    /// What the grader executes: `candidate.program`, or that with the benchmark's own prefix (the calibrated prompt of BigCodeBench, the
    /// signature stub of HumanEval answers that bring their own header).
    public var gradedProgram: String
    /// A verdict that the file brings along.
    public var importedVerdict: ImportedVerdict?

    public init(problemID: String, candidate: Candidate, gradedProgram: String, importedVerdict: ImportedVerdict? = nil)
    {
        self.problemID = problemID
        self.candidate = candidate
        self.gradedProgram = gradedProgram
        self.importedVerdict = importedVerdict
    }
}

/// A verdict made elsewhere.
public struct ImportedVerdict: Sendable, Hashable, Codable {
    public var passed: Bool
    /// Who made it: the name of the field or the `source` that the file states.
    public var source: String

    public init(passed: Bool, source: String) {
        self.passed = passed
        self.source = source
    }
}
