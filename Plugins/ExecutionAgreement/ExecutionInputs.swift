// SPDX-License-Identifier: Apache-2.0
import SelectorKit

/// Which inputs programs are compared on.
public enum ExecutionInputs: String, Codable, Sendable, CaseIterable {
    /// The inputs of the statement's tests.
    case `public`
    /// Those that a model wrote.
    case generated
    case both

    var requirements: Set<SelectorDescriptor.Requirement> {
        switch self {
        case .public: [.execution, .publicTests]
        case .generated: [.execution, .generatedTests]
        case .both: [.execution, .publicTests, .generatedTests]
        }
    }

    /// The problem's inputs, each once.
    func inputs(in context: SelectionContext) throws(SelectorError) -> [ProgramInput] {
        var inputs: [ProgramInput] = []
        if self != .generated { inputs += try context.publicTests().map(\.programInput) }
        if self != .public { inputs += try context.generatedTests() }
        var seen: Set<ProgramInput> = []
        return inputs.filter { seen.insert($0).inserted }
    }
}

extension CandidatePool {
    /// What the candidates give on `inputs`; nil for blank ones and, where there are inputs, those that fail on every one.
    func signatures(
        on inputs: [ProgramInput], seconds: Double, in context: SelectionContext
    ) async throws -> [[ProgramOutput]?] {
        let outputs = try await ProgramOutputs(of: self, on: inputs, seconds: seconds, in: context)
        return outputs.signatures(on: inputs, of: problem).map { signature in
            guard let signature else { return nil }
            return !signature.isEmpty && signature.allSatisfy(\.hasFailed) ? nil : signature
        }
    }

    /// The values as scores; the candidates without one are rejected.
    func scores(_ values: [Double?]) -> [CandidateScore] {
        zip(candidates, values).map { candidate, value in
            if candidate.isBlank { return .rejected(reason: "blank program") }
            return value.map { .value($0) } ?? .rejected(reason: "fails on every input")
        }
    }
}
