// SPDX-License-Identifier: Apache-2.0

/// Runs programs in the sandbox on inputs that are not hidden tests.
public protocol ProgramRunner: Sendable {
    /// The outputs of `program` on `inputs`, in order.
    ///
    /// A program that fails is a value too: a `.failed` entry. An error means that our own machinery failed.
    ///
    /// - Parameter seconds: the limit per input, loading the program included, of the clock that the experiment counts; nil for the runner's own.
    func run(
        _ program: String, of problem: Problem, on inputs: [ProgramInput], seconds: Double?
    ) async throws -> [ProgramOutput]

    /// The same with the CPU time that it took, or took when the outputs were first made; for the accounts of a run.
    func measuredRun(
        _ program: String, of problem: Problem, on inputs: [ProgramInput], seconds: Double?
    ) async throws -> MeasuredOutputs

    /// The text that stands for an output where outputs are compared: two outputs have the same exactly where the benchmark's own comparison calls
    /// them equal, as far as texts can tell.
    ///
    /// - Parameter output: what `run` gave for `input`, or what a public test expects of it.
    func comparable(_ output: String, on input: ProgramInput, of problem: Problem) -> String
}

/// Outputs of a program, with the CPU seconds of the processes that made them.
public struct MeasuredOutputs: Sendable, Hashable {
    public var outputs: [ProgramOutput]
    public var cpuSeconds: Double

    public init(outputs: [ProgramOutput], cpuSeconds: Double) {
        self.outputs = outputs
        self.cpuSeconds = cpuSeconds
    }
}

extension ProgramRunner {
    /// Without a measurement: no CPU time.
    public func measuredRun(
        _ program: String, of problem: Problem, on inputs: [ProgramInput], seconds: Double?
    ) async throws -> MeasuredOutputs {
        MeasuredOutputs(
            outputs: try await run(program, of: problem, on: inputs, seconds: seconds), cpuSeconds: 0)
    }

    /// The outputs of `program` on `inputs`, within the runner's own limit of time.
    public func run(_ program: String, of problem: Problem, on inputs: [ProgramInput]) async throws -> [ProgramOutput] {
        try await run(program, of: problem, on: inputs, seconds: nil)
    }

    /// The output without the blanks around its lines and the blank lines around it.
    public func comparable(_ output: String, on input: ProgramInput, of problem: Problem) -> String {
        output.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .map { $0.trimming(while: \.isWhitespace) }[...]
            .trimming(while: \.isEmpty)
            .joined(separator: "\n")
    }
}

extension BidirectionalCollection where SubSequence == Self {
    /// Without the elements at both ends that fulfil `predicate`.
    fileprivate func trimming(while predicate: (Element) -> Bool) -> Self {
        var rest = drop(while: predicate)
        while let last = rest.last, predicate(last) { rest.removeLast() }
        return rest
    }
}

/// What one run of a program gave.
public enum ProgramOutput: Sendable, Hashable, Codable {
    /// Standard output, the returned value in a canonical text form, or `passed` for an assertion that held.
    case output(String)
    /// The program did not answer. The reason is the same wherever the failure is of the same kind: an exception's type, `AssertionError` for an
    /// assertion that did not hold, `time limit`, `memory limit`, `output limit`, `exit`, `crash`.
    case failed(reason: String)
}

/// What a program is run on.
public enum ProgramInput: Sendable, Hashable, Codable {
    /// The whole standard input.
    case standardInput(String)
    /// One JSON value per line, one line per argument of the entry point.
    case arguments(String)
    /// Python code that calls the entry point and asserts something of what it returns.
    case assertion(String)
}

extension TestExample {
    /// The test's input without what it expects.
    public var programInput: ProgramInput {
        switch kind {
        case .standardInput: .standardInput(input)
        case .functional: .arguments(input)
        }
    }
}
