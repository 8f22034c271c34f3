// SPDX-License-Identifier: Apache-2.0
import PythonSource
import RunStore
import Statistics

/// Into how many functions the programs of some problems are organised: the paper's Figure 6 and what explains it.
///
/// Counts candidates, repeated programs as often as they were sampled. Blank candidates have no steps and are left out of everything but their count.
public struct StepSummary: Sendable, Codable, Hashable {
    /// `overall`, the difficulty, or `unrated`.
    public var title: String
    /// Candidates with a program.
    public var candidates = 0
    public var blankCandidates = 0
    /// How many candidates have each number of function steps, ascending; a program without functions is one step.
    public var histogram: [StepCount] = []
    /// The mean and the median number of steps. Nil where there is no candidate, like all shares below.
    public var meanSteps: Double?
    public var medianSteps: Double?
    /// The mean over problems of their programs' mean number of steps, with the 95 % interval over problems.
    public var stepsPerProblem: Estimate?
    /// The share of candidates with a single step.
    public var singleStep: Double?
    /// The mean number of physical lines in a step.
    public var linesPerStep: Double?
    /// The mean number of tokens of Python's tokenizer in a step.
    public var tokensPerStep: Double?
    /// The share of functions that begin with a docstring.
    public var documentedFunctions: Double?
    /// Of the programs with several functions, the share where none is called by one defined after it, recursion aside.
    public var topDown: Double?
    /// The share of candidates whose quotes, brackets or indentation do not fit together; each is one step.
    public var malformed: Double?

    /// How many candidates have so many steps.
    public struct StepCount: Sendable, Codable, Hashable {
        public var steps: Int
        public var candidates: Int
    }

    /// - Parameter shapes: of each problem's programs.
    init(title: String, problems: [[ProgramShape]], bootstrap: Bootstrap) {
        self.title = title
        let shapes = problems.flatMap { $0 }
        let perProblem = problems.compactMap { shapes in
            mean(shapes.filter { $0.steps > 0 }.map { Double($0.steps) })
        }
        stepsPerProblem = Estimate(meanOf: perProblem, bootstrap: bootstrap)
        let programs = shapes.filter { $0.steps > 0 }
        candidates = programs.count
        blankCandidates = shapes.count - programs.count
        guard !programs.isEmpty else { return }
        let counts = programs.map(\.steps)
        histogram = Dictionary(counts.map { ($0, 1) }, uniquingKeysWith: +)
            .map { StepCount(steps: $0.key, candidates: $0.value) }.sorted { $0.steps < $1.steps }
        let steps = counts.reduce(0, +)
        let functions = programs.reduce(0) { $0 + $1.functions }
        meanSteps = mean(counts.map(Double.init))
        medianSteps = median(counts)
        singleStep = share(counts.map { $0 == 1 })
        linesPerStep = Double(programs.reduce(0) { $0 + $1.lines }) / Double(steps)
        tokensPerStep = Double(programs.reduce(0) { $0 + $1.tokens }) / Double(steps)
        topDown = share(programs.compactMap(\.isTopDown))
        documentedFunctions =
            functions > 0 ? Double(programs.reduce(0) { $0 + $1.documented }) / Double(functions) : nil
        malformed = share(programs.map { !$0.isWellFormed })
    }
}

private func median(_ values: [Int]) -> Double {
    let sorted = values.sorted()
    return Double(sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// What a program's text says of its organisation.
struct ProgramShape: Hashable {
    /// Function steps; zero for a blank program.
    var steps: Int
    /// Physical lines.
    var lines: Int
    /// Functions and methods that end steps, and those of them with a docstring.
    var functions: Int
    var documented: Int
    var isWellFormed: Bool
    var tokens: Int
    /// Nil where there are fewer than two functions, or the text cannot be read as a program.
    var isTopDown: Bool?

    init(_ program: String) {
        let steps = FunctionStepper().steps(of: program)
        self.steps = steps.count
        isWellFormed = steps.isWellFormed
        let facts = PythonFacts(program)
        tokens = facts.shape.tokens
        isTopDown = isWellFormed && facts.names.hasFunctionOrder ? facts.names.isTopDown : nil
        var text = program
        (lines, functions, documented) = text.withUTF8 { bytes in
            let scan = PythonScan(bytes)
            let functions =
                scan.isWellFormed ? FunctionOutline(scan, in: bytes).functions.filter { !$0.isNested } : []
            return (scan.physicalLineCount, functions.count, functions.count { $0.docstring != nil })
        }
    }

    /// The shapes of a pool's candidates by problem. Each program is read once.
    static func shapes(of pool: PoolRecord) -> [String: [ProgramShape]] {
        var known: [String: ProgramShape] = [:]
        return pool.candidates.mapValues { candidates in
            candidates.map { candidate in
                if let shape = known[candidate.program] { return shape }
                let shape = ProgramShape(candidate.program)
                known[candidate.program] = shape
                return shape
            }
        }
    }
}
