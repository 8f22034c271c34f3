// SPDX-License-Identifier: Apache-2.0
import Foundation
import SelectorKit

/// The trusted side of one program's inputs.
struct ProgramConversation: Sendable {
    let inputs: [ProgramInput]
    /// Whether a returned tuple counts as the list of its members.
    let isLenientOnTuples: Bool
    let cpuSeconds: Double
    let wallSeconds: Double

    /// What came before the child ended or was of no more use: outputs of the first inputs.
    struct Result: Sendable {
        var outputs: [ProgramOutput] = []
        /// How many further inputs the child has taken down with it without a word: how it ended is their output. Nil when all is said.
        var silent: Int?
    }

    func hold(with session: any ChildSession) -> Result {
        var result = Result()
        switch answer(from: session) {
        case .answered: break
        // What does not load fails on every input.
        case .failed(let reason, _):
            result.outputs = Array(repeating: .failed(reason: reason), count: inputs.count)
            return result
        case .ended:
            result.silent = inputs.count
            return result
        }
        for input in inputs {
            guard let request = try? JSONEncoder().encode(Request(input)) else {
                result.outputs.append(.failed(reason: "an input that cannot be sent"))
                continue
            }
            session.send(request)
            switch answer(from: session) {
            case .answered(let data): result.outputs.append(output(data, of: input))
            case .failed(let reason, let isLast):
                result.outputs.append(.failed(reason: reason))
                if isLast { return result }
            case .ended:
                result.silent = 1
                return result
            }
        }
        return result
    }

    private struct Request: Encodable {
        var input: String?
        var arguments: String?
        var assertion: String?

        init(_ input: ProgramInput) {
            switch input {
            case .standardInput(let text): self.input = text
            // The one module reads `input`, the other `arguments`.
            case .arguments(let text):
                self.input = text
                arguments = text
            case .assertion(let code): assertion = code
            }
        }
    }

    private struct Frame: Decodable {
        var output: String?
        /// How long an output was that was cut.
        var truncated: Int?
        var passed: Bool?
        var error: LiveCodeBenchFrame.Failure?
    }

    private enum Answer {
        case answered(Data)
        /// Whether the child is not to be used for another input.
        case failed(reason: String, isLast: Bool)
        case ended
    }

    private func answer(from session: any ChildSession) -> Answer {
        switch session.receive(cpuSeconds: cpuSeconds, wallSeconds: wallSeconds) {
        case .json(let data):
            guard let frame = try? JSONDecoder().decode(Frame.self, from: data) else {
                return .failed(reason: ProgramFailureReason.exit, isLast: true)
            }
            guard let error = frame.error else { return .answered(data) }
            // A program that was interrupted, or has ended, may have left anything behind.
            if error.kind == "timeout" || error.code == -3 {
                return .failed(reason: ProgramFailureReason.time, isLast: true)
            }
            if error.kind == "exit" { return .failed(reason: ProgramFailureReason.exit, isLast: true) }
            if error.type == "MemoryError" { return .failed(reason: ProgramFailureReason.memory, isLast: true) }
            return .failed(reason: String((error.type ?? "Exception").prefix(80)), isLast: error.code == -5)
        case .bytes: return .failed(reason: ProgramFailureReason.exit, isLast: true)
        case .cpuLimit, .wallLimit: return .failed(reason: ProgramFailureReason.time, isLast: true)
        case .ended: return .ended
        }
    }

    private func output(_ data: Data, of input: ProgramInput) -> ProgramOutput {
        switch input {
        case .standardInput:
            guard let frame = try? JSONDecoder().decode(Frame.self, from: data), let output = frame.output else {
                return .failed(reason: ProgramFailureReason.exit)
            }
            return frame.truncated == nil ? .output(output) : .failed(reason: ProgramFailureReason.output)
        case .arguments:
            guard let wire = try? PythonJSON.parse(data).member("value"), let value = try? PythonValue(wire: wire)
            else { return .failed(reason: ProgramFailureReason.exit) }
            return (isLenientOnTuples ? value.tupleAsList : value).output(
                floats: isLenientOnTuples ? .exact : .rounded)
        case .assertion:
            guard let frame = try? JSONDecoder().decode(Frame.self, from: data), frame.passed == true else {
                return .failed(reason: ProgramFailureReason.exit)
            }
            return .output("passed")
        }
    }
}
