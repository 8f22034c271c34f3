// SPDX-License-Identifier: Apache-2.0
import PythonSource
import Testing

/// Each fact on the smallest programs that have it and that do not.
@Suite struct PythonFactsTests {
    private func names(_ program: String) -> NameFacts { PythonFacts(program).names }
    private func flow(_ program: String) -> FlowFacts { PythonFacts(program).flow }

    @Test(arguments: [
        ("print(x)", 0, 1), ("x = 1\nprint(x)", 0, 0), ("f()", 1, 0), ("def f(): return g()\n", 1, 0),
        ("def f(a, *b, c=1, **d): return a, b, c, d\n", 0, 0), ("f = lambda x, y=2: x + y\n", 0, 0),
        ("print([a * b for a, b in zip([1], [2]) if a])", 0, 0), ("import a.b, c as d\na.b; d; c", 0, 1),
        ("from m import (p, q as r)\np; r; q", 0, 1), ("from m import *\nanything", 0, 0),
        ("with open('f') as (a, b), open('g') as c:\n    print(a, b, c)\n", 0, 0),
        ("try:\n    pass\nexcept ValueError as e:\n    print(e)\n", 0, 0),
        ("for i, (j, k) in []: print(i, j, k)", 0, 0),
        ("if (n := 3) > 2: print(n)", 0, 0), ("x.y = 1", 0, 1), ("a[i] = 1", 0, 2), ("print(sep=1, end=e)", 0, 1),
        ("class A:\n    z = 1\n    def f(self): return z\n", 0, 1), ("class A:\n    z = 1\n    w = z\n", 0, 0),
        ("def f():\n    global g\n    g = 1\ndef h(): return g\n", 0, 0), ("x: int = 1\ny: foo\nx\ny", 0, 1),
        ("match p:\n    case [a, b]: print(a, b)\n", 0, 1), ("a = b = c = 1\nprint(a, b, c)", 0, 0),
        ("print(f'{later!r:>{width}}')", 0, 0), ("x = 1; y = x; print(y, w)", 0, 1),
        ("def f(x: T) -> U: pass\n", 0, 2), ("def f(x=d): pass\n", 0, 1), ("@wrap\ndef f(): pass\n", 0, 1),
    ])
    func undefinedNames(_ program: String, _ calls: Int, _ others: Int) {
        #expect(names(program).undefinedCalls == calls, "\(program)")
        #expect(names(program).undefinedNames == others, "\(program)")
    }

    @Test(arguments: [
        ("def f(a, b): return a\n", 1, 0, 0), ("def f(self, _x): pass\n", 0, 0, 0),
        ("def f():\n    x = 1\n    return 2\n", 0, 1, 0), ("def f():\n    x = 1\n    return x\n", 0, 0, 0),
        ("def f():\n    x = 1\n    def g(): return x\n    return g\n", 0, 0, 0),
        ("def f():\n    x = 1\n    return f'{x:>3}'\n", 0, 0, 0), ("import os\n", 0, 0, 1),
        ("import os\nos.x", 0, 0, 0), ("from a import b as c, d\nprint(d)", 0, 0, 1),
        ("def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n    g()\n    return n\n", 0, 0, 0),
        ("def f(a):\n    for i in range(a): pass\n", 0, 0, 0),
    ])
    func unusedNames(_ program: String, _ parameters: Int, _ variables: Int, _ imports: Int) {
        let facts = names(program)
        #expect(facts.unusedParameters == parameters, "\(program)")
        #expect(facts.unusedVariables == variables, "\(program)")
        #expect(facts.unusedImports == imports, "\(program)")
    }

    @Test(arguments: [
        ("def f(a, b): return a, b\nf(1)", 1), ("def f(a, b): return a, b\nf(1, 2)", 0),
        ("def f(a, b): return a, b\nf(1, 2, 3)", 1), ("def f(a, b=1): return a, b\nf(1)", 0),
        ("def f(a, *b): return a, b\nf(1, 2, 3)", 0), ("def f(a): return a\nf(b=1)", 1),
        ("def f(a): return a\nf(a=1)", 0), ("def f(a, **k): return a, k\nf(1, z=2)", 0),
        ("def f(a, *, b): return a, b\nf(1)", 1), ("def f(a, *, b): return a, b\nf(1, b=2)", 0),
        ("def f(a, b): return a, b\nf(*x)", 0), ("def f(a): return a\nf(lambda p, q: p + q)", 0),
        ("def f(a): return a\nf([1, 2])\nf((1, 2))\nf({1: 2, 3: 4})", 0),
        ("class A:\n    def f(self, a): return self.g(a, a)\n    def g(self, a): return a\n", 1),
        ("class A:\n    def f(self, a): return self.g(a)\n    def g(self, a): return a\n", 0),
        ("class A:\n    @staticmethod\n    def g(a): return a\n    def f(self): return self.g(1)\n", 0),
        ("def g(a): return a\ndef f(g): return g(1, 2)\n", 0),
    ])
    func argumentsThatCannotFit(_ program: String, _ mismatches: Int) {
        #expect(names(program).arityMismatches == mismatches, "\(program)")
    }

    @Test(arguments: [
        ("def main():\n    a()\ndef a(): b()\ndef b(): pass\nmain()\n", true),
        ("def a(): pass\ndef main():\n    a()\n", false),
        ("def a(): b()\ndef b(): a()\n", true), ("def a(): a()\n", true),
        ("class S:\n    def f(self): return self.g()\n    def g(self): pass\n", true),
        ("class S:\n    def g(self): pass\n    def f(self): return self.g()\n", false),
        ("def f():\n    def g(): pass\n    g()\n", true),
    ])
    func orderOfFunctions(_ program: String, _ isTopDown: Bool) {
        #expect(names(program).isTopDown == isTopDown, "\(program)")
    }

    @Test(arguments: [
        ("def f(x):\n    if x: return 1\n", 1), ("def f(x):\n    if x: return 1\n    return 2\n", 0),
        ("def f(x):\n    if x:\n        return 1\n    else:\n        return 2\n", 0),
        ("def f(x):\n    if x:\n        return 1\n    elif x > 2:\n        return 2\n", 1),
        ("def f(x):\n    for i in x:\n        return i\n", 1),
        ("def f(x):\n    while True:\n        if x: return 1\n", 0),
        ("def f(x):\n    while True:\n        if x: break\n        return 1\n", 1),
        ("def f(x):\n    try:\n        return 1\n    except E:\n        pass\n", 1),
        ("def f(x):\n    try:\n        return 1\n    except E:\n        raise\n", 0),
        ("def f(x):\n    with x:\n        return 1\n", 0), ("def f(x):\n    print(x)\n", 0),
        ("def f(x):\n    if x: return\n", 0), ("def f(x):\n    yield 1\n    if x: return 2\n", 0),
        ("def f(x):\n    match x:\n        case 1: return 1\n        case _: return 2\n", 0),
    ])
    func missingReturns(_ program: String, _ count: Int) {
        #expect(flow(program).missingReturns == count, "\(program)")
    }

    @Test func otherFacts() {
        #expect(flow("def f():\n    return 1\n    print(2)\n").unreachableStatements == 1)
        #expect(flow("for i in x:\n    continue\n    break\n").unreachableStatements == 1)
        #expect(flow("if x:\n    return\ny = 1\n").unreachableStatements == 0)
        #expect(flow("def f():\n    '''Text.'''\n    pass\ndef g(): ...\ndef h(): return 1\n").emptyFunctions == 2)
        #expect(flow("for i in x:\n    while y:\n        for z in w: pass\n").loopDepth == 3)
        #expect(names("def f(): pass\ndef g(): pass\ndef h(): g()\n").unmentionedFunctions == 1)
        #expect(names("def f(): pass\ndef f(): pass\n").redefinedFunctions == 1)
        #expect(names("def f(n): return f(n - 1)\n").recursiveFunctions == 1)
        #expect(names("list = 3\nmax = 4\n").shadowedBuiltins == 2)
        let shape = PythonFacts("def f():\n    '''Adds numbers.'''\n    return 10 ** 9 + 10007  # modulus\n").shape
        #expect(shape.documentedFunctions == 1)
        #expect(shape.prose == ["adds", "numbers", "modulus"])
        #expect(shape.largeNumbers == 1)
        #expect(shape.counts[ShapeFacts.counted.firstIndex(of: "**") ?? 0] == 1)
    }

    @Test func overlapWithTheStatement() {
        let facts = PythonFacts("def count_boats(weights):\n    # heavy people\n    return len(weights) % 1007\n")
        let overlap = StatementOverlap(
            facts, statement: StatementWords("Count the boats for people of the given weights, modulo 1007 or 55."))
        #expect(overlap.numbers == 0.5)
        // count, boats and weights of these and `len`.
        #expect(overlap.identifiers == 0.75)
        #expect(overlap.prose == 0.5)
    }

    @Test func valuesKeepTheirOrder() {
        let names = PythonFacts("").values.map(\.name)
        #expect(names == PythonFacts("def f(x): return x + 1\n").values.map(\.name))
        #expect(Set(names).count == names.count)
        #expect(PythonFacts("\u{0}(((").values.allSatisfy { $0.value.isFinite })
    }

    @Test func anyBytesAreSafe() {
        let program =
            "class A:\n    @b\n    def f(self, x=(1, 2), *, y: int = {3}) -> [4]:\n"
            + "        with a as (b, c): return f'{x:{y}}' if lambda q, z=1: q else [i for i, j in k]\n"
            + "for i in x: import a.b as c, d; from . import (e as f); global g\nmatch x:\n case [a, *b]: a := b\n"
        for end in program.utf8.indices { _ = PythonFacts(String(program.utf8[..<end]) ?? "").values }
        var generator = SystemRandomNumberGenerator()
        let parts = [
            "def ", "(", ")", "lambda", ":", "\n", "    ", "x", "=", ",", "*", "for ", " in ", "'", "f'{", "\\",
            "import ",
        ]
        for _ in 0..<2000 {
            let text = (0..<60).map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
            #expect(PythonFacts(text).values.allSatisfy { $0.value.isFinite }, "\(text)")
        }
    }

    @Test func hostileTextTakesTimeInProportion() {
        for text in [
            String(repeating: "f(", count: 100_000), String(repeating: "if a:", count: 100_000),
            String(repeating: "[x for ", count: 50_000), String(repeating: "a;", count: 100_000),
            (0..<2000).map { String(repeating: " ", count: $0) + "if a:\n" }.joined(),
        ] {
            let time = ContinuousClock().measure { _ = PythonFacts(text).values }
            #expect(time < .seconds(20))
        }
    }
}
