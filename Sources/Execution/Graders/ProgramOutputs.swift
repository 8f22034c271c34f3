// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A program that failed on an input.
public struct ProgramFailure: Error, Sendable, CustomStringConvertible {
    /// The input's index; nil when the program did not start.
    public var input: Int?
    public var outcome: Outcome
    public var message: String

    public var description: String {
        "\(outcome.rawValue)\(input.map { " on input \($0)" } ?? ""): \(message)"
    }
}

extension Grader {
    /// What a program prints, or its function returns as JSON, on each input.
    ///
    /// - Parameters:
    ///   - functionName: the method of `class Solution` or the function to call; nil for a program that reads standard input.
    ///   - seconds: the limit per input.
    /// - Throws: `ProgramFailure` at the first input that it fails on; `SandboxError` when our own machinery fails.
    public func outputs(
        of program: String, functionName: String?, inputs: [String], seconds: Double = 10
    ) async throws -> [String] {
        var limits = limits(seconds: (seconds + 1) * Double(inputs.count) + 5, grace: 1, memoryBytes: 4 << 30)
        limits.outputBytes = 64 << 20
        let wall = wallSeconds(seconds)
        let job = Job(
            module: "grade_livecodebench",
            payload: try payload(
                LiveCodeBenchDescription(
                    code: program, function: functionName, seconds: seconds, wallSeconds: wall,
                    clock: settings.clock, semantics: .strict)), limits: limits)
        let (talk, report) = try await runner.run(job) { session in
            OutputConversation(
                inputs: inputs, isFunctional: functionName != nil, cpuSeconds: seconds + 1, wallSeconds: wall + 2
            )
            .hold(with: session)
        }
        switch talk {
        case .outputs(let outputs): return outputs
        case .failed(let failure): throw failure
        case .silent(let input):
            let (outcome, message) = report.outcome(cpuLimit: limits.cpuSeconds)
            throw ProgramFailure(input: input, outcome: outcome, message: message)
        }
    }
}

private struct OutputConversation: Sendable {
    enum Result: Sendable {
        case outputs([String])
        case failed(ProgramFailure)
        case silent(input: Int?)
    }

    let inputs: [String]
    let isFunctional: Bool
    let cpuSeconds: Double
    let wallSeconds: Double

    func hold(with session: any ChildSession) -> Result {
        var outputs: [String] = []
        var input: Int?
        while true {
            switch session.receive(cpuSeconds: cpuSeconds, wallSeconds: wallSeconds) {
            case .json(let data):
                guard let frame = try? JSONDecoder().decode(LiveCodeBenchFrame.self, from: data) else {
                    return .failed(.init(input: input, outcome: .noVerdict, message: "The program sent no answer."))
                }
                if let error = frame.error {
                    let text = [error.type, error.message].compactMap(\.self).joined(separator: ": ")
                    return .failed(
                        .init(input: input, outcome: error.kind == "timeout" ? .cpuTimeout : .exception, message: text))
                }
                if input != nil {
                    guard let output = isFunctional ? value(data) : frame.output else {
                        return .failed(
                            .init(input: input, outcome: .noVerdict, message: "The returned value is not JSON."))
                    }
                    outputs.append(output)
                }
            case .bytes:
                return .failed(.init(input: input, outcome: .noVerdict, message: "The program sent no answer."))
            case .cpuLimit: return .failed(.init(input: input, outcome: .cpuTimeout, message: "over the time limit"))
            case .wallLimit: return .failed(.init(input: input, outcome: .wallTimeout, message: "over the time limit"))
            case .ended: return .silent(input: input)
            }
            let next = (input ?? -1) + 1
            guard next < inputs.count else { return .outputs(outputs) }
            guard let request = try? JSONEncoder().encode(["input": inputs[next]]) else { return .silent(input: next) }
            input = next
            session.send(request)
        }
    }

    private func value(_ data: Data) -> String? {
        guard let wire = try? PythonJSON.parse(data).member("value"), let value = try? PythonValue(wire: wire) else {
            return nil
        }
        return value.tupleAsList.json
    }
}

extension PythonValue {
    /// The value of a key, where this is an object.
    func member(_ name: String) -> PythonValue? {
        guard case .dict(let entries) = self else { return nil }
        return entries.first { if case .string(name) = $0.key { true } else { false } }?.value
    }

    /// The value as JSON; nil for a value that JSON does not have.
    package var json: String? {
        switch self {
        case .none: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .int(let value): return value.small.map(String.init)
        case .float(let value): return value.isFinite ? "\(value)" : nil
        case .string(let text):
            return (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) }
        case .instance(_, let base): return base.json
        case .list(let items):
            var parts: [String] = []
            for item in items {
                guard let part = item.json else { return nil }
                parts.append(part)
            }
            return "[\(parts.joined(separator: ", "))]"
        default: return nil
        }
    }
}
