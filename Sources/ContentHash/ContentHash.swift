// SPDX-License-Identifier: Apache-2.0
internal import CCrypto

/// A SHA-256 content hash built field by field.
///
/// Fields are length-prefixed, so that ("ab", "c") and ("a", "bc") differ. The same fields give the same hash on every machine: never feed it a clock,
/// a host name or a path.
public struct ContentHash: ~Copyable {
    private let context: OpaquePointer?

    public init() {
        context = EVP_MD_CTX_new()
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds one text field.
    public mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { add(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// Adds one field of bytes.
    public mutating func add(_ bytes: some Collection<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { add(bytes: UnsafeRawBufferPointer($0)) }
        if done == nil { Array(bytes).withUnsafeBytes { add(bytes: $0) } }
    }

    private mutating func add(bytes: UnsafeRawBufferPointer) {
        var count = UInt64(bytes.count).littleEndian
        withUnsafeBytes(of: &count) { _ = EVP_DigestUpdate(context, $0.baseAddress, 8) }
        if bytes.count > 0 { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }
    }

    /// The hash of everything added, as 64 lower-case hexadecimal digits.
    public consuming func hexDigest() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_DigestFinal_ex(context, &digest, nil)
        return Self.hex(digest)
    }

    /// The hash of a list of text fields.
    public static func of(_ fields: String...) -> String { of(fields) }

    public static func of(_ fields: [String]) -> String {
        var hash = ContentHash()
        for field in fields { hash.add(field) }
        return hash.hexDigest()
    }

    /// The plain SHA-256 of a text's UTF-8 bytes, as other programs compute it.
    public static func sha256(_ text: String) -> String {
        let hash = ContentHash()
        var text = text
        text.withUTF8 { bytes in
            if bytes.count > 0 { _ = EVP_DigestUpdate(hash.context, bytes.baseAddress, bytes.count) }
        }
        return hash.hexDigest()
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text = [UInt8]()
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
