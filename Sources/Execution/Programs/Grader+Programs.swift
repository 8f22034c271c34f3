// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import SelectorKit

extension Grader {
    /// Raised whenever the same program can give another output: cached scores that were made from older outputs are then not used.
    public static let outputVersion = 1

    /// The limit per input where the caller names none.
    static let secondsPerOutput = 2.0

    /// After so many inputs of one kind over the limit of time, the program's others count as over the limit too, without being tried.
    static let toleratedTimeouts = 3

    /// Characters of one output, beyond which the output counts as over the limit.
    static let outputCharacters = 1 << 20

    /// What `program` gives on each input: a value for failures too.
    ///
    /// The inputs of one kind share a child as long as it lives; one that ends it, or hits a limit, costs only itself.
    ///
    /// - Throws: `SandboxError` when our own machinery fails twice; `CancellationError`.
    func outputs(
        of program: String, problem: Problem, on inputs: [ProgramInput], seconds: Double?
    ) async throws -> MeasuredOutputs {
        var cpuSeconds = 0.0
        var byPlace: [Int: ProgramOutput] = [:]
        for form in ProgramForm.allCases {
            let places = inputs.indices.filter { ProgramForm(inputs[$0], problem) == form }
            guard !places.isEmpty else { continue }
            let found = try await outputs(
                of: program, problem: problem, form: form, on: places.map { inputs[$0] },
                seconds: seconds ?? Self.secondsPerOutput)
            cpuSeconds += found.cpuSeconds
            for (place, output) in zip(places, found.outputs) { byPlace[place] = output }
        }
        return MeasuredOutputs(
            outputs: inputs.indices.map { byPlace[$0] ?? .failed(reason: ProgramFailureReason.exit) },
            cpuSeconds: cpuSeconds)
    }

    /// The same for inputs of one form.
    private func outputs(
        of program: String, problem: Problem, form: ProgramForm, on inputs: [ProgramInput], seconds: Double
    ) async throws -> MeasuredOutputs {
        var outputs: [ProgramOutput] = []
        var cpuSeconds = 0.0
        var timeouts = 0
        while outputs.count < inputs.count {
            let rest = Array(inputs[outputs.count...])
            let found = try await conversation(program, problem, form, rest, seconds)
            outputs += found.outputs
            cpuSeconds += found.cpuSeconds
            timeouts += found.outputs.count { $0 == .failed(reason: ProgramFailureReason.time) }
            if timeouts >= Self.toleratedTimeouts {
                outputs += Array(
                    repeating: .failed(reason: ProgramFailureReason.time), count: inputs.count - outputs.count)
            }
        }
        return MeasuredOutputs(outputs: outputs, cpuSeconds: cpuSeconds)
    }

    /// What one child gives until it ends: an output for at least the first input.
    private func conversation(
        _ program: String, _ problem: Problem, _ form: ProgramForm, _ inputs: [ProgramInput], _ seconds: Double
    ) async throws -> MeasuredOutputs {
        var limits = limits(
            seconds: (seconds + 1) * Double(inputs.count + 2), grace: 1, memoryBytes: Self.generousMemory)
        limits.outputBytes = 64 << 20
        let wall = wallSeconds(seconds)
        let job = Job(
            module: form.module,
            payload: try payload(
                ProgramDescription(
                    code: program, function: form.calls ? problem.entryPoint : nil,
                    star_imports: form == .liveCodeBenchAssertion,
                    seconds: seconds, wall_seconds: wall, clock: settings.clock, semantics: settings.semantics,
                    output_limit: Self.outputCharacters)), limits: limits)
        let talk = ProgramConversation(
            inputs: inputs, isLenientOnTuples: form == .liveCodeBenchFunction, cpuSeconds: seconds + 1,
            wallSeconds: wall + 2)
        func attempt() async throws -> MeasuredOutputs {
            let (result, report) = try await runner.run(job) { talk.hold(with: $0) }
            guard let silent = result.silent else {
                return MeasuredOutputs(outputs: result.outputs, cpuSeconds: report.cpuSeconds)
            }
            let reason =
                report.outOfMemory
                ? ProgramFailureReason.memory : ProgramFailureReason.of(report.outcome(cpuLimit: limits.cpuSeconds).0)
            return MeasuredOutputs(
                outputs: result.outputs + Array(repeating: .failed(reason: reason), count: silent),
                cpuSeconds: report.cpuSeconds)
        }
        do {
            return try await attempt()
        } catch let error as CancellationError {
            throw error
        } catch {
            try Task.checkCancellation()
            return try await attempt()
        }
    }
}

/// How a program is run, which depends on the input and the benchmark.
enum ProgramForm: CaseIterable {
    /// It reads standard input, as LiveCodeBench's do.
    case standardInput
    /// LiveCodeBench's function or method is called.
    case liveCodeBenchFunction
    /// Its text is executed behind LiveCodeBench's star imports, then an assertion.
    case liveCodeBenchAssertion
    /// Its text is executed, then a call or an assertion.
    case library

    init(_ input: ProgramInput, _ problem: Problem) {
        let isLiveCodeBench = problem.benchmark == Benchmark.liveCodeBench.rawValue
        switch input {
        case .standardInput: self = .standardInput
        case .arguments: self = isLiveCodeBench ? .liveCodeBenchFunction : .library
        case .assertion: self = isLiveCodeBench ? .liveCodeBenchAssertion : .library
        }
    }

    var module: String {
        switch self {
        case .standardInput, .liveCodeBenchFunction: "grade_livecodebench"
        case .liveCodeBenchAssertion, .library: "run_program"
        }
    }

    var calls: Bool { self != .standardInput }
}

/// The reasons of `ProgramOutput.failed` besides the types of exceptions.
enum ProgramFailureReason {
    static let time = "time limit"
    static let memory = "memory limit"
    static let output = "output limit"
    static let exit = "exit"
    static let crash = "crash"

    /// What the end of a child means that gave no answer.
    static func of(_ outcome: Outcome) -> String {
        switch outcome {
        case .cpuTimeout, .wallTimeout: time
        case .memoryLimit: memory
        case .outputLimit: output
        case .crash: crash
        default: exit
        }
    }
}

/// The job description that `grade_livecodebench` and `run_program` read.
private struct ProgramDescription: Encodable {
    var code: String
    var function: String?
    var star_imports: Bool
    var seconds: Double
    var wall_seconds: Double
    var clock: Clock
    var semantics: Semantics
    var output_limit: Int

    private enum Keys: String, CodingKey {
        case code, function, star_imports, seconds, wall_seconds, clock, semantics, output_limit
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(code, forKey: .code)
        // Null, not absent: it says that no function is called.
        try container.encode(function, forKey: .function)
        try container.encode(star_imports, forKey: .star_imports)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(wall_seconds, forKey: .wall_seconds)
        try container.encode(clock, forKey: .clock)
        try container.encode(semantics, forKey: .semantics)
        try container.encode(output_limit, forKey: .output_limit)
    }
}
