// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A growing run of bytes that is kept from one row to the next, so that reading costs one buffer of the largest row.
///
/// A class because it owns memory; not shared between tasks.
final class RawBuffer {
    private var start: UnsafeMutableRawPointer?
    private(set) var capacity = 0
    /// How many bytes hold data.
    var count = 0

    deinit { free(start) }

    /// Valid until the buffer grows or goes away.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// The room behind the data, at least `minimum` bytes.
    func room(_ minimum: Int) -> UnsafeMutableRawBufferPointer {
        if capacity - count < minimum { grow(to: max(count + minimum, capacity + capacity / 2, 1 << 16)) }
        return UnsafeMutableRawBufferPointer(rebasing: whole[count...])
    }

    /// Drops the first `prefix` bytes.
    func removeFirst(_ prefix: Int) {
        guard prefix > 0, let start else { return }
        count -= prefix
        memmove(start, start + prefix, count)
    }

    private var whole: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: start, count: capacity) }

    private func grow(to size: Int) {
        guard let grown = realloc(start, size) else {
            fatalError("Out of memory: a buffer of \(size) bytes was refused.")
        }
        start = grown
        capacity = size
    }
}
