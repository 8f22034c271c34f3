// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Glibc
import Testing

/// Whatever ends the program, what was finished is kept, and the same command continues.
@Suite(.serialized) struct InterruptionTests {
    private let count = 40

    /// A pool of programs that take a while, each with its own text.
    private func write(to folder: URL) throws {
        let rows = (0..<count).map {
            #"{"problem": "sum", "model": "m", "sample": \#($0), "code": "import time\ntime.sleep(0.1)\nprint(\#($0))"}"#
        }
        try SmallSet.write(to: folder, pool: rows.joined(separator: "\n"))
    }

    private func executed(_ errors: String) -> Int? {
        // "execute: 12 of 40 programs (28 known from before)"
        guard
            let line = errors.split(separator: "\n").first(where: { $0.hasPrefix("execute: ") && $0.contains(" of ") })
        else { return nil }
        return Int(line.dropFirst("execute: ".count).prefix { $0.isNumber })
    }

    private func workersLeft(of harness: pid_t) -> Bool {
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard Int(entry) != nil, let data = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline") else {
                continue
            }
            let arguments = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            if arguments.first?.hasSuffix("bonbox") == true, arguments.contains(String(harness)) { return true }
        }
        return false
    }

    @Test(arguments: [SIGKILL, SIGINT]) func theSameCommandContinues(_ signal: Int32) throws {
        try withTemporaryFolder { folder in
            try write(to: folder)
            let (process, _, errors) = try Tool.start(SmallSet.execute + ["--workers", "2"], in: folder)
            let store = folder.appendingPathComponent("out.jsonl.state/run.sqlite-wal")
            // Wait until verdicts arrive: the log grows after the stage has begun.
            var sizeAtBeginning: Int?
            for _ in 0..<1200 {
                let size = (try? FileManager.default.attributesOfItem(atPath: store.path)[.size] as? Int) ?? 0
                let hasBegun = (try? String(contentsOf: errors, encoding: .utf8))?.contains("execute: ") ?? false
                if hasBegun, sizeAtBeginning == nil { sizeAtBeginning = size }
                if let beginning = sizeAtBeginning, size > beginning + 40_000 { break }
                if !process.isRunning { break }
                Thread.sleep(forTimeInterval: 0.05)
            }
            #expect(process.isRunning)
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            if signal == SIGINT {
                #expect(process.terminationStatus == 130)
                #expect(try String(contentsOf: errors, encoding: .utf8).contains("the same command continues"))
            }
            #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("out.jsonl").path))
            Thread.sleep(forTimeInterval: 1)
            #expect(!workersLeft(of: process.processIdentifier))

            let result = try Tool.run(SmallSet.execute, in: folder)
            #expect(result.status == 0, "\(result.errors)")
            let left = try #require(executed(result.errors))
            #expect(left < count, "nothing was kept")
            let rows = try String(contentsOf: folder.appendingPathComponent("out.jsonl"), encoding: .utf8).split(
                separator: "\n")
            #expect(rows.count == count)
        }
    }
}
