// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import Testing

/// Hostile and honest programs in every channel that grades and every tier that the machine offers.
@Suite struct CorpusTests {
    static let tiers = [SandboxTier.confined, .isolated, .isolatedWithCgroup]

    @Test func theCorpusIsAsLargeAsItSays() {
        #expect(HostilePrograms.all.count > 150, "\(HostilePrograms.all.count)")
        #expect(HonestPrograms.all.count > 30, "\(HonestPrograms.all.count)")
        let names = (HostilePrograms.all + HonestPrograms.all).map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: tiers) func keepsItsPromises(tier: SandboxTier) async throws {
        guard let run = try await CorpusPool.run(tier) else { return }
        let everything = ProcessInfo.processInfo.environment["BESTOFN_CORPUS"] == "full"
        let filter = ProcessInfo.processInfo.environment["BESTOFN_CORPUS_ONLY"]
        let programs = (HostilePrograms.all + HonestPrograms.all).filter {
            filter == nil || $0.name.contains(filter ?? "")
        }
        let checks = try await run.checks(programs, costlyEverywhere: everything) { check in
            if let path = ProcessInfo.processInfo.environment["BESTOFN_CORPUS_LOG"], let file = fopen(path, "a") {
                let text =
                    "\(tier.rawValue)\t\(check.channel.rawValue)\t\(check.program)\t\(check.outcome)\t\(check.cpuSeconds)\t\(check.wallSeconds)\t\(check.finding ?? "-")\n"
                fputs(text, file)
                fclose(file)
            }
        }
        #expect(!checks.isEmpty)
        for check in checks {
            guard let finding = check.finding else { continue }
            Issue.record("\(tier.rawValue), \(check.channel.rawValue), \(check.program): \(finding)")
        }
    }

    @Test func theShortCorpusRunsOncePerMachine() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("corpus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let engine = try await TestEngine.start(.standard, tier: nil, workers: 1)
        let interpreter = try PythonInterpreter(resolving: engine.environment.pythonPath)
        var starts = 0
        for _ in 0..<2 {
            let record = try await CorpusRecord.current(
                for: engine.environment, interpreter: interpreter, directory: folder
            ) { starts += 1 }
            #expect(!record.isForged)
            #expect(record.checks > 20)
            // A busy machine may break an honest program's time; then nothing is kept.
            if !record.broken.isEmpty { starts = 1 }
        }
        #expect(starts == 1)
    }
}

/// One engine of one worker for each tier.
enum CorpusPool {
    /// Nil for a tier that this machine does not offer.
    static func run(_ tier: SandboxTier) async throws -> CorpusRun? {
        do {
            return try await CorpusRun(on: TestEngine.start(.standard, tier: tier, workers: 1))
        } catch let error as SandboxError where error.code == .unavailable {
            return nil
        }
    }
}
