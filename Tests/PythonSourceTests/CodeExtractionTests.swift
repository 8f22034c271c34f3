// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import PythonSource
import Testing

@Suite struct CodeExtractionTests {
    @Test(.enabled(if: SharedData.isPresent, "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"))
    func liveCodeBenchExtractsAsItsEvaluatorDoes() throws {
        struct File: Decodable {
            struct Probe: Decodable {
                struct Outcome: Decodable { var text: String? }
                var suite: String
                var id: String
                var group: String
                var text: String?
                var style: String?
                var outcome: Outcome
            }
            var probes: [Probe]
        }
        let styles: [String: CodeExtraction.LiveCodeBenchStyle] = [
            "chat": .chat, "codellama": .codeLlama, "base": .base,
        ]
        let file = try JSONDecoder().decode(
            File.self, from: Data(contentsOf: SharedData.vectors("evaluator_probes.json")))
        let probes = file.probes.filter { $0.suite == "livecodebench" && $0.group == "extract" }
        #expect(probes.count == 16)
        for probe in probes {
            let style = try #require(styles[probe.style ?? ""])
            let text = try #require(probe.text)
            #expect(CodeExtraction.liveCodeBench(text, style: style) == probe.outcome.text, "\(probe.id)")
        }
    }

    @Test func withoutTwoFencesTheLenientRuleTakesWhatIsThere() {
        #expect(CodeExtraction.liveCodeBenchLenient("x\n```\ny\n```\n") == "y")
        #expect(CodeExtraction.liveCodeBenchLenient("x\n```python\ny\nz") == "y\nz")
        #expect(CodeExtraction.liveCodeBenchLenient("x = 1\n") == "x = 1\n")
        #expect(CodeExtraction.liveCodeBenchLenient("x\n```") == "")
    }

    @Test func theLastFencedBlockIsTaken() {
        #expect(CodeExtraction.lastFencedBlock("```\na\n```\ntext\n```python\nb\n```\nend") == "b")
        #expect(CodeExtraction.lastFencedBlock("no fence") == nil)
        #expect(CodeExtraction.lastFencedBlock("```python\na") == "a")
        #expect(CodeExtraction.lastFencedBlock("~~~\na\n```\n~~~") == "a\n```")
        #expect(CodeExtraction.lastFencedBlock("````\na\n```\nb\n````") == "a\n```\nb")
        #expect(CodeExtraction.lastFencedBlock("use ```x``` here") == nil)
        #expect(CodeExtraction.lastFencedBlock("```x``` here") == nil)
        #expect(CodeExtraction.lastFencedBlock("```\r\na\r\n```\r\n") == "a\r")
    }

    @Test func theIndentationOfAFenceGoes() {
        #expect(
            CodeExtraction.lastFencedBlock("1. So:\n   ```\n   def f():\n       pass\n  x\n   ```")
                == "def f():\n    pass\nx")
    }

    @Test func allBlocksComeInOrder() {
        #expect(CodeExtraction.fencedBlocks("```\na\n```\n```\n```\n```py\nb") == ["a", "", "b"])
    }

    @Test func strippingIsPythons() {
        #expect(CodeExtraction.stripped(" \u{a0}\u{1c}\t\nx y\r\n\u{2028}") == "x y")
        #expect(CodeExtraction.stripped("\u{200b}x") == "\u{200b}x")
        #expect(CodeExtraction.stripped(" \n") == "")
    }
}
