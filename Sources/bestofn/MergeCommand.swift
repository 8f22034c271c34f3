// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Evaluation
import Foundation
import RunStore

struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Joins what shards made: run directories, or files of verdicts, rollouts or generated candidates.",
        discussion: """
            In any order and as often as wanted: the same inputs give the same output, and merging again changes nothing. Some shards may be missing; the \
            next 'bestofn run' in the merged directory computes what is missing, and nothing else. A run that is at the output already is merged too. The \
            output takes its place when it is complete.

            Inputs of other problems, pools, selectors, models or another Python are refused, with what differs. Where inputs have different verdicts (or \
            scores, rewards, answers) under the same key, that is a finding: it is listed, one value is kept by a fixed rule (of verdicts one that is no \
            pass, then the first by name), the others stay in the table 'other_value' (of rows: in --conflicts, or OUTPUT.conflicts.jsonl), and the exit code is 2.

            Exit codes: 0 merged, 1 merged without inputs that cannot be read (--skip-unusable), 2 merged with conflicts, 65 nothing merged.

            Examples:
              bestofn run experiment.yaml --shard 1/2 && bestofn run experiment.yaml --shard 2/2
              bestofn merge runs/demo.*-of-2 --output runs/demo
              bestofn run experiment.yaml
              bestofn merge verdicts.*-of-8.jsonl --output verdicts.jsonl
              bestofn merge pools/cof.*-of-8.jsonl.gz --output pools/cof.jsonl.gz --conflicts conflicts.jsonl
            """)

    @Argument(help: "What shards made.")
    var inputs: [String]

    @Option(name: .shortAndLong, help: "Where to write the whole: a directory or a file. It may be one of the inputs.")
    var output: String

    @Option(help: "Write the conflicts to this file, one JSON object per line (an empty file for none).")
    var conflicts: OutputFile?

    @Flag(help: "Leave out inputs that are damaged or missing, and merge the others.")
    var skipUnusable = false

    @Flag(name: .shortAndLong, help: "Print conflicts and errors only.")
    var quiet = false

    func run() async throws {
        try await reportingFailures { [self] in
            let urls = inputs.map { URL(fileURLWithPath: $0) }
            if urls.contains(where: { Self.isFile($0) }) {
                guard !urls.contains(where: { Self.isDirectory($0) }) else {
                    throw ValidationError("Some inputs are directories and some are files. Merge one kind at a time.")
                }
                return try mergeRows(urls)
            }
            let result = try RunMerge.merge(urls, into: URL(fileURLWithPath: output), skipsUnusable: skipUnusable)
            for error in result.unusable { standardError("bestofn: left out: \(error)") }
            for note in result.notes { standardError(note) }
            if !quiet { print(summary(result)) }
            try tell(result.conflicts, conflicts)
            if !result.conflicts.isEmpty { throw Exit.conflicts }
            if !result.unusable.isEmpty { throw Exit.findings }
        }
    }

    private static func isDirectory(_ url: URL) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    private static func isFile(_ url: URL) -> Bool {
        FileManager.default.fileExists(atPath: url.path) && !isDirectory(url)
    }

    private func mergeRows(_ urls: [URL]) throws {
        let result = try RowFileMerge.merge(urls, into: URL(fileURLWithPath: output), skipsUnusable: skipUnusable)
        for text in result.unusable { standardError("bestofn: left out: \(text)") }
        for note in result.notes { standardError(note) }
        if !quiet {
            print("\(output): \(result.rows) rows of \(result.kind.rawValue)")
            if let parts = result.parts { for line in parts.summary { print("  \(line)") } }
        }
        // What is not kept is in no other file.
        let file = conflicts ?? (result.conflicts.isEmpty ? nil : OutputFile(argument: output + ".conflicts.jsonl"))
        try tell(result.conflicts, file)
        if !result.conflicts.isEmpty { throw Exit.conflicts }
        if !result.unusable.isEmpty { throw Exit.findings }
    }

    private func summary(_ result: RunMerge.Result) -> String {
        let names = [
            ("candidate", "candidates"), ("verdict", "verdicts"), ("scoring", "scored problems × selectors"),
            ("reward", "rewards"), ("reply", "replies"), ("completion", "completions"), ("generated", "answers"),
        ]
        let counts = names.compactMap { table, words in
            result.rows[table].flatMap { $0 > 0 ? "\($0) \(words)" : nil }
        }
        var lines = ["\(output): \(counts.isEmpty ? "nothing yet" : counts.joined(separator: ", "))"]
        if let parts = result.parts, !parts.isWhole {
            lines += parts.summary.map { "  \($0)" }
            lines.append(
                "Next: the command of the shards without --shard, on this directory. It computes what is missing, and nothing else."
            )
        }
        return lines.joined(separator: "\n")
    }

    /// The first conflicts as a table, all of them as a file.
    private func tell(_ found: [MergeConflict], _ file: OutputFile?) throws {
        if let file {
            try file.write(String(decoding: found.reduce(into: Data()) { $0 += try $1.encoded() }, as: UTF8.self))
        }
        guard !found.isEmpty else { return }
        standardError(
            "bestofn: \(found.count) conflict\(found.count == 1 ? "" : "s"): inputs say different things of the same; of each the first value is kept"
        )
        for conflict in found.prefix(Self.shown) {
            let what =
                conflict.candidates.isEmpty
                ? "\(conflict.table) \(conflict.key)"
                : "\(conflict.table) of \(conflict.problem ?? "") \(conflict.candidates.joined(separator: ", "))"
            let values = conflict.values.map { value in
                let text = value.value.count > 80 ? value.value.prefix(80) + "…" : value.value[...]
                return "\(text) (\(value.runs.joined(separator: ", ")))"
            }
            standardError("  \(what): \(values.joined(separator: " | "))")
        }
        if found.count > Self.shown {
            standardError(
                "  and \(found.count - Self.shown) more; all are in \(file?.path ?? "the file that --conflicts names")")
        }
    }

    private static let shown = 20
}
