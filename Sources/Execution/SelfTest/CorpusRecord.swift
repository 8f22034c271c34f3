// SPDX-License-Identifier: Apache-2.0
import ContentHash
package import Foundation
import Glibc

/// What the short corpus of hostile and honest programs met with on this machine: tested once for each interpreter, tier, kernel and version of the
/// sandbox, and kept on disk, so that every run can say that it was tested without paying for it each time.
package struct CorpusRecord: Sendable, Codable, Hashable {
    package var checks: Int
    /// The checks that did not hold, in words.
    package var broken: [String]
    /// Whether a hostile program got a pass.
    package var isForged: Bool

    /// For a run's record: `153 of 153 checks hold`.
    package var summary: String {
        "\(checks - broken.count) of \(checks) checks hold"
            + (broken.isEmpty ? "" : "; not: \(broken.prefix(5).joined(separator: "; "))")
    }

    init(_ checks: [CorpusRun.Check]) {
        self.checks = checks.count
        let failed = checks.filter { $0.finding != nil }
        broken = failed.map { "\($0.program) (\($0.channel.rawValue)): \($0.finding ?? "")" }
        isForged = failed.contains { $0.isForgedPass }
    }

    /// The record for this environment: from disk, or made now and kept if all checks held. Runs at the same time wait for one another.
    ///
    /// - Parameters:
    ///   - directory: where records are kept; nil for nowhere.
    ///   - starting: called before programs are run, which takes a quarter of a minute.
    package static func current(
        for environment: ExecutionEnvironment, interpreter: PythonInterpreter,
        directory: URL? = CacheDirectory.standard(), starting: () -> Void = {}
    ) async throws -> CorpusRecord {
        let file = directory.map { $0.appendingPathComponent("self-test-\(key(environment)).json") }
        if let file, let record = read(file) { return record }
        let lock = file.flatMap { FileLock(path: $0.path + ".lock") }
        defer { lock?.release() }
        if let file, let record = read(file) { return record }
        starting()
        let result = try await CorpusRun.shortTest(tier: environment.tier, interpreter: interpreter) { _ in }
        let record = CorpusRecord(result.checks)
        // What a busy machine broke is not held against the next run.
        if let file, record.broken.isEmpty { try? JSONEncoder().encode(record).write(to: file, options: .atomic) }
        return record
    }

    private static func read(_ file: URL) -> CorpusRecord? {
        (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(CorpusRecord.self, from: $0) }
    }

    private static func key(_ environment: ExecutionEnvironment) -> String {
        var kernel = utsname()
        uname(&kernel)
        let release = withUnsafeBytes(of: &kernel.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let programs = ShortCorpus.programs.flatMap { [$0.name, $0.code] }
        return ContentHash.of(
            [
                "self-test", environment.tier.rawValue, environment.python, environment.pythonPath, release,
                environment.filterHash, "\(environment.landlockVersion)", "\(environment.cgroupVersion)",
                "\(Grader.version)", "\(getuid())",
            ] + programs)
    }
}

extension CorpusRun.Check {
    /// Whether a hostile program got a pass that it must not get.
    var isForgedPass: Bool { finding == CorpusRun.forgedPass }
}

/// Holds a lock file for as long as the value lives, or until it is released.
private final class FileLock {
    private var descriptor: Int32

    /// Waits for the lock; nil where the file cannot be made, which is no reason not to go on.
    init?(path: String) {
        descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    }

    func release() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    deinit { release() }
}
