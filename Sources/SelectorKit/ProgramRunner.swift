// SPDX-License-Identifier: Apache-2.0

/// Runs programs in the sandbox on inputs that are not hidden tests.
public protocol ProgramRunner: Sendable {
    /// The outputs of `program` on `inputs`, in order.
    ///
    /// A program that fails is a value too: a `.failed` entry. An error means that our own machinery failed.
    func run(_ program: String, of problem: Problem, on inputs: [ProgramInput]) async throws -> [ProgramOutput]
}

/// What one run of a program gave.
public enum ProgramOutput: Sendable, Hashable, Codable {
    /// Standard output, the returned value in a canonical text form, or `passed` for an assertion that held.
    case output(String)
    /// The program did not answer: an exception, a failed assertion, a time-out.
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
