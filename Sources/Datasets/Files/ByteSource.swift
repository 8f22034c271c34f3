// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The bytes of a file, uncompressed on the way where the file is gzip (told by its first bytes, whatever its name).
///
/// A class because it owns the open file; not shared between tasks.
final class ByteSource {
    struct Failure: Error {
        var message: String
    }

    private static let pieceSize = 1 << 18

    private let descriptor: Int32
    private let input = RawBuffer()
    /// How many bytes of `input` were used up.
    private var used = 0
    private var inputEnded = false
    private var began = false
    /// Present where the file is gzip.
    private var inflater: Inflater?
    /// Whether a gzip member was begun and did not end yet.
    private var insideMember = false

    init(path: String) throws(Failure) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(message: "The file cannot be opened: \(Self.reason()).") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Appends more bytes to `buffer`; false at the end of the file.
    func fill(_ buffer: RawBuffer) throws(Failure) -> Bool {
        if !began { try begin() }
        guard inflater != nil else { return try fillPlain(buffer) }
        return try fillInflated(buffer)
    }

    private func fillPlain(_ buffer: RawBuffer) throws(Failure) -> Bool {
        let rest = UnsafeRawBufferPointer(rebasing: input.bytes[used...])
        if rest.count > 0 {
            buffer.room(rest.count).copyMemory(from: rest)
            buffer.count += rest.count
            used = input.count
            return true
        }
        let count = try readFile(buffer.room(Self.pieceSize))
        buffer.count += count
        return count > 0
    }

    private func fillInflated(_ buffer: RawBuffer) throws(Failure) -> Bool {
        guard let inflater else { return false }
        while true {
            if used == input.count, try !refill() {
                guard !insideMember else {
                    throw Failure(
                        message: "The gzip data ends too early: the file is truncated. Copy or download it again.")
                }
                return false
            }
            if !insideMember, try !beginMember(inflater) { return false }
            let room = buffer.room(Self.pieceSize)
            do throws(Inflater.Failure) {
                let (consumed, produced, ended) = try inflater.inflate(
                    UnsafeRawBufferPointer(rebasing: input.bytes[used...]), into: room)
                used += consumed
                buffer.count += produced
                if ended { insideMember = false }
                if produced > 0 { return true }
                guard consumed > 0 || ended else { throw Inflater.Failure(description: "no progress") }
            } catch {
                throw Failure(
                    message: "The gzip data is damaged (\(error.description)). Copy or download the file again.")
            }
        }
    }

    /// Steps over the zeros that may pad a gzip file; false when nothing but padding is left.
    private func beginMember(_ inflater: Inflater) throws(Failure) -> Bool {
        while true {
            while used < input.count, input.bytes[used] == 0 { used += 1 }
            if used < input.count { break }
            guard try refill() else { return false }
        }
        if input.count - used < 2 { try more() }
        guard input.bytes[used] == 0x1f, input.count - used > 1, input.bytes[used + 1] == 0x8b else {
            throw Failure(message: "The file goes on after the end of its gzip data. Copy or download it again.")
        }
        inflater.reset()
        insideMember = true
        return true
    }

    private func begin() throws(Failure) {
        began = true
        while input.count < 4, try more() {}
        let magic = [UInt8](input.bytes.prefix(4))
        if magic.starts(with: [0x1f, 0x8b]) {
            do { inflater = try Inflater() } catch { throw Failure(message: "\(error.description).") }
        }
        for (name, bytes) in Self.unreadable where magic.starts(with: bytes) {
            throw Failure(message: "This is a \(name) file. Give JSON Lines, plain or gzip-compressed.")
        }
    }

    private static let unreadable: [(String, [UInt8])] = [
        ("Parquet", Array("PAR1".utf8)), ("zip", Array("PK\u{3}\u{4}".utf8)), ("Zstandard", [0x28, 0xb5, 0x2f, 0xfd]),
        ("xz", [0xfd, 0x37, 0x7a, 0x58]), ("bzip2", Array("BZh".utf8)),
    ]

    /// Replaces the used input by the next piece of the file; false at its end.
    private func refill() throws(Failure) -> Bool {
        input.count = 0
        used = 0
        return try more()
    }

    @discardableResult
    private func more() throws(Failure) -> Bool {
        let count = try readFile(input.room(Self.pieceSize))
        input.count += count
        return count > 0
    }

    private func readFile(_ room: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        if inputEnded { return 0 }
        while true {
            let count = read(descriptor, room.baseAddress, min(room.count, Self.pieceSize))
            if count >= 0 {
                inputEnded = count == 0
                return count
            }
            if errno != EINTR { throw Failure(message: "The file cannot be read: \(Self.reason()).") }
        }
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
