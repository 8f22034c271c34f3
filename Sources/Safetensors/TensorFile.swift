// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A file of named float32 tensors with texts about them, in the safetensors format: the header's length in 8 bytes, a JSON header, the numbers.
public struct TensorFile: Sendable, Hashable {
    public struct Tensor: Sendable, Hashable {
        public var shape: [Int]
        /// Row by row; as many as the shape says.
        public var values: [Float]

        public init(shape: [Int], values: [Float]) {
            precondition(shape.reduce(1, *) == values.count)
            self.shape = shape
            self.values = values
        }
    }

    public var tensors: [String: Tensor]
    public var metadata: [String: String]

    public init(tensors: [String: Tensor], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }
}

/// What is wrong with a tensor file, as a full sentence.
public struct TensorFileError: Error, Sendable, Hashable, CustomStringConvertible {
    public var file: String
    public var message: String

    public init(file: String, _ message: String) {
        self.file = file
        self.message = message
    }

    public var description: String { "\(file): \(message)" }
}

// MARK: Writing

extension TensorFile {
    /// The same tensors and texts always give the same bytes.
    public func encoded() throws -> Data {
        struct Entry: Encodable {
            var dtype = "F32"
            var shape: [Int]
            var data_offsets: [Int]
        }
        enum Value: Encodable {
            case entry(Entry)
            case texts([String: String])
            func encode(to encoder: any Encoder) throws {
                switch self {
                case .entry(let entry): try entry.encode(to: encoder)
                case .texts(let texts): try texts.encode(to: encoder)
                }
            }
        }
        var header: [String: Value] = metadata.isEmpty ? [:] : ["__metadata__": .texts(metadata)]
        var numbers = Data()
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let start = numbers.count
            for value in tensor.values {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { numbers.append(contentsOf: $0) }
            }
            header[name] = .entry(Entry(shape: tensor.shape, data_offsets: [start, numbers.count]))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var text = try encoder.encode(header)
        // Numbers begin at a multiple of 8.
        while text.count % 8 != 0 { text.append(0x20) }
        var data = Data()
        withUnsafeBytes(of: UInt64(text.count).littleEndian) { data.append(contentsOf: $0) }
        return data + text + numbers
    }

    /// Writes to a temporary name and renames.
    public func write(to file: URL) throws {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try encoded().write(to: file, options: .atomic)
    }
}

// MARK: Reading

extension TensorFile {
    /// - Throws: `TensorFileError` for a file that cannot be read, is cut off, or holds other than float32.
    public init(file: URL) throws {
        let name = file.relativePath
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw TensorFileError(file: name, "The file cannot be read: \(error.localizedDescription)")
        }
        try self.init(data, name: name)
    }

    /// - Parameter name: the file's name in messages.
    public init(_ data: Data, name: String) throws {
        func mistake(_ message: String) -> TensorFileError { TensorFileError(file: name, message) }
        self = try data.withUnsafeBytes { bytes in
            let header = try TensorHeader(bytes, name: name)
            var file = TensorFile(tensors: [:], metadata: header.metadata)
            for (key, entry) in header.entries.sorted(by: { $0.key < $1.key }) {
                guard entry.type == "F32" else {
                    throw mistake("Tensor '\(key)' holds \(entry.type); only F32 is read.")
                }
                let values = (0..<entry.count).map { index in
                    let place = entry.place.lowerBound + 4 * index
                    return Float(
                        bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
                }
                file.tensors[key] = Tensor(shape: entry.shape, values: values)
            }
            return file
        }
    }
}
