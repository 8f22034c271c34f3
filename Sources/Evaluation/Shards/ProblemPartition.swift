// SPDX-License-Identifier: Apache-2.0
import ContentHash

/// Problems divided into parts of about the same expected cost, each problem whole: what its candidates have in common is computed on one machine.
///
/// The same costs give the same parts on every machine. Longest first, each problem goes to the part with the least cost so far, which leaves no part with
/// more than 4/3 of the least possible maximum.
public struct ProblemPartition: Sendable, Hashable {
    /// Sorted ids, by part.
    public let parts: [[String]]
    /// The expected cost of each part.
    public let costs: [Double]

    /// - Parameters:
    ///   - costs: what each problem is expected to cost, in any unit; a cost that is negative or not finite counts as none.
    ///   - count: how many parts, at least one. There may be more parts than problems: then some are empty.
    public init(_ costs: [String: Double], into count: Int) {
        let sorted = costs.mapValues { $0.isFinite ? max($0, 0) : 0 }
            .sorted { $0.value == $1.value ? $0.key < $1.key : $0.value > $1.value }
        var heap = PartHeap(count: max(count, 1))
        var parts = [[String]](repeating: [], count: max(count, 1))
        for (id, cost) in sorted {
            let part = heap.addToLeast(cost)
            parts[part].append(id)
        }
        self.parts = parts.map { $0.sorted() }
        self.costs = heap.costs
    }

    /// Identifies who has what.
    public var digest: String { ContentHash.of(["partition"] + parts.map { ContentHash.of($0) }) }
}

/// Parts in order of their cost, then of their number of problems, then of their place.
private struct PartHeap {
    private struct Part {
        var cost: Double
        var problems: Int
        var place: Int

        static func < (first: Part, second: Part) -> Bool {
            (first.cost, first.problems, first.place) < (second.cost, second.problems, second.place)
        }
    }

    private var heap: [Part]

    init(count: Int) { heap = (0..<count).map { Part(cost: 0, problems: 0, place: $0) } }

    var costs: [Double] { heap.sorted { $0.place < $1.place }.map(\.cost) }

    /// Adds a problem to the part with the least cost and gives that part's place.
    mutating func addToLeast(_ cost: Double) -> Int {
        let place = heap[0].place
        heap[0].cost += cost
        heap[0].problems += 1
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            if least == parent { return place }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
