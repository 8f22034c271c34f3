// SPDX-License-Identifier: Apache-2.0
import Metrics
import RunStore
import SelectorKit
import Testing

/// What must be the same on both sides, and how a difference is named.
@Suite struct ComparisonRefusalTests {
    private func record() -> RunRecord {
        var record = ComparisonRuns.record(["+-", "-+", "++"], chosen: ["s": [0, 1, 0]])
        record.condition =
            #"{"grader":4,"python":"3.11.2","settings":{"clock":"cpu","secondsPerTest":6,"semantics":"official"}}"#
        return record
    }

    private func refusal(
        _ allowsGradingChange: Bool = false, _ change: (inout RunRecord) -> Void
    ) -> String? {
        var changed = record()
        change(&changed)
        do {
            _ = try RunComparison(
                base: RunResults(record: record()), head: RunResults(record: changed),
                settings: .init(allowsGradingChange: allowsGradingChange))
            return nil
        } catch {
            return error.reasons.joined(separator: " ")
        }
    }

    @Test func theSameIsNotRefused() { #expect(refusal { _ in } == nil) }

    @Test func benchmark() {
        #expect(refusal { $0.manifest.benchmark = "other" } == "The benchmark is test in base and other in head.")
    }

    @Test func problems() {
        let missing = refusal {
            $0.problems.removeFirst()
            $0.pools[0].candidates["p0"] = nil
        }
        #expect(missing?.hasPrefix("The problems differ: 1 of base are missing in head (p0).") == true)
        let added = refusal {
            $0.problems.append(
                ProblemRecord(problem: Problem(id: "q", benchmark: "test", statement: ""), suiteHash: ""))
        }
        #expect(added == "The problems differ: 1 of head are not in base (q).")
        #expect(
            refusal { $0.problems[1].problem.statement = "other" }
                == "The problems differ: 1 have another text or other tests in head (p1).")
        #expect(
            refusal { $0.problems[2].suiteHash = "other" }
                == "The problems differ: 1 have another text or other tests in head (p2).")
        #expect(refusal { $0.manifest.problemsHash = "x" }?.contains("public tests differ") == true)
    }

    @Test func candidates() {
        #expect(
            refusal { $0.pools[0].candidates["p1"]?[0].program = "print(99)" }
                == "The candidates of pool pool differ: 1 have other candidates in head (p1).")
        #expect(refusal { $0.pools[0].candidates["p1"]?.removeLast() }?.contains("have other candidates") == true)
        #expect(refusal { $0.pools[0].candidates["p1"] = nil }?.contains("1 of base are missing in head (p1)") == true)
        #expect(refusal { $0.pools[0].hash = "x" }?.contains("token statistics") == true)
        #expect(
            refusal { $0.pools[0].verdictsImported = true }
                == "The verdicts of pool pool are made by execution in base and imported in head.")
        #expect(refusal { $0.pools[0].name = "x" } == "The two results have no pool in common.")
    }

    @Test(arguments: [
        (#""grader":4"#, #""grader":5"#, "Grading differs in 'grader version': 4 in base, 5 in head."),
        (#""clock":"cpu""#, #""clock":"wall""#, "Grading differs in 'clock': cpu in base, wall in head."),
        (#""official""#, #""strict""#, "Grading differs in 'semantics': official in base, strict in head."),
        (
            #""secondsPerTest":6,"#, "",
            "Grading differs in 'secondsPerTest': 6.0 in base, \"the\u{A0}benchmark's\u{A0}own\" in head."
        ),
        (#""3.11.2""#, #""3.12.1""#, "Grading differs in 'Python': 3.11 in base, 3.12 in head."),
    ])
    func grading(old: String, new: String, reason: String) throws {
        let change = { (record: inout RunRecord) in
            record.condition = record.condition?.replacing(old, with: new)
        }
        #expect(refusal(false, change) == reason)
        #expect(refusal(true, change) == nil)
        var head = record()
        change(&head)
        let allowed = try RunComparison(
            base: RunResults(record: record()), head: RunResults(record: head),
            settings: .init(allowsGradingChange: true))
        #expect(allowed.notes == [reason])
    }

    /// The time limits of runs that execute nothing are no one's concern, and a patch release of Python is told only.
    @Test func whatDoesNotMatterIsNotRefused() throws {
        #expect(refusal { $0.condition = $0.condition?.replacing("3.11.2", with: "3.11.9") } == nil)
        var base = record()
        base.pools[0].verdictsImported = true
        var head = base
        head.condition = nil
        _ = try RunComparison(base: RunResults(record: base), head: RunResults(record: head))
    }

    @Test func nothingToCompare() {
        #expect(refusal { $0.selectors[0].label = "x" } == "They have no selector in common.")
        let ungraded = refusal {
            for id in ["p0", "p1", "p2"] { $0.pools[0].candidates[id]?[0].verdict = nil }
        }
        #expect(ungraded?.hasPrefix("No problem is complete on both sides") == true)
    }
}
