// SPDX-License-Identifier: Apache-2.0
import Datasets
import Synchronization

/// The programs of a lattice, looked up by what a prompt says.
final class LatticeModel: Sendable {
    /// What a model's name stands for.
    enum Name: String, CaseIterable {
        case chainOfFunctions = "lattice-cof"
        case plain = "lattice-plain"
        /// Functions where the prompt asks for a chain of functions.
        case asAsked = "lattice"

        func style(for prompt: String) -> LatticeStyle {
            switch self {
            case .chainOfFunctions: .chainOfFunctions
            case .plain: .plain
            case .asAsked: prompt.lowercased().contains("chain of functions") ? .chainOfFunctions : .plain
            }
        }
    }

    private struct Key: Hashable {
        var problem: Int
        var style: LatticeStyle
        var beginning: String
    }

    /// Longer statements first: one may hold another.
    private let problems: [(problem: LatticeProblem, statement: String)]
    private let distributions = Mutex<[Key: LineDistribution?]>([:])
    private static let mostKept = 2000

    init(_ lattice: Lattice) {
        problems = lattice.problems.map { ($0, $0.statement.trimmingNewlines) }
            .sorted { $0.statement.utf8.count > $1.statement.utf8.count }
    }

    /// The number of the problem whose statement the prompt holds.
    func problem(in prompt: String) -> Int? {
        problems.firstIndex { !$0.statement.isEmpty && prompt.contains($0.statement) }
    }

    /// What can follow a beginning; nil where no program begins so.
    func distribution(of problem: Int, style: LatticeStyle, beginning: String) -> LineDistribution? {
        let key = Key(problem: problem, style: style, beginning: beginning)
        if let known = distributions.withLock({ $0[key] }) { return known }
        let made = LineDistribution(problems[problem].problem.allPrograms(style: style), beginning: beginning)
        distributions.withLock { distributions in
            if distributions.count >= Self.mostKept { distributions.removeAll() }
            distributions[key] = made
        }
        return made
    }
}

extension String {
    fileprivate var trimmingNewlines: String {
        guard let start = firstIndex(where: { !$0.isNewline }), let end = lastIndex(where: { !$0.isNewline }) else {
            return ""
        }
        return String(self[start...end])
    }
}
