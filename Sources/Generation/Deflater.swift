// SPDX-License-Identifier: Apache-2.0
import CZlib
import Foundation

/// Compresses piece by piece.
///
/// A class because zlib keeps the address of its state; not shared between tasks.
final class Deflater {
    enum Format: Int32 {
        case zlib = 15
        /// Without a name or a time in the header: equal content gives equal bytes.
        case gzip = 31
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private var output = [UInt8](repeating: 0, count: 65_536)

    init(_ format: Format, level: Int32 = 6) throws(CompressionFailure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard bestofn_deflate_init(stream, level, format.rawValue) == Z_OK else {
            stream.deallocate()
            throw CompressionFailure()
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// What there is to write after `data`; nothing may come after the piece that `ends` the stream.
    func compress(_ data: Data, ends: Bool) -> Data {
        var result = Data()
        data.withUnsafeBytes { input in
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(input.count)
            repeat {
                output.withUnsafeMutableBufferPointer { buffer in
                    stream.pointee.next_out = buffer.baseAddress
                    stream.pointee.avail_out = UInt32(buffer.count)
                    // Cannot fail: the state is sound and there is room.
                    _ = deflate(stream, ends ? Z_FINISH : Z_NO_FLUSH)
                    result.append(contentsOf: buffer[..<(buffer.count - Int(stream.pointee.avail_out))])
                }
            } while stream.pointee.avail_out == 0
        }
        return result
    }
}

/// zlib could not be started, or what it was given is damaged.
public struct CompressionFailure: Error, Sendable, CustomStringConvertible {
    public var description: String { "A compressed text of the run is damaged, or there is no memory." }
}

/// A short text in zlib's format.
enum CompressedText {
    static func compress(_ text: String) throws(CompressionFailure) -> Data {
        let bytes = Array(text.utf8)
        var size = compressBound(UInt(bytes.count))
        var output = [UInt8](repeating: 0, count: Int(size))
        guard compress2(&output, &size, bytes, UInt(bytes.count), 6) == Z_OK else { throw CompressionFailure() }
        return Data(output[..<Int(size)])
    }

    static func decompress(_ data: Data) throws(CompressionFailure) -> String {
        let bytes = [UInt8](data)
        // The size is not kept; texts rarely shrink to less than an eighth.
        var room = max(1024, bytes.count * 8)
        while room < 1 << 32 {
            var output = [UInt8](repeating: 0, count: room)
            var size = UInt(room)
            switch uncompress(&output, &size, bytes, UInt(bytes.count)) {
            case Z_OK: return String(decoding: output[..<Int(size)], as: UTF8.self)
            case Z_BUF_ERROR: room *= 4
            default: throw CompressionFailure()
            }
        }
        throw CompressionFailure()
    }
}
