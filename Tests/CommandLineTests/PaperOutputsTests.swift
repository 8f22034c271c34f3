// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing

/// Tables and figures for papers, and leaderboards, as a user asks for them.
@Suite struct PaperOutputsTests {
    private static let published = SharedData.package.appendingPathComponent("reports/published/funprm.json").path
    /// Four models on four problems; the run has one of these.
    private static let leaderboard = [
        ("sum", "alpha", 100), ("q2", "alpha", 0), ("q3", "alpha", 50), ("q4", "alpha", 10),
        ("sum", "beta", 40), ("q2", "beta", 80), ("q3", "beta", 0), ("q4", "beta", 10),
        ("sum", "gamma", 20), ("q2", "gamma", 30),
    ].map { question, model, percent in
        #"{"question_id": "\#(question)", "model": "\#(model)", "date": "2026-01-0\#(question == "q4" ? 2 : 1)", "difficulty": "easy", "pass@1": \#(percent), "platform": "test"}"#
    }

    private func write(_ folder: URL, _ lines: [String] = leaderboard) throws {
        try (lines.joined(separator: "\n") + "\n").write(
            to: folder.appendingPathComponent("l.jsonl"), atomically: true, encoding: .utf8)
    }

    /// A run with imported verdicts: nothing is executed.
    private func makeRun(in folder: URL) throws {
        try SmallSet.write(
            to: folder,
            pool: [SmallSet.good, SmallSet.bad].enumerated().map { index, row in
                row.dropLast() + #", "verdict": {"passed": \#(index == 0), "source": "test"}}"#
            }.joined(separator: "\n"))
        let file = folder.appendingPathComponent("e.yaml")
        let text = try String(contentsOf: file, encoding: .utf8).replacingOccurrences(
            of: "candidates: pool.jsonl}", with: "candidates: pool.jsonl, verdicts: imported}")
        try text.write(to: file, atomically: true, encoding: .utf8)
        let made = try Tool.run(["run", "e.yaml", "-q"], in: folder)
        #expect(made.status == 0, "\(made.errors)")
    }

    @Test func aRunIsWrittenAsTablesAndFigures() throws {
        try withTemporaryFolder { folder in
            try makeRun(in: folder)
            let result = try Tool.run(
                [
                    "report", "run", "--markdown", "-", "--latex", "t.tex", "--csv", "t.csv", "--svg", "figures",
                    "--published", Self.published, "--intervals",
                ], in: folder)
            #expect(result.status == 0, "\(result.errors)")
            // Standard output holds the table alone.
            #expect(result.output.hasPrefix("Pass@1 in percent"))
            #expect(result.output.contains("| first"))
            #expect(result.output.contains("**100.0**"))
            #expect(result.output.contains("| FunPRM ‡") && result.output.contains("n = 131"))
            let latex = try String(contentsOf: folder.appendingPathComponent("t.tex"), encoding: .utf8)
            #expect(latex.contains("\\begin{tabular}") && latex.contains("FunPRM \\textdaggerdbl{}"))
            let csv = try String(contentsOf: folder.appendingPathComponent("t.csv"), encoding: .utf8)
            #expect(csv.contains(",first,selector,overall,1,1,1.0,"))
            let figures = try FileManager.default.contentsOfDirectory(
                atPath: folder.appendingPathComponent("figures").path)
            #expect(
                Set(figures).isSuperset(of: [
                    "figure-2-ranking.svg", "figure-5-base-and-selectors.svg", "figure-6-steps-livecodebench-pool.svg",
                ]), "\(figures)")
        }
    }

    @Test func whatCannotBeWrittenOrReadIsSaid() throws {
        try withTemporaryFolder { folder in
            try makeRun(in: folder)
            let nowhere = try Tool.run(["report", "run", "--csv", "no/such/t.csv"], in: folder)
            #expect(nowhere.status == 69)
            #expect(nowhere.errors.contains("no/such/t.csv: The file cannot be written"))
            try "{}".write(to: folder.appendingPathComponent("p.json"), atomically: true, encoding: .utf8)
            let broken = try Tool.run(["report", "run", "--markdown", "-", "--published", "p.json"], in: folder)
            #expect(broken.status == 65)
            #expect(broken.errors.contains("p.json: field '") && broken.errors.contains("The key is missing."))
            for arguments in [
                ["report", "run", "--markdown", "-", "--csv", "-"], ["report", "run", "run", "--html", "site"],
                ["report"],
            ] {
                #expect(try Tool.run(arguments, in: folder).status == 64, "\(arguments)")
            }
        }
    }

    @Test func aLeaderboardIsRanked() throws {
        try withTemporaryFolder { folder in
            try write(folder)
            let all = try Tool.run(["leaderboard", "l.jsonl", "--csv", "-"], in: folder)
            #expect(all.status == 0, "\(all.errors)")
            // Of the two problems that all have, beta: (40 + 80) / 2, alpha: (100 + 0) / 2, gamma: (20 + 30) / 2.
            let overall = all.output.split(separator: "\r\n").filter { $0.contains(",overall,") }
                .map { $0.split(separator: ",").prefix(6).joined(separator: ",") }
            #expect(
                overall == [
                    "1,beta,model,overall,2,0.6000000000000001", "2,alpha,model,overall,2,0.5",
                    "3,gamma,model,overall,2,0.25",
                ])
            let text = try Tool.run(["leaderboard", "l.jsonl"], in: folder).output.replacing("\n", with: " ")
            #expect(text.contains("All rows stand on the 2 problems that every model has; 2 of 4 are left out."))
            #expect(text.contains("The fewest have gamma (2)."))

            let own = try Tool.run(["leaderboard", "l.jsonl", "--own-problems", "--csv", "-"], in: folder).output
            #expect(own.contains("1,alpha,model,overall,4,0.4,") && own.contains("2,beta,model,overall,4,0.325,"))
            let most = try Tool.run(["leaderboard", "l.jsonl", "--min-problems", "3", "--csv", "-"], in: folder).output
            #expect(most.contains("1,alpha,model,overall,4,0.4,") && !most.contains("gamma"))
            let early = try Tool.run(
                ["leaderboard", "l.jsonl", "--min-problems", "3", "--until", "2026-01-02", "--csv", "-"], in: folder
            ).output
            #expect(early.contains("alpha,model,overall,3,0.5,"))
        }
    }

    @Test func aRunStandsAmongTheModelsOnTheProblemsThatBothHave() throws {
        try withTemporaryFolder { folder in
            try makeRun(in: folder)
            try write(folder)
            let result = try Tool.run(
                ["leaderboard", "l.jsonl", "--run", "run", "--only", "first", "--top", "1", "--svg", "r.svg"],
                in: folder)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("n=1"))
            #expect(result.output.contains("1. first (pool) •") && result.output.contains("1. alpha "))
            #expect(result.output.contains("random (pool) •") && !result.output.contains("beta"))
            #expect(
                result.output.replacing("\n", with: " ").contains(
                    "All rows stand on the 1 problem that the run and every model have: the run has 1,"))
            let svg = try String(contentsOf: folder.appendingPathComponent("r.svg"), encoding: .utf8)
            #expect(svg.contains("first (pool) •"))

            try write(folder, Self.leaderboard.filter { !$0.contains("\"sum\"") })
            let none = try Tool.run(["leaderboard", "l.jsonl", "--run", "run"], in: folder)
            #expect(none.status == 65)
            #expect(none.errors.contains("No counted problem of the run (ids like 'sum')"))
        }
    }

    @Test func badRowsAreNamedAndTheExitCodeTells() throws {
        try withTemporaryFolder { folder in
            try write(folder, Self.leaderboard + [Self.leaderboard[0], #"{"question_id": "q9"}"#])
            let result = try Tool.run(["leaderboard", "l.jsonl"], in: folder)
            #expect(result.status == 65)
            #expect(result.output.contains("1. beta"), "the table is made of the other rows")
            #expect(
                result.errors.contains(
                    "l.jsonl:11: field 'question_id': Model 'alpha' has a row for 'sum' already (l.jsonl:1)."))
            #expect(result.errors.contains("l.jsonl:12: field 'model': The field is missing."))
            #expect(result.errors.contains("2 mistakes in the input (above); the table is made of the other 10 rows."))
            #expect(try Tool.run(["leaderboard", "missing.jsonl"], in: folder).status == 65)
            #expect(try Tool.run(["leaderboard", "l.jsonl", "--from", "soon"], in: folder).status == 64)
            #expect(try Tool.run(["leaderboard", "l.jsonl", "--run", "r", "--own-problems"], in: folder).status == 64)
            try write(folder)
            let never = try Tool.run(["leaderboard", "l.jsonl", "--from", "2030-01-01"], in: folder)
            #expect(never.status == 65 && never.errors.contains("The problems are of 2026-01-01 to 2026-01-02."))
        }
    }

    @Test func aRunOnOtherProblemsThanExpectedStops() throws {
        try withTemporaryFolder { folder in
            try SmallSet.write(to: folder)
            let result = try Tool.run(["run", "e.yaml", "--set", "expect={problems: 131, easy: 31}"], in: folder)
            #expect(result.status == 65)
            #expect(result.errors.contains("1 problem instead of 131, 1 easy instead of 31"))
            #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("run/run.sqlite").path))
        }
    }

    /// The figures were computed by a script of its own: sums of percentages over the 348 problems that all 16 models have.
    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.missing)"))
    func thePublishedSnapshotGivesTheSumsOfItsRows() throws {
        try withTemporaryFolder { folder in
            let file = SharedData.data("livecodebench/leaderboard_performances_2024-02-26.jsonl.gz").path
            let result = try Tool.run(["leaderboard", file, "--csv", "-"], in: folder)
            #expect(result.status == 0, "\(result.errors)")
            let lines = result.output.split(separator: "\r\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
            #expect(lines.count == 1 + 16 * 4)
            for (model, rank, difficulty, sum, problems) in [
                ("GPT-4-Turbo-1106", 1, "overall", 14470, 348), ("GPT-4-Turbo-1106", 1, "easy", 10000, 122),
                ("GPT-4-Turbo-1106", 1, "medium", 4120, 147), ("GPT-4-Turbo-1106", 1, "hard", 350, 79),
                ("Claude-Instant-1", 8, "overall", 7280, 348), ("Cllama-7b-Ins", 16, "overall", 3610, 348),
            ] {
                let line = try #require(lines.first { $0[1] == model && $0[3] == difficulty })
                #expect(line[0] == "\(rank)" && line[4] == "\(problems)")
                #expect(abs((Double(line[5]) ?? -1) - Double(sum) / Double(problems) / 100) < 1e-9, "\(line)")
            }
        }
    }
}
