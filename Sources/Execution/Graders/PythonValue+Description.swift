// SPDX-License-Identifier: Apache-2.0

extension PythonValue: CustomStringConvertible {
    /// The value as Python would show it, cut after some sixty characters: for messages.
    package var description: String {
        var text = ""
        write(to: &text)
        return text.count > 60 ? text.prefix(60) + "…" : text
    }

    private func write(to text: inout String) {
        guard text.count <= 60 else { return }
        switch self {
        case .none: text += "None"
        case .bool(let value): text += value ? "True" : "False"
        case .int(let value): text += value.description
        case .float(let value): text += value.isNaN ? "nan" : "\(value)"
        case .complex(let real, let imaginary): text += "(\(real)+\(imaginary)j)"
        case .string(let value): text += "'\(value.prefix(60))'"
        case .surrogates(let value): text += "'\(String(decoding: value.prefix(60), as: UTF8.self))'"
        case .bytes(let value): text += "bytes(\(value.count))"
        case .list(let items): write(items, "[", "]", to: &text)
        case .tuple(let items): write(items, "(", items.count == 1 ? ",)" : ")", to: &text)
        case .set(let items): write(items, "{", "}", to: &text)
        case .array(let items, _): write(items, "array([", "])", to: &text)
        case .instance(_, let value): value.write(to: &text)
        case .iterator(let name, _): text += "<\(name)>"
        case .opaque(let name): text += "<\(name)>"
        case .dict(let entries):
            text += "{"
            for (index, entry) in entries.enumerated() where text.count <= 60 {
                if index > 0 { text += ", " }
                entry.key.write(to: &text)
                text += ": "
                entry.value.write(to: &text)
            }
            text += "}"
        }
    }

    private func write(_ items: [PythonValue], _ open: String, _ close: String, to text: inout String) {
        text += open
        for (index, item) in items.enumerated() where text.count <= 60 {
            if index > 0 { text += ", " }
            item.write(to: &text)
        }
        text += close
    }
}

extension BigInteger: CustomStringConvertible {
    package var description: String { small.map(String.init) ?? "a huge integer" }
}
