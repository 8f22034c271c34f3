// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Evaluation
import Foundation

/// `--shard` and what it is balanced by.
struct ShardOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Do only the I-th of N parts (1 to N), divided by problem; docs/scale.md says how to join them.",
            valueName: "i/n"),
        transform: ShardOptions.shard)
    var shard: Shard?

    @Option(
        help: ArgumentHelp(
            "Balance the parts by what this run's problems took. The same for all shards.", valueName: "run"))
    var timings: String?

    func validate() throws {
        if timings != nil, shard == nil { throw ValidationError("--timings balances shards: give --shard too.") }
    }

    /// Nil where everything is done here.
    var choice: ShardChoice? {
        shard.map { ShardChoice($0, timings: timings.map { URL(fileURLWithPath: $0) }) }
    }

    /// An output's name for this shard.
    func name(of output: URL) -> URL { shard?.name(of: output) ?? output }

    func name(of output: String) -> String {
        guard let shard else { return output }
        // What the user wrote stays as it is, up to its last part.
        let name = shard.name(of: URL(fileURLWithPath: output)).lastPathComponent
        let folder = output.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return output.contains("/") ? "\(folder)/\(name)" : name
    }

    /// `runs/demo.*-of-8`: all shards' parts of an output, for a shell.
    func pattern(of output: String) -> String {
        guard let shard else { return output }
        return name(of: output).replacingOccurrences(
            of: ".\(shard.index)-of-\(shard.count)", with: ".*-of-\(shard.count)")
    }

    /// What to do when all shards of a file of rows are done; nil where everything is done here.
    func mergeAdvice(_ output: String) -> String? {
        guard let shard else { return nil }
        return
            "\(name(of: output)) is part \(shard). When all are done: bestofn merge \(pattern(of: output)) --output \(output)"
    }

    private static func shard(_ text: String) throws -> Shard {
        do { return try Shard(text) } catch { throw ValidationError("\(error)") }
    }
}
