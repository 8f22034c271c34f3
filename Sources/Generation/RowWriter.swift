// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Writes a file of JSON rows, gzip where its name ends in `.gz`, under a temporary name until it is whole.
public final class RowWriter {
    private let file: URL
    private let temporary: URL
    private let handle: FileHandle
    private let deflater: Deflater?
    private let encoder = JSONEncoder()
    private var pending = Data()

    /// - Throws: the system's error when the file cannot be made.
    public init(_ file: URL) throws {
        self.file = file
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        temporary = file.deletingLastPathComponent().appendingPathComponent(
            ".\(file.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier)")
        try Data().write(to: temporary)
        handle = try FileHandle(forWritingTo: temporary)
        deflater = file.pathExtension == "gz" ? try Deflater(.gzip) : nil
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    deinit {
        try? handle.close()
        // Gone already where the file was finished.
        try? FileManager.default.removeItem(at: temporary)
    }

    public func write(_ row: some Encodable) throws {
        pending.append(try encoder.encode(row))
        pending.append(UInt8(ascii: "\n"))
        if pending.count > 1 << 18 { try flush(ends: false) }
    }

    /// Writes a row that is JSON already.
    public func write(line: Data) throws {
        pending.append(line)
        pending.append(UInt8(ascii: "\n"))
        if pending.count > 1 << 18 { try flush(ends: false) }
    }

    /// Gives the file its name.
    public func finish() throws {
        try flush(ends: true)
        try handle.close()
        guard rename(temporary.path, file.path) == 0 else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: file.path])
        }
    }

    private func flush(ends: Bool) throws {
        try handle.write(contentsOf: deflater?.compress(pending, ends: ends) ?? pending)
        pending.removeAll(keepingCapacity: true)
    }
}
