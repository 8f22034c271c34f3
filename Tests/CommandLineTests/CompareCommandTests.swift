// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing

/// `bestofn baseline save` and `bestofn compare` on runs that the program itself made.
@Suite struct CompareCommandTests {
    /// Runs the small set in `folder` into `run`.
    private func run(in folder: URL) throws {
        try SmallSet.write(to: folder)
        let result = try Tool.run(["run", "e.yaml", "--quiet"], in: folder)
        #expect(result.status == 0, "\(result.errors)")
    }

    private func text(_ name: String, in folder: URL) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    /// Saves a baseline in which `first` chose the wrong candidate, or with other changes.
    private func baseline(in folder: URL, _ changes: KeyValuePairs<String, String> = [:]) throws {
        let saved = try Tool.run(["baseline", "save", "run", "--output", "base.json"], in: folder)
        #expect(saved.status == 0 && saved.output.hasPrefix("base.json: "), "\(saved.errors)")
        var text = try text("base.json", in: folder)
        for (old, new) in changes {
            #expect(text.contains(old), "\(old)")
            text = text.replacing(old, with: new)
        }
        try text.write(to: folder.appendingPathComponent("base.json"), atomically: true, encoding: .utf8)
    }

    @Test func aRunEqualsItselfAndItsBaseline() throws {
        try withTemporaryFolder { folder in
            try run(in: folder)
            try baseline(in: folder)
            let gates = ["--fail-on", "regression,any-loss", "--fail-on", "incomplete", "--any-verdict-change"]
            let direct = try Tool.run(["compare", "run", "run"] + gates, in: folder)
            #expect(direct.status == 0, "\(direct.output) \(direct.errors)")
            #expect(direct.output.contains("Pool pool. No verdict changed."))
            #expect(direct.output.contains("Gates: 0 failed, 7 passed."))
            for pair in [["base.json", "run"], ["run", "base.json"], ["base.json", "base.json"]] {
                let result = try Tool.run(["compare"] + pair + gates, in: folder)
                #expect(result.status == 0 && result.output == direct.output, "\(result.errors)")
            }
            let stream = try Tool.run(["baseline", "save", "run", "--output", "-"], in: folder)
            #expect(stream.output == (try text("base.json", in: folder)))
        }
    }

    /// The run's candidates are one that passes, which `first` chooses, and one that fails.
    @Test func aLossFailsTheGateAndNamesTheProblem() throws {
        try withTemporaryFolder { folder in
            try run(in: folder)
            try baseline(in: folder, [#""chosen":["0","#: #""chosen":["1","#])
            let plain = try Tool.run(["compare", "run", "base.json"], in: folder)
            #expect(plain.status == 0, "Without gates nothing fails. \(plain.errors)")
            #expect(plain.output.contains("first: lost sum."))
            let outputs = ["--markdown", "out/c.md", "--junit", "out/c.xml", "--json", "out/c.json", "--github"]
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent("out"), withIntermediateDirectories: false)
            let summary = folder.appendingPathComponent("summary.md")
            try "before\n".write(to: summary, atomically: true, encoding: .utf8)
            let result = try Tool.run(
                ["compare", "run", "base.json", "--fail-on", "any-loss,regression"] + outputs, in: folder,
                environment: ["GITHUB_STEP_SUMMARY": summary.path])
            #expect(result.status == 1, "\(result.errors)")
            #expect(
                result.output.contains(
                    "::error title=bestofn any-loss%3A pool%2C first::1 problem lost.%0Alost sum\n"))
            let markdown = try text("out/c.md", in: folder)
            #expect(markdown.contains("| any-loss | `pool` | `first` | **failed:** 1 problem lost. |"))
            #expect(try text("summary.md", in: folder) == "before\n" + markdown)
            #expect(try text("out/c.xml", in: folder).contains(#"<failure type="any-loss" message="1 problem lost.">"#))
            #expect(try text("out/c.json", in: folder).contains(#""lost" : 1"#))
            // A gain is no loss.
            let gain = try Tool.run(["compare", "base.json", "run", "--fail-on", "any-loss"], in: folder)
            #expect(gain.status == 0 && gain.output.contains("first: gained sum."), "\(gain.errors)")
        }
    }

    @Test func aChangedVerdictIsToldApart() throws {
        try withTemporaryFolder { folder in
            try run(in: folder)
            try baseline(in: folder, [#""verdicts":"pw""#: #""verdicts":"cw""#])
            let result = try Tool.run(["compare", "run", "base.json", "--any-verdict-change"], in: folder)
            #expect(result.status == 1, "\(result.errors)")
            #expect(result.output.contains("Verdicts: sum candidate 0: passed → CPU timeout."))
            #expect(result.output.contains("FAILED any-verdict-change (pool): 1 verdict changed."))
        }
    }

    @Test func onlyTheSelectorsAskedForAreCompared() throws {
        try withTemporaryFolder { folder in
            try run(in: folder)
            let result = try Tool.run(["compare", "run", "run", "--only", "first"], in: folder)
            #expect(result.status == 0 && !result.output.contains("shortest"), "\(result.errors)")
            let typo = try Tool.run(["compare", "run", "run", "--only", "first", "--only", "shortst"], in: folder)
            #expect(typo.status == 64 && typo.errors.contains("shortest"), "\(typo.errors)")
        }
    }

    @Test func costsHaveTheirOwnGate() throws {
        try withTemporaryFolder { folder in
            try run(in: folder)
            try baseline(in: folder, [#""calls":0"#: #""calls":3"#])
            let over = try Tool.run(["compare", "run", "base.json", "--max-cost-increase", "10%"], in: folder)
            #expect(over.status == 1 && over.output.contains("Too costly: calls 0 → 3"), "\(over.errors)")
            let other = try Tool.run(
                ["compare", "run", "base.json", "--max-cost-increase", "executions=10%"], in: folder)
            #expect(other.status == 0, "\(other.errors)")
        }
    }

    @Test func whatCannotBeComparedIsRefused() throws {
        try withTemporaryFolder { folder in
            try run(in: folder)
            try baseline(in: folder, [#""grader":"#: #""grader":9"#])
            let outputs = [
                "--fail-on", "regression", "--markdown", "c.md", "--junit", "c.xml", "--json", "c.json", "--github",
            ]
            let result = try Tool.run(["compare", "base.json", "run"] + outputs, in: folder)
            #expect(result.status == 65)
            #expect(result.errors.contains("Grading differs in 'grader version': 9"))
            #expect(result.output.hasPrefix("::error title=bestofn compare::The two results cannot be compared."))
            #expect(try text("c.md", in: folder).contains("cannot be compared"))
            #expect(try text("c.xml", in: folder).contains(#"errors="1""#))
            #expect(try text("c.json", in: folder).contains(#""refusal""#))
            let allowed = try Tool.run(["compare", "base.json", "run", "--allow-grading-change"], in: folder)
            #expect(allowed.status == 0 && allowed.output.contains("- Grading differs"), "\(allowed.errors)")
        }
    }

    @Test func damagedFilesAreNamed() throws {
        try withTemporaryFolder { folder in
            try run(in: folder)
            try baseline(in: folder)
            let file = folder.appendingPathComponent("base.json")
            let whole = try Data(contentsOf: file)
            func message(_ data: Data) throws -> String {
                try data.write(to: file)
                let result = try Tool.run(["compare", "base.json", "run"], in: folder)
                #expect(result.status == 65, "\(result.errors)")
                return result.errors
            }
            #expect(try message(whole.dropLast(20)).contains("base.json: The file is not whole JSON"))
            #expect(try message(Data()).contains("base.json: The file is not whole JSON"))
            let text = String(decoding: whole, as: UTF8.self)
            #expect(
                try message(Data(text.replacing(#""formatVersion": 1"#, with: #""formatVersion": 99"#).utf8))
                    .contains("base.json: field 'formatVersion': The file has version 99"))
            #expect(
                try message(Data(text.replacing(#""verdicts":"pw""#, with: #""verdicts":"p?""#).utf8))
                    .contains("base.json: field 'pools[0].problems[0].verdicts': '?' is not the letter of a verdict"))
            let missing = try Tool.run(["compare", "nowhere.json", "run"], in: folder)
            #expect(missing.status == 65 && missing.errors.contains("nowhere.json: There is no such file."))
            let empty = try Tool.run(["compare", ".", "run"], in: folder)
            #expect(empty.status == 65 && empty.errors.contains("There is no run here"))
        }
    }

    @Test(arguments: [
        ["--fail-on", "regresion"], ["--min-effect", "1"], ["--max-cost-increase", "10"],
        ["--max-cost-increase", "x=10%"], ["--alpha", "1.5"], ["--junit", "x.xml"],
        ["--markdown", "-", "--json", "-"], ["--markdown", "-", "--github"],
    ]) func wrongUsageIsRefused(_ arguments: [String]) throws {
        try withTemporaryFolder { folder in
            let result = try Tool.run(["compare", "a", "b"] + arguments, in: folder)
            #expect(result.status == 64, "\(result.errors)")
        }
    }
}
