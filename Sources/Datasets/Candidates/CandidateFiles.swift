// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// The files of a pool of candidates.
///
///     let set = try await CandidateFiles(files, problems: index).load(sanitizer: sanitizer)
///     guard set.errors.isEmpty else { … }
public struct CandidateFiles: Sendable {
    /// JSON Lines or JSON lists, plain or gzip-compressed, and directories of programs, read in this order.
    public var files: [URL]
    public var problems: ProblemIndex
    public var options: CandidateOptions

    public init(_ files: [URL], problems: ProblemIndex, options: CandidateOptions = CandidateOptions()) {
        self.files = files
        self.problems = problems
        self.options = options
    }
}

/// How candidate files are read where they leave a choice.
public struct CandidateOptions: Sendable, Hashable {
    /// The model of rows that name none; nil for the file's name.
    public var model: String?
    /// Whether the program is extracted anew from `output` where a row has both that and `code`.
    public var prefersOutput: Bool
    /// How programs are extracted from raw `output`; nil for the benchmark's own rule.
    public var extraction: ExtractionRule?

    public init(model: String? = nil, prefersOutput: Bool = false, extraction: ExtractionRule? = nil) {
        self.model = model
        self.prefersOutput = prefersOutput
        self.extraction = extraction
    }
}

/// Candidates as loaded, with everything worth saying about their files.
public struct CandidateSet: Sendable {
    /// What a file turned out to be.
    public struct FileReport: Sendable, Hashable {
        /// The file as the user named it.
        public var file: String
        /// How many rows (or program files) of each shape it has.
        public var rows: [CandidateShape: Int]
        /// How many candidates were taken from it.
        public var candidates: Int

        /// One line: `gpt-4.jsonl: 1640 candidates, task_id with code or output`.
        public var description: String {
            let shapes = rows.keys.sorted().map(\.rawValue).joined(separator: ", ")
            return "\(file): \(candidates) candidates\(shapes.isEmpty ? "" : ", \(shapes)")"
        }
    }

    /// Sorted by problem, model and sample.
    public internal(set) var candidates: [LoadedCandidate] = []
    public internal(set) var files: [FileReport] = []
    /// What is wrong with the files. Candidates of a set with errors are incomplete: refuse it.
    public internal(set) var errors = DataErrorList()
    /// Problem ids that no problem file has, with the number of their candidates.
    public internal(set) var unknown: [String: Int] = [:]
    /// How many candidates were passed over because the options leave their problem out.
    public internal(set) var passedOver = 0
}
