// SPDX-License-Identifier: Apache-2.0

/// A value as a member of a set or a key: equal values of different types, such as 1 and 1.0, are one key, as in Python.
struct PythonKey: Hashable {
    let value: PythonValue

    init(_ value: PythonValue) { self.value = value }

    /// Where each distinct value is first found.
    static func places(_ values: some Collection<PythonValue>) -> [PythonKey: Int] {
        var places: [PythonKey: Int] = [:]
        places.reserveCapacity(values.count)
        for (place, value) in values.enumerated() { places[PythonKey(value), default: place] = place }
        return places
    }

    static func == (left: PythonKey, right: PythonKey) -> Bool {
        (try? left.value.equals(right.value)) ?? false
    }

    func hash(into hasher: inout Hasher) {
        switch value.base {
        case .bool, .int, .float, .complex: hashNumber(into: &hasher)
        case .string(var text): text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        case .bytes(let bytes), .surrogates(let bytes): hasher.combine(bytes)
        case .tuple(let members):
            hasher.combine(members.count)
            for member in members { PythonKey(member).hash(into: &hasher) }
        case .set(let members): hasher.combine(members.count)
        case .none, .list, .dict, .array, .opaque, .instance, .iterator: break
        }
    }

    private func hashNumber(into hasher: inout Hasher) {
        if let integer = value.integer ?? value.real.flatMap({ BigInteger(exactly: $0) }) {
            hasher.combine(integer)
        } else if let real = value.real {
            hasher.combine(real)
        } else if case .complex(let real, let imaginary) = value.base {
            hasher.combine(real)
            hasher.combine(imaginary)
        }
    }
}

extension PythonValue {
    /// Whether Python can put the value into a set.
    var isHashable: Bool {
        switch base {
        case .list, .dict, .set, .array: false
        case .tuple(let members): members.allSatisfy(\.isHashable)
        default: true
        }
    }
}
