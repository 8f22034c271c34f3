// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Which parts of a larger piece of work a run's directory holds, as `parts.json` says; a directory without one was made by whole calls alone.
public struct RunParts: Sendable, Codable, Hashable {
    public var format = "bestofn parts 1"
    /// Whether a whole run has gone over the parts since: then nothing is missing, and the parts are history.
    public var isWhole: Bool
    /// Sorted.
    public var parts: [Part]
    /// How many rows the file has that this belongs to, where it belongs to a file of rows: tells a file that was cut off.
    public var rows: Int?

    /// One call with `--shard`.
    public struct Part: Sendable, Codable, Hashable {
        /// `run`, `execute`, `rollouts` or `generate`.
        public var command: String
        /// From 1 to `count`.
        public var index: Int
        public var count: Int
        /// Identifies how the problems were divided: the parts of one partition fit together without gaps.
        public var partition: String
        /// How many problems the part has.
        public var problems: Int
        /// What the results depend on, by name; must be equal in parts that are merged. Empty for `run` and `execute`, whose manifest says it.
        public var facts: [String: String]
        public var startedAt: String
        /// Nil while the part is not finished.
        public var finishedAt: String?
        public var processor: String
        public var operatingSystem: String

        public init(
            command: String, index: Int, count: Int, partition: String, problems: Int, facts: [String: String] = [:],
            startedAt: String, finishedAt: String? = nil, processor: String, operatingSystem: String
        ) {
            self.command = command
            self.index = index
            self.count = count
            self.partition = partition
            self.problems = problems
            self.facts = facts
            self.startedAt = startedAt
            self.finishedAt = finishedAt
            self.processor = processor
            self.operatingSystem = operatingSystem
        }

        /// What stays the same when the same call is made again.
        var place: [String] { [command, partition, "\(count)", String(format: "%06d", index)] }
    }

    public init(isWhole: Bool = false, parts: [Part] = [], rows: Int? = nil) {
        self.isWhole = isWhole
        self.parts = parts
        self.rows = rows
    }

    /// Whether every part of some partition is there and finished.
    public var isComplete: Bool {
        Dictionary(grouping: parts.filter { $0.finishedAt != nil }) { [$0.command, "\($0.count)", $0.partition] }
            .values.contains { $0.count == $0[0].count }
    }

    /// Adds parts; of two tries of the same part the one that finished counts, else the later one.
    public mutating func add(_ others: [Part]) {
        func rank(_ part: Part) -> [String] {
            [
                part.finishedAt ?? "", part.startedAt, part.processor, part.operatingSystem, "\(part.problems)",
                part.facts.sorted { $0.key < $1.key }.map { "\($0.key)\n\($0.value)" }.joined(separator: "\n"),
            ]
        }
        var byPlace: [[String]: Part] = [:]
        for part in parts + others {
            if let known = byPlace[part.place], !rank(known).lexicographicallyPrecedes(rank(part)) { continue }
            byPlace[part.place] = part
        }
        parts = byPlace.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    }

    /// What there is and what is missing, a line per command: `run: shards 1, 3 of 4; 2, 4 are missing`
    public var summary: [String] {
        let groups = Dictionary(grouping: parts) { [$0.command, "\($0.count)", $0.partition] }
        return groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, parts in
            func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ", ") }
            let count = parts[0].count
            let done = parts.filter { $0.finishedAt != nil }.map(\.index)
            let begun = parts.filter { $0.finishedAt == nil }.map(\.index)
            let missing = (1...max(count, 1)).filter { !done.contains($0) && !begun.contains($0) }
            var text = "\(parts[0].command): shards \(list(done.isEmpty ? begun : done)) of \(count)"
            if !begun.isEmpty { text += done.isEmpty ? ", not finished" : "; \(list(begun)) not finished" }
            if !missing.isEmpty { text += "; \(list(missing)) missing" }
            return text
        }
    }
}

extension RunStore {
    /// What the directory holds; nil where no part was ever written to it.
    ///
    /// - Throws: `RunStoreError` for a file that cannot be read.
    public func parts() throws -> RunParts? { try RunParts(in: directory) }

    /// Notes that this call makes a part, in place of an earlier try of the same part.
    public func write(_ part: RunParts.Part) throws {
        var parts = try parts() ?? RunParts()
        parts.isWhole = false
        parts.parts.removeAll { $0.place == part.place }
        parts.add([part])
        try parts.write(to: directory)
    }

    /// Notes that a whole run went over everything.
    public func declareWhole() throws {
        guard var parts = try parts(), !parts.isWhole else { return }
        parts.isWhole = true
        try parts.write(to: directory)
    }
}

extension RunParts {
    init?(in directory: URL) throws { try self.init(file: directory.appendingPathComponent("parts.json")) }

    func write(to directory: URL) throws { try write(file: directory.appendingPathComponent("parts.json")) }

    /// Where a file of rows keeps what parts it has: `cof.jsonl.gz` has `cof.parts.json`.
    public static func file(besideRows rows: URL) -> URL {
        var name = rows.lastPathComponent
        for ending in [".gz", ".jsonl"] where name.hasSuffix(ending) { name.removeLast(ending.count) }
        return rows.deletingLastPathComponent().appendingPathComponent(name + ".parts.json")
    }

    /// Reads a file; nil where there is none.
    ///
    /// - Throws: `RunStoreError` for one that cannot be read.
    public init?(file: URL) throws {
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        do {
            self = try JSONDecoder().decode(RunParts.self, from: Data(contentsOf: file))
        } catch {
            throw RunStoreError(path: file.path, "What parts the run has cannot be read: \(error)")
        }
        guard format == RunParts().format else {
            throw RunStoreError(path: file.path, "The format '\(format)' is not known. A newer bestofn wrote it.")
        }
    }

    /// Writes the file in one step.
    public func write(file: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(self).write(to: file, options: .atomic)
        } catch {
            throw RunStoreError(path: file.path, "The file cannot be written: \(error.localizedDescription)")
        }
    }
}
