// SPDX-License-Identifier: Apache-2.0
public import Foundation
import GRDB

/// Joins runs of the same problems, pools and selectors, each of which computed a part, or the same again, into one.
///
/// The same runs give the same merged run in whatever order they come, and a run that is merged again changes nothing. What runs say differently of the
/// same thing is a conflict: one value is kept by a fixed rule, the others are kept in the table `other_value`.
public enum RunMerge {
    public struct Result: Sendable {
        /// What the runs say differently, earlier merges included.
        public var conflicts: [MergeConflict]
        /// Inputs that could not be read and were left out.
        public var unusable: [RunStoreError]
        /// How many rows each table has.
        public var rows: [String: Int]
        public var parts: RunParts?
        public var notes: [String]
    }

    /// Writes the join of `inputs` to `output`. A run that is at `output` already is an input too, so that nothing is lost.
    ///
    /// What was there stays until the merged database is complete and takes its place in one step.
    ///
    /// - Parameter skipsUnusable: leaves out inputs that cannot be read, instead of writing nothing. Nothing wrong can come of it: what is missing is
    ///   computed by the next run.
    /// - Throws: `RunStoreError` for inputs that cannot be read, `MergeRefusal` for runs that do not belong together.
    public static func merge(_ inputs: [URL], into output: URL, skipsUnusable: Bool = false) throws -> Result {
        let scratch = output.appendingPathComponent(".merge-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        } catch {
            throw RunStoreError(
                path: output.relativePath, "The directory cannot be made: \(error.localizedDescription)")
        }
        defer {
            try? FileManager.default.removeItem(at: scratch)
            // Removes the directory only where nothing came of it.
            rmdir(output.path)
        }
        var notes: [String] = []
        let directories = withOutput(inputs, output, &notes)
        try releaseOutput(output)
        var sources: [MergeSource] = []
        var unusable: [RunStoreError] = []
        for directory in directories {
            do {
                sources.append(try MergeSource(directory, scratch: scratch))
            } catch let error as RunStoreError {
                // What is at the output would be lost.
                guard !same(directory, output) else { throw error }
                unusable.append(error)
            }
        }
        if let first = unusable.first, !skipsUnusable || sources.isEmpty {
            let others = unusable.dropFirst().map(\.description).joined(separator: "\n")
            throw RunStoreError(
                path: first.path,
                first.message + (others.isEmpty ? "" : "\n" + others)
                    + (sources.isEmpty ? "" : "\nNothing was merged; --skip-unusable merges the others."))
        }
        try checkIdentity(of: sources)
        let file = scratch.appendingPathComponent("run.sqlite")
        var (conflicts, rows) = try join(sources, in: scratch, into: file)
        for index in conflicts.indices { conflicts[index].values = conflicts[index].keptFirst }
        try joinModels(sources, into: output, &notes)
        let parts = joinedParts(sources)
        // From here on the directory says that it holds parts, whatever happens between two steps.
        try parts?.write(to: output)
        try releaseOutput(output)
        guard rename(file.path, output.appendingPathComponent("run.sqlite").path) == 0 else {
            throw RunStoreError(
                path: output.relativePath, "run.sqlite cannot be written: \(String(cString: strerror(errno)))")
        }
        if let manifest = joinedManifest(sources) { try RunStore(directory: output).write(manifest) }
        return Result(conflicts: conflicts, unusable: unusable, rows: rows, parts: parts, notes: notes)
    }

    // MARK: Inputs

    private static func same(_ first: URL, _ second: URL) -> Bool {
        first.resolvingSymlinksInPath().standardizedFileURL.path
            == second.resolvingSymlinksInPath().standardizedFileURL.path
    }

    /// The inputs, each once, with what is at the output.
    private static func withOutput(_ inputs: [URL], _ output: URL, _ notes: inout [String]) -> [URL] {
        var directories: [URL] = []
        for input in inputs where !directories.contains(where: { same($0, input) }) { directories.append(input) }
        let isThere = FileManager.default.fileExists(atPath: output.appendingPathComponent("run.sqlite").path)
        if isThere, !directories.contains(where: { same($0, output) }) {
            directories.append(output)
            notes.append("\(output.relativePath): there is a run already; its results are merged too")
        }
        return directories
    }

    /// Makes sure that no other process uses the output, and that its write-ahead log is in the file: a log that stayed would be applied to the new file.
    private static func releaseOutput(_ output: URL) throws {
        let file = output.appendingPathComponent("run.sqlite")
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        do {
            let queue = try DatabaseQueue(path: file.path)
            try queue.writeWithoutTransaction { database in
                guard try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE") == "delete" else {
                    throw DatabaseError(resultCode: .SQLITE_BUSY)
                }
            }
            try queue.close()
        } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) {
            throw RunStoreError(
                path: file.relativePath,
                "Another process uses this run. Wait for it, or give another --output, then merge.")
        } catch let error as DatabaseError {
            throw RunStoreError(
                path: file.relativePath,
                "What is at the output cannot be read (\(error.message ?? "\(error.resultCode)")). Move it away, or give another --output."
            )
        }
    }

    private static func checkIdentity(of sources: [MergeSource]) throws {
        var found: [String: (source: String, facts: [String: String])] = [:]
        for source in sources {
            var kinds: [(command: String, facts: [String: String])] = []
            if let manifest = source.manifest { kinds.append(("run", try manifest.identity())) }
            for part in source.parts?.parts ?? [] { kinds.append((part.command, part.facts)) }
            for kind in kinds where !kind.facts.isEmpty {
                guard let first = found[kind.command] else {
                    found[kind.command] = (source.name, kind.facts)
                    continue
                }
                // Parts of rollouts and pools may each name things of their own; a manifest names all there is.
                let names =
                    kind.command == "run"
                    ? Set(first.facts.keys).union(kind.facts.keys) : Set(first.facts.keys).intersection(kind.facts.keys)
                let differences = names.sorted().filter { first.facts[$0] != kind.facts[$0] }.map {
                    "  \($0): \(first.facts[$0] ?? "none") in \(first.source), \(kind.facts[$0] ?? "none") in \(source.name)"
                }
                guard differences.isEmpty else {
                    throw MergeRefusal(
                        "\(source.name) and \(first.source) do not belong together; nothing was merged. They differ in:\n"
                            + differences.joined(separator: "\n")
                            + "\nParts are made with the same experiment, the same files and the same Python; leave out what is of another."
                    )
                }
            }
        }
    }

    // MARK: The join

    private static func join(
        _ sources: [MergeSource], in scratch: URL, into file: URL
    ) throws -> (conflicts: [MergeConflict], rows: [String: Int]) {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            // The file is nobody's until it is complete; it is written through to the disk before it gets its name.
            try database.execute(
                sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144")
        }
        let queue = try DatabaseQueue(
            path: scratch.appendingPathComponent("joined.sqlite").path, configuration: configuration)
        var current = file.relativePath
        do {
            try Schema.migrator.migrate(queue)
            let result = try queue.writeWithoutTransaction { database in
                for source in sources {
                    current = source.name
                    try attached(source, database) {
                        try database.inTransaction {
                            try TableMerge(database: database, name: source.name).mergeAll()
                            return .commit
                        }
                    }
                }
                try StoredPool.writeContents(database)
                var conflicts = try ConflictReader(database: database).conflicts()
                if !conflicts.isEmpty {
                    for source in sources.sorted(by: { $0.name < $1.name }) {
                        try attached(source, database) {
                            try ConflictReader(database: database).addSource(source.name, to: &conflicts)
                        }
                    }
                }
                var rows: [String: Int] = [:]
                for rule in MergeRule.all {
                    rows[rule.table] = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(rule.table)")
                }
                // Rows in the order of their keys, page after page: the same runs give the same bytes.
                try database.execute(sql: "VACUUM INTO ?", arguments: [file.path])
                return (conflicts, rows)
            }
            try queue.close()
            let handle = try FileHandle(forUpdating: file)
            try handle.synchronize()
            try handle.close()
            return result
        } catch let error as DatabaseError {
            throw RunStoreError(
                path: current, "Merging failed: \(error.message ?? "SQLite error \(error.resultCode.rawValue)").")
        }
    }

    private static func attached(_ source: MergeSource, _ database: Database, _ body: () throws -> Void) throws {
        try database.execute(sql: "ATTACH DATABASE ? AS source", arguments: [source.database.path])
        try body()
        // Cached statements would keep the database attached.
        try database.execute(sql: "DROP TABLE IF EXISTS temp.differing")
        database.clearSchemaCache()
        try database.execute(sql: "DETACH DATABASE source")
    }

    // MARK: What is beside the database

    private static func joinedManifest(_ sources: [MergeSource]) -> RunManifest? {
        let manifests = sources.compactMap(\.manifest)
        guard let first = manifests.first else { return nil }
        return manifests.dropFirst().reduce(first) { $0.joined(with: $1) }
    }

    /// Nil where all inputs are whole runs.
    private static func joinedParts(_ sources: [MergeSource]) -> RunParts? {
        guard sources.contains(where: { $0.parts != nil }) else { return nil }
        var parts = RunParts()
        for source in sources { parts.add(source.parts?.parts ?? []) }
        // With a whole run among them there is a result of everything.
        parts.isWhole = sources.contains { source in
            source.manifest?.environment.finishedAt != nil && source.parts?.isWhole ?? true
        }
        return parts
    }

    /// Copies models that the experiment trained. All parts train the same; where bytes differ all the same, the choice does not depend on the order.
    private static func joinModels(_ sources: [MergeSource], into output: URL, _ notes: inout [String]) throws {
        var models: [String: (data: Data, isOne: Bool)] = [:]
        for source in sources {
            let folder = source.directory.appendingPathComponent("models")
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            for name in names.sorted() where name.hasSuffix(".safetensors") {
                let data = try Data(contentsOf: folder.appendingPathComponent(name))
                guard let known = models[name] else {
                    models[name] = (data, true)
                    continue
                }
                guard known.data != data else { continue }
                models[name] = (data.lexicographicallyPrecedes(known.data) ? data : known.data, false)
            }
        }
        guard !models.isEmpty else { return }
        let folder = output.appendingPathComponent("models")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, model) in models.sorted(by: { $0.key < $1.key }) {
            if !model.isOne { notes.append("models/\(name) is not the same in all parts; one was taken") }
            try model.data.write(to: folder.appendingPathComponent(name), options: .atomic)
        }
    }
}

extension MergeConflict {
    fileprivate var keptFirst: [Value] { values.filter { $0.value == kept } + values.filter { $0.value != kept } }
}
