// SPDX-License-Identifier: Apache-2.0
import CBonBox
package import Foundation
import Glibc

/// Bytes in a file in memory that nobody can change any more. Many jobs can share one; children read it without a copy of ours.
package final class SealedMemory: Sendable {
    let descriptor: Descriptor
    package let count: Int

    /// - Throws: `SandboxError` when the system has no memory or descriptors left.
    package convenience init(_ data: Data) throws {
        try self.init(bytes: data)
    }

    init(bytes: some ContiguousBytes) throws {
        let descriptor = try Descriptor(checking: bonbox_memory_file("payload"), "create a file in memory")
        count = try bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let more = write(descriptor.number, buffer.baseAddress.map { $0 + written }, buffer.count - written)
                guard more > 0 else { throw systemError("fill a file in memory", errno) }
                written += more
            }
            return written
        }
        guard bonbox_seal(descriptor.number) == 0 else { throw systemError("seal a file in memory", errno) }
        self.descriptor = descriptor
    }

    /// A copy of the bytes from `start` on, at most `size`.
    func read(from start: Int, size: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: min(size, max(0, count - start))) { buffer, filled in
            while filled < buffer.count {
                let more = pread(
                    descriptor.number, buffer.baseAddress.map { $0 + filled }, buffer.count - filled, start + filled)
                guard more > 0 else { return }
                filled += more
            }
        }
    }
}
