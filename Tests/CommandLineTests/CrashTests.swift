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

    @Test func aHundredKillsHarmNothing() async throws {
        try await withTemporaryFolder { folder in
            try write(to: folder)
            let (killed, findings) = try await onOwnThread { try killAtRandom(in: folder) }
            #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
            #expect(killed.count >= 3, "\(killed)")
        }
    }

    /// Starts the same command again and again and kills what belongs to it.
    ///
    /// - Returns: how many processes of each kind were killed, and what went wrong.
    private func killAtRandom(in folder: URL) throws -> (killed: [String: Int], findings: [String]) {
        var killed: [String: Int] = [:]
        var findings: [String] = []
        var known = 0
        var isDone: Bool { killed.values.reduce(0, +) >= Self.kills }
        while !isDone {
            let (process, _, errors) = try Tool.start(Self.execute, in: folder)
            while process.isRunning, !isDone {
                Thread.sleep(forTimeInterval: .random(in: 0.02...0.35))
                // The harness seldom, for every one of its deaths costs a start.
                let own = OwnProcesses.of(harness: process.processIdentifier)
                let kind = Int.random(in: 0..<10) == 0 ? "harness" : ["launcher", "worker"].randomElement()
                guard let victim = own.filter({ $0.kind == kind }).randomElement() else { continue }
                if kill(victim.id, SIGKILL) == 0 { killed[victim.kind, default: 0] += 1 }
            }
            // The last kill may have spared the harness.
            if isDone { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
            let said = try text(errors)
            // 69: workers were killed faster than they could start.
            if ![0, 1, 69, SIGKILL].contains(process.terminationStatus) {
                findings.append("exit status \(process.terminationStatus): \(said)")
            }
            findings += leftovers(of: process.processIdentifier)
            if let before = knownFromBefore(said) {
                if before < known { findings.append("\(known) verdicts were kept, \(before) of them are left") }
                known = before
            }
            if process.terminationReason == .exit, process.terminationStatus == 0 {
                findings += try wrongRows(in: folder)
                known = 0
            }
        }
        let last = try Tool.run(Self.execute, in: folder)
        if last.status != 0 { findings.append("the last run: \(last.errors)") }
        return (killed, findings + (try wrongRows(in: folder)))
    }

    private func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }

    /// `execute: 12 of 40 programs (28 known from before)`
    private func knownFromBefore(_ errors: String) -> Int? {
        guard let line = errors.split(separator: "\n").first(where: { $0.contains(" known from before)") }),
            let start = line.firstIndex(of: "(")
        else { return nil }
        return Int(line[line.index(after: start)...].prefix { $0.isNumber })
    }

    private func leftovers(of harness: pid_t) -> [String] {
        var left = OwnProcesses.of(harness: harness)
        for _ in 0..<100 where !left.isEmpty {
            Thread.sleep(forTimeInterval: 0.05)
            left = OwnProcesses.of(harness: harness)
        }
        return left.map { "left behind: \($0)" }
    }

    private func wrongRows(in folder: URL) throws -> [String] {
        let rows = try text(folder.appendingPathComponent("out.jsonl")).split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
        let candidates = Set(rows.compactMap { $0["candidate"] as? String })
        guard rows.count == Self.programs, candidates.count == Self.programs else {
            return ["\(rows.count) rows of \(candidates.count) candidates"]
        }
        return rows.enumerated().filter {
            $0.element["outcome"] as? String != ($0.offset % 3 == 2 ? "wrongAnswer" : "passed")
        }.map { "wrong verdict: \($0.element)" }
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
