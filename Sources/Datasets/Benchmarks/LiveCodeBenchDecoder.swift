// SPDX-License-Identifier: Apache-2.0
import ContentHash
import SelectorKit
import JSONReading

/// Rows of LiveCodeBench's `test.jsonl` … `test6.jsonl`: `question_id, question_title, question_content, platform, contest_date,
/// starter_code, difficulty, public_test_cases, private_test_cases, metadata`.
struct LiveCodeBenchDecoder: BenchmarkRowDecoder {
    let idField = "question_id"
    private var packed = PackedTests()

    mutating func item(id: String, from row: JSONRow) throws(RowError) -> BenchmarkItem {
        let functionName = try Self.functionName(row)
        let publicTests = try Self.publicTests(row)
        let privateTests = try packed.tests(try row.required(PackedTests.field))
        let tests = LiveCodeBenchTests(
            tests: publicTests + privateTests, publicCount: publicTests.count, functionName: functionName)
        if functionName == nil, tests.tests.contains(where: { $0.kind == .functional }) {
            throw RowError(field: "metadata", "The tests call a function, and 'metadata' names none ('func_name').")
        }
        let starter = try row.optionalString("starter_code")
        let problem = Problem(
            id: id, benchmark: Benchmark.liveCodeBench.rawValue, title: try row.optionalString("question_title"),
            statement: try row.string("question_content"),
            difficulty: try row.optionalString("difficulty").map(Difficulty.init(rawValue:)),
            platform: try row.optionalString("platform"),
            contestDate: row.has("contest_date") ? try Self.contestDay(row) : nil,
            starterCode: starter?.isEmpty == true ? nil : starter, entryPoint: functionName)
        return BenchmarkItem(
            problem: problem, suite: TestSuite(problemID: id, hash: Self.hash(id, tests), tests: .liveCodeBench(tests)),
            publicTests: publicTests)
    }

    /// The day of `contest_date`, which is an ISO 8601 time.
    static func contestDay(_ row: JSONRow) throws(RowError) -> String {
        let text = try row.string("contest_date")
        let day = text.prefix(10)
        guard BenchmarkOptions.isDay(day) else {
            throw RowError(
                field: "contest_date", "'\(text)' is not a date. Expected YYYY-MM-DD, with or without a time.")
        }
        return String(day)
    }

    /// `func_name` of the metadata, which is JSON text or an object.
    private static func functionName(_ row: JSONRow) throws(RowError) -> String? {
        guard let value = row["metadata"] else { return nil }
        if value.kind == .object { return try JSONRow(value.bytes).optionalString("func_name") }
        return try decodingText("metadata", of: value) { (bytes) throws(RowError) in
            bytes.isEmpty ? nil : try JSONRow(bytes).optionalString("func_name")
        }
    }

    private static func publicTests(_ row: JSONRow) throws(RowError) -> [TestExample] {
        let name = "public_test_cases"
        let value = try row.required(name)
        if value.kind == .array { return try TestExample.list(value.bytes, field: name) }
        return try decodingText(name, of: value) { (bytes) throws(RowError) in try TestExample.list(bytes, field: name)
        }
    }

    /// JSON in a string of JSON.
    private static func decodingText<Result>(
        _ name: String, of value: JSONValue, _ body: (UnsafeRawBufferPointer) throws(RowError) -> Result
    ) throws(RowError) -> Result {
        do {
            return try withBytes(of: try JSONRow.exact(value, name), body)
        } catch {
            throw RowError(field: name, error.message)
        }
    }

    private static func hash(_ id: String, _ tests: LiveCodeBenchTests) -> String {
        var hash = ContentHash()
        hash.add("livecodebench suite")
        hash.add(id)
        hash.add(tests.functionName ?? "")
        for test in tests.tests {
            hash.add(test.kind.rawValue)
            hash.add(test.input)
            hash.add(test.output)
        }
        return hash.hexDigest()
    }
}

extension TestExample {
    /// The tests of a JSON list `[{"input": …, "output": …, "testtype": "stdin" | "functional"}]`.
    static func list(_ text: UnsafeRawBufferPointer, field: String) throws(RowError) -> [TestExample] {
        var objects: [UnsafeRawBufferPointer] = []
        var scanner = JSONScanner(text)
        do {
            try scanner.elements { scanner throws(JSONSyntaxError) in
                objects.append(UnsafeRawBufferPointer(rebasing: text[try scanner.value()]))
            }
            try scanner.expectEnd()
        } catch {
            throw RowError(field: field, "The tests are not a JSON list: \(error.message) (byte \(error.offset + 1)).")
        }
        var tests: [TestExample] = []
        tests.reserveCapacity(objects.count)
        for object in objects {
            do throws(RowError) {
                let row = try JSONRow(object)
                let kind = try row.string("testtype")
                guard let kind = Kind(rawValue: kind) else {
                    throw RowError("'\(kind)' is no kind of test. Known: stdin, functional.")
                }
                tests.append(TestExample(input: try row.string("input"), output: try row.string("output"), kind: kind))
            } catch {
                let part = error.field.map { " '\($0)'" } ?? ""
                throw RowError(field: field, "Test \(tests.count + 1)\(part): \(error.message)")
            }
        }
        return tests
    }
}
