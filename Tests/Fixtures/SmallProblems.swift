// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Problems of LiveCodeBench's form that print 1.
public enum SmallProblems {
    public static func row(_ id: String, statement: String? = nil) -> String {
        #"{"question_title": "T", "question_content": "\#(statement ?? "Do \(id).")", "platform": "test", "question_id": "\#(id)", "contest_id": "t", "contest_date": "2026-01-01T00:00:00", "starter_code": "", "difficulty": "easy", "public_test_cases": "[{\"input\": \"1\", \"output\": \"1\", \"testtype\": \"stdin\"}]", "private_test_cases": "[{\"input\": \"1\", \"output\": \"1\", \"testtype\": \"stdin\"}]", "metadata": "{}"}"#
    }

    /// Writes `problems.jsonl` with problems p0, p1, ….
    public static func write(_ count: Int, statement: String? = nil, to folder: URL) throws {
        try (0..<count).map { row("p\($0)", statement: statement) + "\n" }.joined()
            .write(to: folder.appendingPathComponent("problems.jsonl"), atomically: true, encoding: .utf8)
    }
}
