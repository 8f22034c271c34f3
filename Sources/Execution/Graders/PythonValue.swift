// SPDX-License-Identifier: Apache-2.0

/// A value of Python's plain types, as an answer from a candidate or as an expected result.
package indirect enum PythonValue: Sendable {
    case none
    case bool(Bool)
    case int(BigInteger)
    case float(Double)
    case complex(Double, Double)
    case string(String)
    /// A string with lone surrogates, which Swift's strings cannot hold: its UTF-8, surrogates included.
    case surrogates([UInt8])
    case bytes([UInt8])
    case list([PythonValue])
    case tuple([PythonValue])
    case dict([(key: PythonValue, value: PythonValue)])
    /// `set` and `frozenset`, which compare equal.
    case set([PythonValue])
    /// A numpy array's elements in C order.
    case array([PythonValue], shape: [Int])
    /// An instance of a type that behaves as its base value: of a subclass of a plain type, or a numpy scalar.
    case instance(of: String, PythonValue)
    /// What an iterator or a view yielded, by the type's name; equal to nothing.
    case iterator(String, [PythonValue])
    /// An object of any other type; equal to nothing, for its own idea of equality is not to be trusted.
    case opaque(String)
}

/// A comparison that Python refuses: the truth value of an array.
package struct AmbiguousTruth: Error {}

extension PythonValue {
    /// Whether Python's `self == other` is true, for values of plain types.
    ///
    /// - Throws: `AmbiguousTruth` where Python raises because a numpy array has no truth value.
    package func equals(_ other: PythonValue) throws(AmbiguousTruth) -> Bool {
        switch (self, other) {
        case (.instance(_, let base), _): return try base.equals(other)
        case (_, .instance(_, let base)): return try equals(base)
        case (.none, .none): return true
        case (.string(let left), .string(let right)): return left.utf8.elementsEqual(right.utf8)
        case (.surrogates(let left), .surrogates(let right)): return left == right
        case (.bytes(let left), .bytes(let right)): return left == right
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            guard left.count == right.count else { return false }
            for (a, b) in zip(left, right) where try !a.equals(b) { return false }
            return true
        case (.dict(let left), .dict(let right)):
            guard left.count == right.count else { return false }
            let places = PythonKey.places(right.lazy.map(\.key))
            var found = Set<Int>()
            for (key, value) in left {
                guard let place = places[PythonKey(key)], try value.equals(right[place].value) else { return false }
                found.insert(place)
            }
            // No dictionary has a key twice, but a message may.
            return found.count == right.count
        case (.set(let left), .set(let right)):
            return left.count == right.count && Self.sameMembers(left, right)
        case (.array(let elements, _), _): return try Self.arrayTruth(elements, other)
        case (_, .array(let elements, _)): return try Self.arrayTruth(elements, self)
        default:
            return numericallyEquals(other)
        }
    }

    /// Whether two rows of hashable values have the same members, however often.
    package static func sameMembers(_ left: [PythonValue], _ right: [PythonValue]) -> Bool {
        // The table is made of the right side, the expected one: what a candidate sends cannot make it slow.
        let places = PythonKey.places(right)
        var found = Set<Int>()
        for member in left {
            guard let place = places[PythonKey(member)] else { return false }
            found.insert(place)
        }
        return found.count == places.count
    }

    /// `array == other` is an array; it has a truth value only when it holds a single element.
    private static func arrayTruth(_ elements: [PythonValue], _ other: PythonValue) throws(AmbiguousTruth) -> Bool {
        var right = other
        while case .list(let items) = right {
            guard items.count == 1 else { throw AmbiguousTruth() }
            right = items[0]
        }
        guard elements.count == 1 else { throw AmbiguousTruth() }
        return try elements[0].equals(right)
    }

    private func numericallyEquals(_ other: PythonValue) -> Bool {
        switch (integer, other.integer) {
        case (let left?, let right?): return left == right
        case (let left?, nil): return other.real.flatMap { BigInteger(exactly: $0) } == left
        case (nil, let right?): return real.flatMap { BigInteger(exactly: $0) } == right
        case (nil, nil):
            if let left = real, let right = other.real { return left == right }
            if case .complex(let a, let b) = self, case .complex(let c, let d) = other { return a == c && b == d }
            return false
        }
    }

    /// The value as an integer, where it is an `int` or a `bool`.
    var integer: BigInteger? {
        switch self {
        case .bool(let value): BigInteger(value ? 1 : 0)
        case .int(let value): value
        case .instance(_, let base): base.integer
        default: nil
        }
    }

    /// The value as a double, where it is a `float` or a complex number on the real line.
    var real: Double? {
        switch self {
        case .float(let value): value
        case .complex(let value, 0): value
        case .instance(_, let base): base.real
        default: nil
        }
    }

    /// The value without the name of its subclass, if it has one.
    package var base: PythonValue {
        if case .instance(_, let base) = self { return base.base }
        return self
    }

    /// A tuple as a list: LiveCodeBench does not hold the difference against a candidate, at the top level only.
    package var tupleAsList: PythonValue {
        if case .tuple(let items) = base { return .list(items) }
        return self
    }
}
