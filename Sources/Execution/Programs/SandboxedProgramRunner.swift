// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Datasets
import Foundation
public import SelectorKit

/// Runs programs for selectors, in the sandbox that grades candidates too: an engine of its own, started with the first program that was not run before.
///
/// What a program gave is kept, within bounds, for the other selectors of the run.
public actor SandboxedProgramRunner: ProgramRunner {
    private let preambles: [String: String]
    private let makeEngine: @Sendable () async throws -> ExecutionEngine
    private var engine: Task<ExecutionEngine, any Error>?
    private var known: [String: Task<MeasuredOutputs, any Error>] = [:]
    /// The keys of `known` from old to new, with the bytes that each holds.
    private var kept: [(key: String, bytes: Int)] = []
    private var keptBytes = 0
    private let capacity: Int

    /// - Parameters:
    ///   - preambles: by problem, what its benchmark puts before an answer, such as the helpers that a prompt defines.
    ///   - capacity: bytes of outputs that are kept.
    ///   - makeEngine: starts the engine; called only when there is a program to run.
    public init(
        preambles: [String: String] = [:], capacity: Int = 64 << 20,
        makeEngine: @escaping @Sendable () async throws -> ExecutionEngine
    ) {
        self.preambles = preambles
        self.capacity = capacity
        self.makeEngine = makeEngine
    }

    /// Whether an engine was started and not shut down.
    public var isRunning: Bool { engine != nil }

    public func run(
        _ program: String, of problem: Problem, on inputs: [ProgramInput], seconds: Double?
    ) async throws -> [ProgramOutput] {
        try await measuredRun(program, of: problem, on: inputs, seconds: seconds).outputs
    }

    public func measuredRun(
        _ program: String, of problem: Problem, on inputs: [ProgramInput], seconds: Double?
    ) async throws -> MeasuredOutputs {
        guard !inputs.isEmpty else { return MeasuredOutputs(outputs: [], cpuSeconds: 0) }
        let text = (preambles[problem.id] ?? "") + program
        // The inputs count as one: what a program gives may depend on the inputs before, and must not depend on which selector came first.
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let key = ContentHash.of(
            "outputs", text, problem.benchmark, problem.entryPoint ?? "",
            String(decoding: try encoder.encode(inputs), as: UTF8.self), "\(seconds ?? 0)")
        let task =
            known[key]
            ?? Task {
                try await startedEngine().grader.outputs(of: text, problem: problem, on: inputs, seconds: seconds)
            }
        let isNew = known.updateValue(task, forKey: key) == nil
        do {
            let measured = try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
            if isNew { keep(key, bytes: measured.outputs.reduce(200) { $0 + $1.bytes }) }
            return measured
        } catch {
            if isNew { known[key] = nil }
            throw error
        }
    }

    public nonisolated func comparable(_ output: String, on input: ProgramInput, of problem: Problem) -> String {
        switch input {
        case .standardInput: return OutputComparison.canonical(output)
        case .arguments:
            // What a program returned is canonical already, and stays as it is.
            guard let value = try? PythonJSON.parse(output.utf8) else { return output }
            let isExact = problem.benchmark == Benchmark.liveCodeBench.rawValue
            guard case .output(let text) = value.output(floats: isExact ? .exact : .rounded) else { return output }
            return text
        case .assertion: return output
        }
    }

    /// Ends the engine, if one was started. A program that comes later starts another.
    public func shutDown() async {
        guard let engine else { return }
        self.engine = nil
        if let started = try? await engine.value { await started.shutDown() }
    }

    private func startedEngine() async throws -> ExecutionEngine {
        if let engine { return try await engine.value }
        let starting = Task { [makeEngine] in try await makeEngine() }
        engine = starting
        do {
            return try await starting.value
        } catch {
            engine = nil
            throw error
        }
    }

    private func keep(_ key: String, bytes: Int) {
        kept.append((key, bytes))
        keptBytes += bytes
        while keptBytes > capacity, let oldest = kept.first {
            kept.removeFirst()
            keptBytes -= oldest.bytes
            known[oldest.key] = nil
        }
    }
}

extension ProgramOutput {
    fileprivate var bytes: Int {
        switch self {
        case .output(let text): text.utf8.count
        case .failed(let reason): reason.utf8.count
        }
    }
}
