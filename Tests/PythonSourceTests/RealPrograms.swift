// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation

/// Every program of the data pack: candidates of all pools, and canonical solutions.
enum RealPrograms {
    static func all() throws -> [String] {
        var texts: Set<String> = []
        for name in [
            "humaneval/HumanEval", "humaneval/candidates_gpt-4", "humaneval/candidates_gpt-3.5-turbo",
            "humaneval/candidates_codegen-16B_even",
            "humanevalplus/HumanEvalPlus", "mbppplus/MbppPlus", "livecodebench/candidates_O1-Mini-2024-09-12",
            "livecodebench/candidates_Qwen2.5-Ins-7B", "livecodebench/candidates_Qwen3-8B", "bigcodebench/BigCodeBench",
        ] {
            let file = SharedData.data("\(name).jsonl.gz")
            try Gunzip.lines(of: file) { line in
                guard let row = try? JSONSerialization.jsonObject(with: line) as? [String: Any] else { return }
                let prompt = row["prompt"] as? String ?? row["complete_prompt"] as? String ?? ""
                for key in ["code", "completion", "solution", "canonical_solution", "test", "code_list"] {
                    for text in (row[key] as? [String]) ?? (row[key] as? String).map({ [$0] }) ?? [] {
                        texts.insert(text)
                        texts.insert(prompt + text)
                    }
                }
            }
        }
        return texts.sorted()
    }
}

private enum Gunzip {
    static func lines(of file: URL, _ body: (Data) -> Void) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        data.split(separator: UInt8(ascii: "\n")).forEach { body(Data($0)) }
    }
}
