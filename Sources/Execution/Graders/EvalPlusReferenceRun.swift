// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Runs a problem's canonical solution in a child of its own and takes its results.
package struct EvalPlusReferenceRun: Sendable {
    /// The job description that `grade_evalplus` reads.
    package struct Description: Encodable, Sendable {
        var mode = "reference"
        var code: String
        var entry_point: String
        var dataset: String
        var task_id: String
        var inputs: String?
        var input_expressions: [String]?
        var expected_expressions: [String]?
        var clock: String
        var only: [Int]?
        var largest: Int?

        package init(
            code: String, entryPoint: String, dataset: String, taskID: String, inputs: String? = nil,
            inputExpressions: [String]? = nil, expectedExpressions: [String]? = nil, clock: Clock
        ) {
            self.code = code
            entry_point = entryPoint
            self.dataset = dataset
            task_id = taskID
            self.inputs = inputs
            input_expressions = inputExpressions
            expected_expressions = expectedExpressions
            self.clock = clock.rawValue
        }
    }

    /// What came of a run, before it is made into a `Reference`.
    struct Result: Sendable {
        var inputs = Data()
        var expected: [Data] = []
        var seconds: [Double] = []
        var isInProcess = false
    }

    private struct Frame: Decodable {
        struct Failure: Decodable {
            var type: String
            var message: String
        }
        var count: Int?
        var reference_seconds: [Double]?
        var in_process: String?
        var error: Failure?
    }

    private enum Answer<Value: Sendable>: Sendable {
        case value(Value)
        case raised(String)
        case nothing
    }

    private let runner: any JobRunner
    private let description: Description
    private static let limits = JobLimits(
        cpuSeconds: 600, wallSeconds: 1800, addressSpaceBytes: nil, stackBytes: 4 << 30)
    /// Longer values are compared by digest only.
    static let largestValue = 64 << 20

    package init(runner: any JobRunner, description: Description) {
        self.runner = runner
        self.description = description
    }

    /// The reference of one test set.
    package func reference() async throws -> Reference { try await result().reference() }

    func result() async throws -> Result {
        let result = try await answer(to: description) { session -> Answer<Result> in
            var result = Result()
            while true {
                switch session.receive(cpuSeconds: nil, wallSeconds: Self.limits.wallSeconds) {
                case .json(let data):
                    guard let frame = try? JSONDecoder().decode(Frame.self, from: data) else { return .nothing }
                    if let error = frame.error { return .raised("\(error.type): \(error.message)") }
                    if frame.in_process != nil { return .value(Result(isInProcess: true)) }
                    if let seconds = frame.reference_seconds {
                        result.seconds = seconds
                        return .value(result)
                    }
                    guard
                        case .bytes(let inputs) = session.receive(
                            cpuSeconds: nil, wallSeconds: Self.limits.wallSeconds)
                    else { return .nothing }
                    result.inputs = inputs
                case .bytes(let records): result.expected.append(records)
                case .ended, .cpuLimit, .wallLimit: return .nothing
                }
            }
        }
        return result.isInProcess ? try await inProcess() : result
    }

    private func inProcess() async throws -> Result {
        var description = description
        description.mode = "reference_in_process"
        return try await answer(to: description) { session -> Answer<Result> in
            guard case .json(let data) = session.receive(cpuSeconds: nil, wallSeconds: Self.limits.wallSeconds),
                let frame = try? JSONDecoder().decode(Frame.self, from: data)
            else { return .nothing }
            if let error = frame.error { return .raised("\(error.type): \(error.message)") }
            guard let seconds = frame.reference_seconds,
                case .bytes(let tests) = session.receive(cpuSeconds: nil, wallSeconds: Self.limits.wallSeconds)
            else { return .nothing }
            return .value(Result(inputs: tests, seconds: seconds, isInProcess: true))
        }
    }

    /// The full encodings of some tests' expected values; those that are too long even so are left out.
    func longValues(of tests: [Int]) async throws -> LongValues {
        var description = description
        description.only = tests
        description.largest = Self.largestValue
        return try await answer(to: description) { session -> Answer<LongValues> in
            guard let values = try? LongValues() else { return .nothing }
            for test in tests {
                guard case .bytes(let value) = session.receive(cpuSeconds: nil, wallSeconds: Self.limits.wallSeconds),
                    value.isEmpty || values.append(value, test: test)
                else { return .nothing }
            }
            return .value(values)
        }
    }

    private func answer<Value: Sendable>(
        to description: Description, conversation: @escaping @Sendable (any ChildSession) -> Answer<Value>
    ) async throws -> Value {
        var job = Job(module: "grade_evalplus", payload: try payload(description), limits: Self.limits)
        job.largestReply = 1 << 30
        let (answer, report) = try await runner.run(job, conversation: conversation)
        let why: String
        switch answer {
        case .value(let value): return value
        case .raised(let text): why = text
        case .nothing: why = report.outcome(cpuLimit: Self.limits.cpuSeconds).message
        }
        throw ReferenceFailure(
            description: "The canonical solution of \(description.task_id) gave no expected values: \(why)")
    }
}

extension EvalPlusReferenceRun.Result {
    func reference() throws -> Reference {
        guard !isInProcess else { return Reference(tests: .inProcess(try SealedMemory(inputs)), seconds: seconds) }
        let values = try ExpectedValues(frames: expected)
        guard values.values.count == seconds.count else { throw ExpectedValues.Malformed() }
        return Reference(tests: .answers(inputs: try SealedMemory(inputs), expected: values), seconds: seconds)
    }
}

/// The data set's own solution cannot be run here; nothing can be said of the candidates.
private struct ReferenceFailure: Error, CustomStringConvertible {
    var description: String
}
