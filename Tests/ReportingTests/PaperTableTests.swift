// SPDX-License-Identifier: Apache-2.0
import Foundation
import Metrics
import RunStore
import SelectorKit
import Testing

@testable import Reporting

@Suite struct PaperTableTests {
    private func run(_ record: RunRecord) -> PaperRun {
        PaperRun(tables: RunTables(record: record, resamples: 200), seed: record.manifest.seed)
    }

    @Test func aRunOfOnePoolIsTheLayoutOfTableOne() {
        let table = PaperTable(runs: [run(EachCase.record())])
        #expect(table.blocks == [.init(title: "livecodebench", columns: ["easy", "medium", "hard", "overall"])])
        #expect(table.groups.map(\.title) == ["gpt-4o-mini"])
        #expect(table.groups[0].problems == [2, 1, 1, 4])
        let rows = table.groups[0].rows
        #expect(rows.map(\.label) == ["random (no selection)", "funprm", "oracle"])
        #expect(rows.map(\.kind) == [.random, .selector, .oracle])
        #expect(rows[0].cells.map { $0?.value } == [0.5, 0.5, 0.5, 0.5])
        #expect(rows[1].cells.map { $0?.value } == [0.75, 0, 0.5, 0.5])
        #expect(rows[2].cells.map { $0?.value } == [1, 1, 1, 1])
        // It failed on one problem.
        #expect(rows[1].mark == "*")
        #expect(table.notes.contains { $0.hasPrefix("*: ") })
    }

    @Test func theHighestValueIsMarkedAndWhatIsNotToldApartFromIt() {
        let rows = PaperTable(runs: [run(EachCase.record())]).groups[0].rows
        // Easy: 75 against 50; hard and overall: both 50, so both are the highest.
        #expect(rows[1].cells.map { $0?.isBest } == [true, false, true, true])
        #expect(rows[0].cells.map { $0?.isBest } == [false, true, true, true])
        // Two problems, or one, tell nothing apart.
        #expect(rows[0].cells.map { $0?.isCloseToBest } == [true, false, false, false])
        #expect(rows[1].cells.map { $0?.isCloseToBest } == [false, true, false, false])
        // The upper bound takes no part.
        #expect(rows[2].cells.allSatisfy { $0?.isBest == false && $0?.isCloseToBest == false })
    }

    /// A pool of twelve problems with two candidates, of which `right` always chooses the correct one and `wrong` never.
    private var decided: RunRecord {
        var record = SampleRun(problems: 12, candidates: 2, selectors: 2).record()
        record.selectors[0].label = "right"
        record.selectors[1].label = "wrong"
        for entry in record.problems {
            let id = entry.problem.id
            for index in 0...1 {
                record.pools[0].candidates[id]?[index].verdict = VerdictRecord(
                    passed: index == 0, outcome: index == 0 ? "passed" : "wrongAnswer")
            }
            for (index, scores) in [[1.0, 0], [0, 1]].enumerated() {
                record.selectors[index].scores["gpt-4o-mini"]?[id] = .scored(
                    scores.map { .value($0) }, cost: .zero, wallSeconds: 0)
            }
        }
        return record
    }

    @Test func whatIsToldApartHasNoMark() {
        let rows = PaperTable(runs: [run(decided)]).groups[0].rows
        #expect(rows.map(\.label) == ["random (no selection)", "right", "wrong", "oracle"])
        #expect(rows[1].cells.map { $0?.isBest } == [true, true, true, true])
        // Four problems each by difficulty: exact p = 2/16, however clear; all twelve: 2/4096.
        #expect(rows[2].cells.map { $0?.isCloseToBest } == [true, true, true, false])
        #expect(rows[0].cells.map { $0?.isCloseToBest } == [true, true, true, false])
    }

    @Test func selectorsThatSeeTestsStandApart() {
        var record = decided
        record.selectors[0].descriptor.requirements = [.publicTests, .execution]
        let table = PaperTable(runs: [run(record)])
        let rows = table.groups[0].rows
        #expect(rows.map(\.label) == ["random (no selection)", "wrong", "right", "oracle"])
        #expect(rows[2].mark == " §")
        #expect(rows[2].cells.allSatisfy { $0?.isBest == false })
        #expect(rows[0].cells.allSatisfy { $0?.isBest == true }, "of those that read only, random is the highest")
        #expect(table.notes.contains { $0.hasPrefix("§: ") && $0.contains("right (execution, public tests)") })
    }

    @Test func baseModelsAreGroupsAndBenchmarksAreBlocks() {
        let first = EachCase.record()
        var second = EachCase.record()
        second.manifest.benchmark = "bigcodebench"
        let twoBlocks = PaperTable(runs: [run(first), run(second)])
        #expect(twoBlocks.blocks.map(\.title) == ["livecodebench", "bigcodebench"])
        #expect(twoBlocks.groups.count == 1)
        #expect(twoBlocks.groups[0].problems == [2, 1, 1, 4, 2, 1, 1, 4])
        #expect(twoBlocks.groups[0].rows[1].cells.count == 8)

        var third = EachCase.record()
        third.manifest.name = "again"
        let twoGroups = PaperTable(runs: [run(first), run(third)])
        #expect(twoGroups.blocks.count == 1)
        #expect(twoGroups.groups.map(\.title) == ["gpt-4o-mini (each <case>)", "gpt-4o-mini (again)"])
        // What is said of both pools is said once.
        #expect(Set(twoGroups.notes).count == twoGroups.notes.count)
    }

    @Test func problemCountsThatDifferAreToldByGroup() {
        var small = SampleRun(problems: 6).record()
        small.manifest.name = "small"
        let table = PaperTable(runs: [run(SampleRun().record()), run(small)])
        #expect(table.commonProblems == nil)
        let markdown = MarkdownTable.render([table])
        #expect(markdown.contains("| easy |") || markdown.contains(" easy |"))
        #expect(markdown.contains("n = 12") && markdown.contains("n = 2 ") && markdown.contains("n = 36"))
        #expect(LaTeXTable.render([table]).contains("$n = 36$"))
        #expect(
            table.notes.contains(
                "The groups stand on different problems of livecodebench: compare rows within a group only."))
        let same = PaperTable(runs: [run(SampleRun(pools: ["a", "b"]).record())])
        #expect(!same.notes.contains { $0.hasPrefix("The groups stand") })
    }

    @Test func anAblationIsTheLayoutOfTableThree() throws {
        var record = decided
        record.manifest.ablation = ["right", "wrong"].map {
            .init(label: "\($0), the part", pool: "gpt-4o-mini", selectors: [$0])
        }
        let run = run(record)
        let ablation = try #require(run.tables.ablation)
        let table = PaperTable(ablation: ablation, of: run.tables)
        #expect(table.columns == ["easy", "medium", "hard", "overall", "to the first"])
        #expect(table.groups[0].problems == [4, 4, 4, 12, nil])
        let rows = table.groups[0].rows
        #expect(rows.map(\.label) == ["right, the part", "wrong, the part"])
        #expect(rows[0].cells.map { $0?.value } == [1, 1, 1, 1, nil])
        #expect(rows[1].cells.map { $0?.value } == [0, 0, 0, 0, -1])
        // On every problem the second is wrong where the first is right: no doubt about the sign.
        #expect(rows[1].cells[4]?.isCloseToBest == false)
        #expect(rows[1].cells[4]?.bounds.map { [$0.low, $0.high] } == ["-100.0", "-100.0"])
        #expect(LaTeXTable.render([table]).contains("& $-$100.0 \\\\"))

        let lines = CSVReader.lines(ResultsCSV.render([run])).filter { $0.contains("ablation") }
        #expect(lines.count == 2 * 4)
        let column = try #require(ResultsCSV.columns.firstIndex(of: "difference"))
        #expect(lines.map { $0[column] } == ["", "", "", "", "", "", "", "-1.0"])
    }
}
