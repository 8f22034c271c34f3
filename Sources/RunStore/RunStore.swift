// SPDX-License-Identifier: Apache-2.0
public import Foundation
import GRDB

/// A run's directory: `manifest.json`, for people, and `run.sqlite`, for everything else.
///
/// Every verdict and every score is committed as it arrives, so that a run killed at any moment loses at most what was in flight. Verdicts and scores are
/// keyed by content: an unchanged program, suite or selector is never computed twice, whatever else the experiment changed.
/// Safe to use from many tasks; several processes may open one directory (writes wait for one another).
public final class RunStore: Sendable {
    public let directory: URL
    private let database: DatabaseQueue

    /// Opens the run in `directory`, creating it where it does not exist.
    ///
    /// - Throws: `RunStoreError`, saying what is wrong with the directory or the file.
    public init(directory: URL) throws {
        self.directory = directory
        let file = directory.appendingPathComponent("run.sqlite")
        do {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        } catch {
            throw RunStoreError(
                path: directory.path, "The run directory cannot be created: \(error.localizedDescription)")
        }
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { database in
            // A killed process loses nothing in WAL mode; only a power failure could lose the last commits.
            try database.execute(sql: "PRAGMA synchronous = NORMAL")
            // KiB. A million candidates are a few hundred megabytes; SQLite's own 2 MB make it read the same pages again and again.
            try database.execute(sql: "PRAGMA cache_size = -65536")
        }
        do {
            database = try DatabaseQueue(path: file.path, configuration: configuration)
            try Schema.migrator.migrate(database)
        } catch let error as DatabaseError {
            throw RunStoreError(path: file.path, Self.explain(error))
        }
    }

    /// Opens a run that must exist, for reports.
    public static func existing(directory: URL) throws -> RunStore {
        guard FileManager.default.fileExists(atPath: directory.appendingPathComponent("run.sqlite").path) else {
            throw RunStoreError(
                path: directory.path,
                "There is no run here (no run.sqlite). Give the directory that 'bestofn run' printed.")
        }
        return try RunStore(directory: directory)
    }

    private static func explain(_ error: DatabaseError) -> String {
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            "The file is not a usable SQLite database (\(error.message ?? "corrupt")). Move it away and run again; nothing else needs it."
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            "The file cannot be opened for writing: \(error.message ?? "no permission")."
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            "Another process holds the file. Wait for it, or use another run directory."
        case .SQLITE_FULL:
            "The disk is full."
        default:
            "SQLite error \(error.resultCode.rawValue): \(error.message ?? "unknown")."
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try database.read(body) } catch let error as DatabaseError {
            throw RunStoreError(path: directory.path, Self.explain(error))
        }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do { return try database.write(body) } catch let error as DatabaseError {
            throw RunStoreError(path: directory.path, Self.explain(error))
        }
    }

    /// Writes what is in the write-ahead log into the database file, so that the file alone is the run.
    public func checkpoint() throws {
        do {
            try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            // Another process reads: it will checkpoint when it closes.
        } catch let error as DatabaseError {
            throw RunStoreError(path: directory.path, Self.explain(error))
        }
    }

    // MARK: The manifest

    private var manifestFile: URL { directory.appendingPathComponent("manifest.json") }

    /// Writes `manifest.json` in one step.
    public func write(_ manifest: RunManifest) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(manifest).write(to: manifestFile, options: .atomic)
        } catch {
            throw RunStoreError(
                path: manifestFile.path, "The manifest cannot be written: \(error.localizedDescription)")
        }
    }

    public func manifest() throws -> RunManifest {
        do {
            return try JSONDecoder().decode(RunManifest.self, from: Data(contentsOf: manifestFile))
        } catch {
            throw RunStoreError(path: manifestFile.path, "The manifest cannot be read: \(error)")
        }
    }
}

/// A run directory that cannot be used: what, where, and what to do.
public struct RunStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    public var path: String
    public var message: String

    public init(path: String, _ message: String) {
        self.path = path
        self.message = message
    }

    public var description: String { "\(path): \(message)" }
}
