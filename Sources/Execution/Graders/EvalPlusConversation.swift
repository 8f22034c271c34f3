// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The trusted side of one program on one EvalPlus test set: takes answers and compares them until one is wrong.
struct EvalPlusConversation: Sendable {
    enum End: Sendable {
        case passed
        case failed(Outcome, String)
        /// The child noticed that a test's time was up.
        case timeout(String)
        /// The child ended, or was killed, before all answers were there.
        case silent
        /// The answer to a long expected value has other bytes, but may be equal: the value is needed in full.
        case needsLongValues
    }

    struct Talk: Sendable {
        var end: End
        var testsRun: Int
        var nearLimit: Bool
    }

    private struct Failure: Decodable {
        var kind: String
        var type: String
        var message: String

        var text: String { message.isEmpty ? type : "\(type): \(message)" }
    }

    let expected: ExpectedValues
    let inputs: SealedMemory
    let comparison: EvalPlusComparison
    /// The limit of each test.
    let seconds: [Double]
    let clock: Clock
    let wallSeconds: Double
    var longValues: LongValues?

    func hold(with session: any ChildSession) -> Talk {
        var state = State(conversation: self, comparison: comparison)
        return state.run(session)
    }

    private struct State {
        let conversation: EvalPlusConversation
        var comparison: EvalPlusComparison
        var done = 0
        var nearLimit = false
        var before = 0.0
        var arguments: Arguments?

        init(conversation: EvalPlusConversation, comparison: EvalPlusComparison) {
            self.conversation = conversation
            self.comparison = comparison
            if comparison.needsArguments { arguments = Arguments(conversation.inputs) }
        }

        private var expected: [ExpectedValues.Value] { conversation.expected.values }

        mutating func run(_ session: any ChildSession) -> Talk {
            before = now(session)
            // A program that cannot be loaded says so even where there are no tests; one that can says nothing then.
            while done < expected.count {
                switch session.receive(cpuSeconds: nil, wallSeconds: conversation.wallSeconds) {
                case .json(let data): return talk(loadingFailure(data))
                case .bytes(let frame):
                    if let end = take(frame, session) { return talk(end) }
                case .ended, .cpuLimit, .wallLimit: return talk(.silent)
                }
            }
            if expected.isEmpty,
                case .json(let data) = session.receive(
                    cpuSeconds: nil, wallSeconds: conversation.wallSeconds)
            {
                return talk(loadingFailure(data))
            }
            return talk(.passed)
        }

        private func talk(_ end: End) -> Talk { Talk(end: end, testsRun: done, nearLimit: nearLimit) }

        private func now(_ session: any ChildSession) -> Double {
            conversation.clock == .cpu ? session.cpu : monotonicSeconds()
        }

        private func loadingFailure(_ data: Data) -> End {
            struct Message: Decodable { var error: Failure }
            guard let failure = try? JSONDecoder().decode(Message.self, from: data).error else { return .noAnswer }
            return failure.kind == "syntax" ? .failed(.syntaxError, failure.text) : end(of: failure)
        }

        private func end(of failure: Failure) -> End {
            switch failure.kind {
            case "timeout": .timeout(failure.text)
            case "answer": .failed(.wrongAnswer, "the result cannot be compared: \(failure.text)")
            default: .failed(failure.type == "MemoryError" ? .memoryLimit : .exception, failure.text)
            }
        }

        /// Compares the answers of one frame; nil to go on.
        private mutating func take(_ frame: Data, _ session: any ChildSession) -> End? {
            let time = now(session)
            defer { before = now(session) }
            let bytes = [UInt8](frame)
            guard let ranges = try? bytes.withUnsafeBytes({ try PythonMarshal.byteStrings($0) }), !ranges.isEmpty,
                ranges.count <= expected.count - done
            else { return .noAnswer }
            // Frames are sent at least every 50 ms, so a test that takes long is the last of its frame and took nearly all of its time.
            let limit = conversation.seconds[done + ranges.count - 1]
            if (limit / 2...limit * 2).contains(time - before) { nearLimit = true }
            for (index, range) in ranges.enumerated() {
                done += 1
                if let end = check(bytes[range], isLast: index == ranges.count - 1, session) { return end }
            }
            return nil
        }

        /// Compares the answer to test `done - 1`; nil when it is right.
        private mutating func check(_ answer: ArraySlice<UInt8>, isLast: Bool, _ session: any ChildSession) -> End? {
            let value = expected[done - 1]
            guard let kind = answer.first else { return .noAnswer }
            if value.equalsSameBytes, comparison.passesEqualValues, answer == value.body {
                if value.holdsFloats { comparison.sawExpectedFloats() }
                return nil
            }
            switch kind {
            case UInt8(ascii: "X"):
                guard let failure = try? JSONDecoder().decode(Failure.self, from: Data(answer.dropFirst())) else {
                    return .noAnswer
                }
                return end(of: failure)
            case UInt8(ascii: "W"):
                guard let decoded = try? PythonValue(wire: PythonJSON.parse(answer.dropFirst())) else {
                    return .noAnswer
                }
                return compare(decoded, with: value)
            case UInt8(ascii: "D"):
                guard isLast, let summary = ValueSummary(answer.dropFirst()) else { return .noAnswer }
                return checkLong(summary, with: value, session)
            default:
                guard value.summary == nil || mayEqual(answer, value) else { return wrong(nil) }
                guard let decoded = try? answer.withUnsafeBytes({ try PythonMarshal.decode($0) }) else {
                    return .noAnswer
                }
                return compare(decoded, with: value)
            }
        }

        private func mayEqual(_ head: some Collection<UInt8>, _ value: ExpectedValues.Value) -> Bool {
            // A long list can be compared as a set, and a subclass of a long value can be equal to it.
            guard comparison.passesEqualValues else { return true }
            return ValueSummary.mayBeEqual(head, value.summary?.head ?? Array(value.body.prefix(5)))
        }

        private mutating func checkLong(
            _ answer: ValueSummary, with value: ExpectedValues.Value, _ session: any ChildSession
        ) -> End? {
            if let summary = value.summary, summary == answer, comparison.passesEqualValues {
                if value.holdsFloats { comparison.sawExpectedFloats() }
                session.send(Data(#"{"send":false}"#.utf8))
                return nil
            }
            guard mayEqual(answer.head, value) else { return wrong(nil) }
            guard answer.size <= EvalPlusReferenceRun.largestValue else {
                return .failed(
                    .wrongAnswer, "test \(done - 1): returned \(answer.size) bytes, which are not the expected ones")
            }
            if value.summary != nil, conversation.longValues == nil { return .needsLongValues }
            session.send(Data(#"{"send":true}"#.utf8))
            switch session.receive(cpuSeconds: nil, wallSeconds: conversation.wallSeconds) {
            case .bytes(let data):
                guard let decoded = try? data.withUnsafeBytes({ try PythonMarshal.decode($0) }) else {
                    return .noAnswer
                }
                return compare(decoded, with: value)
            case .json: return .noAnswer
            case .ended, .cpuLimit, .wallLimit: return .silent
            }
        }

        private mutating func compare(_ result: PythonValue, with value: ExpectedValues.Value) -> End? {
            let expected: PythonValue
            if value.summary == nil {
                guard let decoded = try? value.decoded() else {
                    return .failed(.infrastructureError, "The expected value of test \(done - 1) cannot be read.")
                }
                expected = decoded
            } else {
                guard let longValues = conversation.longValues else { return .needsLongValues }
                guard let bytes = longValues.value(test: done - 1),
                    let decoded = try? PythonMarshal.decode(bytes)
                else { return wrong(result) }
                expected = decoded
            }
            let arguments: [PythonValue]
            if self.arguments != nil {
                guard let read = self.arguments?.of(test: done - 1) else {
                    return .failed(.infrastructureError, "The inputs of test \(done - 1) cannot be read.")
                }
                arguments = read
            } else {
                arguments = []
            }
            do {
                let passes = try comparison.matches(
                    result, expected, expectsFloats: value.holdsFloats, arguments: arguments)
                return passes
                    ? nil : .failed(.wrongAnswer, "test \(done - 1): returned \(result) instead of \(expected)")
            } catch {
                return .failed(
                    .wrongAnswer, "test \(done - 1): returned \(result), which cannot be compared with \(expected)")
            }
        }

        private func wrong(_ result: PythonValue?) -> End {
            .failed(.wrongAnswer, "test \(done - 1): returned \(result.map(\.description) ?? "another value")")
        }
    }
}

extension EvalPlusConversation.End {
    fileprivate static var noAnswer: Self { .failed(.noVerdict, "The program sent something that is no answer.") }
}

/// The arguments of the tests, for the few rules that look at them: chunks of marshalled lists, each after its length.
private struct Arguments {
    private let inputs: SealedMemory
    private var position = 0
    private var read: [PythonValue] = []

    init(_ inputs: SealedMemory) { self.inputs = inputs }

    mutating func of(test: Int) -> [PythonValue]? {
        while test >= read.count {
            let length = inputs.read(from: position, size: 4)
            guard length.count == 4 else { return nil }
            let size = length.reversed().reduce(0) { $0 << 8 | Int($1) }
            guard case .list(let chunk)? = try? PythonMarshal.decode(inputs.read(from: position + 4, size: size)) else {
                return nil
            }
            read += chunk
            position += 4 + size
        }
        guard case .list(let arguments) = read[test] else {
            if case .tuple(let arguments) = read[test] { return arguments }
            return nil
        }
        return arguments
    }
}
