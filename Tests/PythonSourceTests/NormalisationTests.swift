// SPDX-License-Identifier: Apache-2.0
import PythonSource
import Testing

@Suite struct NormalisationTests {
    @Test func commentsBlankLinesAndDocstringsGo() {
        let program = """
            #!/usr/bin/env python
            \"\"\"Module.\"\"\"

            import sys  # for stdin

            class A:
                '''Class.'''
                x = 1


            def f(a,  # first

                  b):
                r\"\"\"Doc
                over lines.\"\"\"
                # why
                s = "# no comment"   
                return s  \t
            """
        #expect(
            normalised(program) == """
                import sys
                class A:
                    x = 1
                def f(a,
                      b):
                    s = "# no comment"
                    return s

                """)
    }

    @Test func stringsKeepTheirBlanksAndLines() {
        let program = "x = '''a  \n\n  # b\n'''  # c\n"
        #expect(normalised(program) == "x = '''a  \n\n  # b\n'''\n")
    }

    @Test func aBlockOfNothingButItsDocstringPasses() {
        #expect(normalised("class A:\n    '''Doc.'''\n\nx = 1\n") == "class A:\n    pass\nx = 1\n")
        #expect(normalised("def f():\n    'a'\n    'b'\n") == "def f():\n    pass\n")
        #expect(normalised("'''Only.'''\n") == "")
    }

    @Test func textsElsewhereStay() {
        #expect(normalised("if x:\n    'a'\n") == "if x:\n    'a'\n")
        #expect(normalised("def f():\n    return 1\n    'a'\n") == "def f():\n    return 1\n    'a'\n")
        #expect(normalised("x = 1\n'a'\n") == "x = 1\n'a'\n")
        #expect(normalised("def f():\n    b'a'\n    return 1\n") == "def f():\n    b'a'\n    return 1\n")
    }

    @Test func lineEndsAreAlike() {
        #expect(normalised("x = 1\r\ny = 2\rz = 3") == "x = 1\ny = 2\nz = 3\n")
        #expect(normalised("f(1,\r\n  2)\r\n") == "f(1,\n  2)\n")
    }

    @Test func aBackslashBeforeACommentJoinsNothing() {
        #expect(normalised("x = 1 \\\n  # note\ny = 2\n") == "x = 1\ny = 2\n")
        #expect(normalised("x = 1 + \\\n  2\n") == "x = 1 + \\\n  2\n")
    }

    @Test func ofTextThatIsNotPythonOnlyBlanksGo() {
        #expect(normalised("It's a '#' sign  \n\nand (so on # here\n") == "It's a '#' sign\nand (so on # here\n")
    }

    @Test func programsThatDifferOnlyInSuchThingsAreEqual() {
        let plain = "def f(x):\n    return x\n"
        for other in [
            "def f(x):\n    return x", "\ndef f(x):\n\n    return x  # same\n",
            "def f(x):\n    '''Doc.'''\n    return x\n\n\n",
        ] {
            #expect(normalised(other) == plain)
        }
        #expect(normalised("def f(x):\n  return x\n") != plain)
    }
}
