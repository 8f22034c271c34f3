// SPDX-License-Identifier: Apache-2.0
import Glibc

func errorText(_ number: Int32) -> String { String(cString: strerror(number)) }

/// Seconds on a clock that never goes back.
func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// A file descriptor that is closed with its last reference.
final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// Wraps the result of a call that makes a descriptor.
    convenience init(checking number: Int32, _ what: String) throws {
        guard number >= 0 else { throw systemError(what, errno) }
        self.init(number)
    }

    /// Wraps both ends that a call makes.
    static func pair(_ what: String, _ make: (UnsafeMutablePointer<Int32>) -> Int32) throws -> (Descriptor, Descriptor)
    {
        var ends: [Int32] = [-1, -1]
        guard make(&ends) == 0 else { throw systemError(what, errno) }
        return (Descriptor(ends[0]), Descriptor(ends[1]))
    }

    /// The file's content, for a file in memory or a small file of the kernel's.
    func content(limit: Int = 1 << 16) -> String {
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, pread(number, buffer.baseAddress, limit, 0))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Calls with a null-terminated array of C strings.
func withArguments<Result>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result) -> Result {
    let copies = strings.map { strdup($0) }
    defer { copies.forEach { free($0) } }
    return body(copies + [nil])
}
