// SPDX-License-Identifier: Apache-2.0

extension PaperTable {
    /// Adds published rows below the run's own: a group for each source, every row with a mark, and a note that tells the source and what the numbers stand on.
    ///
    /// Columns are matched by benchmark and difficulty. What no column of the table fits is left out, and a note says so.
    public mutating func lay(_ published: [PublishedResults]) {
        for results in published {
            var offset = 0
            var places: [Int: String] = [:]
            for block in blocks {
                if block.title == results.benchmark {
                    for (index, column) in block.columns.enumerated() where results.columns.contains(column) {
                        places[offset + index] = column
                    }
                }
                offset += block.columns.count
            }
            guard !places.isEmpty else {
                notes.append(
                    "Left out: \(results.name) has numbers on \(results.benchmark) only, which no column of this table is about."
                )
                continue
            }
            groups.append(
                Group(
                    title: "Published: \(results.name), \(results.model)",
                    problems: (0..<offset).map { places[$0].flatMap { results.problems[$0] } },
                    rows: results.rows.map { row in
                        Row(
                            label: row.method, kind: .published, mark: " " + Self.publishedMark,
                            cells: (0..<offset).map { index in
                                places[index].flatMap { Self.cell(row, $0, of: results) }
                            })
                    }))
            notes.append(
                "\(Self.publishedMark) \(results.name): published numbers, not of this run: \(results.source.citation); \(results.benchmark), \(results.subset); "
                    + "\(results.model)\(results.candidates.map { ", \($0) candidates per problem" } ?? ""). Other candidates, and where the numbers of problems "
                    + "differ other problems too: no test can compare them with the rows above.")
        }
    }

    /// With the Wilson interval of its count, where there is one.
    private static func cell(_ row: PublishedResults.Row, _ column: String, of results: PublishedResults) -> Cell? {
        guard let value = results.share(of: row, column) else { return nil }
        guard let solved = row.solved?[column], let problems = results.problems[column] else { return Cell(value) }
        let interval = PublishedResults.interval(solved: solved, of: problems)
        return Cell(value, low: interval.lowerBound, high: interval.upperBound)
    }
}
