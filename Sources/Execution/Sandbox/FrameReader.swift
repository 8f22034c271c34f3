// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Cuts the bytes that a child sends into frames: a length (4 bytes, little endian, counting the type), a type, the payload.
struct FrameReader {
    enum Frame {
        case json(Data)
        case bytes(Data)
    }

    /// The child does not keep to the format, or sends more than it may.
    struct Malformed: Error {}

    private static let largestJSON = 64 << 20
    private let largestBytes: Int
    private var buffer: [UInt8] = []
    /// Where the next frame begins. What lies before is dropped now and then, so that many small frames cost no more than one large one.
    private var start = 0

    init(largestBytes: Int) { self.largestBytes = largestBytes }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if start > 1 << 16, start * 2 > buffer.count {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole frame, if there is one.
    mutating func next() throws -> Frame? {
        guard buffer.count - start >= 5 else { return nil }
        let size = (0..<4).reduce(0) { $0 | Int(buffer[start + $1]) << (8 * $1) }
        let kind = buffer[start + 4]
        let largest = kind == UInt8(ascii: "J") ? Self.largestJSON : kind == UInt8(ascii: "B") ? largestBytes : 0
        guard size >= 1, size <= largest else { throw Malformed() }
        let end = start + 4 + size
        guard buffer.count >= end else { return nil }
        let payload = Data(buffer[(start + 5)..<end])
        start = end
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: buffer.capacity < 1 << 20)
            start = 0
        }
        return kind == UInt8(ascii: "J") ? .json(payload) : .bytes(payload)
    }

    /// A message to the child, framed.
    static func frame(_ json: Data) -> Data {
        var frame = Data(capacity: json.count + 5)
        withUnsafeBytes(of: UInt32(json.count + 1).littleEndian) { frame.append(contentsOf: $0) }
        frame.append(UInt8(ascii: "J"))
        frame.append(json)
        return frame
    }
}
