// SPDX-License-Identifier: Apache-2.0
import Foundation
import PythonSource
import SelectorKit

extension CandidateFiles {
    /// Reads all files.
    ///
    /// What is wrong with files and rows is collected in the set's `errors`; one bad row does not hide the others.
    ///
    /// - Parameter sanitizer: cuts programs out of raw `output` for EvalPlus and BigCodeBench; without one such rows are errors.
    /// - Throws: whatever the sanitizer throws.
    public func load(sanitizer: (any CodeSanitizer)? = nil) async throws -> CandidateSet {
        var loader = CandidateLoader(problems: problems, options: options)
        for file in files { loader.read(file) }
        try await loader.sanitize(sanitizer)
        return loader.finish()
    }
}

/// Collects the candidates of several files.
struct CandidateLoader {
    private struct Key: Hashable {
        var problem: String
        var model: String
        var sample: Int
    }

    private struct Series: Hashable {
        var problem: String
        var model: String
    }

    /// A candidate whose program a sanitizer has yet to cut out.
    private struct Waiting {
        var index: Int
        var item: SanitizerItem
        var place: (file: String, line: Int)
    }

    let problems: ProblemIndex
    let options: CandidateOptions
    private let rule: ExtractionRule
    private var set = CandidateSet()
    private var places: [Key: String] = [:]
    private var nextSample: [Series: Int] = [:]
    private var waiting: [Waiting] = []

    init(problems: ProblemIndex, options: CandidateOptions) {
        self.problems = problems
        self.options = options
        rule = options.extraction ?? problems.benchmark.extractionRule
    }

    mutating func read(_ file: URL) {
        set.files.append(.init(file: file.relativePath, rows: [:], candidates: 0))
        let defaultModel = options.model ?? file.candidateModel
        CandidateRows.read(file, problems: problems, preferringOutput: options.prefersOutput) { place, rows in
            switch rows {
            case .success(let (shape, candidates)):
                set.files[set.files.count - 1].rows[shape, default: 0] += 1
                for candidate in candidates {
                    do throws(RowError) {
                        try add(candidate, defaultModel: defaultModel, at: place)
                    } catch {
                        set.errors.append(
                            DataError(file: place.file, line: place.line, field: error.field, message: error.message))
                    }
                }
            case .failure(let error): set.errors.append(error)
            }
        }
    }

    private mutating func add(_ raw: RawCandidate, defaultModel: String, at place: CandidateRows.Place) throws(RowError)
    {
        let model = raw.model ?? defaultModel
        let series = Series(problem: raw.problemID, model: model)
        let sample = raw.sample ?? nextSample[series, default: 0]
        nextSample[series] = max(nextSample[series, default: 0], sample + 1)
        let key = Key(problem: raw.problemID, model: model, sample: sample)
        if let first = places[key] {
            throw RowError(
                "Candidate \(model)/\(sample) of problem '\(raw.problemID)' comes twice; it was read from \(first) before. "
                    + "Remove one, or give them different 'sample' numbers.")
        }
        places[key] = place.description
        guard let problem = problems[raw.problemID] else {
            if problems.excluded.contains(raw.problemID) {
                set.passedOver += 1
            } else {
                set.unknown[raw.problemID, default: 0] += 1
            }
            return
        }
        var loaded = LoadedCandidate(
            problemID: raw.problemID,
            candidate: Candidate(id: CandidateID(model: model, sample: sample), program: "", tokens: raw.tokens),
            gradedProgram: "", importedVerdict: raw.verdict)
        switch raw.text {
        case .completion(let text, let prompt):
            guard problems.benchmark != .liveCodeBench else {
                throw RowError(
                    field: "completion", "LiveCodeBench has no prompt to complete. Give the whole program in 'code'.")
            }
            loaded.candidate.program = (prompt ?? problem.prompt) + text
            // BigCodeBench calibrates completions like any solution; the others grade the completed prompt alone.
            loaded.gradedProgram = (problems.benchmark == .bigCodeBench ? problem.stub : "") + loaded.candidate.program
        case .answer(let text): loaded.answer(text, problem)
        case .output(let text):
            if rule.sanitizer != nil {
                waiting.append(
                    Waiting(
                        index: set.candidates.count, item: SanitizerItem(text: text, entryPoint: problem.entryPoint),
                        place: (place.file, place.line ?? 0)))
            } else {
                loaded.answer(rule.extract(text), problem)
            }
        }
        set.candidates.append(loaded)
        set.files[set.files.count - 1].candidates += 1
    }

    mutating func sanitize(_ sanitizer: (any CodeSanitizer)?) async throws {
        guard let first = waiting.first, let style = rule.sanitizer else { return }
        guard let sanitizer else {
            set.errors.append(
                DataError(
                    file: first.place.file, line: first.place.line, field: "output",
                    message:
                        "\(waiting.count) rows have raw output alone, and the rule '\(rule.rawValue)' needs Python to extract programs from it. "
                        + "Provide Python, give the programs in 'code', or choose another extraction rule."))
            return
        }
        let programs = try await sanitizer.sanitize(waiting.map(\.item), style: style)
        guard programs.count == waiting.count else {
            set.errors.append(
                DataError(
                    file: first.place.file, field: "output",
                    message:
                        "The sanitizer gave \(programs.count) programs for \(waiting.count) texts. This is a bug of BestOfN; please report it."
                ))
            return
        }
        for (item, program) in zip(waiting, programs) {
            guard let problem = problems[set.candidates[item.index].problemID] else { continue }
            set.candidates[item.index].answer(program, problem)
        }
        waiting = []
    }

    func finish() -> CandidateSet {
        var set = set
        set.candidates.sort { ($0.problemID, $0.candidate.id) < ($1.problemID, $1.candidate.id) }
        return set
    }
}

extension LoadedCandidate {
    /// Takes a whole answer. One that brings the benchmark's own prefix along, as BigCodeBench's results do, keeps it.
    fileprivate mutating func answer(_ text: String, _ problem: ProblemIndex.Entry) {
        let hasStub = !problem.stub.isEmpty && text.hasPrefix(problem.stub)
        candidate.program = hasStub ? String(text.dropFirst(problem.stub.count)) : text
        gradedProgram = hasStub || problem.stub.isEmpty ? text : problem.stub + text
    }
}

extension ExtractionRule {
    /// The program in `text`, for rules that need no Python.
    public func extract(_ text: String) -> String {
        switch self {
        case .liveCodeBench: CodeExtraction.liveCodeBench(text) ?? ""
        case .liveCodeBenchLenient: CodeExtraction.liveCodeBenchLenient(text)
        case .stripped: CodeExtraction.stripped(text)
        case .lastBlock: CodeExtraction.lastFencedBlock(text) ?? text
        case .evalPlus, .bigCodeBench, .verbatim: text
        }
    }
}

extension URL {
    /// The model of a file whose rows name none: its name without `.jsonl`, `.json` and `.gz`; for LiveCodeBench's `Scenario.….json`, which lie in a
    /// folder per model, the folder's.
    var candidateModel: String {
        var url = self
        for ending in ["gz", "jsonl", "json"] where url.pathExtension == ending { url.deletePathExtension() }
        let name = url.lastPathComponent
        guard name.hasPrefix("Scenario.") else { return name }
        let folder = url.deletingLastPathComponent().lastPathComponent
        return folder.isEmpty || folder == "/" || folder == "." ? name : folder
    }
}
