// SPDX-License-Identifier: Apache-2.0
import CZlib

/// Undoes gzip and zlib compression, piece by piece.
///
/// A class because zlib keeps the address of its state; not shared between tasks.
final class Inflater {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let stream: UnsafeMutablePointer<z_stream>

    init() throws(Failure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard bestofn_inflate_init(stream) == Z_OK else {
            stream.deallocate()
            throw Failure(description: "zlib could not be started")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Reads from the front of `input` and writes to the front of `output`, until one of them or the compressed data ends.
    func inflate(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(Failure) -> (consumed: Int, produced: Int, ended: Bool) {
        guard output.count > 0 else { return (0, 0, false) }
        let given = min(input.count, Int(UInt32.max))
        let room = min(output.count, Int(UInt32.max))
        let next = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: next)
        stream.pointee.avail_in = UInt32(given)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        let result = CZlib.inflate(stream, Z_NO_FLUSH)
        let consumed = given - Int(stream.pointee.avail_in)
        let produced = room - Int(stream.pointee.avail_out)
        switch result {
        case Z_STREAM_END: return (consumed, produced, true)
        case Z_OK, Z_BUF_ERROR: return (consumed, produced, false)
        default:
            // What came before the damage is given first; zlib tells the error again.
            if produced > 0 { return (consumed, produced, false) }
            throw Failure(description: stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)")
        }
    }

    /// Makes ready for the next compressed stream.
    func reset() { inflateReset(stream) }
}
