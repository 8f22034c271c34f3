// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import Testing

/// EvalPlus' comparison, value by value. What the official evaluator says is in the probes; here are the corners that no probe reaches.
@Suite struct EvalPlusComparisonTests {
    private func int(_ value: Int) -> PythonValue { .int(BigInteger(value)) }
    private func floats(_ values: [Double]) -> PythonValue { .list(values.map { .float($0) }) }

    private func compare(
        rule entryPoint: String = "f", of dataset: EvalPlusTests.Dataset = .mbpp, tolerance: Double = 0,
        _ result: PythonValue, _ expected: PythonValue, expectsFloats: Bool = false, arguments: [PythonValue] = []
    ) -> Bool? {
        var comparison = EvalPlusComparison(dataset: dataset, entryPoint: entryPoint, tolerance: tolerance)
        return try? comparison.matches(result, expected, expectsFloats: expectsFloats, arguments: arguments)
    }

    @Test func raisesTheToleranceForGood() throws {
        var comparison = EvalPlusComparison(dataset: .humanEval, entryPoint: "f", tolerance: 0)
        let near = (int(1_000_000_050), int(1_000_000_000))
        #expect(try !comparison.matches(near.0, near.1, expectsFloats: false, arguments: []))
        #expect(try comparison.matches(.float(2.0000001), .float(2), expectsFloats: true, arguments: []))
        #expect(try comparison.matches(near.0, near.1, expectsFloats: false, arguments: []))
        var told = EvalPlusComparison(dataset: .humanEval, entryPoint: "f", tolerance: 0)
        told.sawExpectedFloats()
        #expect(try told.matches(near.0, near.1, expectsFloats: false, arguments: []))
    }

    @Test func comparesTypesBeforeNumbers() {
        let near = 1.0000001
        #expect(compare(.float(near), .float(1), expectsFloats: true) == true)
        #expect(compare(.instance(of: "float64", .float(near)), .float(1), expectsFloats: true) == false)
        #expect(compare(.instance(of: "float64", .float(1)), .float(1), expectsFloats: true) == true)
        #expect(compare(.tuple([.float(near)]), floats([1]), expectsFloats: true) == false)
        #expect(compare(int(1), .float(near), expectsFloats: true) == false)
    }

    @Test func broadcastsAsNumpyDoes() {
        let rows: PythonValue = .list([floats([1, 1])])
        #expect(compare(tolerance: 1e-4, .list([floats([1.00001])]), rows) == true)
        #expect(compare(tolerance: 1e-4, .list([floats([1.00001, 1, 1])]), rows) == nil)
        // An empty array has no element that differs.
        #expect(compare(tolerance: 1e-4, .list([.list([])]), .list([floats([1])])) == true)
        #expect(compare(tolerance: 1e-4, .list([floats([1]), floats([1, 2])]), .list([rows, rows])) == nil)
        #expect(compare(tolerance: 1e-4, .list([.string("a")]), .list([.string("b")])) == nil)
        #expect(compare(tolerance: 1e-4, floats([.nan]), floats([.nan])) == false)
        #expect(compare(tolerance: 1e-4, .complex(1, 1.00001), .complex(1, 1)) == true)
        #expect(compare(tolerance: 1e-4, .complex(1, 1.001), .complex(1, 1)) == false)
    }

    @Test func refusesIntegersBeyondDoubles() throws {
        let huge = try #require(BigInteger("1" + String(repeating: "0", count: 400), radix: 10))
        let other = try #require(BigInteger("1" + String(repeating: "0", count: 399) + "1", radix: 10))
        #expect(compare(tolerance: 1e-6, .int(huge), .int(other)) == nil)
        #expect(compare(tolerance: 1e-6, .int(huge), .int(huge)) == true)
        let wide = try #require(BigInteger("1000000000000000000000000000000", radix: 10))
        #expect(wide.double == 1e30)
        let wider = try #require(BigInteger("1000000000000000000000000000001", radix: 10))
        #expect(compare(tolerance: 1e-6, .int(wide), .int(wider)) == true)
        #expect(compare(tolerance: 1e-6, .list([.int(wide)]), .list([.int(wider)])) == nil)
    }

    @Test func makesSetsOfWhatIsIterable() {
        let expected: PythonValue = .tuple([int(4), int(5)])
        let name = "similar_elements"
        #expect(compare(rule: name, .iterator("generator", [int(5), int(4), .float(4)]), expected) == true)
        #expect(compare(rule: name, .dict([(int(4), .none), (int(5), .none)]), expected) == true)
        #expect(compare(rule: name, .array([int(4), int(5)], shape: [2]), expected) == true)
        #expect(compare(rule: name, .array([int(4), int(5)], shape: [1, 2]), expected) == nil)
        #expect(compare(rule: name, .list([int(4)]), expected) == false)
        #expect(compare(rule: name, .list([.list([int(4)]), int(5)]), expected) == nil)
        #expect(compare(rule: name, int(4), expected) == nil)
        #expect(compare(rule: name, .string("ab"), .list([.string("b"), .string("a")])) == true)
        #expect(compare(.iterator("generator", [int(1)]), .list([int(1)])) == false)
    }

    @Test func asksForARootWithTheTestsOwnPolynomial() {
        let arguments: [PythonValue] = [floats([1, 2])]
        func root(_ value: PythonValue) -> Bool? {
            compare(
                rule: "find_zero", of: .humanEval, tolerance: 1e-4, value, .string("anything"), arguments: arguments)
        }
        #expect(root(.float(-0.5)) == true)
        #expect(root(.float(-0.49)) == false)
        #expect(root(.none) == nil)
        #expect(root(.complex(-0.5, 0)) == nil)
        #expect(root(.instance(of: "Fraction", .float(-0.5))) == true)
    }

    @Test func messagesCannotHoldAKeyTwice() throws {
        let expected: PythonValue = .dict([(int(1), int(1)), (int(2), int(2))])
        #expect(try !PythonValue.dict([(int(1), int(1)), (.float(1), int(1))]).equals(expected))
        #expect(try PythonValue.dict([(.float(2), int(2)), (.bool(true), int(1))]).equals(expected))
        #expect(try !PythonValue.set([int(1), int(1)]).equals(.set([int(1), int(2)])))
    }

    @Test(.timeLimit(.minutes(1))) func comparesLargeSetsInLinearTime() throws {
        let members = (0..<200_000).map { int($0) }
        #expect(try PythonValue.set(members.reversed()).equals(.set(members)))
        let undefined = [PythonValue](repeating: .float(.nan), count: 200_000)
        #expect(try !PythonValue.set(undefined).equals(.set(members)))
    }
}
