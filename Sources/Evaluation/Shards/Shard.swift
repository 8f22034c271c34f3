// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// One of `count` parts that a piece of work is divided into, numbered from 1: `2/8`.
public struct Shard: Sendable, Hashable, CustomStringConvertible {
    /// From 1 to `count`.
    public let index: Int
    public let count: Int

    /// More parts than any benchmark has problems.
    private static let most = 100_000

    /// - Throws: `ShardError` unless 1 ≤ `index` ≤ `count`.
    public init(index: Int, of count: Int) throws {
        guard (1...Self.most).contains(count) else {
            throw ShardError("There can be 1 to \(Self.most) shards, not \(count).")
        }
        guard (1...count).contains(index) else {
            throw ShardError(
                "Shard \(index) of \(count) does not exist: shards are numbered from 1 to \(count)."
                    + (index == 0 ? " For a job array that counts from 0, add 1." : ""))
        }
        self.index = index
        self.count = count
    }

    /// Reads `2/8`.
    public init(_ text: String) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]) else {
            throw ShardError("Expected a shard such as 2/8 (the second of eight), not '\(text)'.")
        }
        try self.init(index: index, of: count)
    }

    public var description: String { "\(index)/\(count)" }

    /// Where the shard's part of an output goes, so that the same command may run for every shard side by side: `verdicts.jsonl` becomes
    /// `verdicts.2-of-8.jsonl`, the folder `runs/demo` becomes `runs/demo.2-of-8`.
    public func name(of output: URL) -> URL {
        var stem = output.lastPathComponent
        var ending = ""
        for candidate in [".gz", ".jsonl", ".json"] where stem.hasSuffix(candidate) && stem.count > candidate.count {
            stem.removeLast(candidate.count)
            ending = candidate + ending
        }
        return output.deletingLastPathComponent().appendingPathComponent("\(stem).\(index)-of-\(count)\(ending)")
    }
}

/// A shard that does not exist, as a full sentence.
public struct ShardError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
