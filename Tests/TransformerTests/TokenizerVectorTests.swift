// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import Testing
@testable import Transformer

/// A tokenizer with Qwen2.5's pipeline, against the reference library's ids and texts.
@Suite(.enabled(if: SharedData.isPresent, "needs the shared data pack"))
struct TokenizerVectorTests {
    private struct Cases: Decodable {
        struct Encoding: Decodable {
            var text: String
            var ids: [Int]
            var decoded: String
            var pieces: [String]?
        }
        struct Decoding: Decodable {
            var ids: [Int]
            var keep_special: String
            var skip_special: String
        }
        var pattern: String
        var encode: [Encoding]
        var decode: [Decoding]
    }

    private struct Chat: Decodable {
        struct Conversation: Decodable {
            var text: String
            var ids: [Int]
        }
        var chat: Conversation
    }

    private static func vectors<Value: Decodable>(_ path: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(contentsOf: SharedData.vectors("tiny_qwen2/\(path)")))
    }

    private let tokenizer: Tokenizer
    private let cases: Cases

    init() throws {
        tokenizer = try Tokenizer(file: SharedData.vectors("tiny_qwen2/tokenizer.json"))
        cases = try Self.vectors("tokenizer_cases.json")
    }

    @Test func textsHaveTheIDsOfTheReferenceLibrary() {
        #expect(cases.encode.count == 215)
        for round in 1...2 {
            for known in cases.encode {
                let ids = tokenizer.encode(known.text)
                #expect(ids == known.ids, "round \(round): \(known.text.debugDescription)")
                #expect(Array(tokenizer.decode(ids).utf8) == Array(known.decoded.utf8))
            }
        }
    }

    @Test func textsAreCutIntoThePiecesOfTheReferenceLibrary() throws {
        let pattern = try #require(SplitPattern(cases.pattern))
        var count = 0
        for known in cases.encode {
            guard let expected = known.pieces else { continue }
            count += 1
            // The pieces are of the normalised text.
            let text = Array(known.decoded.utf8)
            let pieces = text.withUnsafeBufferPointer { buffer in
                var scanner = PieceScanner(buffer, 0..<buffer.count, pattern)
                return Array(sequence(state: ()) { _ in scanner.next() }.map { Array(text[$0]) })
            }
            #expect(pieces == expected.map { Array($0.utf8) }, "\(known.text.debugDescription)")
        }
        #expect(count > 150)
    }

    @Test func idsHaveTheTextsOfTheReferenceLibrary() {
        #expect(cases.decode.count == 21)
        for known in cases.decode {
            let kept = tokenizer.decode(known.ids)
            let skipped = tokenizer.decode(known.ids, skipsSpecialTokens: true)
            #expect(Array(kept.utf8) == Array(known.keep_special.utf8))
            #expect(Array(skipped.utf8) == Array(known.skip_special.utf8))
        }
    }

    @Test func tokensAreFoundByTheirText() {
        #expect(tokenizer.count == 512)
        #expect(tokenizer.id(of: "+") == 10)
        #expect(tokenizer.id(of: "-") == 12)
        #expect(tokenizer.id(of: " ") == 220)
        #expect(tokenizer.id(of: "<|im_end|>") == 506)
        #expect(tokenizer.id(of: "<tool_call>") == 510)
        #expect(tokenizer.id(of: "no such token") == nil)
        #expect(tokenizer.bytes(of: 220) == [0x20])
        #expect(tokenizer.bytes(of: 512) == nil)
        #expect(tokenizer.bytes(of: -1) == nil)
        #expect(tokenizer.isSpecial(506) && !tokenizer.isSpecial(510))
    }

    @Test func aConversationHasTheIDsOfTheReference() throws {
        let known: Chat = try Self.vectors("tied/expected.json")
        let template = try ChatTemplate(
            tokenizer, configuration: SharedData.vectors("tiny_qwen2/tokenizer_config.json"))
        let question = "Print n squared.\n```python\ndef main():\n    n = int(input())\n    print(n * n)\n```"
        let ids = template.encode([
            .init(.system, "You verify code. Answer + or -."), .init(.user, question),
        ])
        #expect(ids == known.chat.ids)
        #expect(tokenizer.decode(ids) == known.chat.text)
    }
}
