// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Execution
import Foundation
import SelectorKit

/// Makes benchmark rows of function lattices: runs their input generators and, for the expected outputs, their reference programs, in the sandbox.
public struct LatticeBuilder: Sendable {
    private let grader: Grader

    public init(grader: Grader) { self.grader = grader }

    /// The problem as one row of LiveCodeBench.
    ///
    /// - Throws: `DataError` when the generator or the reference program fails.
    public func row(for problem: LatticeProblem, file: String) async throws -> String {
        let hidden = problem.hiddenInputs + (try await generatedInputs(problem, file: file))
        let program = problem.program(choice: problem.referenceChoice, style: .chainOfFunctions)
        // Functional inputs are one JSON value per line, and LiveCodeBench takes a last empty line for one more (broken) value.
        let inputs = (problem.publicInputs + hidden).map {
            problem.kind == .functional ? $0.trimmingCharacters(in: .newlines) : $0
        }
        let outputs: [String]
        do {
            outputs = try await grader.outputs(of: program, functionName: problem.function, inputs: inputs)
        } catch let failure as ProgramFailure {
            throw DataError(
                file: file, field: "slots",
                message: "The reference program (the first correct variants) fails: \(failure)")
        }
        let tests = zip(inputs, outputs).map { TestExample(input: $0, output: $1, kind: problem.kind) }
        let publicCount = problem.publicInputs.count
        return problem.liveCodeBenchRow(
            publicTests: Array(tests.prefix(publicCount)), hiddenTests: Array(tests.dropFirst(publicCount)))
    }

    private func generatedInputs(_ problem: LatticeProblem, file: String) async throws -> [String] {
        guard let generator = problem.generator else { return [] }
        // The seed is part of the format: the same file gives the same inputs everywhere.
        let program = """
            \(generator)

            import json as _json, random as _random
            print(_json.dumps(list(inputs(_random.Random(20260101)))))
            """
        do {
            let output = try await grader.outputs(of: program, functionName: nil, inputs: [""])
            return try JSONDecoder().decode([String].self, from: Data((output.first ?? "").utf8))
        } catch let failure as ProgramFailure {
            throw DataError(file: file, field: "tests.generator", message: "The generator fails: \(failure)")
        } catch is DecodingError {
            throw DataError(file: file, field: "tests.generator", message: "The generator must yield texts.")
        }
    }
}
