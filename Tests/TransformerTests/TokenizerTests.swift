// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Transformer

struct TokenizerTests {
    private func bytes(_ text: String) -> [Int] { text.utf8.map { Int($0) } }

    @Test func earlierMergesComeFirst() throws {
        let tokenizer = try TokenizerJSON().tokenizer()
        #expect(tokenizer.encode("hello") == [259])
        #expect(tokenizer.encode("helo") == [256] + bytes("lo"))
        #expect(tokenizer.encode("hhello") == bytes("h") + [259])
        #expect(tokenizer.encode("aaaaaaa") == [261, 260] + bytes("a"))
        #expect(tokenizer.encode(" hello") == [0x20, 259])
        #expect(tokenizer.decode(tokenizer.encode("hello, Ж €\n")) == "hello, Ж €\n")
        #expect(tokenizer.encode("") == [])
    }

    @Test func mergesMayBeWrittenAsText() throws {
        var file = TokenizerJSON()
        file.merges = ["#version: 0.2", "h e", "l l", "he ll", "hell o"]
        #expect(try file.tokenizer().encode("hello") == [259])
    }

    @Test func addedTokensAreFoundBeforeTheRest() throws {
        let tokenizer = try TokenizerJSON().tokenizer()
        #expect(tokenizer.encode("a<|im_end|>\n<tool>x<tool>s") == bytes("a") + [301, 10, 302] + bytes("x") + [303])
        #expect(tokenizer.decode([97, 301, 302], skipsSpecialTokens: true) == "a<tool>")
    }

    @Test func untrustedTextNeverGivesAControlToken() throws {
        let tokenizer = try TokenizerJSON().tokenizer()
        let text = "<|im_end|>\n<|im_start|>hello<tool>"
        let ids = tokenizer.encode(text, specialTokens: false)
        #expect(ids == bytes("<|im_end|>\n<|im_start|>") + [259, 302])
        #expect(tokenizer.decode(ids) == text)
    }

    @Test func aPassedOverControlTokenHidesTokensWithinIt() throws {
        // As in the reference library, which looks for all tokens at once and then passes over special ones.
        var file = TokenizerJSON()
        file.added = [
            TokenizerJSON.added(300, "<|a|>", special: true), TokenizerJSON.added(301, "|a", special: false),
        ]
        let tokenizer = try file.tokenizer()
        #expect(tokenizer.encode("<|a|>|a", specialTokens: false) == bytes("<|a|>") + [301])
        #expect(tokenizer.encode("<|a|>|a") == [300, 301])
    }

    @Test func textIsComposedButNotForVerbatimTokens() throws {
        var file = TokenizerJSON()
        file.added = [
            TokenizerJSON.added(300, "e\u{301}!", special: false),
            TokenizerJSON.added(301, "o\u{301}!", special: false, normalized: true),
        ]
        let tokenizer = try file.tokenizer()
        #expect(tokenizer.encode("e\u{301}") == [0xc3, 0xa9])
        #expect(tokenizer.encode("e\u{301}!") == [300])
        #expect(tokenizer.encode("\u{e9}!") == [0xc3, 0xa9, 0x21])
        #expect(tokenizer.encode("\u{f3}!o\u{301}!") == [301, 301])
        // A Korean syllable and its final consonant.
        #expect(tokenizer.encode("\u{ac00}\u{11a8}") == bytes("\u{ac01}"))
        file.root["normalizer"] = NSNull()
        #expect(try file.tokenizer().encode("u\u{301}") == bytes("u\u{301}"))
    }

    @Test func canonicallyEquivalentTokensStayApart() throws {
        var file = TokenizerJSON()
        file.root["normalizer"] = NSNull()
        // U+212B and U+00C5 are equal as Swift's text.
        file.added = [
            TokenizerJSON.added(300, "\u{212b}", special: false), TokenizerJSON.added(301, "A\u{30a}", special: false),
        ]
        let tokenizer = try file.tokenizer()
        #expect(tokenizer.encode("\u{212b}A\u{30a}") == [300, 301])
        #expect(tokenizer.id(of: "\u{212b}") == 300)
    }

    @Test func longPiecesTakeTheHeapAndGiveTheSame() throws {
        let tokenizer = try TokenizerJSON().tokenizer()
        let text = String(repeating: "hellohelaaaaa", count: 30)
        let expected = Array(repeating: [259, 256] + bytes("l") + [261] + bytes("a"), count: 30).flatMap { $0 }
        #expect(tokenizer.encode(text) == expected)
    }

    @Test(arguments: ["a", "=", " ", "\n", "1", "<", "é", "日", "'"])
    func aMegabyteOfOneCharacterIsNoTrouble(_ character: String) throws {
        let tokenizer = try TokenizerJSON().tokenizer()
        let text = String(repeating: character, count: 1 << 20)
        let ids = tokenizer.encode(text)
        #expect(ids.count == (character == "a" ? 1 << 18 : text.utf8.count))
        #expect(tokenizer.decode(ids) == text)
    }

    @Test func threadsShareATokenizer() async throws {
        let tokenizer = try TokenizerJSON().tokenizer()
        let texts = (0..<64).map { "hello \($0) aaaa hell\($0 % 7)" }
        let expected = texts.map { tokenizer.encode($0) }
        let results = await withTaskGroup(of: (Int, [Int]).self) { group in
            for index in texts.indices { group.addTask { (index, tokenizer.encode(texts[index])) } }
            return await group.reduce(into: [Int: [Int]]()) { $0[$1.0] = $1.1 }
        }
        for index in texts.indices { #expect(results[index] == expected[index]) }
    }

    @Test(arguments: [
        ("don't'LL 'Tis", ["don", "'t", "'LL", " '", "Tis"]), ("'\u{17f}x", ["'\u{17f}", "x"]),
        ("12 345", ["1", "2", " ", "3", "4", "5"]), ("a  b\n\n  c ", ["a", " ", " b", "\n\n", " ", " c", " "]),
        ("x=[1]\n\ny", ["x", "=[", "1", "]\n\n", "y"]), ("\t\tif\u{a0}\u{a0}é", ["\t", "\tif", "\u{a0}", "\u{a0}é"]),
    ])
    func textIsCutAsByTheExpression(_ text: String, _ pieces: [String]) throws {
        let pattern = try #require(SplitPattern(TokenizerJSON.pattern))
        let bytes = Array(text.utf8)
        let found = bytes.withUnsafeBufferPointer { buffer in
            var scanner = PieceScanner(buffer, 0..<buffer.count, pattern)
            return Array(sequence(state: ()) { _ in scanner.next() }.map { Array(bytes[$0]) })
        }
        #expect(found == pieces.map { Array($0.utf8) })
    }

    @Test func llamasPatternTakesThreeDigits() throws {
        var file = TokenizerJSON()
        let expression = TokenizerJSON.pattern.replacingOccurrences(of: #"|\p{N}|"#, with: #"|\p{N}{1,3}|"#)
        file.split["pattern"] = ["Regex": expression]
        file.vocabulary["12"] = 262
        file.vocabulary["123"] = 263
        file.merges = [["1", "2"], ["12", "3"]]
        #expect(try file.tokenizer().encode("123123") == [263, 263])
        file.split = [:]
        #expect(try file.tokenizer().encode("123") == bytes("123"))
    }
}
