// SPDX-License-Identifier: Apache-2.0

/// Why two results cannot be compared: what differs that must be the same.
public struct ComparisonRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// Full sentences, each naming what differs. At least one.
    public var reasons: [String]

    public init(reasons: [String]) { self.reasons = reasons }

    public var description: String {
        "The two results cannot be compared. " + reasons.joined(separator: " ")
            + " Compare results of the same problems, pools and grading, or save a new baseline."
    }
}

/// Finds what makes two results incomparable, and what a reader must know of two that are not.
struct ComparisonCheck {
    let base: RunResults
    let head: RunResults
    /// Whether a difference in grading is to be told instead of refused.
    let allowsGradingChange: Bool
    private(set) var refusals: [String] = []
    private(set) var notes: [String] = []

    init(base: RunResults, head: RunResults, allowsGradingChange: Bool) {
        self.base = base
        self.head = head
        self.allowsGradingChange = allowsGradingChange
        guard base.benchmark == head.benchmark else {
            refusals = ["The benchmark is \(shown(base.benchmark)) in base and \(shown(head.benchmark)) in head."]
            return
        }
        checkProblems()
        checkPools()
        checkGrading()
    }

    private mutating func checkProblems() {
        let parts = differences(
            base.problems.map { ($0.id, $0.hash) }, head.problems.map { ($0.id, $0.hash) },
            changed: "have another text or other tests in head")
        if !parts.isEmpty {
            refusals.append("The problems differ: \(parts.joined(separator: "; ")).")
        } else if base.problemsHash != head.problemsHash {
            refusals.append("The problems' public tests differ (their hashes are not the same).")
        }
    }

    private mutating func checkPools() {
        let others = Dictionary(head.pools.map { ($0.name, $0) }) { first, _ in first }
        var common = 0
        for pool in base.pools {
            guard let other = others[pool.name] else {
                notes.append("Pool \(shown(pool.name)) is only in base.")
                continue
            }
            common += 1
            if pool.verdictsImported != other.verdictsImported {
                func word(_ imported: Bool) -> String { imported ? "imported" : "made by execution" }
                refusals.append(
                    "The verdicts of pool \(shown(pool.name)) are \(word(pool.verdictsImported)) in base and \(word(other.verdictsImported)) in head."
                )
            }
            let parts = differences(
                pool.problems.map { ($0.id, $0.candidates + " \($0.verdicts.count)") },
                other.problems.map { ($0.id, $0.candidates + " \($0.verdicts.count)") },
                changed: "have other candidates in head")
            if !parts.isEmpty {
                refusals.append("The candidates of pool \(shown(pool.name)) differ: \(parts.joined(separator: "; ")).")
            } else if pool.hash != other.hash {
                refusals.append(
                    "The candidates of pool \(shown(pool.name)) differ in their token statistics or in how they are completed to programs (the pool's hashes are not the same)."
                )
            }
        }
        let known = Set(base.pools.map(\.name))
        for pool in head.pools where !known.contains(pool.name) {
            notes.append("Pool \(shown(pool.name)) is only in head.")
        }
        if common == 0 { refusals.append("The two results have no pool in common.") }
    }

    private mutating func checkGrading() {
        let shared = Set(head.pools.map(\.name))
        guard base.pools.contains(where: { shared.contains($0.name) && !$0.verdictsImported }) else { return }
        let (old, new) = (base.grading ?? .init(), head.grading ?? .init())
        func text(_ value: (some Any)?, none: String) -> String { value.map { "\($0)" } ?? none }
        func release(_ python: String?) -> String? {
            python.map { $0.split(separator: ".").prefix(2).joined(separator: ".") }
        }
        let unknown = "not told"
        let settings: [(name: String, base: String, head: String)] = [
            ("semantics", text(old.semantics, none: unknown), text(new.semantics, none: unknown)),
            ("clock", text(old.clock, none: unknown), text(new.clock, none: unknown)),
            (
                "secondsPerTest", text(old.secondsPerTest, none: "the benchmark's own"),
                text(new.secondsPerTest, none: "the benchmark's own")
            ),
            (
                "memoryBytes", text(old.memoryBytes, none: "the benchmark's own"),
                text(new.memoryBytes, none: "the benchmark's own")
            ),
            ("grader version", text(old.grader, none: unknown), text(new.grader, none: unknown)),
            ("Python", text(release(old.python), none: unknown), text(release(new.python), none: unknown)),
        ]
        for setting in settings where setting.base != setting.head {
            let sentence =
                "Grading differs in '\(setting.name)': \(shown(setting.base)) in base, \(shown(setting.head)) in head."
            if allowsGradingChange { notes.append(sentence) } else { refusals.append(sentence) }
        }
        if release(old.python) == release(new.python), old.python != new.python {
            notes.append(
                "Python is \(text(old.python, none: unknown)) in base and \(text(new.python, none: unknown)) in head.")
        }
        // A run that found all verdicts in its store does not tell the tier.
        if let tier = old.sandboxTier, let other = new.sandboxTier, tier != other {
            notes.append("The sandbox tier is \(tier) in base and \(other) in head.")
        }
    }

    /// What is missing, added and changed, in words.
    private func differences(
        _ base: [(id: String, hash: String)], _ head: [(id: String, hash: String)], changed: String
    ) -> [String] {
        let old = Dictionary(base.map { ($0.id, $0.hash) }) { first, _ in first }
        let new = Dictionary(head.map { ($0.id, $0.hash) }) { first, _ in first }
        let missing = old.keys.filter { new[$0] == nil }.sorted()
        let added = new.keys.filter { old[$0] == nil }.sorted()
        let other = old.keys.filter { id in new[id].map { $0 != old[id] } ?? false }.sorted()
        var parts: [String] = []
        if !missing.isEmpty { parts.append("\(missing.count) of base are missing in head (\(fewIDs(missing)))") }
        if !added.isEmpty { parts.append("\(added.count) of head are not in base (\(fewIDs(added)))") }
        if !other.isEmpty { parts.append("\(other.count) \(changed) (\(fewIDs(other)))") }
        return parts
    }
}

/// The first ids of a list, and how many more there are.
func fewIDs(_ ids: [String], most: Int = 5) -> String {
    ids.prefix(most).map(shown).joined(separator: ", ") + (ids.count > most ? " and \(ids.count - most) more" : "")
}

/// A name from outside as it may stand in a line of a log: without characters that steer a terminal, and in quotes unless it is a plain word, so that no
/// line can begin with what a CI server takes for a command.
package func shown(_ name: String) -> String {
    let plain = name.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII
            && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                || "_-./+@ #()=".unicodeScalars.contains(scalar))
    }
    if plain, let first = name.unicodeScalars.first, first.properties.isAlphabetic || ("0"..."9").contains(first) {
        return name
    }
    var text = String.UnicodeScalarView()
    for scalar in name.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator: text.append("\u{A0}")
        case .format, .privateUse, .surrogate, .unassigned: text.append("\u{FFFD}")
        default: text.append(scalar)
        }
    }
    return "\"\(String(text))\""
}
