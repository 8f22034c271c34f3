// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

@Suite struct SignFlipTests {
    @Test func ofWholeOutcomesItIsMcNemarsExactTest() {
        for (first, second) in [(5, 0), (0, 5), (7, 2), (3, 3), (40, 12)] {
            let differences =
                Array(repeating: 1.0, count: first) + Array(repeating: -1.0, count: second)
                + Array(repeating: 0, count: 20)
            #expect(
                SignFlip().pValue(differences) == McNemar(onlyFirst: first, onlySecond: second).exact,
                "\(first) against \(second)")
        }
        // The published gain over the base model, were its five problems the only ones that differ.
        #expect(SignFlip().pValue(Array(repeating: 1, count: 5)) == 0.0625)
    }

    @Test func fewFractionsAreEnumerated() {
        // Of the eight sign patterns of 1, 0.5 and 0.25 only the observed one and its opposite sum to 1.75.
        #expect(SignFlip().pValue([1, 0.5, 0.25]) == 0.25)
        // Sums of 1.25 or more: 1.75 and 1.25, with either sign.
        #expect(SignFlip().pValue([1, 0.5, -0.25]) == 0.5)
        #expect(SignFlip().pValue([0, 0, 0]) == 1)
        #expect(SignFlip().pValue([]) == 1)
    }

    @Test func manyFractionsAreSampledTheSameEveryTime() {
        let differences = (0..<60).map { Double($0 % 7) / 7 - 0.2 }
        let p = SignFlip(seed: 3).pValue(differences)
        #expect(p == SignFlip(seed: 3).pValue(differences))
        // The normal approximation: sum of the differences over the root of the sum of their squares.
        let z = differences.reduce(0, +) / differences.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(abs(p - 2 * (1 - normalProbability(abs(z)))) < 0.01)
        #expect(SignFlip().pValue(differences.map { -$0 }) < 0.05)
    }
}
