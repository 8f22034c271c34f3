// SPDX-License-Identifier: Apache-2.0

/// Tells whether bytes are UTF-8.
package enum UTF8Check {
    /// The offset of the first byte that does not belong to valid UTF-8; nil when all do.
    package static func firstInvalidByte(of bytes: UnsafeRawBufferPointer) -> Int? {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.bindMemory(to: UInt8.self).span)
            return nil
        } catch {
            return error.byteOffsets.lowerBound
        }
    }
}
