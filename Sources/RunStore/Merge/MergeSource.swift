// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB

/// A run that is read for merging. Its files stay as they are; what an older version wrote is brought up to date in a copy.
struct MergeSource {
    /// As the user named it.
    let name: String
    let manifest: RunManifest?
    let parts: RunParts?
    let directory: URL
    /// The database that is read.
    let database: URL

    /// Reads what is beside the database, and checks that the database is whole.
    ///
    /// - Parameter scratch: an existing folder for copies.
    /// - Throws: `RunStoreError` naming the file.
    init(_ directory: URL, scratch: URL) throws {
        name = directory.relativePath
        self.directory = directory
        let file = directory.appendingPathComponent("run.sqlite")
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw RunStoreError(
                path: name,
                "There is no run here (no run.sqlite). Give the directories that 'bestofn … --shard i/n' named.")
        }
        parts = try RunParts(in: directory)
        manifest = try RunManifest(in: directory)
        let known = Schema.migrator.migrations
        let found: [String]
        do {
            found = try Self.check(file)
        } catch let error as DatabaseError {
            throw RunStoreError(
                path: file.relativePath,
                "The file cannot be merged: it is damaged, incomplete or no run (\(error.message ?? "\(error.resultCode)")). "
                    + "Copy it again with the files beside it, or make that part anew.")
        }
        if let unknown = found.first(where: { !known.contains($0) }) {
            throw RunStoreError(
                path: file.relativePath,
                "A newer bestofn wrote this file (it has '\(unknown)'). Merge with that version, or make all parts with this one."
            )
        }
        guard !found.isEmpty else {
            throw RunStoreError(path: file.relativePath, "This is a database, but none that bestofn made.")
        }
        guard found.count < known.count else {
            database = file
            return
        }
        let copy = scratch.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        for ending in ["", "-wal"] {
            let original = URL(fileURLWithPath: file.path + ending)
            guard FileManager.default.fileExists(atPath: original.path) else { continue }
            try FileManager.default.copyItem(at: original, to: copy.appendingPathComponent("run.sqlite" + ending))
        }
        try RunStore(directory: copy).checkpoint()
        database = copy.appendingPathComponent("run.sqlite")
    }

    /// - Returns: the migrations that made the tables.
    private static func check(_ file: URL) throws -> [String] {
        let queue = try DatabaseQueue(path: file.path)
        defer { try? queue.close() }
        return try queue.read { database in
            let answer = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
            guard answer == "ok" else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: answer) }
            guard try database.tableExists("grdb_migrations") else { return [] }
            return try String.fetchAll(database, sql: "SELECT identifier FROM grdb_migrations")
        }
    }
}

extension RunManifest {
    /// The manifest of a run; nil where there is none.
    init?(in directory: URL) throws {
        let file = directory.appendingPathComponent("manifest.json")
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        do {
            self = try JSONDecoder().decode(RunManifest.self, from: Data(contentsOf: file))
        } catch {
            throw RunStoreError(path: file.relativePath, "The manifest cannot be read: \(error)")
        }
    }
}
