// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Safetensors
import Testing

@Suite struct TensorFileTests {
    private let file = TensorFile(
        tensors: [
            "a": .init(shape: [2, 3], values: [1, -2, 0.5, .infinity, 1e-30, 6]), "b": .init(shape: [], values: [7]),
            "none": .init(shape: [0, 4], values: []),
        ], metadata: ["kind": "test", "text": "Größe \"1\""])

    @Test func whatIsWrittenIsRead() throws {
        let data = try file.encoded()
        #expect(try TensorFile(data, name: "f") == file)
        #expect(try file.encoded() == data)
    }

    @Test func everyCutAndEveryFlippedByteIsAnErrorOrAnotherFile() throws {
        let data = try file.encoded()
        for end in 0..<data.count {
            #expect(throws: TensorFileError.self) { try TensorFile(data.prefix(end), name: "f") }
        }
        for index in data.indices {
            var changed = data
            changed[index] ^= 0x15
            _ = try? TensorFile(changed, name: "f")
        }
    }

    private func bytes(_ header: String, _ numbers: Int = 0) -> Data {
        var data = Data()
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
        return data + Data(header.utf8) + Data(repeating: 0, count: numbers)
    }

    @Test(arguments: [
        ("[]", "no JSON object"), (#"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}"#, "only F32"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, "does not fit"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, "does not fit"),
        (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, "lacks its type"),
        (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, "larger than the file"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, "does not fit"), (#"{"a":7}"#, "lacks its type"),
        (#"{"a":{"dtype":"F5","shape":[4],"data_offsets":[0,4]}}"#, "F5, which is no known type"),
        (#"{"a":{"dtype":"I8","shape":[2],"data_offsets":[1,3]}}"#, "does not begin where"),
        (#"{"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}"#, "but the file has"),
        (
            #"{"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}}"#,
            "'b' does not begin where"
        ),
    ])
    func hostileHeadersAreErrors(_ header: String, _ message: String) throws {
        #expect { try TensorFile(bytes(header, 4), name: "f") } throws: { "\($0)".contains(message) }
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("f.safetensors")
            try bytes(header, 4).write(to: file)
            if message == "only F32" {
                let mapped = try MappedTensorFile(file: file)
                #expect(mapped.bytes(of: "a")?.count == 4)
            } else {
                #expect { try MappedTensorFile(file: file) } throws: { "\($0)".contains(message) }
            }
        }
    }

    @Test func mappedFilesHoldTheSameNumbers() throws {
        try withTemporaryFolder { folder in
            let place = folder.appendingPathComponent("f.safetensors")
            try file.write(to: place)
            let mapped = try MappedTensorFile(file: place)
            let size = try file.encoded().count
            #expect(mapped.size == size)
            #expect(mapped.header.metadata == file.metadata)
            let bytes = try #require(mapped.bytes(of: "a"))
            #expect(Array(bytes.bindMemory(to: Float.self)) == file.tensors["a"]?.values)
            #expect(mapped.bytes(of: "none")?.isEmpty == true)
            #expect(mapped.bytes(of: "other") == nil)
            #expect(throws: TensorFileError.self) { try MappedTensorFile(file: folder) }
            #expect { try MappedTensorFile(file: folder.appendingPathComponent("x")) } throws: {
                "\($0)".contains("No such file")
            }
        }
    }

    /// The reference implementation wrote these.
    @Test(.enabled(if: SharedData.isPresent, "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"))
    func readsFilesOfOtherPrograms() throws {
        let read = try TensorFile(file: SharedData.vectors("tiny_qwen2/lora/grads.safetensors"))
        #expect(!read.tensors.isEmpty)
        #expect(read.tensors.values.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    }
}
