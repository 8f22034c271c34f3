// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import PythonSource
import Testing

/// Tokens and undefined names are those of Python's own tokenizer and symbol tables, on every real program that Python accepts.
@Suite struct FactsAgreementTests {
    private struct Answer: Decodable {
        /// Nil where Python does not accept the text.
        var tokens: Int?
        /// Whether a name is read that nothing binds; nil where `import *` leaves that open.
        var undefined: Bool?
        var lambdas: Int?
        var returns: Int?
    }

    private static let script = #"""
        import ast, builtins, io, json, sys, symtable, tokenize, warnings
        warnings.simplefilter("ignore")
        known = set(dir(builtins)) | {"__file__", "__name__", "__class__", "__annotations__", "__builtins__"}
        def tables(table):
            yield table
            for child in table.get_children():
                yield from tables(child)
        def undefined(text, tree):
            if any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in ast.walk(tree)):
                return None
            top = symtable.symtable(text, "t", "exec")
            every = list(tables(top))
            bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
            for table in every:
                bound |= {s.get_name() for s in table.get_symbols() if s.is_declared_global() and s.is_assigned()}
            for table in every:
                for s in table.get_symbols():
                    if not s.is_referenced() or s.get_name() in bound | known:
                        continue
                    if table is top or s.is_global():
                        return True
            return False
        def answer(text):
            try:
                tree = ast.parse(text)
                kinds = (tokenize.NAME, tokenize.NUMBER, tokenize.STRING, tokenize.OP)
                count = None
                if sys.version_info < (3, 12):
                    count = sum(t.type in kinds for t in tokenize.generate_tokens(io.StringIO(text).readline))
                return {"tokens": count, "undefined": undefined(text, tree),
                        "lambdas": sum(isinstance(n, ast.Lambda) for n in ast.walk(tree)),
                        "returns": sum(isinstance(n, ast.Return) for n in ast.walk(tree))}
            except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
                return {}
        with open(sys.argv[1], encoding="utf-8") as lines:
            for line in lines:
                print(json.dumps(answer(json.loads(line))))
        """#

    @Test(.enabled(if: SharedData.isPresent, "needs the shared data pack beside the checkout (or BESTOFN_SHARED)"))
    func onAllRealPrograms() throws {
        let texts = try RealPrograms.all()
        let answers: [Answer] = try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("texts.jsonl")
            let encoder = JSONEncoder()
            var lines = Data()
            for text in texts { lines += try encoder.encode(text) + [UInt8(ascii: "\n")] }
            try lines.write(to: file)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "-c", Self.script, file.path]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let data = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return try data.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Answer.self, from: $0) }
        }
        try #require(answers.count == texts.count)
        var judged = 0
        var wrongAboutNames: [String] = []
        for (text, answer) in zip(texts, answers) {
            if let tokens = answer.tokens {
                #expect(pythonTokens(text).count == tokens, "\(text.prefix(300))")
            }
            guard let returns = answer.returns, let lambdas = answer.lambdas else { continue }
            let facts = PythonFacts(text)
            let count = { (word: String) in facts.shape.counts[ShapeFacts.counted.firstIndex(of: word) ?? 0] }
            #expect(count("return") == returns && count("lambda") == lambdas, "\(text.prefix(300))")
            guard let undefined = answer.undefined else { continue }
            judged += 1
            if (facts.names.undefinedNames + facts.names.undefinedCalls > 0) != undefined {
                wrongAboutNames.append(text)
            }
        }
        print("undefined names: \(wrongAboutNames.count) of \(judged) programs judged otherwise than Python")
        if let path = ProcessInfo.processInfo.environment["BESTOFN_FACTS_DEBUG"] {
            try wrongAboutNames.joined(separator: "\n#=====\n").write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(judged > 4000)
        #expect(wrongAboutNames.count * 200 < judged)
    }
}
