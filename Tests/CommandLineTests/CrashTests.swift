// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Glibc
import Testing

/// Whatever of ours is killed, at whatever moment: no process is left behind, no verdict is lost, doubled or wrong, and the same command goes on.
@Suite(.serialized) struct CrashTests {
    private static let programs = 240
    private static let kills = 100

    private static let problem = #"""
        {"task_id": "T/0", "prompt": "def f(x):\n", "entry_point": "f", "canonical_solution": "    return x + 1\n", "test": "def check(candidate):\n    for x in range(5):\n        assert candidate(x) == x + 1\n"}
        """#

    private func write(to folder: URL) throws {
        // Each has a text of its own; every third is wrong; each waits a little, so that kills meet all stages of a job.
        let rows = (0..<Self.programs).map { index in
            let body =
                "    import time\\n    time.sleep(0.003)\\n    return x + \(index % 3 == 2 ? 2 : 1)  # \(index)\\n"
            return #"{"task_id": "T/0", "completion": "\#(body)", "sample": \#(index)}"#
        }
        try (Self.problem + "\n").write(
            to: folder.appendingPathComponent("problems.jsonl"), atomically: true, encoding: .utf8)
        try (rows.joined(separator: "\n") + "\n").write(
            to: folder.appendingPathComponent("pool.jsonl"), atomically: true, encoding: .utf8)
    }

    private static let execute = [
        "execute", "--benchmark", "humaneval", "--problems", "problems.jsonl", "--candidates", "pool.jsonl", "--output",
        "out.jsonl", "--workers", "2",
    ]

    @Test func aHundredKillsHarmNothing() throws {
        try withTemporaryFolder { folder in
            try write(to: folder)
            var killed: [String: Int] = [:]
            var starts = 0
            var known = 0
            while killed.values.reduce(0, +) < Self.kills {
                let (process, _, errors) = try Tool.start(Self.execute, in: folder)
                starts += 1
                while process.isRunning, killed.values.reduce(0, +) < Self.kills {
                    Thread.sleep(forTimeInterval: .random(in: 0.02...0.35))
                    // The harness seldom, for every one of its deaths costs a start.
                    let own = OwnProcesses.of(harness: process.processIdentifier)
                    let kind = Int.random(in: 0..<10) == 0 ? "harness" : ["launcher", "worker"].randomElement()
                    guard let victim = own.filter({ $0.kind == kind }).randomElement() else { continue }
                    if kill(victim.id, SIGKILL) == 0 { killed[victim.kind, default: 0] += 1 }
                }
                // The last kill may have spared the harness.
                if killed.values.reduce(0, +) >= Self.kills { kill(process.processIdentifier, SIGKILL) }
                process.waitUntilExit()
                let said = try text(errors)
                // 69: workers were killed faster than they could start.
                #expect([0, 1, 69, SIGKILL].contains(process.terminationStatus), "\(said)")
                expectNothingLeft(of: process.processIdentifier)
                // What was stored before is still there.
                if let before = knownFromBefore(said) {
                    #expect(before >= known)
                    known = before
                }
                if process.terminationReason == .exit, process.terminationStatus == 0 {
                    try expectAllRows(in: folder)
                    known = 0
                }
            }
            let last = try Tool.run(Self.execute, in: folder)
            #expect(last.status == 0, "\(last.errors)")
            try expectAllRows(in: folder)
            #expect(killed.count >= 3, "\(killed)")
            print("killed \(killed), started \(starts) times")
        }
    }

    private func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }

    /// `execute: 12 of 40 programs (28 known from before)`
    private func knownFromBefore(_ errors: String) -> Int? {
        guard let line = errors.split(separator: "\n").first(where: { $0.contains(" known from before)") }),
            let start = line.firstIndex(of: "(")
        else { return nil }
        return Int(line[line.index(after: start)...].prefix { $0.isNumber })
    }

    private func expectNothingLeft(of harness: pid_t) {
        var left = OwnProcesses.of(harness: harness)
        for _ in 0..<100 where !left.isEmpty {
            Thread.sleep(forTimeInterval: 0.05)
            left = OwnProcesses.of(harness: harness)
        }
        #expect(left.isEmpty, "\(left)")
    }

    private func expectAllRows(in folder: URL) throws {
        let rows = try text(folder.appendingPathComponent("out.jsonl")).split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
        #expect(rows.count == Self.programs)
        #expect(Set(rows.compactMap { $0["candidate"] as? String }).count == Self.programs)
        for (index, row) in rows.enumerated() {
            #expect(row["outcome"] as? String == (index % 3 == 2 ? "wrongAnswer" : "passed"), "\(row)")
        }
    }
}

/// The processes that make up a running harness, but for the candidates.
private struct OwnProcesses {
    struct Entry: CustomStringConvertible {
        var id: pid_t
        /// `harness`, `launcher`, or `worker` for the interpreters.
        var kind: String
        var description: String { "\(kind) \(id)" }
    }

    static func of(harness: pid_t) -> [Entry] {
        var parents: [pid_t: pid_t] = [:]
        var launchers: [pid_t] = []
        var isAlive = false
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let id = pid_t(name), let stat = read("/proc/\(name)/stat"),
                let end = stat.lastIndex(of: ")")
            else { continue }
            let fields = stat[stat.index(after: end)...].split(separator: " ")
            guard fields.count > 1, fields[0] != "Z", let parent = pid_t(fields[1]) else { continue }
            parents[id] = parent
            if id == harness { isAlive = true }
            let arguments = (read("/proc/\(name)/cmdline") ?? "").split(separator: "\0").map(String.init)
            if arguments.first?.hasSuffix("bonbox") == true, arguments.contains(String(harness)) {
                launchers.append(id)
            }
        }
        let workers = parents.filter { launchers.contains($0.value) && !launchers.contains($0.key) }.map(\.key)
        return (isAlive ? [Entry(id: harness, kind: "harness")] : [])
            + launchers.map { Entry(id: $0, kind: "launcher") } + workers.map { Entry(id: $0, kind: "worker") }
    }

    private static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
