// SPDX-License-Identifier: Apache-2.0
import PythonSource
import Testing

@Suite struct CodeRecognitionTests {
    @Test(arguments: [
        "x = 1", "    return x\n", "def f(a: int = 1, *b) -> int:\n    '''It's one.'''\n    return a if b else 2",
        "print('a' 'b')", "async def f(): await g()", "match x:\n    case Point(y) if y > 1: pass", "type X = int",
        "lambda a, b: a + b  # a comment of many words", "from a import b as c", "for i in range(3): print(i",
        "assert f(1) == 2, 'not two'", "f\"{a}\" rb'x'", "@decorated\nclass A(B): x: int", "not a and b is not None",
        "def f(x):\n    return [y for y in x if",
    ])
    func codeIsCode(_ text: String) { #expect(CodeRecognition.isCode(text)) }

    @Test(arguments: [
        "", "\n", "# nothing but a comment", "The program is complete.", "Nothing seems missing",
        "Sure! Here's the rest:\ndef f():\n    return 1", "It's done", "x = 1\nThis sets x.", "Step 1: read the input",
    ])
    func proseIsNone(_ text: String) { #expect(!CodeRecognition.isCode(text)) }

    @Test func redefinitionsAreThoseBehindThePrefix() {
        let prefix = "def a(): pass\ndef a(): pass\ndef b(): pass\n"
        func names(_ rest: String) -> [String] {
            Redefinitions.names(in: prefix + rest, after: prefix.utf8.count)
        }
        #expect(names("") == [])
        #expect(names("def c(): pass\n") == [])
        #expect(names("async def b(): pass\ndef a(): pass\n") == ["a", "b"])
        #expect(names("class a:\n    def b(self): pass\n") == ["a"])
        #expect(names("if True:\n    def a(): pass\n") == ["a"])
        #expect(names("def c():\n    def a(): pass\n") == [])
        #expect(names("def a") == [])
    }
}
