// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A safetensors file whose numbers stay on disk until they are looked at: the system reads pages when they are needed, and drops them when memory is short.
///
/// Whoever cuts the file off while it is in use ends the program, as with any mapped file; replace such files by renaming.
public final class MappedTensorFile: Sendable {
    public let header: TensorHeader
    /// All of the file. The memory is mapped for reading only and stays as long as this object, so that threads may share it.
    private nonisolated(unsafe) let memory: UnsafeRawBufferPointer

    /// - Throws: `TensorFileError` for a file that cannot be read, is cut off, or whose header is damaged.
    public init(file: URL) throws {
        let name = file.relativePath
        func mistake(_ message: String) -> TensorFileError { TensorFileError(file: name, message) }
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw mistake("The file cannot be read: \(String(cString: strerror(errno))).")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw mistake("This is no file.")
        }
        let size = Int(status.st_size)
        guard size >= 8 else { throw mistake("The file is too short to be a safetensors file.") }
        guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw mistake("The file's \(size) bytes cannot be mapped: \(String(cString: strerror(errno))).")
        }
        let memory = UnsafeRawBufferPointer(start: start, count: size)
        do {
            header = try TensorHeader(memory, name: name)
        } catch {
            munmap(start, size)
            throw error
        }
        self.memory = memory
    }

    deinit {
        if let start = memory.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), memory.count) }
    }

    /// The file's size in bytes.
    public var size: Int { memory.count }

    /// A tensor's bytes; nil for one that the file lacks. Valid as long as this object lives.
    public func bytes(of tensor: String) -> UnsafeRawBufferPointer? {
        header.entries[tensor].map { UnsafeRawBufferPointer(rebasing: memory[$0.place]) }
    }
}
