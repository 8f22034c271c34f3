// SPDX-License-Identifier: Apache-2.0
import Datasets
import Generation
import SelectorKit
import Testing

@Suite struct ContinuationTests {
    private static let prefix = "def main():\n    \"\"\"Reads and prints.\"\"\"\n    print(double(int(input())))\n"
    private static let rest = "\n\ndef double(n):\n    return 2 * n\n\n\nmain()\n"

    @Test func prefilledTurnGoesUpToTheClosingFence() {
        let continuation = Continuation(of: Self.prefix, prefilled: Self.rest + "```\nThis program doubles.\n")
        #expect(continuation.program == Self.prefix + Self.rest)
        #expect(!continuation.isBlank && !continuation.repeatsPrefix && continuation.redefined == [])
        // A truncated turn has no fence.
        #expect(Continuation(of: Self.prefix, prefilled: "\ndef dou").program == Self.prefix + "\ndef dou")
        // Fences in docstrings are code.
        let docstring = "\ndef double(n):\n    '''\n    ```\n    double(2)\n    ```\n    '''\n    return 2 * n\n"
        #expect(Continuation(of: Self.prefix, prefilled: docstring + "```").program == Self.prefix + docstring)
        // The middle of a line goes on, and its backticks close nothing.
        let middle = "x = '"
        #expect(Continuation(of: middle, prefilled: "```'\n```").program == "x = '```'\n")
        #expect(Continuation(of: "", prefilled: "x = 1\n```").program == "x = 1\n")
    }

    @Test func prefilledTurnThatIsRepeatedIsTakenOff() {
        for repeated in ["```python\n" + Self.prefix, Self.prefix] {
            let continuation = Continuation(of: Self.prefix, prefilled: repeated + Self.rest + "```")
            #expect(continuation.program == Self.prefix + Self.rest)
            #expect(continuation.repeatsPrefix && continuation.redefined == [])
        }
    }

    @Test func nothingAddedIsBlank() {
        for written in ["", "```\n", "\n \n```"] {
            let continuation = Continuation(of: Self.prefix, prefilled: written)
            #expect(continuation.isBlank && continuation.program.hasPrefix(Self.prefix), "\(written)")
        }
        let answers = [
            "```python\n```", "Nothing is missing here.\n```\n```", "The program is already complete.",
            "```python\n\(Self.prefix)```", "",
        ]
        for answer in answers {
            let continuation = Continuation(of: Self.prefix, answer: answer)
            #expect(continuation.isBlank && continuation.program.hasPrefix(Self.prefix), "\(answer)")
        }
    }

    @Test func answeredBlockIsJoinedAsItIs() {
        let method = "class Solution:\n    def solve(self, n):\n        return self.double(n)\n"
        let helper = "    def double(self, n):\n        return 2 * n\n"
        let joined = Continuation(of: method, answer: "Here is the rest:\n```python\n\(helper)```\nDone.")
        #expect(joined.program == method + helper)
        #expect(joined.redefined == [])
        // Without a fence the answer may be code all the same; the closing fence may be cut off.
        #expect(Continuation(of: method, answer: helper).program == method + helper)
        #expect(Continuation(of: method, answer: "```python\n" + helper).program == method + helper)
        #expect(
            Continuation(of: method, answer: "```python\nx = 1\n```\nor\n```python\n\(helper)```").program == method
                + helper)
        // A new line begins where the prefix ends without one.
        #expect(Continuation(of: "x = 1", answer: "```\ny = 2\n```").program == "x = 1\ny = 2\n")
        #expect(Continuation(of: "x = 1", answer: "```\n\ny = 2\n```").program == "x = 1\ny = 2\n")
    }

    @Test func repeatedPrefixIsStripped() {
        let whole = Self.prefix + Self.rest
        let joined = Continuation(of: Self.prefix, answer: "```python\n\(whole)```")
        #expect(joined.program == whole && joined.repeatsPrefix && joined.redefined == [])
        // Blanks at the prefix's end do not matter.
        let blanks = Continuation(
            of: Self.prefix + "\n\n\n", answer: "```python\n\(Self.prefix)\ndef double(n):\n    return 1\n```")
        #expect(blanks.program == Self.prefix + "\n\n\n" + "def double(n):\n    return 1\n")
        let other = Continuation(of: "x = 1", answer: "```\nx = 10\n```")
        #expect(other.program == "x = 1\nx = 10\n" && !other.repeatsPrefix)
    }

    @Test func repeatedDefinitionsAreNamed() {
        let again = Continuation(
            of: Self.prefix,
            answer: "```python\ndef double(n):\n    return 2 * n\n\ndef main():\n    print(1)\n\nmain()\n```")
        #expect(again.redefined == ["main"])
        let prefix = "class Solution:\n    def solve(self):\n        def f(): return 1\n        return f()\n"
        let sibling = Continuation(
            of: prefix, prefilled: "\n    def f(self):\n        def f(): return 2\n        return 2\n```")
        #expect(sibling.redefined == [])
        let reopened = Continuation(
            of: prefix, answer: "```\nclass Solution:\n    def help(self):\n        return 2\n```")
        #expect(reopened.redefined == ["Solution"])
        let method = Continuation(of: prefix, prefilled: "\n    def solve(self):\n        return 3\n")
        #expect(method.redefined == ["Solution.solve"])
        let property = "class A:\n    @property\n    def x(self): return 1\n"
        #expect(Continuation(of: property, prefilled: "    @x.setter\n    def x(self, v): pass\n").redefined == [])
    }

    @Test func programsBeginWithTheirPrefixByteForByte() {
        // Marks that would join with what follows, and every kind of line end.
        for prefix in ["x = 'e\u{301}", "x = 1\r\n", "x = 1\r", "# \u{1F1E9}", "\u{FEFF}x = 1\n", "\n\n"] {
            for text in [
                "\u{301}'\n", "\u{1F1EA}\n", "\ny = 2\n", "```\n", "\r\ny = 2\r\n```\r\n", prefix + "\nz = 3\n",
            ] {
                for continuation in [
                    Continuation(of: prefix, prefilled: text),
                    Continuation(of: prefix, answer: "```python\n\(text)\n```"),
                ] {
                    #expect(continuation.program.utf8.starts(with: prefix.utf8))
                }
            }
        }
    }

    // MARK: Prompts

    private let problem = Problem(id: "p", benchmark: "livecodebench", title: "Doubling", statement: "Print 2 n.")

    @Test func prefillOpensTheModelsTurn() {
        let prompt = ContinuationPrompt(.prefilled)
        let messages = prompt.messages(continuing: Self.prefix, of: problem, benchmark: .liveCodeBench)
        let whole = GenerationPrompt.cof.messages(for: problem, of: .liveCodeBench)
        #expect(messages.system == whole.system && messages.user == whole.user)
        #expect(messages.assistant == "```python\n" + Self.prefix)
        #expect(prompt.join(Self.rest + "```", to: Self.prefix).program == Self.prefix + Self.rest)
    }

    @Test func questionHoldsThePrefixAndAsksForTheRestOnly() throws {
        let prompt = ContinuationPrompt(.asked)
        let messages = prompt.messages(continuing: "x = 1", of: problem, benchmark: .liveCodeBench, statement: "Short.")
        #expect(messages.assistant == nil)
        let system = try #require(messages.system)
        #expect(system.contains("remaining code only") && !system.contains("holds the whole program"))
        #expect(system.contains("chain of functions"))
        #expect(messages.user.hasPrefix("# Doubling\n\nShort.\n\nThe program below was started"))
        #expect(messages.user.contains("\n\n```python\nx = 1\n```\n\nWrite only the remaining code"))
        #expect(prompt.join("```\ny = 2\n```", to: "x = 1").program == "x = 1\ny = 2\n")
    }

    @Test func hashTellsWhatIsAsked() {
        let hashes = [
            ContinuationPrompt(.prefilled), ContinuationPrompt(.asked), ContinuationPrompt(.prefilled, of: .plain),
        ].map(\.hash)
        #expect(Set(hashes).count == 3)
        #expect(ContinuationPrompt(.asked, of: .cof).hash == hashes[1])
    }
}
