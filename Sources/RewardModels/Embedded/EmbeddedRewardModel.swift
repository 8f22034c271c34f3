// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import Foundation
import PythonSource
import Safetensors
public import SelectorKit

/// A small reward model that runs in process: static facts and token n-grams of the prefix, one hidden layer.
///
/// A file holds one network trained on everything, and may hold one per fold that has never seen the fold's problems. A problem of the training data is
/// scored by the network of its fold; without folds it is refused, because its rewards would be recollections.
public struct EmbeddedRewardModel: ProgramRewardModel, TrainedRewardModel {
    /// What stands in the file beside the numbers.
    public struct Card: Sendable, Hashable, Codable {
        public var shape: EmbeddedNetwork.Shape
        /// `PrefixFeatures.version` at the time of training.
        public var features: Int
        /// How many folds there are; 0 for none.
        public var folds: Int
        /// By the problems' statement hash: the fold whose network has not seen it, or -1 without folds.
        public var problems: [String: Int]
        /// Of the problems' statements, to find those told again in other words.
        public var sketches: [StatementSketch]
        /// How it was trained, for people and records.
        public var training: [String: String]

        public init(
            shape: EmbeddedNetwork.Shape, folds: Int, problems: [String: Int], sketches: [StatementSketch] = [],
            training: [String: String]
        ) {
            self.shape = shape
            features = PrefixFeatures.version
            self.folds = folds
            self.problems = problems
            self.sketches = sketches
            self.training = training
        }
    }

    public let card: Card
    /// Trained on all problems.
    public let network: EmbeddedNetwork
    /// By fold, trained on the problems of all others.
    public let foldNetworks: [EmbeddedNetwork]
    private let contentFingerprint: String
    /// Whether problems of the training data may be scored without folds.
    public var allowsOverlap = false

    public var fingerprint: String { contentFingerprint + (allowsOverlap ? " allowing overlap" : "") }

    public init(card: Card, network: EmbeddedNetwork, foldNetworks: [EmbeddedNetwork]) throws {
        precondition(foldNetworks.count == card.folds)
        self.card = card
        self.network = network
        self.foldNetworks = foldNetworks
        contentFingerprint = ContentHash.of(
            "embedded reward model", try Self.file(card, network, foldNetworks).fingerprint())
    }

    /// Identifies a problem by its statement, whatever its id: blanks and case make no difference.
    public static func hash(of problem: Problem) -> String {
        let words = problem.statement.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return ContentHash.of("problem statement", words, problem.starterCode ?? "", problem.entryPoint ?? "")
    }

    /// - Throws: `SelectorError` for a problem that the model was trained on without folds.
    public func rewards(for prefixes: [RewardedPrefix], of problem: Problem) async throws -> PrefixRewards {
        let network = try network(for: problem)
        let words = StatementWords(problem.statement)
        var values: [Double] = []
        for prefix in prefixes {
            try Task.checkCancellation()
            let features = PrefixFeatures(
                prefix.text, statement: words, buckets: card.shape.buckets, order: card.shape.order)
            for logit in network.logits(of: [features]) { values.append(1 / (1 + exp(-Double(logit)))) }
        }
        return PrefixRewards(values, cost: Cost(forwardPasses: prefixes.count))
    }

    /// Problems that the model was trained on and has no network for that has not seen them.
    public func overlap(with problems: [Problem]) -> [Problem] {
        problems.filter { problem in
            card.problems[Self.hash(of: problem)].map { !foldNetworks.indices.contains($0) } ?? false
        }
    }

    /// Problems that are not the training data's, but are told in nearly the same words as one of those.
    public func nearDuplicates(among problems: [Problem]) -> [Problem] {
        problems.filter { problem in
            guard card.problems[Self.hash(of: problem)] == nil else { return false }
            let sketch = StatementSketch(problem.statement)
            return card.sketches.contains { $0.likeness(to: sketch) >= StatementSketch.nearDuplicate }
        }
    }

    private func network(for problem: Problem) throws -> EmbeddedNetwork {
        guard let fold = card.problems[Self.hash(of: problem)] else { return network }
        guard foldNetworks.indices.contains(fold) else {
            if allowsOverlap { return network }
            throw SelectorError(
                .invalidOption,
                "The embedded reward model was trained on problem '\(problem.id)' itself. Evaluate it on other problems, or train with --folds, "
                    + "so that every problem is scored by a network that has not seen it; --allow-overlap shows what it remembers."
            )
        }
        return foldNetworks[fold]
    }
}

// MARK: Files

extension EmbeddedRewardModel {
    private static let kind = "bestofn embedded reward model"

    public func write(to file: URL) throws { try Self.file(card, network, foldNetworks).write(to: file) }

    private static func file(
        _ card: Card, _ network: EmbeddedNetwork, _ folds: [EmbeddedNetwork]
    ) throws -> TensorFile {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var tensors: [String: TensorFile.Tensor] = [:]
        for (name, network) in [("all", network)] + folds.enumerated().map({ ("fold\($0)", $1) }) {
            tensors["\(name).parameters"] = .init(shape: [network.parameters.count], values: network.parameters)
            tensors["\(name).means"] = .init(shape: [network.means.count], values: network.means)
            tensors["\(name).scales"] = .init(shape: [network.scales.count], values: network.scales)
        }
        return TensorFile(
            tensors: tensors,
            metadata: ["kind": kind, "card": String(decoding: try encoder.encode(card), as: UTF8.self)])
    }

    /// - Throws: `TensorFileError` for a file that is damaged or is no embedded reward model of this version.
    public init(file url: URL) throws {
        let name = url.relativePath
        let file = try TensorFile(file: url)
        guard file.metadata["kind"] == Self.kind, let text = file.metadata["card"],
            let card = try? JSONDecoder().decode(Card.self, from: Data(text.utf8))
        else {
            throw TensorFileError(file: name, "This is no embedded reward model. 'bestofn train' writes such files.")
        }
        guard card.features == PrefixFeatures.version, card.shape.facts == PrefixFeatures.denseNames.count else {
            throw TensorFileError(
                file: name, "The model was trained with other features than this version computes. Train it again.")
        }
        guard card.folds >= 0, card.shape.hidden > 0, card.shape.buckets >= 0, card.shape.order >= 0,
            card.shape.hidden < 1 << 16, card.shape.buckets < 1 << 24
        else { throw TensorFileError(file: name, "The model's shape makes no sense.") }
        func network(_ part: String) throws -> EmbeddedNetwork {
            var network = EmbeddedNetwork(shape: card.shape, seed: 0)
            for (key, path, count) in [
                ("parameters", \EmbeddedNetwork.parameters, card.shape.parameterCount),
                ("means", \.means, card.shape.facts), ("scales", \.scales, card.shape.facts),
            ] as [(String, WritableKeyPath<EmbeddedNetwork, [Float]>, Int)] {
                guard let values = file.tensors["\(part).\(key)"]?.values, values.count == count,
                    values.allSatisfy(\.isFinite)
                else {
                    throw TensorFileError(
                        file: name, "Tensor '\(part).\(key)' is missing, or does not hold \(count) finite numbers.")
                }
                network[keyPath: path] = values
            }
            return network
        }
        try self.init(
            card: card, network: network("all"), foldNetworks: (0..<card.folds).map { try network("fold\($0)") })
    }
}

extension TensorFile {
    /// The hash of the file's bytes.
    fileprivate func fingerprint() throws -> String {
        var hash = ContentHash()
        hash.add(try encoded())
        return hash.hexDigest()
    }
}
