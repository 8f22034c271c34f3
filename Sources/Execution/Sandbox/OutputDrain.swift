// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The reading end of a child's output: counts everything, keeps the end of it.
struct OutputDrain {
    private var descriptor: Descriptor?
    private let kept: Int
    private(set) var count = 0
    private(set) var tail: [UInt8] = []

    init(_ descriptor: Descriptor, keeping kept: Int) {
        self.descriptor = descriptor
        self.kept = kept
    }

    /// -1 when the other end is closed.
    var number: Int32 { descriptor?.number ?? -1 }

    /// Reads what is there, at most some megabytes at a time.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) {
        for _ in 0..<64 {
            guard let descriptor else { return }
            let size = Glibc.read(descriptor.number, buffer.baseAddress, buffer.count)
            guard size > 0 else {
                if size == 0 || errno != EAGAIN { self.descriptor = nil }
                return
            }
            count += size
            guard kept > 0 else { continue }
            tail.append(contentsOf: buffer[..<size].suffix(kept))
            if tail.count > kept { tail.removeFirst(tail.count - kept) }
        }
    }
}
