// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Datasets
import Execution
import Foundation
public import PythonSource
import RunStore
import SelectorKit
import Synchronization
import Training

/// How Monte Carlo rewards are made.
public struct RolloutOptions: Sendable {
    public var stepper: StepperName
    /// K: completions per prefix; 0 for true values only.
    public var samples: Int
    public var seed: UInt64
    /// Whether the true value of each prefix is computed, by executing every program that can follow it.
    public var exact: Bool

    public init(stepper: StepperName = .function, samples: Int = 8, seed: UInt64 = 1, exact: Bool = false) {
        self.stepper = stepper
        self.samples = samples
        self.seed = seed
        self.exact = exact
    }
}

extension Pipeline {
    /// Completes every distinct prefix of the pools' programs and executes the programs that result, each distinct one once (Eq. 2 of the paper).
    ///
    /// Completions and verdicts are kept in the run's directory as they come: interrupted, the same call continues.
    ///
    /// - Throws: `RolloutError` for prefixes that the policy cannot complete; where a server completes none at all, its error.
    public func rollouts(_ policy: any CompletionPolicy, _ options: RolloutOptions) async throws -> RolloutResult {
        let startedAt = MachineFacts.timestamp
        var prefixes = prefixes(stepper: options.stepper.stepper())
        guard !prefixes.isEmpty else {
            throw RolloutError(
                "There is no prefix to complete: every program is a single '\(options.stepper.rawValue)' step. Use a pool of programs in functions, or another stepper."
            )
        }
        let part = try part(of: prefixes, options)
        if let part {
            progress.report(.note(part.summary))
            prefixes = prefixes.filter { part.problems.contains($0.key.problemID) }
        }
        let facts = rolloutFacts(policy, options)
        try store.writePart(part, of: "rollouts", facts: facts, startedAt: startedAt)
        progress.report(
            .note(
                "\(prefixes.count) distinct prefixes, \(options.samples) completions each, by \(policy.fingerprint)"))
        let refusals = try await complete(prefixes, policy, options)
        let completions = try store.completions(policy: policy.fingerprint, seed: options.seed)
            .filter { prefixes[$0.key] != nil && $0.value.count >= options.samples }
            .mapValues { Array($0.prefix(options.samples)) }
        var distributions: [PrefixKey: [(program: String, probability: Double)]] = [:]
        if options.exact {
            for (key, prefix) in prefixes {
                guard let problem = problems[key.problemID] else { continue }
                guard let distribution = try policy.distribution(of: prefix.text, problem: problem.problem) else {
                    throw RolloutError(
                        "The true value of a prefix is known only where the policy is: use a function lattice, or leave out --exact."
                    )
                }
                distributions[key] = distribution
            }
        }
        let passed = try await execute(completions, distributions)
        let rollouts = prefixes.sorted { $0.key < $1.key }.compactMap { key, prefix -> Rollout? in
            guard let problem = problems[key.problemID] else { return nil }
            func hasPassed(_ program: String) -> Bool? {
                passed[
                    VerdictKey(gradedHash: graded(program, problem.problem).gradedHash, suiteHash: problem.suiteHash)]
            }
            guard options.samples == 0 || completions[key] != nil else { return nil }
            let programs = completions[key] ?? []
            let verdicts = programs.compactMap(hasPassed)
            let following = distributions[key]
            let values = following?.compactMap { hasPassed($0.program).map { $0 ? 1.0 : 0 } }
            guard verdicts.count == programs.count, values?.count == following?.count else { return nil }
            return Rollout(
                problemID: key.problemID, prefixHash: key.hash, step: prefix.step, samples: programs.count,
                passed: verdicts.count { $0 }, distinct: Set(programs).count,
                exact: following.map { zip($0, values ?? []).reduce(0) { $0 + $1.0.probability * $1.1 } }.map {
                    min($0, 1)
                })
        }
        let header = RolloutFile.Header(
            policy: policy.fingerprint, stepper: options.stepper.rawValue, samples: options.samples,
            seed: options.seed)
        let tally = try store.tally(policy.fingerprint, seed: options.seed, samples: options.samples) {
            prefixes[$0] != nil
        }
        let unanswered = options.samples == 0 ? 0 : prefixes.count - completions.count
        let finishedAt = rollouts.count == prefixes.count ? MachineFacts.timestamp : nil
        try store.writePart(part, of: "rollouts", facts: facts, startedAt: startedAt, finishedAt: finishedAt)
        return RolloutResult(
            file: RolloutFile(header: header, rollouts: rollouts), part: part,
            made: part.map {
                RunParts.Part($0, of: "rollouts", facts: facts, startedAt: startedAt, finishedAt: finishedAt)
            }, unansweredPrefixes: unanswered, refusals: refusals,
            unexecutedPrefixes: prefixes.count - rollouts.count - unanswered, tally: tally)
    }

    /// What rewards depend on, for parts that are merged.
    private func rolloutFacts(_ policy: any CompletionPolicy, _ options: RolloutOptions) -> [String: String] {
        var facts = [
            "benchmark": experiment.benchmark.rawValue,
            "problems": "\(problems.records.count) problems \(problems.hash.prefix(12))", "policy": policy.fingerprint,
            "stepper": options.stepper.rawValue, "samples": "\(options.samples)", "seed": "\(options.seed)",
            "exact": "\(options.exact)",
        ]
        for pool in pools {
            facts["pool '\(pool.name)'"] = "\(pool.candidates.count) candidates \(pool.hash.prefix(12))"
        }
        return facts
    }

    struct Prefix: Sendable {
        var text: String
        var step: Int
    }

    /// The pools' prefixes that end before their program does.
    func prefixes(stepper: any Stepper) -> [PrefixKey: Prefix] {
        var prefixes: [PrefixKey: Prefix] = [:]
        var seen: Set<String> = []
        for pool in pools {
            for entry in pool.candidates {
                let problem = entry.loaded.problemID
                let program = entry.loaded.candidate.program
                guard seen.insert(problem + "\n" + program).inserted else { continue }
                for (step, end) in stepper.steps(of: program).prefixEnds.dropLast().enumerated() where end > 0 {
                    let text = String(decoding: program.utf8.prefix(end), as: UTF8.self)
                    prefixes[PrefixKey(problemID: problem, hash: ContentHash.sha256(text))] = Prefix(
                        text: text, step: step + 1)
                }
            }
        }
        return prefixes
    }

    /// Draws the completions that the store lacks.
    ///
    /// - Returns: why prefixes were not completed, with how many, the most frequent reason first.
    private func complete(
        _ prefixes: [PrefixKey: Prefix], _ policy: any CompletionPolicy, _ options: RolloutOptions
    ) async throws -> [RolloutResult.Refusal] {
        let known = try store.completionCounts(policy: policy.fingerprint, seed: options.seed)
        let missing = prefixes.sorted { $0.key < $1.key }.filter { (known[$0.key] ?? 0) < options.samples }
        progress.report(
            .began(
                stage: "complete", total: prefixes.count, cached: prefixes.count - missing.count, unit: "prefixes"))
        guard !missing.isEmpty else { return [] }
        let start = ContinuousClock.now
        let refusals = Mutex<(counts: [String: Int], first: SelectorError?)>(([:], nil))
        var waiting = missing[...]
        try await forEachBounded(limit: policy.concurrency ?? ProcessInfo.processInfo.activeProcessorCount) {
            waiting.popFirst()
        } work: { (key: PrefixKey, prefix: Prefix) in
            do {
                try await complete(key, prefix.text, policy, from: known[key] ?? 0, options)
                progress.report(.advanced(failed: false))
            } catch let error as SelectorError {
                refusals.withLock {
                    $0.counts[error.message, default: 0] += 1
                    $0.first = $0.first ?? error
                }
                progress.report(.advanced(failed: true))
            }
        }
        progress.report(.finished(stage: "complete", seconds: stages.record("complete", since: start)))
        let (counts, first) = refusals.withLock { $0 }
        if let first, counts.values.reduce(0, +) == prefixes.count { throw first }
        return counts.map { RolloutResult.Refusal(message: $0, prefixes: $1) }
            .sorted { ($1.prefixes, $0.message) < ($0.prefixes, $1.message) }
    }

    /// Draws and keeps what is missing of one prefix, as it comes.
    private func complete(
        _ key: PrefixKey, _ prefix: String, _ policy: any CompletionPolicy, from first: Int, _ options: RolloutOptions
    ) async throws {
        guard let problem = problems[key.problemID] else { return }
        var next = first
        while next < options.samples {
            let completions = try await policy.completions(
                of: prefix, problem: problem.problem, samples: next..<options.samples, seed: options.seed)
            guard (1...options.samples - next).contains(completions.count),
                completions.allSatisfy({ $0.program.utf8.starts(with: prefix.utf8) })
            else {
                throw RolloutError(
                    "\(policy.fingerprint) gave no continuation of a prefix of problem '\(key.problemID)'.")
            }
            try store.record(
                try completions.map { try $0.row() }, from: next, of: key, policy: policy.fingerprint,
                seed: options.seed)
            next += completions.count
        }
    }

    /// Executes all programs that completions and distributions name; by key, whether a program passed.
    private func execute(
        _ completions: [PrefixKey: [String]], _ distributions: [PrefixKey: [(program: String, probability: Double)]]
    ) async throws -> [VerdictKey: Bool] {
        let interpreter = try interpreter ?? PythonInterpreter(resolving: experiment.execution.python)
        let condition = experiment.execution.settings.condition(interpreter: interpreter)
        try store.declareCondition(id: condition.id, json: condition.json)
        var plan = ExecutionPlan(known: try store.verdicts(condition: condition.id))
        for key in Set(completions.keys).union(distributions.keys).sorted() {
            guard let problem = problems[key.problemID] else { continue }
            for program in (completions[key] ?? []) + (distributions[key] ?? []).map(\.program) {
                plan.add(
                    graded(program, problem.problem), problemID: key.problemID, suiteHash: problem.suiteHash)
            }
        }
        _ = try await execute(plan, condition: condition.id, interpreter)
        return try store.verdicts(condition: condition.id).compactMapValues {
            $0.isInfrastructureError ? nil : $0.passed
        }
    }

    /// A whole program as its benchmark grades it.
    private func graded(_ program: String, _ problem: Problem) -> ExecutionStage.Program {
        let text = (problems.index.preambles[problem.id] ?? "") + program
        return ExecutionStage.Program(gradedHash: ContentHash.of("graded", text), text: text)
    }
}
