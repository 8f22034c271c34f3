// SPDX-License-Identifier: Apache-2.0
import SelectorKit

extension PoolTable {
    /// What a reader must know, in the order of weight: first what is missing, then how the numbers were made.
    func makeNotes(selectors: [SelectorSummary]) -> [Note] {
        missingVerdicts() + missingScores() + tooFewProblems() + mixedModels() + howMade(selectors)
    }

    private func missingVerdicts() -> [Note] {
        let coverage = overall.coverage
        var notes: [Note] = []
        if coverage.absent > 0 {
            notes.append(
                .warning(
                    "The pool has no candidates for \(coverage.absent) of the run's \(problems(coverage.problems)); they are left out."
                ))
        }
        if coverage.ungraded > 0 {
            notes.append(
                .warning(
                    "\(NumberFormat.count(overall.ungradedCandidates, "candidate has", "candidates have")) no verdict yet. "
                        + "The \(problems(coverage.ungraded)) concerned \(coverage.ungraded == 1 ? "is" : "are") left out of every row."
                ))
        }
        if coverage.infrastructureErrors > 0 {
            notes.append(
                .warning(
                    "Grading failed by no fault of the candidates on \(problems(coverage.infrastructureErrors)), "
                        + "left out of every row and not counted as wrong."))
        }
        if !verdicts.tampered.isEmpty {
            let count = verdicts.tampered.count
            notes.append(
                .warning(
                    "\(NumberFormat.count(count, "candidate")) reached for the machinery that grades \(count == 1 ? "it" : "them") "
                        + "and \(count == 1 ? "counts" : "count") as failed until someone has looked."))
        }
        return notes
    }

    private func missingScores() -> [Note] {
        overall.rows.enumerated().compactMap { index, row in
            let total = self.problems.count
            guard row.scored < total else { return nil }
            let failure = self.problems.lazy.map(\.choices[index]).first { $0.state == .failed }?.message
            var text = "\(row.label) scored \(row.scored) of \(problems(total))"
            if row.errored > 0 { text += ", failed on \(row.errored)" }
            if row.missing > 0 { text += ", was not run on \(row.missing)" }
            text += row.scored == 0 ? "; its row is empty." : "; those left are out of every row."
            if let failure, !failure.isEmpty {
                // A message may be the tail of a log; a note is a sentence.
                let start = failure.unicodeScalars.prefix(300)
                text += " First message: \(String(start))" + (start.count < failure.unicodeScalars.count ? "…" : "")
            }
            return .warning(text, selector: row.label)
        }
    }

    private func tooFewProblems() -> [Note] {
        guard let text = PairReach(self)?.warning else { return [] }
        return [Note(kind: .warning, topic: .pairs, text: text)]
    }

    private func mixedModels() -> [Note] {
        let models = Set(self.problems.flatMap { $0.candidates.map(\.id.model) }).sorted()
        guard models.count > 1 else { return [] }
        let names = models.prefix(3).joined(separator: ", ") + (models.count > 3 ? ", …" : "")
        return [
            .warning(
                "The pool mixes candidates of \(models.count) models (\(names)): a selector may gain by telling models apart, and the random choice is one among models too."
            )
        ]
    }

    private func howMade(_ selectors: [SelectorSummary]) -> [Note] {
        var notes: [Note] = []
        if verdictsImported {
            notes.append(
                .information("The verdicts were imported with the pool; this run executed none of its programs."))
        }
        if fewestCandidates != mostCandidates {
            notes.append(
                .information(
                    "Problems have between \(fewestCandidates) and \(mostCandidates) candidates; each problem counts the same."
                ))
        }
        for selector in selectors where selector.usesTests {
            notes.append(
                .information(
                    "\(selector.label) uses \(selector.uses.joined(separator: " and ")), "
                        + "which selectors that only read the programs do not have.", selector: selector.label))
        }
        for row in overall.rows where row.allRejectedProblems > 0 {
            notes.append(
                .information(
                    "\(row.label) rejected every candidate of \(problems(row.allRejectedProblems)); "
                        + "there all candidates share the choice.", selector: row.label))
        }
        return notes
    }

    private func problems(_ count: Int) -> String { NumberFormat.count(count, "problem") }
}

extension Note {
    static func warning(_ text: String, selector: String? = nil) -> Note {
        Note(kind: .warning, selector: selector, text: text)
    }

    static func information(_ text: String, selector: String? = nil) -> Note {
        Note(kind: .information, selector: selector, text: text)
    }
}
