// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Generation
import SelectorKit
import Testing

@Suite struct GenerationPromptTests {
    let adding = Problem(id: "a", benchmark: "livecodebench", title: "Adding", statement: "Print a + b.")
    let method = Problem(
        id: "m", benchmark: "livecodebench", statement: "Add two numbers.",
        starterCode: "class Solution:\n    def add(self, a: int, b: int) -> int:\n        ", entryPoint: "add")

    @Test func asksForAChainOfFunctions() throws {
        let messages = GenerationPrompt.cof.messages(for: adding, of: .liveCodeBench)
        let system = try #require(messages.system)
        for words in ["chain of functions", "top-down", "docstring", "main()", "one fenced python code block"] {
            #expect(system.contains(words), "\(words)")
        }
        #expect(messages.user == "# Adding\n\nPrint a + b.")
    }

    @Test func controlSaysNothingOfFunctions() throws {
        for (benchmark, problem) in [(Benchmark.liveCodeBench, adding), (.humanEval, adding), (.bigCodeBench, adding)] {
            let system = try #require(GenerationPrompt.plain.messages(for: problem, of: benchmark).system)
            for words in ["chain", "top-down", "docstring saying", "helper", "Organise", "first"] {
                #expect(!system.contains(words), "\(benchmark): \(words)")
            }
            #expect(system.contains("one fenced python code block"))
        }
    }

    @Test func starterCodeIsPartOfTheQuestion() {
        let messages = GenerationPrompt.cof.messages(for: method, of: .liveCodeBench)
        #expect(
            messages.user.contains(
                "```python\nclass Solution:\n    def add(self, a: int, b: int) -> int:\n        \n```"))
        #expect(messages.system?.contains("same class") == true)
        // BigCodeBench's statement holds the code itself.
        #expect(!GenerationPrompt.cof.messages(for: method, of: .bigCodeBench).user.contains("```"))
    }

    @Test func hashNamesTheWords() throws {
        let template = try PromptTemplateText("Do it: {{statement}}", file: "mine.txt")
        let other = try PromptTemplateText("Do this: {{statement}}", file: "mine.txt")
        let hashes = [
            GenerationPrompt.cof, .plain, GenerationPrompt(name: "a", template: template),
            GenerationPrompt(name: "a", template: other),
        ].map(\.hash)
        #expect(Set(hashes).count == 4)
        #expect(GenerationPrompt(name: "elsewhere", template: template).hash == hashes[2])
    }

    @Test func templateIsFilledIn() throws {
        let template = try PromptTemplateText(
            "Be brief. {{ format }}\n---\n{{title}}: {{statement}}\n{{starterCode}}\nKeep {'a': 1}.\n", file: "t")
        let prompt = GenerationPrompt(name: "t", template: template)
        let messages = prompt.messages(for: method, of: .liveCodeBench)
        #expect(messages.system?.hasPrefix("Be brief. Keep the given class name") == true)
        #expect(messages.user.hasPrefix(": Add two numbers.\n```python\nclass Solution:"))
        #expect(messages.user.hasSuffix("```\nKeep {'a': 1}."))
        #expect(prompt.messages(for: adding, of: .liveCodeBench, statement: "Short").user.hasPrefix("Adding: Short"))
    }

    @Test(
        arguments: [
            ("Solve it.", "{{statement}}"), ("{{statement}}\n{{statment}}", "t:2"), ("{{statement", "t:1"),
        ]) func brokenTemplateIsExplained(_ text: String, _ part: String)
    {
        #expect { try PromptTemplateText(text, file: "t") } throws: { "\($0)".contains(part) }
    }
}
