// SPDX-License-Identifier: Apache-2.0
import Glibc

/// `numpy.allclose` for values that are no arrays: numbers, and nested lists and tuples of them.
///
/// Source: numpy's documentation of `allclose` and `isclose`; `|result - expected| <= atol + rtol * |expected|`, broadcasting included.
package enum NumpyCloseness {
    /// numpy would raise: texts and objects, ragged lists, shapes that cannot be broadcast, integers beyond the range of doubles.
    package struct Undefined: Error {}

    /// Beyond this many comparisons the answer is not worth them.
    private static let mostElements = 16_000_000
    /// numpy's own limit.
    private static let mostDimensions = 64

    package static func allClose(
        _ result: PythonValue, _ expected: PythonValue, relative: Double, absolute: Double
    ) throws(Undefined) -> Bool {
        let left = try Array(result)
        let right = try Array(expected)
        let shape = try broadcast(left.shape, right.shape)
        let count = shape.reduce(1, *)
        guard count > 0 else { return true }
        var index = [Int](repeating: 0, count: shape.count)
        for _ in 0..<count {
            guard left[index].isClose(to: right[index], relative: relative, absolute: absolute) else { return false }
            for dimension in shape.indices.reversed() {
                index[dimension] += 1
                if index[dimension] < shape[dimension] { break }
                index[dimension] = 0
            }
        }
        return true
    }

    private static func broadcast(_ left: [Int], _ right: [Int]) throws(Undefined) -> [Int] {
        var shape: [Int] = []
        var count = 1
        for distance in 1...max(left.count, right.count, 1) where distance <= max(left.count, right.count) {
            let a = distance <= left.count ? left[left.count - distance] : 1
            let b = distance <= right.count ? right[right.count - distance] : 1
            guard a == b || a == 1 || b == 1 else { throw Undefined() }
            let length = a == 1 ? b : a
            shape.append(length)
            let (product, overflow) = count.multipliedReportingOverflow(by: length)
            guard !overflow, product <= mostElements else { throw Undefined() }
            count = product
        }
        return shape.reversed()
    }

    private struct Number {
        var real: Double
        var imaginary = 0.0

        var magnitude: Double { imaginary == 0 ? abs(real) : hypot(real, imaginary) }

        func isClose(to expected: Number, relative: Double, absolute: Double) -> Bool {
            if real == expected.real, imaginary == expected.imaginary { return true }
            guard expected.real.isFinite, expected.imaginary.isFinite else { return false }
            let difference = Number(real: real - expected.real, imaginary: imaginary - expected.imaginary)
            return difference.magnitude <= absolute + relative * expected.magnitude
        }
    }

    /// What `numpy.asarray` makes of the value.
    private struct Array {
        var shape: [Int] = []
        private var numbers: [Number] = []

        init(_ value: PythonValue) throws(Undefined) {
            var first = value
            while let members = Self.members(first) {
                shape.append(members.count)
                guard shape.count <= mostDimensions else { throw Undefined() }
                guard let next = members.first else { break }
                first = next
            }
            try append(value, dimension: 0)
        }

        /// The element for an index into the broadcast shape.
        subscript(index: [Int]) -> Number {
            var place = 0
            for (length, position) in zip(shape, index.suffix(shape.count)) {
                place = place * length + (length == 1 ? 0 : position)
            }
            return numbers[place]
        }

        private static func members(_ value: PythonValue) -> [PythonValue]? {
            switch value.base {
            case .list(let members), .tuple(let members): members
            default: nil
            }
        }

        private mutating func append(_ value: PythonValue, dimension: Int) throws(Undefined) {
            if let members = Self.members(value) {
                guard dimension < shape.count, members.count == shape[dimension] else { throw Undefined() }
                for member in members { try append(member, dimension: dimension + 1) }
                return
            }
            guard dimension == shape.count else { throw Undefined() }
            switch value.base {
            case .complex(let real, let imaginary): numbers.append(Number(real: real, imaginary: imaginary))
            case .float(let real): numbers.append(Number(real: real))
            case .bool(let truth): numbers.append(Number(real: truth ? 1 : 0))
            case .int(let integer):
                // A list of integers beyond 64 bits is an array of objects, for which numpy has no isfinite.
                guard let real = integer.double, dimension == 0 || abs(real) < 0x1p64 else { throw Undefined() }
                numbers.append(Number(real: real))
            default: throw Undefined()
            }
        }
    }
}
