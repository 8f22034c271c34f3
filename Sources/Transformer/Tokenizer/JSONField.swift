// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSONReading

/// A value of a JSON file that knows where it stands, so that what is wrong with it can be said.
struct JSONField {
    let value: JSONValue
    private let file: String
    /// Such as `model.vocab`; empty for the whole file.
    private let path: String

    /// Reads a file and calls `body` with its contents, which are checked to be an object.
    static func read<Result>(
        _ file: URL, _ body: (JSONField) throws(TransformerError) -> Result
    ) throws(TransformerError) -> Result {
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw TransformerError("\(file.path) cannot be read: \(error.localizedDescription)")
        }
        var outcome: Swift.Result<Result, TransformerError>?
        data.withUnsafeBytes { bytes in
            outcome = Swift.Result { () throws(TransformerError) in try body(root(bytes, file.path)) }
        }
        guard let outcome else { throw TransformerError("\(file.path) cannot be read.") }
        return try outcome.get()
    }

    private static func root(
        _ bytes: UnsafeRawBufferPointer, _ file: String
    ) throws(TransformerError) -> JSONField {
        if let offset = UTF8Check.firstInvalidByte(of: bytes) {
            throw TransformerError("\(file) is not JSON: byte \(offset) is not UTF-8. Is the file complete?")
        }
        do {
            var scanner = JSONScanner(bytes)
            let value = try scanner.next()
            try scanner.expectEnd()
            let root = JSONField(value: value, file: file, path: "")
            guard value.kind == .object else { throw root.wrongKind(.object) }
            return root
        } catch let error as JSONSyntaxError {
            throw TransformerError(
                "\(file) is not JSON: byte \(error.offset): \(error.message). Is the file complete?")
        } catch let error as TransformerError {
            throw error
        } catch {
            throw TransformerError("\(file) cannot be read: \(error)")
        }
    }

    /// A field of an object; nil where it is missing or null.
    func optional(_ name: String) throws(TransformerError) -> JSONField? {
        guard value.kind == .object else { throw wrongKind(.object) }
        var found: JSONValue?
        try members { key, value throws(TransformerError) in if key.string == name { found = value } }
        guard let found, found.kind != .null else { return nil }
        return JSONField(value: found, file: file, path: path.isEmpty ? name : "\(path).\(name)")
    }

    func required(_ name: String) throws(TransformerError) -> JSONField {
        guard let found = try optional(name) else { throw error("lacks the field '\(name)'") }
        return found
    }

    func text() throws(TransformerError) -> String {
        guard let text = value.string else { throw wrongKind(.string) }
        return text
    }

    func boolean() throws(TransformerError) -> Bool {
        guard let boolean = value.boolean else { throw wrongKind(.boolean) }
        return boolean
    }

    func elements() throws(TransformerError) -> [JSONField] {
        guard let elements = value.elements else { throw wrongKind(.array) }
        return elements.enumerated().map { element($0, $1) }
    }

    /// The field of element `index`, which is `value`.
    func element(_ index: Int, _ value: JSONValue) -> JSONField {
        JSONField(value: value, file: file, path: "\(path)[\(index)]")
    }

    /// Checks that field `name` holds this text.
    func require(_ name: String, _ text: String) throws(TransformerError) {
        let field = try required(name)
        guard try field.text() == text else { throw field.unsupported("only '\(text)'") }
    }

    /// Checks that field `name` holds this truth value.
    func require(_ name: String, _ boolean: Bool) throws(TransformerError) {
        let field = try required(name)
        guard try field.boolean() == boolean else { throw field.unsupported("only \(boolean)") }
    }

    /// Calls `body` with the members of an object, in their order.
    func members(
        _ body: (_ key: JSONValue, _ value: JSONValue) throws(TransformerError) -> Void
    ) throws(TransformerError) {
        var scanner = JSONScanner(value.bytes)
        var failure: TransformerError?
        do throws(JSONSyntaxError) {
            try scanner.fields { scanner, key throws(JSONSyntaxError) in
                let value = try scanner.next()
                do throws(TransformerError) {
                    try body(key, value)
                } catch {
                    failure = error
                    throw scanner.error("")
                }
            }
        } catch {
            throw failure ?? self.error("is not JSON: \(error.message)")
        }
    }

    /// - Parameter what: Continues a sentence whose subject is this field.
    func error(_ what: String) -> TransformerError {
        TransformerError(path.isEmpty ? "\(file) \(what)." : "\(file): field '\(path)' \(what).")
    }

    func wrongKind(_ kind: JSONValue.Kind) -> TransformerError {
        error("is \(value.kind.rawValue); it should be \(kind.rawValue)")
    }

    func unsupported(_ supported: String) -> TransformerError {
        error("is \(value.json.prefix(400)), which is not supported; \(supported) is")
    }
}
