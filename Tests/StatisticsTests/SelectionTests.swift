// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

@Suite struct SelectionTests {
    @Test func tiesShareTheSelection() {
        #expect(highestIndices([0.2, 0.9, 0.1, 0.9]) == [1, 3])
        #expect(selectedCorrectness(scores: [0.2, 0.9, 0.1, 0.9], correct: [true, true, false, false]) == 0.5)
        #expect(firstSelectedIsCorrect(scores: [0.2, 0.9, 0.1, 0.9], correct: [true, true, false, false]) == true)
    }

    @Test func aRejectedCandidateIsChosenOnlyIfAllAreRejected() {
        #expect(highestIndices([-.infinity, -3, -.infinity]) == [1])
        #expect(highestIndices([-.infinity, -.infinity]) == [0, 1])
        #expect(selectedCorrectness(scores: [-.infinity, -.infinity], correct: [false, true]) == 0.5)
    }

    @Test func anEmptyPoolHasNoSelection() {
        #expect(highestIndices([]).isEmpty)
        #expect(selectedCorrectness(scores: [], correct: []) == nil)
        #expect(firstSelectedIsCorrect(scores: [], correct: []) == nil)
    }

    @Test func minusZeroAndZeroAreTied() {
        #expect(highestIndices([-0.0, 0.0]) == [0, 1])
    }

    @Test func meansOfNothingAreMissing() {
        #expect(mean([]) == nil)
        #expect(share([]) == nil)
        #expect(mean([1, 2, 6]) == 3)
        #expect(share([true, false, false, false]) == 0.25)
    }

    @Test func theNormalisedGainIsMissingWhereNothingCanBeGained() {
        #expect(normalisedGain(of: 0.7, over: 0.5, ceiling: 0.9).map { abs($0 - 0.5) < 1e-12 } == true)
        #expect(normalisedGain(of: 0.25, over: 0.5, ceiling: 1) == -0.5)
        #expect(normalisedGain(of: 0.5, over: 0.5, ceiling: 0.5) == nil)
    }
}
