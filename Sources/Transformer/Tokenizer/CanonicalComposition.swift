// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Unicode's normalisation form C.
enum CanonicalComposition {
    /// Characters below U+0300 are in form C and do not combine with each other; in UTF-8 they begin below this byte.
    private static let firstCombiningByte: UInt8 = 0xcc

    /// The text, valid UTF-8, in form C; nil if it can be seen at a glance that it is already.
    static func compose(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.contains(where: { $0 >= firstCombiningByte }) else { return nil }
        // Decomposed first: on Linux, composition alone leaves a Korean syllable and a final consonant behind it apart.
        let decomposed = String(decoding: text, as: UTF8.self).decomposedStringWithCanonicalMapping
        return Array(decomposed.precomposedStringWithCanonicalMapping.utf8)
    }
}
