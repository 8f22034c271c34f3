// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing

/// `bestofn claims` and `bestofn power`.
@Suite struct ClaimsCommandTests {
    private static let published = ["--problems", "131", "base=101", "orm=104", "prm=105", "funprm=106"]

    @Test func publishedCountsCannotBeSignificant() throws {
        try withTemporaryFolder { folder in
            let result = try Tool.run(["claims"] + Self.published, in: folder)
            #expect(result.status == 0, "\(result.errors)")
            let lines = result.output.split(separator: "\n").map(String.init)
            #expect(lines.count { $0.contains("cannot be significant, whichever problems were solved") } == 6)
            let largest = try #require(lines.first { $0.hasPrefix("funprm over base ") })
            #expect(largest.contains("+5") && largest.contains("+3.8") && largest.contains("0.375"))
            let json = try Tool.run(["claims", "--json", "-", "--against", "base"] + Self.published, in: folder)
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            #expect((object["pairs"] as? [[String: Any]])?.count == 3)
        }
    }

    @Test(arguments: [
        (["--problems", "5", "a=9"], "'a' solved 9 of 5 problems."), (["--problems", "5", "a=x"], "a=x"),
        (["--problems", "0", "a=0"], "--problems must be from 1 to 1000000, not 0."), (["a=1"], "Give --problems"),
        (["--problems", "5", "a=1", "a=2"], "Two methods are called 'a'."),
        (["--problems", "5", "a=1", "b=2", "--against", "c"], "there is no such method. Available: a, b."),
        (["--problems", "5"], "Give methods with counts"), (["--problems", "5", "a=1", "--alpha", "1"], "--alpha"),
    ])
    func mistakesAreUsageErrors(_ arguments: [String], _ expected: String) throws {
        try withTemporaryFolder { folder in
            let result = try Tool.run(["claims"] + arguments, in: folder)
            #expect(result.status == 64 && result.errors.contains(expected), "\(result.errors)")
        }
    }

    @Test func powerPlansFromNumbersAndFromARun() throws {
        try withTemporaryFolder { folder in
            let plan = try Tool.run(["power", "--difference", "5%", "--discordance", "10%"], in: folder)
            #expect(plan.status == 0 && plan.output.contains("337"), "\(plan.output)")
            let reach = try Tool.run(["power", "--problems", "131"], in: folder)
            #expect(reach.output.contains("none is enough") && reach.output.contains("+7.8"))
            try SmallSet.write(to: folder)
            #expect(try Tool.run(["run", "e.yaml", "--quiet"], in: folder).status == 0)
            let own = try Tool.run(["power", "run"], in: folder)
            #expect(own.status == 0 && own.output.hasPrefix("Pool pool, "), "\(own.errors)")
            let unknown = try Tool.run(["power", "run", "--only", "nobody"], in: folder)
            #expect(unknown.status == 64 && unknown.errors.contains("no selector 'nobody'. Available: first"))
            let none = try Tool.run(["power", "run", "--pool", "other"], in: folder)
            #expect(none.status == 64 && none.errors.contains("no pool 'other'. Available: pool."))
            for wrong in [
                [], ["--difference", "20%", "--discordance", "10%"], ["--simulate", "5"], ["run", "--problems", "3"],
            ] {
                #expect(try Tool.run(["power"] + wrong, in: folder).status == 64)
            }
        }
    }

    @Test func theSimulationSaysWhatItFound() throws {
        try withTemporaryFolder { folder in
            let result = try Tool.run(
                ["power", "--problems", "60", "--discordance", "30%", "--simulate", "4"], in: folder)
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("no loss, five selectors") && result.output.contains("at most 2.5"))
        }
    }

    @Test func tablesGoToStandardOutputAsJSON() throws {
        try withTemporaryFolder { folder in
            try SmallSet.write(to: folder)
            #expect(try Tool.run(["run", "e.yaml", "--quiet"], in: folder).status == 0)
            let result = try Tool.run(["report", "run", "--json", "-"], in: folder)
            let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            #expect(object?["pools"] != nil)
            let two = try Tool.run(["report", "run", "--json", "-", "--csv", "-"], in: folder)
            #expect(two.status == 64 && two.errors.contains("Only one output"))
        }
    }
}
