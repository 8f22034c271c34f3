// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import Foundation
import LanguageModels
public import SelectorKit

/// Rewards from a file, for runs without a model: in continuous integration, or to aggregate another run's rewards in other ways.
public struct RecordedRewardModel: RewardModel {
    private struct Key: Hashable {
        var problem: String
        var prefix: String
        var isWhole: Bool
    }

    private struct Value: Hashable {
        var reward: Double
        var isApproximate: Bool
    }

    public let fingerprint: String
    /// The file as the user named it.
    private let file: String
    private let rewards: [Key: Value]

    /// Reads a file of recorded rewards.
    ///
    /// - Throws: `RecordedRewardError` with the first mistake.
    public init(file: URL) throws {
        let name = file.relativePath
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw RecordedRewardError(file: name, message: "The file cannot be read: \(error.localizedDescription)")
        }
        try self.init(data, name: name)
    }

    /// - Parameter name: the file's name in messages.
    public init(_ data: Data, name: String) throws {
        var rewards: [Key: Value] = [:]
        var lines: [Key: Int] = [:]
        let decoder = JSONDecoder()
        var number = 0
        for line in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let text = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            // Only the end of the last line is followed by nothing.
            if text.isEmpty, text.endIndex >= data.endIndex { continue }
            func mistake(_ field: String?, _ message: String) -> RecordedRewardError {
                RecordedRewardError(file: name, line: number, field: field, message: message)
            }
            let row = try Self.row(Data(text), decoder, isLast: line.endIndex == data.endIndex, mistake)
            let key = Key(problem: row.problem, prefix: row.prefix, isWhole: row.whole ?? false)
            let value = Value(reward: row.reward, isApproximate: row.approximate ?? false)
            if let known = rewards[key], known.reward != value.reward {
                throw mistake(
                    "reward",
                    "Line \(lines[key] ?? 0) gives the same prefix of problem '\(row.problem)' the reward \(known.reward), this one \(value.reward). Keep one of them."
                )
            }
            rewards[key] = value
            lines[key] = number
        }
        self.rewards = rewards
        self.file = name
        var hash = ContentHash()
        hash.add("recorded rewards 1")
        for (key, value) in rewards.sorted(by: { ($0.key.problem, $0.key.prefix) < ($1.key.problem, $1.key.prefix) }) {
            hash.add(key.problem)
            hash.add(key.prefix)
            hash.add("\(key.isWhole) \(value.reward) \(value.isApproximate)")
        }
        fingerprint = hash.hexDigest()
    }

    private static func row(
        _ text: Data, _ decoder: JSONDecoder, isLast: Bool, _ mistake: (String?, String) -> RecordedRewardError
    ) throws -> RecordedReward {
        if let row = try? decoder.decode(RecordedReward.self, from: text) {
            guard (0...1).contains(row.reward) else {
                throw mistake("reward", "Expected a number from 0 to 1, not \(row.reward).")
            }
            guard row.prefix.utf8.count == 64, row.prefix.utf8.allSatisfy({ Self.hexadecimal.contains($0) }) else {
                throw mistake(
                    "prefix",
                    "Expected the SHA-256 of the prefix as 64 lower-case hexadecimal digits, not '\(row.prefix)'.")
            }
            return row
        }
        guard let row = try? JSON(text) else {
            let written = String(decoding: text, as: UTF8.self)
            if written.contains("NaN") || written.contains("Infinity") {
                throw mistake("reward", "Expected a number from 0 to 1; NaN and Infinity are none.")
            }
            throw mistake(
                nil,
                isLast
                    ? "The last line is cut off: it is not a whole JSON object. Write the file again."
                    : "The line is not a JSON object such as {\"problem\": …, \"prefix\": …, \"reward\": …}.")
        }
        for field in ["problem", "prefix"] where row[field]?.text == nil {
            throw mistake(field, row[field] == nil ? "The field is missing." : "Expected a text.")
        }
        if row["reward"]?.number == nil {
            throw mistake("reward", row["reward"] == nil ? "The field is missing." : "Expected a number from 0 to 1.")
        }
        throw mistake(nil, "The optional fields are 'approximate' and 'whole' (true or false) and 'model' (a text).")
    }

    private static let hexadecimal = Set("0123456789abcdef".utf8)

    /// - Throws: `SelectorError` telling how many of the prefixes have no reward.
    public func rewards(for prefixes: [String], of problem: Problem) async throws -> PrefixRewards {
        let found = RewardedPrefix.all(prefixes).compactMap { prefix -> Value? in
            let hash = RecordedReward.hash(of: prefix.text)
            let whole = prefix.isWhole ? rewards[Key(problem: problem.id, prefix: hash, isWhole: true)] : nil
            return whole ?? rewards[Key(problem: problem.id, prefix: hash, isWhole: false)]
        }
        guard found.count == prefixes.count else {
            let known = self.rewards.keys.count { $0.problem == problem.id }
            throw SelectorError(
                .missingData,
                "\(file) lacks the rewards of \(prefixes.count - found.count) of the \(prefixes.count) prefixes of a program of problem '\(problem.id)' "
                    + "(it has \(known) for this problem). Record them with the same steps and the same pool: 'bestofn export scores' writes such files."
            )
        }
        return PrefixRewards(found.map(\.reward), cost: Cost(approximations: found.count(where: \.isApproximate)))
    }
}
