// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Evaluation
import Execution
import Foundation

struct LatticeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lattice",
        abstract:
            "Problems whose candidates come from a known distribution: builds their tests, draws pools from them.",
        discussion: """
            A function lattice is a problem whose program is an entry function and helpers; each has correct and wrong variants with \
            probabilities (docs/lattice.md). It stands in for a language model where none is at hand, and its policy is known exactly.
            """,
        subcommands: [Build.self, Sample.self, Serve.self])

    struct Build: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Writes the lattices as LiveCodeBench rows, with the expected outputs of their reference programs.",
            discussion:
                "Example:\n  bestofn lattice build benchmarks/demo/lattice --output benchmarks/demo/problems.jsonl")

        @Argument(help: "The folder with the lattice files (YAML).")
        var lattices: String

        @Option(help: "Where to write the problems (.jsonl).")
        var output: String

        @Option(help: "The Python that runs generators and reference programs.")
        var python = "python3"

        func run() async throws {
            try await reportingFailures { [self] in
                let lattice = try Lattice.load(URL(fileURLWithPath: lattices))
                let engine = try await ExecutionEngine(
                    settings: ExecutionSettings(), sandbox: nil, interpreter: PythonInterpreter(resolving: python),
                    workers: nil,
                    profile: .standard)
                let builder = LatticeBuilder(grader: engine.grader)
                var rows: [String] = []
                do {
                    for problem in lattice.problems {
                        rows.append(try await builder.row(for: problem, file: "\(lattices)/\(problem.id).yaml"))
                    }
                } catch {
                    await engine.shutDown()
                    throw error
                }
                await engine.shutDown()
                try write(rows, to: output)
                print("\(rows.count) problems: \(output)")
            }
        }
    }

    struct Sample: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Draws a pool of candidates from the lattices.",
            discussion: """
                Example:
                  bestofn lattice sample benchmarks/demo/lattice --style cof --count 8 --seed 1 --output pool.jsonl
                """)

        @Argument(help: "The folder with the lattice files (YAML).")
        var lattices: String

        @Option(help: "cof: one function per slot, top-down. plain: everything in one function.")
        var style: LatticeStyle = .chainOfFunctions

        @Option(help: "Candidates per problem.")
        var count = 8

        @Option(help: "The seed; the same seed gives the same pool on every machine.")
        var seed: UInt64 = 1

        @Option(help: "Where to write the candidates (.jsonl).")
        var output: String

        func validate() throws {
            if count < 1 { throw ValidationError("--count must be at least 1.") }
        }

        func run() async throws {
            try await reportingFailures { [self] in
                let lattice = try Lattice.load(URL(fileURLWithPath: lattices))
                let rows = lattice.problems.flatMap { problem in
                    problem.sample(count: count, seed: seed, style: style).map {
                        problem.candidateRow($0, model: "lattice-\(style.rawValue)")
                    }
                }
                try write(rows, to: output)
                let mean =
                    lattice.problems.reduce(0) { $0 + $1.probabilityCorrect } / Double(max(1, lattice.problems.count))
                print("\(rows.count) candidates of \(lattice.problems.count) problems: \(output)")
                print("probability of a correct candidate, mean over problems: \((mean * 1000).rounded() / 10) %")
            }
        }
    }
}

/// Writes lines through a temporary name, so that a file that exists is whole.
private func write(_ rows: [String], to path: String) throws {
    try Data((rows.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
}
