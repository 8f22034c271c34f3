// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What the head of a safetensors file says of its tensors, checked against the file's size: nothing in it can point outside the file.
public struct TensorHeader: Sendable, Hashable {
    public struct Entry: Sendable, Hashable {
        /// The elements' type as the format names it, such as `F32`.
        public var type: String
        public var shape: [Int]
        /// Where the elements lie, in bytes from the file's beginning.
        public var place: Range<Int>

        /// How many elements there are.
        public var count: Int { shape.reduce(1, *) }
    }

    public var entries: [String: Entry] = [:]
    public var metadata: [String: String]

    /// A longer header is refused, as the format's own library does.
    static let largestLength = 100_000_000

    /// Bytes per element of the types that a checkpoint may hold.
    private static let sizes = [
        "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
        "F8_E5M2": 1,
        "F8_E4M3": 1, "F8_E8M0": 1, "I8": 1, "U8": 1, "BOOL": 1,
    ]

    /// - Parameters:
    ///   - file: all of the file's bytes.
    ///   - name: the file's name in messages.
    /// - Throws: `TensorFileError` for a file that is cut off, or whose tensors do not lie one behind the other and fill it.
    public init(_ file: UnsafeRawBufferPointer, name: String) throws {
        func mistake(_ message: String) -> TensorFileError { TensorFileError(file: name, message) }
        guard file.count >= 8 else { throw mistake("The file is too short to be a safetensors file.") }
        let length = file[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(file.count - 8), length <= UInt64(Self.largestLength) else {
            throw mistake("The file is cut off, or is no safetensors file: its header should have \(length) bytes.")
        }
        let start = 8 + Int(length)
        guard let header = try? JSONSerialization.jsonObject(with: Data(file[8..<start])) as? [String: Any] else {
            throw mistake("The header is no JSON object.")
        }
        metadata = header["__metadata__"] as? [String: String] ?? [:]
        for (key, value) in header.sorted(by: { $0.key < $1.key }) where key != "__metadata__" {
            entries[key] = try Self.entry(key, value, start: start, size: file.count, mistake)
        }
        var end = start
        for (key, entry) in entries.sorted(by: {
            ($0.value.place.lowerBound, $0.value.place.upperBound, $0.key) < (
                $1.value.place.lowerBound, $1.value.place.upperBound, $1.key
            )
        }) {
            guard entry.place.lowerBound == end else {
                throw mistake("Tensor '\(key)' does not begin where the one before it ends: the header is damaged.")
            }
            end = entry.place.upperBound
        }
        guard end == file.count else {
            throw mistake("The tensors end at byte \(end), but the file has \(file.count): the header is damaged.")
        }
    }

    private static func entry(
        _ key: String, _ value: Any, start: Int, size: Int, _ mistake: (String) -> TensorFileError
    ) throws -> Entry {
        guard let fields = value as? [String: Any], let type = fields["dtype"] as? String,
            let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int],
            offsets.count == 2, shape.allSatisfy({ $0 >= 0 })
        else { throw mistake("Tensor '\(key)': the header lacks its type, shape or place.") }
        guard let bytes = sizes[type] else { throw mistake("Tensor '\(key)' holds \(type), which is no known type.") }
        var length = bytes
        for side in shape {
            let (product, overflows) = length.multipliedReportingOverflow(by: side)
            guard !overflows, product <= size else {
                throw mistake("Tensor '\(key)' is larger than the file: the file is cut off or damaged.")
            }
            length = product
        }
        guard offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= size - start, offsets[1] - offsets[0] == length
        else { throw mistake("Tensor '\(key)' does not fit its place in the file: the file is cut off or damaged.") }
        return Entry(type: type, shape: shape, place: start + offsets[0]..<start + offsets[1])
    }
}
