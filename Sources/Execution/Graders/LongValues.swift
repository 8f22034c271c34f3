// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// Long expected values in full, in a file without a name: they are seldom needed, and together too large for memory.
///
/// Sendable: filled by the one conversation that makes it, and only read from then on.
package final class LongValues: @unchecked Sendable {
    private let file: Descriptor
    private var places: [Int: Range<Int>] = [:]
    private var size = 0

    init() throws {
        var path = Array((NSTemporaryDirectory() + "/bestofn-XXXXXX").utf8CString)
        file = try Descriptor(checking: mkstemp(&path), "create a temporary file")
        _ = fcntl(file.number, F_SETFD, FD_CLOEXEC)
        unlink(path)
    }

    /// Adds a test's value; false when the disk is full.
    func append(_ value: Data, test: Int) -> Bool {
        let start = size
        let written = value.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let more = pwrite(
                    file.number, buffer.baseAddress.map { $0 + written }, buffer.count - written, start + written)
                guard more > 0 else { return false }
                written += more
            }
            return true
        }
        guard written else { return false }
        size += value.count
        places[test] = start..<size
        return true
    }

    /// A test's value; nil where it is longer than any that is kept.
    func value(test: Int) -> [UInt8]? {
        guard let place = places[test] else { return nil }
        return [UInt8](unsafeUninitializedCapacity: place.count) { buffer, filled in
            while filled < buffer.count {
                let more = pread(
                    file.number, buffer.baseAddress.map { $0 + filled }, buffer.count - filled,
                    place.lowerBound + filled)
                guard more > 0 else { return }
                filled += more
            }
        }
    }
}
