// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Evaluation
import Foundation
import Metrics
import Reporting

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compares two results on the same candidates, and fails where a gate says so.",
        discussion: """
            Each of the two is a run's directory or a file that 'bestofn baseline save' wrote. Problems, candidates and grading must be the same.

            Gates (--fail-on, separated by commas or repeated; without any, nothing fails):
              regression          pass@1 fell, by --min-effect and --alpha
              any-loss            a problem was lost, or a share of one
              any-verdict-change  a candidate passed on one side only
              incomplete          something of base could not be compared
            --max-cost-increase adds a gate on what selectors spend. docs/ci.md explains each.

            Exit codes: 0 no gate failed; 1 a gate failed; 65 the two cannot be compared.

            Examples:
              bestofn compare baseline.json runs/demo
              bestofn compare baseline.json runs/demo --fail-on regression
              bestofn compare before after --fail-on any-loss,incomplete
              bestofn compare before after --max-cost-increase 10%
            """)

    @Argument(help: "What to compare with: a run's directory or a baseline file.")
    var base: String

    @Argument(help: "What to judge: a run's directory or a baseline file.")
    var head: String

    @Option(help: ArgumentHelp("Gates that make the command fail; see above.", valueName: "gates"))
    var failOn: [GateList] = []

    @Option(help: "The level that a regression's adjusted p-value must lie below.")
    var alpha = 0.05

    @Option(
        help: ArgumentHelp(
            "The least loss in pass@1 that counts as a regression, in points, such as 1%.", valueName: "points"))
    var minEffect = Percentage(share: 0)

    @Option(
        help: ArgumentHelp(
            "How much more a selector may spend per problem, such as 10% (calls, tokens, forward passes and program runs), or for one kind, such as calls=10% or cpu=50%. May be repeated.",
            valueName: "limit"))
    var maxCostIncrease: [CostLimit] = []

    @Flag(help: "The same as --fail-on any-verdict-change.")
    var anyVerdictChange = false

    @Option(
        help: ArgumentHelp(
            "Compare only the selector of this label; p-values are adjusted for those compared. May be repeated.",
            valueName: "label"))
    var only: [String] = []

    @Flag(help: "Compare results that were graded differently, to see what that does to the verdicts.")
    var allowGradingChange = false

    @Option(
        help: ArgumentHelp(
            "Write Markdown, as for a comment on a pull request; - for standard output.", valueName: "file"))
    var markdown: OutputFile?

    @Option(
        help: ArgumentHelp(
            "Write JUnit XML with a test case per gate, pool and selector; - for standard output.", valueName: "file"))
    var junit: OutputFile?

    @Option(help: ArgumentHelp("Write all values as JSON; - for standard output.", valueName: "file"))
    var json: OutputFile?

    @Flag(help: "Print annotations for GitHub Actions, and append the Markdown to the job's summary.")
    var github = false

    func validate() throws {
        guard alpha > 0, alpha < 1 else { throw ValidationError("--alpha must lie between 0 and 1.") }
        try OutputFile.validate(outputs)
        guard !github || !writesToStandardOutput else {
            throw ValidationError("Annotations go to standard output ('-'); nothing else can with --github.")
        }
        guard junit == nil || !policy.gates.isEmpty else {
            throw ValidationError("--junit writes what the gates say; name a gate with --fail-on.")
        }
    }

    func run() async throws {
        try await reportingFailures { [self] in
            let (base, head) = (try RunResults.read(base), try RunResults.read(head))
            let labels = Set(base.selectors.map(\.label) + head.selectors.map(\.label)).sorted()
            for label in only where !labels.contains(label) {
                throw ValidationError(unknownName(label, kind: "selector", available: labels))
            }
            let comparison: RunComparison
            do {
                comparison = try RunComparison(
                    base: base, head: head,
                    settings: .init(only: Set(only), allowsGradingChange: allowGradingChange))
            } catch {
                guard let refusal = error as? ComparisonRefusal else { throw error }
                // What reads these files shall not take those of an earlier comparison for this one's.
                try publish(
                    markdown: ComparisonMarkdown.render(refusal), annotations: GitHubAnnotations.render(refusal))
                try junit?.write(text(try GateJUnit.encode(refusal)))
                try json?.write(text(try ComparisonJSON.encoded(refusal)))
                throw refusal
            }
            let results = gates(comparison, under: policy)
            if !writesToStandardOutput {
                print(ComparisonText.render(comparison, gates: results), terminator: "")
            }
            try publish(
                markdown: ComparisonMarkdown.render(comparison, gates: results),
                annotations: GitHubAnnotations.render(results))
            try junit?.write(text(try GateJUnit.encode(results)))
            try json?.write(text(try ComparisonJSON(comparison: comparison, gates: results).encoded()))
            if results.contains(where: { $0.outcome == .failed }) { throw Exit.findings }
        }
    }

    private func publish(markdown text: String, annotations: String) throws {
        try markdown?.write(text)
        guard github else { return }
        print(annotations, terminator: "")
        guard let path = ProcessInfo.processInfo.environment["GITHUB_STEP_SUMMARY"], !path.isEmpty else { return }
        // Steps share the file, so it is appended to and not replaced.
        var summary = (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data()
        summary.append(contentsOf: text.utf8)
        do {
            try summary.write(to: URL(fileURLWithPath: path))
        } catch {
            throw ReportError(
                .unwritable, "\(path): The job's summary cannot be written: \(error.localizedDescription)")
        }
    }

    private var outputs: [OutputFile?] { [markdown, junit, json] }
    private var writesToStandardOutput: Bool { outputs.contains { $0?.isStandardOutput == true } }

    private func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }

    private var policy: GatePolicy {
        var policy = GatePolicy(
            gates: Set(failOn.flatMap(\.gates)), alpha: alpha, leastEffect: minEffect.share)
        if anyVerdictChange { policy.gates.insert(.anyVerdictChange) }
        for limit in maxCostIncrease {
            policy.gates.insert(.costIncrease)
            for kind in limit.kinds { policy.costLimits[kind] = limit.share }
        }
        return policy
    }
}

/// Gates separated by commas.
struct GateList: ExpressibleByArgument {
    var gates: [Gate]

    /// Those that need no limit of their own.
    private static let named: [Gate] = [.regression, .anyLoss, .anyVerdictChange, .incomplete]
    static var allValueStrings: [String] { named.map(\.rawValue) }

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false)
        let gates = names.compactMap { name in Self.named.first { $0.rawValue == name } }
        guard gates.count == names.count else { return nil }
        self.gates = gates
    }
}

/// A number with a percent sign, because 1 alone might be meant as a share or as points.
struct Percentage: ExpressibleByArgument {
    var share: Double

    init(share: Double) { self.share = share }

    init?(argument: String) {
        guard argument.hasSuffix("%"), let number = Double(argument.dropLast()), number >= 0, number.isFinite else {
            return nil
        }
        share = number / 100
    }

    var defaultValueDescription: String { "\(Int(share * 100))%" }
}

/// `10%`, or `calls=10%`.
struct CostLimit: ExpressibleByArgument {
    var kinds: [CostChange.Kind]
    var share: Double

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard let last = parts.last, let limit = Percentage(argument: last) else { return nil }
        share = limit.share
        if parts.count == 1 {
            // CPU time differs from run to run.
            kinds = CostChange.Kind.allCases.filter { $0 != .cpu }
        } else {
            guard let kind = CostChange.Kind(rawValue: parts[0]) else { return nil }
            kinds = [kind]
        }
    }
}
