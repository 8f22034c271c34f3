// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Transformer

/// Files that are damaged or ask for something else are refused with the field's name.
struct TokenizerFileTests {
    private func expectRefusal(
        _ parts: String..., location: SourceLocation = #_sourceLocation, _ change: (inout TokenizerJSON) -> Void
    ) throws {
        var file = TokenizerJSON()
        change(&file)
        let refusal = try file.refusal()
        for part in parts {
            #expect(refusal?.contains(part) == true, "\(refusal ?? "it was read")", sourceLocation: location)
        }
        #expect(refusal?.contains("tokenizer.json") == true, sourceLocation: location)
    }

    @Test func everyTruncationIsRefused() throws {
        let data = try TokenizerJSON().data()
        for count in stride(from: 0, to: data.count, by: 37) {
            let refusal = try TokenizerJSON.refusal(data.prefix(count))
            #expect(refusal?.contains("Is the file complete?") == true, "\(count) bytes: \(refusal ?? "it was read")")
        }
    }

    @Test func aMissingFileIsRefused() {
        let file = URL(fileURLWithPath: "/no/such/tokenizer.json")
        let error = #expect(throws: TransformerError.self) { _ = try Tokenizer(file: file) }
        #expect(error?.description.contains("/no/such/tokenizer.json cannot be read") == true)
    }

    @Test func otherBytesAreRefused() throws {
        #expect(try TokenizerJSON.refusal(Data([0xff, 0xfe]))?.contains("UTF-8") == true)
        #expect(try TokenizerJSON.refusal(Data("[1]".utf8))?.contains("is a list; it should be an object") == true)
        #expect(try TokenizerJSON.refusal(Data("{}".utf8))?.contains("lacks the field 'pre_tokenizer'") == true)
    }

    @Test func otherPipelinesAreRefused() throws {
        try expectRefusal("'normalizer.type'", "NFKC") { $0.root["normalizer"] = ["type": "NFKC"] }
        try expectRefusal("'pre_tokenizer.type'", "Whitespace") { $0.root["pre_tokenizer"] = ["type": "Whitespace"] }
        try expectRefusal("'pre_tokenizer.pretokenizers'", "0 steps") {
            $0.root["pre_tokenizer"] = ["type": "Sequence", "pretokenizers": [Any]()]
        }
        try expectRefusal("'pre_tokenizer.pretokenizers[0].pattern.Regex'", "abc+") {
            $0.split["pattern"] = ["Regex": "abc+"]
        }
        try expectRefusal("'pre_tokenizer.pretokenizers[0].pattern'", "Regex") { $0.split["pattern"] = ["String": " "] }
        try expectRefusal("[0].behavior'", "Removed") { $0.split["behavior"] = "Removed" }
        try expectRefusal("[0].invert'") { $0.split["invert"] = true }
        try expectRefusal("[1].add_prefix_space'") { $0.byteLevel["add_prefix_space"] = true }
        try expectRefusal("[1].use_regex'") { $0.byteLevel["use_regex"] = true }
        try expectRefusal("'post_processor.type'", "TemplateProcessing") {
            $0.root["post_processor"] = ["type": "TemplateProcessing"]
        }
        try expectRefusal("'decoder.type'", "Metaspace") { $0.root["decoder"] = ["type": "Metaspace"] }
        try expectRefusal("'model.type'", "WordPiece") { $0.model["type"] = "WordPiece" }
        try expectRefusal("'model.ignore_merges'") { $0.model["ignore_merges"] = true }
        try expectRefusal("'model.dropout'") { $0.model["dropout"] = 0.1 }
        try expectRefusal("'model.end_of_word_suffix'") { $0.model["end_of_word_suffix"] = "</w>" }
    }

    @Test func harmlessFieldsAreAccepted() throws {
        var file = TokenizerJSON()
        file.root["post_processor"] = ["type": "ByteLevel", "add_prefix_space": false]
        file.root["padding"] = ["length": 3]
        file.model = [
            "dropout": NSNull(), "continuing_subword_prefix": "", "end_of_word_suffix": "", "ignore_merges": false,
            "unk_token": NSNull(), "byte_fallback": false,
        ]
        #expect(try file.refusal() == nil)
    }

    @Test func wrongVocabulariesAreRefused() throws {
        try expectRefusal("lacks the field 'vocab'") { $0.model["vocab"] = NSNull() }
        try expectRefusal("'model.vocab' is a list") { $0.model["vocab"] = ["a"] }
        try expectRefusal("'model.vocab'", "\"he\"", "not an id") { $0.vocabulary["he"] = "256" }
        try expectRefusal("'model.vocab'", "not an id") { $0.vocabulary["he"] = 25.5 }
        try expectRefusal("'model.vocab'", "the id -1") { $0.vocabulary["he"] = -1 }
        try expectRefusal("'model.vocab'", "the id 4000000000") { $0.vocabulary["he"] = 4_000_000_000 }
        try expectRefusal("'model.vocab'", "the id 257 of another token") { $0.vocabulary["he"] = 257 }
        try expectRefusal("'model.vocab'", "the byte 0x41") { $0.vocabulary["A"] = nil }
        let twice = String(decoding: try TokenizerJSON().data(), as: UTF8.self)
            .replacingOccurrences(of: "\"hell\":258", with: "\"hell\":258,\"hell\":270")
        #expect(try TokenizerJSON.refusal(Data(twice.utf8))?.contains("has the token \"hell\" twice") == true)
        let surrogate = twice.replacingOccurrences(of: ",\"hell\":270", with: ",\"\\ud800\":270")
        #expect(try TokenizerJSON.refusal(Data(surrogate.utf8))?.contains("which is not text") == true)
    }

    @Test func wrongMergesAreRefused() throws {
        try expectRefusal("lacks the field 'merges'") { $0.model["merges"] = NSNull() }
        try expectRefusal("'model.merges'", "it should be a list") { $0.model["merges"] = ["a": 1] }
        try expectRefusal("'model.merges[0]'", "a part is not in the vocabulary") { $0.merges = [["zz", "a"]] }
        try expectRefusal("'model.merges[1]'", "together") { $0.merges = [["h", "e"], ["z", "z"]] }
        let wrong: [Any] = [["h"], ["h", "e", "l"], ["h", 1] as [Any], "h", "h e l", 7]
        for merge in wrong { try expectRefusal("'model.merges[0]'", "two tokens") { $0.merges = [merge] } }
    }

    @Test func wrongAddedTokensAreRefused() throws {
        func added(_ parts: String..., change: (inout [String: Any]) -> Void) throws {
            for part in parts { try expectRefusal("'added_tokens[1]", part) { change(&$0.added[1]) } }
        }
        try expectRefusal("'added_tokens'", "it should be a list") { $0.root["added_tokens"] = 3 }
        try added(".id'", "another token has") { $0["id"] = 300 }
        try added(".id'", "the id -5") { $0["id"] = -5 }
        try added(".id'", "4194304") { $0["id"] = 1 << 40 }
        try added(".id'", "it should be number") { $0["id"] = "x" }
        try added(".content'", "that of another") { $0["content"] = "<|im_start|>" }
        try added(".content'", "is empty") { $0["content"] = "" }
        try added(".lstrip'", "only false") { $0["lstrip"] = true }
        try added("lacks the field 'special'") { $0["special"] = nil }
        try added("lacks the field 'normalized'") { $0["normalized"] = nil }
        try added(".id'", "gives this token the id 259") { $0["content"] = "hello" }
    }
}
