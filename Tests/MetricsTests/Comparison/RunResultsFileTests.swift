// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics
import SelectorKit
import Testing

@Suite struct RunResultsFileTests {
    private var results: RunResults {
        var results = ComparisonRuns.results(
            ["+-", "-t", "?!", "+-"], chosen: ["a": [0, nil, -1, -2], "b": [1, 1, 1, 1]],
            difficulties: [.easy, .hard, nil, Difficulty(rawValue: "odd")])
        results.models = [.init(role: "prm", fingerprint: "f")]
        results.grading = .init(semantics: "official", clock: "cpu", grader: 4, python: "3.11.2", sandboxTier: "T2")
        return results
    }

    private func read(_ text: String) throws -> RunResults { try RunResults(data: Data(text.utf8), path: "b.json") }

    private func text() throws -> String { String(decoding: try results.encoded(), as: UTF8.self) }

    @Test func whatIsWrittenIsReadAgain() throws {
        let data = try results.encoded()
        let again = try RunResults(data: data, path: "b.json")
        #expect(again == results)
        #expect(try again.encoded() == data)
    }

    @Test func hostileNamesSurvive() throws {
        var results = results
        let name = "</details>|`@me\n%0A::error::\u{0}\u{202E}\"\\ 🐍"
        results.problems[0].id = name
        results.pools[0].problems[0].id = name
        results.pools[0].name = name
        results.selectors[0].label = name
        #expect(try RunResults(data: results.encoded(), path: "b.json") == results)
    }

    @Test func oneChangedProblemIsOneChangedLine() throws {
        var other = results
        other.pools[0].problems[1].verdicts[0] = .passed
        let before = try text().split(separator: "\n")
        let after = String(decoding: try other.encoded(), as: UTF8.self).split(separator: "\n")
        #expect(before.count == after.count)
        let changed = zip(before, after).filter { $0 != $1 }
        #expect(changed.count == 1)
        #expect(changed.first?.0.contains(#""id":"p1""#) == true)
    }

    @Test func choicesAreWrittenAsRanges() throws {
        let run = RunResults(
            run: "r", toolVersion: "0", benchmark: "b", problemsHash: "", problems: [.init(id: "p", hash: "")],
            pools: [
                .init(
                    name: "pool", hash: "", verdictsImported: true,
                    problems: [
                        .init(
                            id: "p", candidates: "", verdicts: Array(repeating: .failed, count: 12),
                            chosen: [.candidates([0, 1, 2, 3, 7, 10, 11])])
                    ], costs: [.init()])
            ], selectors: [.init(label: "s", name: "s")])
        #expect(String(decoding: try run.encoded(), as: UTF8.self).contains(#""chosen":["0-3,7,10-11"]"#))
        #expect(try RunResults(data: run.encoded(), path: "") == run)
    }

    @Test func aFileThatIsCutOffIsRefused() throws {
        let data = try results.encoded()
        for count in stride(from: 0, to: data.count - 3, by: 97) {
            #expect(throws: RunResultsError.self) { try RunResults(data: data.prefix(count), path: "b.json") }
        }
        let error = #expect(throws: RunResultsError.self) { try RunResults(data: data.dropLast(10), path: "b.json") }
        #expect(error?.description.hasPrefix("b.json: The file is not whole JSON") == true)
    }

    @Test(arguments: [
        (#""formatVersion": 1"#, #""formatVersion": 2"#, "field 'formatVersion': The file has version 2"),
        (#""formatVersion": 1"#, #""formatVersion": 0"#, "field 'formatVersion': It is not"),
        (#""formatVersion": 1,"#, "", "field 'formatVersion'"),
        (#""bestofn results""#, #""x""#, "field 'format': It is 'x'"),
        (#""benchmark": "test","#, "", "field 'benchmark': It is missing."),
        (#""verdicts":"pw""#, #""verdicts":"pz""#, "field 'pools[0].problems[0].verdicts': 'z' is not the letter"),
        (#""verdicts":"pw""#, #""verdicts":7"#, "field 'pools[0].problems[0].verdicts': It is not a text."),
        (#""chosen":["0","1"]"#, #""chosen":["0","2"]"#, "field 'pools[0].problems[0].chosen': '2' does not name"),
        (#""chosen":["0","1"]"#, #""chosen":["0","1,0"]"#, "field 'pools[0].problems[0].chosen'"),
        (#""chosen":["0","1"]"#, #""chosen":["0","-1"]"#, "field 'pools[0].problems[0].chosen'"),
        (#""chosen":["0","1"]"#, #""chosen":["0","0-99999999999999999999"]"#, "field 'pools[0].problems[0].chosen'"),
        (#""chosen":["0","1"]"#, #""chosen":["0"]"#, "field 'pools[0].problems[0].chosen': There are 1 entries"),
        (#""label":"b""#, #""label":"a""#, "field 'selectors[1].label': Selector 'a' comes twice."),
        (
            #""id":"p1","verdicts""#, #""id":"p0","verdicts""#,
            "field 'pools[0].problems[1].id': Problem 'p0' comes twice."
        ),
        (#""id":"p1","verdicts""#, #""id":"q","verdicts""#, "field 'pools[0].problems[1].id': Problem 'q' is not in"),
        (
            #""verdictsImported": false"#, #""verdictsImported": "no""#,
            "field 'pools[0].verdictsImported': It is not true or false."
        ),
        (#""problems":2}"#, #""problems":"2"}"#, "field 'pools[0].costs[0].problems': It is not a whole number."),
        (#""calls":2"#, #""calls":-2"#, "field 'pools[0].costs[0]': A number in it is negative."),
        (#""problems":2}"#, #""problems":2.5}"#, "A value in it has the wrong form: "),
    ])
    func damageIsNamed(old: String, new: String, message: String) throws {
        let text = try text()
        let damaged = text.replacing(old, with: new, maxReplacements: 1)
        #expect(damaged != text)
        let error = #expect(throws: RunResultsError.self) { try read(damaged) }
        #expect(error?.description.hasPrefix("b.json: " + message) == true, "\(error?.description ?? "")")
    }

    @Test func otherJSONIsRefused() throws {
        for text in ["[]", "7", "{}", "null", #"{"format": 3}"#] {
            #expect(throws: RunResultsError.self) { try read(text) }
        }
    }

    /// A baseline says all that a comparison needs.
    @Test func aBaselineComparesAsItsRun() throws {
        let head = ComparisonRuns.results(
            ["--", "-t", "++", "+-"], chosen: ["a": [0, 0, 1, 1], "b": [0, 1, 1, 0]],
            difficulties: [.easy, .hard, nil, Difficulty(rawValue: "odd")])
        var base = results
        base.grading = head.grading
        let direct = try RunComparison(base: base, head: head)
        let stored = try RunComparison(
            base: RunResults(data: base.encoded(), path: ""), head: RunResults(data: head.encoded(), path: ""))
        #expect(stored == direct)
    }
}
