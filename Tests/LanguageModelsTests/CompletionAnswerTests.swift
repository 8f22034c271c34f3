// SPDX-License-Identifier: Apache-2.0
import Foundation
import LanguageModels
import Testing

@Suite struct CompletionAnswerTests {
    private func answer(_ text: String) throws -> CompletionAnswer { try CompletionAnswer(Data(text.utf8)) }

    @Test func everyFieldOfAChatAnswerIsRead() throws {
        let answer = try answer(
            #"""
            {"id": "x", "object": {"a": [1, {"choices": []}]}, "model": "m-1", "choices": [
              {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "a\n\"é\u00e9\ud83d\ude00", "reasoning_content": "why"},
               "logprobs": {"refusal": null, "content": [
                 {"token": "a", "bytes": [97], "logprob": -0.5, "top_logprobs": [{"token": "a", "logprob": -0.5, "bytes": null}, {"logprob": -1.25, "token": "b"}]},
                 {"token": "\ud83d", "logprob": -9999.0, "top_logprobs": [{"token": "z", "logprob": -9999}, {"token": "c", "logprob": -2e-3}]}]}},
              {"index": 1, "finish_reason": "length", "logprobs": null, "message": {"content": null, "reasoning": "r"}}],
             "usage": {"prompt_tokens": 12, "completion_tokens": 30, "completion_tokens_details": {"reasoning_tokens": 7}}}
            """#)
        #expect(answer.model == "m-1")
        #expect(answer.promptTokens == 12 && answer.completionTokens == 30 && answer.reasoningTokens == 7)
        #expect(answer.choices.map(\.text) == ["a\n\"éé😀", ""])
        #expect(answer.choices.map(\.reasoning) == ["why", "r"])
        #expect(answer.choices.map(\.finish) == ["stop", "length"])
        #expect(
            answer.choices[0].tokens == [
                .init(text: "a", logProb: -0.5, alternatives: [-0.5, -1.25]),
                .init(text: "\u{fffd}", logProb: nil, alternatives: [-0.002]),
            ])
        #expect(answer.choices[1].tokens == nil)
        #expect(answer.firstToken == ["a": -0.5, "b": -1.25])
    }

    @Test func everyFieldOfACompletionsAnswerIsRead() throws {
        let answer = try answer(
            #"""
            {"choices": [{"text": "ab", "finish_reason": null, "logprobs": {"text_offset": [0, 1], "tokens": ["a", "b"],
              "token_logprobs": [-3.5, null], "top_logprobs": [{"x": -1, "y\u0021": -2}, null]}}]}
            """#)
        #expect(answer.text == "ab" && answer.choices[0].finish == nil)
        #expect(
            answer.choices[0].tokens == [
                .init(text: "a", logProb: -3.5, alternatives: [-1, -2]),
                .init(text: "b", logProb: nil, alternatives: []),
            ])
        // The sampled token lay outside of the likeliest.
        #expect(answer.firstToken == ["x": -1, "y!": -2, "a": -3.5])
        #expect(answer.promptTokens == 0 && answer.reasoningTokens == nil && answer.model == nil)
    }

    @Test func tokensWithTheSameTextAddUp() throws {
        let answer = try answer(
            #"""
            {"choices": [{"message": {"content": "a"}, "logprobs": {"content": [{"token": "a", "logprob": -1,
             "top_logprobs": [{"token": "a", "logprob": -1}, {"token": "a", "logprob": -1}, {"token": "b", "logprob": -Infinity}, {"token": "c", "logprob": NaN}]}]}}]}
            """#)
        let first = try #require(answer.firstToken)
        #expect(Set(first.keys) == ["a"])
        #expect(abs(try #require(first["a"]) - (log(2) - 1)) < 1e-12)
        #expect(answer.choices[0].tokens?[0].alternatives == [-1, -1])
    }

    @Test(arguments: [
        ("[]", "choices"), (#"{"choices": []}"#, "choices"), (#"{"choices": {"a": 1}}"#, "choices"),
        (#"{"choices": [{"index": 0}]}"#, "message or text"),
        (#"{"choices": [{"text": "a"}, 3]}"#, "message or text"),
    ])
    func whatIsMissingIsSaid(_ text: String, _ missing: String) {
        #expect {
            try answer(text)
        } throws: {
            ($0 as? MalformedAnswer)?.message.contains(missing) == true
        }
    }

    @Test(arguments: [
        "", "{", "<html>", #"{"choices": [{"text": "a"}]"#, #"{"choices": [{"text": "a"}]} x"#,
        #"{"choices": [{"text": "a", "logprobs": {"content": [{"token": }]}}]}"#, #"{"choices" [1]}"#,
    ])
    func whatIsNotJSONIsAnError(_ text: String) {
        #expect(throws: (any Error).self) { try answer(text) }
        #expect(throws: (any Error).self) { try JSON(Data(text.utf8)) }
    }

    @Test func bytesThatAreNotTextAreAnError() {
        let bytes = Data(#"{"choices": [{"text": ""#.utf8) + Data([0xff]) + Data(#""}]}"#.utf8)
        #expect(throws: (any Error).self) { try CompletionAnswer(bytes) }
    }

    @Test func valuesAreReadAsFoundationReadsThem() throws {
        let text = #"""
            {"a": [1, -2, 1.0, 0.1, -0.0, 1e3, 2.5e-7, 123456789012345678, 0.30000000000000004, 1e22, 3.141592653589793],
             "b": {"c": null, "d": true, "e": false, "f": "\u00e9\n\t\"\/\\ \ud83d\ude00 é", "": [[], {}, [[1]]]}}
            """#
        let expected = try JSONDecoder().decode(JSON.self, from: Data(text.utf8))
        #expect(try JSON(Data(text.utf8)) == expected)
        #expect(throws: (any Error).self) { try JSON(Data("[NaN]".utf8)) }
        #expect(throws: (any Error).self) {
            try JSON(Data((String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)).utf8))
        }
    }

    /// What was written by Foundation's encoder must keep its hash.
    @Test func valuesAreWrittenAsFoundationWritesThem() throws {
        let control = String(decoding: (0..<0x30).map { UInt8($0) } + [0x7f], as: UTF8.self)
        let value: JSON = [
            "z": [
                .null, true, false, -3, .number(0.1), .number(1), .number(-0.0), .number(1e22), .number(2.5e-7),
                .integer(.max),
            ],
            "a": [:], "A": [], "a b/c": .text(control + "/é\u{2028}😀"), "é": 1, "a10": 1, "a9": .number(1e16), "": "x",
            "B": .number(123456789.125), "_": .number(1.0e-5), "aa": .number(.pi),
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(
            String(decoding: value.canonical, as: UTF8.self)
                == String(decoding: try encoder.encode(value), as: UTF8.self))
        #expect(try JSON(value.canonical) == JSONDecoder().decode(JSON.self, from: value.canonical))
    }

    @Test func numbersAreTheNearestOnes() throws {
        var random = SystemRandomNumberGenerator()
        var texts = [
            "9007199254740991", "9007199254740.993", "0.1", "-1234.5678901234", "1.00000000000000", "0.000000000000001",
        ]
        for _ in 0..<5000 {
            let digits = Int.random(in: 1...14, using: &random)
            texts.append(
                "-\(Int.random(in: 0...99, using: &random)).\(String((0..<digits).map { _ in "0123456789".randomElement() ?? "0" }))"
            )
        }
        for text in texts {
            let answer = try answer(
                #"{"choices": [{"text": "", "logprobs": {"tokens": ["a"], "token_logprobs": [\#(text)]}}]}"#)
            let read = try #require(answer.choices[0].tokens?[0].logProb)
            #expect(read.bitPattern == Double(text)?.bitPattern, "\(text)")
        }
    }
}
