// SPDX-License-Identifier: Apache-2.0
package import Datasets
import Glibc

/// How EvalPlus compares what a function returned with what the canonical solution returned.
///
/// Reproduces `unsafe_execute` of `evalplus/eval/__init__.py` (version 0.3.1), quirks included. First Python's `==`; where it says no and there is a
/// tolerance, the types must be the same, sequences must have the same length, and `numpy.allclose` decides. The tolerance of a problem without one
/// becomes 1e-6 at the first test that expects a float, and stays so for the rest of the run. Some problems have rules of their own.
///
/// An answer of a type of the program's own equals nothing here: officially its `__eq__` would be asked.
package struct EvalPlusComparison: Sendable {
    /// Python would raise in the comparison, which fails the test.
    package struct Undefined: Error {}

    private enum Rule: Sendable {
        case plain
        /// `set(result) == set(expected)`.
        case sets
        /// Whether there is a result decides, unless it is a bool.
        case presence
        /// Every answer is right.
        case always
        /// 0 is right as well.
        case zero
        /// A pyramid's surface by its perpendicular height is right as well.
        case pyramid
        /// The distance digit by digit is right as well.
        case digitDistance
        /// The result must be a root of the polynomial; the expected value plays no part.
        case root
    }

    private static let relative = 1e-7
    private static let toleranceForFloats = 1e-6
    private static let comparedAsSets: Set<String> = [
        "similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly", "larg_nnum",
        "intersection_array", "find_dissimilar", "Diff",
    ]

    private let rule: Rule
    private var tolerance: Double

    /// - Parameter tolerance: the problem's own `atol`.
    package init(dataset: EvalPlusTests.Dataset, entryPoint: String, tolerance: Double) {
        self.tolerance = tolerance
        switch (dataset, entryPoint) {
        case (.humanEval, "find_zero"): rule = .root
        case (.humanEval, _): rule = .plain
        case (.mbpp, "are_equivalent"): rule = .always
        case (.mbpp, "sum_div"): rule = .zero
        case (.mbpp, "surface_Area"): rule = .pyramid
        case (.mbpp, "digit_distance_nums"): rule = .digitDistance
        case (.mbpp, "check_str"), (.mbpp, "text_match_three"), (.mbpp, "text_starta_endb"): rule = .presence
        case (.mbpp, _): rule = Self.comparedAsSets.contains(entryPoint) ? .sets : .plain
        }
    }

    /// Whether iterators count: what they yield can be put into a set.
    package var exhaustsIterators: Bool {
        if case .sets = rule { true } else { false }
    }

    /// Whether the rule looks at the arguments of the call.
    package var needsArguments: Bool {
        switch rule {
        case .pyramid, .digitDistance, .root: true
        default: false
        }
    }

    /// Whether a result that is known to equal the expected value passes whatever the value is.
    package var passesEqualValues: Bool {
        switch rule {
        case .root, .sets: false
        default: true
        }
    }

    /// Notes that a test expected floats, for a test whose comparison is not made in full.
    package mutating func sawExpectedFloats() {
        if tolerance == 0 { tolerance = Self.toleranceForFloats }
    }

    /// Whether the result passes.
    ///
    /// - Parameters:
    ///   - expectsFloats: whether the expected value is a float or a non-empty list or tuple of floats alone.
    ///   - arguments: what the function was called with, as it was before the call.
    /// - Throws: `Undefined` where Python would raise.
    package mutating func matches(
        _ result: PythonValue, _ expected: PythonValue, expectsFloats: Bool, arguments: [PythonValue]
    ) throws(Undefined) -> Bool {
        // An array's truth value may be undefined, and then the tolerance has already changed.
        let undefined: Bool
        var equal = false
        do throws(Undefined) {
            equal = try isEqual(result, expected, arguments)
            undefined = false
        } catch {
            undefined = true
        }
        if case .root = rule {
            guard !undefined else { throw Undefined() }
            return try abs(Self.polynomial(arguments, at: result)) <= tolerance
        }
        if expectsFloats { sawExpectedFloats() }
        guard !undefined else { throw Undefined() }
        guard !equal, tolerance != 0 else { return equal }
        guard result.typeName == expected.typeName else { return false }
        if let count = expected.sequenceCount, count != result.sequenceCount { return false }
        do {
            return try NumpyCloseness.allClose(result, expected, relative: Self.relative, absolute: tolerance)
        } catch {
            throw Undefined()
        }
    }

    private func isEqual(_ result: PythonValue, _ expected: PythonValue, _ arguments: [PythonValue])
        throws(Undefined) -> Bool
    {
        switch rule {
        case .always: return true
        case .sets:
            guard let left = result.hashableMembers, let right = expected.hashableMembers else { throw Undefined() }
            return PythonValue.sameMembers(left, right)
        case .presence:
            if case .bool = result { return try Self.equal(result, expected) }
            if case .none = result { return try Self.equal(expected, .bool(false)) }
            return try Self.equal(expected, .bool(true))
        case .plain, .root: return try Self.equal(result, expected)
        case .zero:
            if try Self.equal(result, expected) { return true }
            return try Self.equal(result, .int(BigInteger(0)))
        case .pyramid:
            if try Self.equal(result, expected) { return true }
            return try abs(Self.number(result) - Self.pyramidSurface(arguments)) <= tolerance
        case .digitDistance:
            if try Self.equal(result, expected) { return true }
            return try Self.equal(result, .int(BigInteger(Self.digitDistance(arguments))))
        }
    }

    private static func equal(_ left: PythonValue, _ right: PythonValue) throws(Undefined) -> Bool {
        do {
            return try left.equals(right)
        } catch {
            throw Undefined()
        }
    }

    private static func number(_ value: PythonValue?) throws(Undefined) -> Double {
        guard let value, let number = value.real ?? value.integer?.double else { throw Undefined() }
        return number
    }

    private static func polynomial(_ arguments: [PythonValue], at x: PythonValue) throws(Undefined) -> Double {
        guard case .list(let coefficients)? = arguments.first else { throw Undefined() }
        // A complex number is no argument of math.pow, even on the real line.
        if case .complex = x.base { throw Undefined() }
        let x = try number(x)
        var sum = 0.0
        for (power, coefficient) in coefficients.enumerated() {
            let factor = pow(x, Double(power))
            // math.pow raises where finite numbers give none.
            if x.isFinite, !factor.isFinite { throw Undefined() }
            sum += try number(coefficient) * factor
        }
        return sum
    }

    /// The height is taken as the perpendicular one; the data set's own answer takes it as the slant height.
    private static func pyramidSurface(_ arguments: [PythonValue]) throws(Undefined) -> Double {
        guard arguments.count == 2 else { throw Undefined() }
        let base = try number(arguments[0])
        let height = try number(arguments[1])
        let slant = (pow(base / 2, 2) + pow(height, 2)).squareRoot()
        let surface = pow(base, 2) + 4 * (base * slant) / 2
        guard surface.isFinite else { throw Undefined() }
        return surface.rounded(.toNearestOrEven)
    }

    private static func digitDistance(_ arguments: [PythonValue]) throws(Undefined) -> Int {
        guard arguments.count == 2 else { throw Undefined() }
        let first = try digits(arguments[0])
        let second = try digits(arguments[1])
        let width = max(first.count, second.count)
        let padded = [first, second].map { [Int](repeating: 0, count: width - $0.count) + $0 }
        return zip(padded[0], padded[1]).reduce(0) { $0 + abs($1.0 - $1.1) }
    }

    private static func digits(_ value: PythonValue) throws(Undefined) -> [Int] {
        // Python's int() refuses the minus sign and the point.
        guard case .int(let integer) = value.base, let small = integer.small, small >= 0 else { throw Undefined() }
        return String(small).compactMap(\.wholeNumberValue)
    }
}

extension PythonValue {
    /// What tells Python types apart. Sets and frozen sets go as one: no rule can tell.
    fileprivate var typeName: String {
        switch self {
        case .none: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .float: "float"
        case .complex: "complex"
        case .string, .surrogates: "str"
        case .bytes: "bytes"
        case .list: "list"
        case .tuple: "tuple"
        case .dict: "dict"
        case .set: "set"
        case .array: "numpy.ndarray"
        case .instance(let name, _): "instance " + name
        case .iterator(let name, _), .opaque(let name): "object " + name
        }
    }

    /// The length of a list or a tuple.
    fileprivate var sequenceCount: Int? {
        switch base {
        case .list(let members), .tuple(let members): members.count
        default: nil
        }
    }

    /// What a set of the value is made of; nil where Python raises.
    fileprivate var hashableMembers: [PythonValue]? {
        guard let members = iterated, members.allSatisfy(\.isHashable) else { return nil }
        return members
    }

    /// What iterating over the value yields; nil where Python raises.
    private var iterated: [PythonValue]? {
        switch base {
        case .list(let members), .tuple(let members), .set(let members), .iterator(_, let members): members
        case .dict(let entries): entries.map(\.key)
        case .string(let text): text.unicodeScalars.map { .string(String($0)) }
        case .bytes(let bytes): bytes.map { .int(BigInteger(Int($0))) }
        case .array(let elements, let shape): shape.count == 1 ? elements : nil
        default: nil
        }
    }
}
