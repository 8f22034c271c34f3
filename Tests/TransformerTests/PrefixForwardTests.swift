// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Transformer

/// Sequences that are computed as one tree, against each computed alone by the plain forward.
struct PrefixForwardTests {
    private let held = HeldWeights(TinyModel.tensors())
    private let model: TransformerModel

    init() throws {
        let held = held
        model = try TransformerModel(TinyModel.shape, threads: 2, keeping: held) { held.tensor($0) }
    }

    /// The greatest difference of an answer's logits from those of its sequence computed alone.
    private func difference(_ answer: PrefixForward.Answer, _ request: PrefixForward.Request) throws -> Float {
        let hidden = try model.forward([.init(request.tokens)])[0].hidden
        let plain = model.logits(Array(hidden.dropFirst(request.from * model.shape.width)))
        let found = model.logits(answer.states)
        try #require(found.count == plain.count)
        return zip(found, plain).map { abs($0 - $1) }.max() ?? 0
    }

    private func differences(_ answers: [PrefixForward.Answer], _ requests: [PrefixForward.Request]) throws -> Float {
        try #require(answers.count == requests.count)
        return try zip(answers, requests).map { try difference($0, $1) }.max() ?? 0
    }

    private func tokens(_ count: Int, seed: UInt64, alphabet: Int = 31) -> [Int] {
        testNumbers(count, seed: seed).map { min(alphabet - 1, Int(($0 + 1) / 2 * Float(alphabet))) }
    }

    @Test func sequencesThatShareBeginningsAreThoseComputedAlone() throws {
        let long = tokens(30, seed: 3)
        let requests = [
            PrefixForward.Request(long, from: 0),
            PrefixForward.Request(long),
            PrefixForward.Request(Array(long.prefix(11)), from: 7),
            PrefixForward.Request(long.prefix(20) + [1, 2, 3], from: 21),
            PrefixForward.Request(long.prefix(20) + [2, 2], from: 18),
            PrefixForward.Request([30 - long[0]]),
            PrefixForward.Request(Array(long.prefix(11))),
        ]
        let answers = try PrefixForward(model).states(requests)
        #expect(try differences(answers, requests) < 1e-5)
        #expect(answers.map(\.computed) == [30, 0, 0, 3, 2, 1, 0])
        #expect(answers.map(\.shared) == [0, 30, 11, 20, 20, 0, 11])
        #expect(answers.map(\.passes) == [1, 0, 0, 1, 1, 1, 0])
    }

    /// Counts are what the prefixes say that the calls before and the requests before have not computed.
    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6])
    func countsAreThoseOfDistinctPrefixes(seed: UInt64) throws {
        let forward = PrefixForward(model)
        var known = Set<[Int]>()
        for call in 0..<8 {
            var numbers = testNumbers(40, seed: 100 * seed + UInt64(call)).map { Double($0 + 1) / 2 }[...]
            func draw(_ count: Int) -> Int { min(count - 1, Int((numbers.popFirst() ?? 0) * Double(count))) }
            let requests = (0..<1 + draw(6)).map { index in
                let count = 1 + draw(12)
                let from = draw(count)
                // Two tokens: nearly all sequences have beginnings in common.
                return PrefixForward.Request(
                    tokens(count, seed: 1000 * seed + UInt64(10 * call + index), alphabet: 2), from: from)
            }
            let answers = try forward.states(requests)
            #expect(try differences(answers, requests) < 1e-5)
            // What is asked for is computed though it is known, once in a call.
            let asked = Set(
                requests.flatMap { request in
                    (request.from..<request.tokens.count).map { request.tokens.prefix($0 + 1) }
                })
            var paid = Set<ArraySlice<Int>>()
            for (request, answer) in zip(requests, answers) {
                let prefixes = (1...request.tokens.count).map { request.tokens.prefix($0) }
                let due = prefixes.filter { (asked.contains($0) || !known.contains(Array($0))) && !paid.contains($0) }
                paid.formUnion(due)
                #expect(answer.computed == due.count)
                #expect(answer.shared == request.tokens.count - due.count)
            }
            for request in requests {
                for count in 1...request.tokens.count { known.insert(Array(request.tokens.prefix(count))) }
            }
        }
    }

    /// Room for two of three sequences: the one that was used longest ago has to go.
    @Test func theSequenceUsedLongestAgoIsForgotten() throws {
        let sequences = (0..<3).map { first in [first] + tokens(11, seed: UInt64(40 + first)) }
        let room = 25 * model.cacheBytesPerToken
        let forward = PrefixForward(model, capacity: room)
        func computed(_ index: Int) throws -> Int {
            let request = PrefixForward.Request(sequences[index])
            let answer = try forward.states([request])[0]
            #expect(try difference(answer, request) < 1e-5)
            #expect(answer.computed + answer.shared == 12)
            return answer.computed
        }
        #expect(try computed(0) == 12)
        #expect(try computed(1) == 12)
        // The last token is asked for, and so computed again.
        #expect(try computed(0) == 1)
        #expect(try computed(2) == 12)
        // 1 was used before 0.
        #expect(try computed(0) == 1)
        #expect(try computed(1) == 12)
    }

    /// The same sequence, or one that another begins with, does not push others out by being asked for again and again.
    @Test func asksForTheSameTakeNoRoom() throws {
        let forward = PrefixForward(model)
        let first = PrefixForward.Request([1] + tokens(9, seed: 50))
        let second = PrefixForward.Request([2] + tokens(9, seed: 51))
        _ = try forward.states([first])
        for count in 0..<80 {
            _ = try forward.states([PrefixForward.Request(Array(second.tokens.prefix(1 + count % 10)))])
        }
        #expect(try forward.states([first])[0].computed == 1)
    }

    @Test func littleRoomChangesNoState() throws {
        let forward = PrefixForward(model, capacity: 30 * model.cacheBytesPerToken)
        for call in 0..<12 {
            let requests = (0..<4).map { index in
                PrefixForward.Request(
                    tokens(5 + 3 * index, seed: UInt64(500 + 7 * call + index), alphabet: 2), from: index)
            }
            #expect(try differences(try forward.states(requests), requests) < 1e-5)
        }
    }

    @Test func longSequencesGoThroughInSeveralBatches() throws {
        let long = tokens(1100, seed: 9)
        let requests = [
            PrefixForward.Request(long, from: 1090),
            PrefixForward.Request(long.prefix(600) + [4, 5, 6], from: 590),
            PrefixForward.Request(Array(long.prefix(513)), from: 505),
            PrefixForward.Request(Array(long.prefix(512))),
            PrefixForward.Request(long.prefix(20) + tokens(700, seed: 10), from: 715),
        ]
        let forward = PrefixForward(model)
        let answers = try forward.states(requests)
        #expect(try differences(answers, requests) < 1e-5)
        #expect(answers.map(\.computed) == [1100, 3, 0, 0, 700])
        let again = try forward.states([PrefixForward.Request(long + [8])])
        #expect(again[0].computed == 1)
        #expect(try differences(again, [PrefixForward.Request(long + [8])]) < 1e-5)
    }

    @Test func nothingIsSharedWhereSharingIsOff() throws {
        let long = tokens(15, seed: 20)
        let requests = [
            PrefixForward.Request(long, from: 3), PrefixForward.Request(long),
            PrefixForward.Request(Array(long.prefix(6))),
        ]
        let forward = PrefixForward(model, shares: false)
        for _ in 0..<2 {
            let answers = try forward.states(requests)
            #expect(try differences(answers, requests) < 1e-5)
            #expect(answers.map(\.computed) == [15, 15, 6])
            #expect(answers.map(\.shared) == [0, 0, 0])
            #expect(answers.map(\.passes) == [1, 1, 1])
        }
    }

    @Test func unknownTokensAreNamedAndForgotten() throws {
        let forward = PrefixForward(model)
        #expect { _ = try forward.states([.init([1, 2, 31])]) } throws: { "\($0)".contains("Token 31") }
        let request = PrefixForward.Request([1, 2, 3], from: 0)
        let answers = try forward.states([request])
        #expect(answers[0].computed == 3)
        #expect(try differences(answers, [request]) < 1e-5)
    }
}
