// SPDX-License-Identifier: Apache-2.0
import Foundation
import JSONReading

/// What is wrong with a row: the field and a sentence. The reader adds file and line.
struct RowError: Error {
    var field: String?
    var message: String

    init(field: String? = nil, _ message: String) {
        self.field = field
        self.message = message
    }
}

/// Calls `body` with the UTF-8 bytes of `text`.
func withBytes<Result>(of text: String, _ body: (UnsafeRawBufferPointer) throws(RowError) -> Result) throws(RowError)
    -> Result
{
    var text = text
    let outcome: Swift.Result<Result, RowError> = text.withUTF8 { bytes in
        do throws(RowError) {
            return .success(try body(UnsafeRawBufferPointer(bytes)))
        } catch {
            return .failure(error)
        }
    }
    return try outcome.get()
}

/// The fields of one JSON object, cut out of its text. The text must outlive the row.
struct JSONRow {
    private var fields: [(name: String, value: JSONValue)] = []

    /// - Throws: `RowError` when the text is not one JSON object.
    init(_ text: UnsafeRawBufferPointer) throws(RowError) {
        var scanner = JSONScanner(text)
        guard let first = scanner.peek() else { throw RowError("The row is empty.") }
        guard first == UInt8(ascii: "{") else {
            throw RowError("The row is not a JSON object. Expected one object per line, such as {\"task_id\": …}.")
        }
        do {
            var fields: [(String, JSONValue)] = []
            try scanner.members { (key, value) throws(JSONSyntaxError) in
                guard let name = JSONValue(text, key).lenientString else {
                    throw JSONSyntaxError(offset: key.lowerBound, message: "a field's name has a wrong escape")
                }
                fields.append((name, JSONValue(text, value)))
            }
            try scanner.expectEnd()
            self.fields = fields
        } catch {
            throw RowError("The row is not valid JSON: \(error.message) (byte \(error.offset + 1)).")
        }
    }

    var names: [String] { fields.map(\.name) }

    /// The field's value; nil where it is missing or null. Of a name that comes twice the last counts, as in Python.
    subscript(_ name: String) -> JSONValue? {
        fields.last { $0.name == name }.flatMap { $0.value.kind == .null ? nil : $0.value }
    }

    func has(_ name: String) -> Bool { self[name] != nil }

    func required(_ name: String) throws(RowError) -> JSONValue {
        guard let value = self[name] else {
            throw RowError(field: name, "The field is missing. The row has: \(names.joined(separator: ", ")).")
        }
        return value
    }

    /// Text that must be exactly what the file says.
    func string(_ name: String) throws(RowError) -> String { try Self.exact(try required(name), name) }

    func optionalString(_ name: String) throws(RowError) -> String? {
        guard let value = self[name] else { return nil }
        return try Self.exact(value, name)
    }

    /// Text in which half characters (lone surrogates), which models do write, are replaced by U+FFFD.
    func lenientString(_ name: String) throws(RowError) -> String? {
        guard let value = self[name] else { return nil }
        guard value.kind == .string else { throw Self.mismatch(name, "text", value) }
        guard let text = value.lenientString else {
            throw RowError(field: name, "The text has an escape that JSON does not know.")
        }
        return text
    }

    func boolean(_ name: String) throws(RowError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard let truth = value.boolean else { throw Self.mismatch(name, "true or false", value) }
        return truth
    }

    func integer(_ name: String) throws(RowError) -> Int? {
        guard let value = self[name] else { return nil }
        guard let number = value.integer else { throw Self.mismatch(name, "a whole number", value) }
        return number
    }

    func number(_ name: String) throws(RowError) -> Double? {
        guard let value = self[name] else { return nil }
        guard let number = value.number else { throw Self.mismatch(name, "a number", value) }
        return number
    }

    static func exact(_ value: JSONValue, _ name: String) throws(RowError) -> String {
        guard value.kind == .string else { throw mismatch(name, "text", value) }
        guard let text = value.string else {
            throw RowError(
                field: name, "The text has a wrong escape or half a surrogate pair, which no text file can hold.")
        }
        return text
    }

    static func mismatch(_ name: String, _ expected: String, _ value: JSONValue) -> RowError {
        let shown = value.json.prefix(40)
        return RowError(
            field: name, "Expected \(expected), found \(shown)\(shown.utf8.count < value.bytes.count ? "…" : "").")
    }
}
