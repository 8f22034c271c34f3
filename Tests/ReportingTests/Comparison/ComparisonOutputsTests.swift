// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics
import RunStore
import SelectorKit
import Testing

@testable import Reporting

/// Two sample runs with everything that can differ, under names that try to break every output.
private enum Sides {
    static let hostile = "</details>|`x`\n::error::%0A<script>@everyone https://x.example ##[error]"

    static func base(hostile: Bool) -> RunResults {
        var results = RunResults(record: SampleRun(pools: ["gpt-4o-mini", "second"], selectors: 4).record())
        if hostile { rename(&results) }
        return results
    }

    /// The first selector chooses otherwise, verdicts of the second pool change, costs rise.
    static func head(hostile: Bool) -> RunResults {
        var results = base(hostile: hostile)
        for index in results.pools[0].problems.indices {
            let count = results.pools[0].problems[index].verdicts.count
            results.pools[0].problems[index].chosen[0] = .candidates([index % count])
        }
        for index in [0, 3, 5] {
            let old = results.pools[1].problems[index].verdicts[0]
            results.pools[1].problems[index].verdicts[0] = old == .passed ? .wrongAnswer : .passed
        }
        results.pools[0].problems[7].chosen[1] = .failed
        results.pools[0].costs[0].cost.calls *= 3
        results.selectors[2].version = 9
        return results
    }

    static func rename(_ results: inout RunResults) {
        results.run = hostile
        results.problems[0].id = hostile
        results.selectors[0].label = hostile
        for pool in results.pools.indices { results.pools[pool].problems[0].id = hostile }
        results.pools[1].name = hostile + "2"
    }

    static let policy = GatePolicy(
        gates: [.regression, .anyLoss, .anyVerdictChange, .costIncrease, .incomplete], costLimits: [.calls: 0.1])

    static func compared(hostile: Bool) throws -> (RunComparison, [GateResult]) {
        let comparison = try RunComparison(
            base: base(hostile: hostile), head: head(hostile: hostile), settings: .init(resamples: 200))
        return (comparison, gates(comparison, under: policy))
    }

    /// Another problem and other candidates under hostile names.
    static func refusal() throws -> ComparisonRefusal {
        let base = base(hostile: true)
        var head = base
        head.problems[1].id = hostile + "3"
        for pool in head.pools.indices { head.pools[pool].problems[1].id = hostile + "3" }
        return try #require(throws: ComparisonRefusal.self) { try RunComparison(base: base, head: head) }
    }
}

@Suite struct ComparisonOutputsTests {
    @Test func textNamesWhatFailed() throws {
        let (comparison, gates) = try Sides.compared(hostile: false)
        let text = ComparisonText.render(comparison, gates: gates)
        #expect(text.contains("Pool second. 3 verdicts changed between passed and failed."))
        #expect(text.contains("FAILED any-verdict-change (second): 3 verdicts changed."))
        #expect(text.contains("FAILED cost-increase (gpt-4o-mini, funprm): Too costly: calls"))
        #expect(text.contains("left out 1 problem not scored in head (abc007_d)"))
        #expect(text.contains("Selector self-certainty has version 1 in base and 9 in head."))
        let failed = gates.count { $0.outcome == .failed }
        #expect(text.contains("Gates: \(failed) failed, "))
        #expect(ComparisonText.render(comparison, gates: gates) == text)
    }

    /// A CI server reads commands at the beginnings of lines, after white space too.
    @Test func noLineOfTheTextIsACommand() throws {
        let (comparison, gates) = try Sides.compared(hostile: true)
        for text in [
            ComparisonText.render(comparison, gates: gates), ComparisonText.render(try Sides.refusal()),
        ] {
            for line in text.split(whereSeparator: \.isNewline) {
                let start = line.drop { $0.isWhitespace }
                #expect(!start.hasPrefix("::") && !start.hasPrefix("##["), "\(line)")
            }
            #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
        }
    }

    // MARK: Markdown

    @Test func markdownHasATableAndFoldedLists() throws {
        let (comparison, gates) = try Sides.compared(hostile: false)
        let text = ComparisonMarkdown.render(comparison, gates: gates)
        #expect(text.hasPrefix("### bestofn compare: \(gates.count { $0.outcome == .failed }) gates failed\n"))
        #expect(text.contains("| any-verdict-change | `second` |  | **failed:** 3 verdicts changed. |"))
        #expect(text.contains("<summary>3 verdicts changed</summary>"))
        #expect(text.contains("<summary>Problems lost and gained</summary>"))
        #expect(text.contains("left out 1 problem not scored in head: `abc007_d`"))
        try checkStructure(text)
    }

    @Test func markdownIsNotBrokenByNames() throws {
        let (comparison, gates) = try Sides.compared(hostile: true)
        for text in [
            ComparisonMarkdown.render(comparison, gates: gates), ComparisonMarkdown.render(try Sides.refusal()),
        ] {
            try checkStructure(text)
            for part in ["<script", "@everyone", "://", "`x`", "\n::"] { #expect(!text.contains(part), "\(part)") }
        }
    }

    /// Every block that opens is closed, and every row has as many cells as its table's head.
    private func checkStructure(_ text: String) throws {
        func count(_ part: String) -> Int { text.components(separatedBy: part).count - 1 }
        #expect(count("<details>") == count("</details>"))
        #expect(count("<summary>") == count("<details>"))
        var cells: Int?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("|") {
                #expect(line.hasSuffix("|"))
                let found = line.count { $0 == "|" }
                #expect(found == cells ?? found, "\(line)")
                cells = found
            } else {
                cells = nil
            }
        }
    }

    /// GitHub refuses comments of more than 65,536 characters.
    @Test func longMarkdownIsCut() throws {
        var sample = SampleRun(problems: 1000, candidates: 4, selectors: 10)
        sample.programLength = 1
        let base = RunResults(record: sample.record())
        var head = base
        for index in head.pools[0].problems.indices {
            head.pools[0].problems[index].verdicts = head.pools[0].problems[index].verdicts.map {
                $0 == .passed ? .wrongAnswer : .passed
            }
        }
        let comparison = try RunComparison(base: base, head: head, settings: .init(resamples: 10))
        let text = ComparisonMarkdown.render(comparison, gates: gates(comparison, under: Sides.policy))
        #expect(text.unicodeScalars.count <= ComparisonMarkdown.mostCharacters)
        #expect(text.contains("<summary>4000 verdicts changed</summary>"))
        #expect(text.contains("more"))
        try checkStructure(text)
    }

    // MARK: JUnit

    @Test(arguments: [false, true]) func junitIsValid(hostile: Bool) throws {
        let schema = try Data(contentsOf: #require(Bundle.module.url(forResource: "junit", withExtension: "xsd")))
        let (_, gates) = try Sides.compared(hostile: hostile)
        for data in [try GateJUnit.encode(gates), try GateJUnit.encode(try Sides.refusal()), try GateJUnit.encode([])] {
            #expect(ParsedXML.problems(of: data, under: schema) == [])
        }
    }

    @Test func junitHasATestCasePerGatePoolAndSelector() throws {
        let (_, gates) = try Sides.compared(hostile: false)
        let parsed = ParsedXML.xml(try GateJUnit.encode(gates))
        let root = try #require(parsed.root)
        #expect(parsed.complaints == [])
        #expect(root.all("testsuite").map { $0.attributes["name"] } == Gate.allCases.map { "compare.\($0.rawValue)" })
        #expect(root.all("testcase").count == gates.count)
        #expect(root.all("failure").count == gates.count { $0.outcome == .failed })
        #expect(root.attributes["failures"] == "\(gates.count { $0.outcome == .failed })")
        // GitLab knows a test case by its class and name, and shows the content of a failure.
        let keys = root.all("testcase").map { "\($0.attributes["classname"] ?? "") \($0.attributes["name"] ?? "")" }
        #expect(Set(keys).count == keys.count)
        let failure = try #require(root.all("failure").first { $0.attributes["type"] == "any-verdict-change" })
        #expect(failure.attributes["message"] == "3 verdicts changed.")
        #expect(failure.text.hasPrefix("3 verdicts changed.\nabc000_a candidate 0: "))
        let refusal = try #require(ParsedXML.xml(try GateJUnit.encode(try Sides.refusal())).root)
        #expect(refusal.attributes["errors"] == "3")
    }

    // MARK: Annotations

    /// The escapes that the runner undoes: of % and line ends everywhere, of colons and commas in properties.
    @Test func annotationsAreEscaped() {
        #expect(
            GitHubAnnotations.line("error", title: "a: b, c%\r\n", "50 %, x: y\r\nz")
                == "::error title=a%3A b%2C c%25%0D%0A::50 %25, x: y%0D%0Az")
        #expect(GitHubAnnotations.data("%0A") == "%250A")
    }

    @Test(arguments: [false, true]) func annotationsAreOneLineEach(hostile: Bool) throws {
        let (_, gates) = try Sides.compared(hostile: hostile)
        let lines = GitHubAnnotations.render(gates).split(whereSeparator: \.isNewline)
        #expect(lines.allSatisfy { $0.hasPrefix("::error title=") || $0.hasPrefix("::notice title=") })
        #expect(lines.count { $0.hasPrefix("::error") } == min(10, gates.count { $0.outcome == .failed }))
        #expect(lines.count { $0.hasPrefix("::notice") } == 1)
        #expect(try GitHubAnnotations.render(Sides.refusal()).split(whereSeparator: \.isNewline).count == 1)
    }

    /// GitHub shows ten annotations of a kind; the last says how many more there are.
    @Test func manyAnnotationsAreSummedUp() throws {
        let labels = (0..<30).map { "s\($0)" }
        let base = RunResults(
            run: "r", toolVersion: "0", benchmark: "b", problemsHash: "", problems: [.init(id: "p", hash: "")],
            pools: [
                .init(
                    name: "p", hash: "", verdictsImported: true,
                    problems: [
                        .init(
                            id: "p", candidates: "", verdicts: [.passed, .failed],
                            chosen: labels.map { _ in .candidates([0]) })
                    ], costs: labels.map { _ in .init() })
            ], selectors: labels.map { .init(label: $0, name: $0) })
        var head = base
        head.pools[0].problems[0].chosen = labels.map { _ in .candidates([1]) }
        let failed = gates(try RunComparison(base: base, head: head), under: GatePolicy(gates: [.anyLoss]))
        let lines = GitHubAnnotations.render(failed).split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("::error") } == 10)
        #expect(lines[9].hasSuffix("::And 21 more; see the job's summary."))
        #expect(GitHubAnnotations.render([]) == "::notice title=bestofn compare::No gate was asked for.\n")
    }

    @Test func jsonHasAllValues() throws {
        let (comparison, gates) = try Sides.compared(hostile: true)
        let data = try ComparisonJSON(comparison: comparison, gates: gates).encoded()
        let again = try JSONDecoder().decode(ComparisonJSON.self, from: data)
        #expect(again == ComparisonJSON(comparison: comparison, gates: gates))
    }
}
