// SPDX-License-Identifier: Apache-2.0
public import SelectorKit
import Synchronization

/// Self-certainty of a stand-in: a trigram model of the pool's other problems takes the place of the model that wrote the programs.
public struct SelfCertaintyProxySelector: Selector {
    private let models = ModelCache()

    public init() {}

    public var descriptor: SelectorDescriptor {
        SelectorDescriptor(
            name: SelfCertaintyProxyPlugin.name, version: 1, scope: .candidate, requirements: [.corpus],
            summary: SelfCertaintyProxyPlugin.summary)
    }

    public func score(_ pool: CandidatePool, in context: SelectionContext) async throws -> [CandidateScore] {
        let model = models.model(of: try context.corpus())
        guard var reader = TokenModel.Reader(model, leavingOut: pool.problem.id) else {
            throw SelectorError(
                .missingData,
                "Pool '\(pool.name)' has programs of no problem but '\(pool.problem.id)': there is nothing that a proxy could learn from."
            )
        }
        return pool.candidates.map { candidate in
            guard !candidate.isBlank, let certainty = reader.certainty(of: candidate.program) else {
                return .rejected(reason: "blank program")
            }
            return .value(certainty)
        }
    }
}

/// The model of the corpus that was asked for last.
private final class ModelCache: Sendable {
    private let last = Mutex<(fingerprint: String, model: TokenModel)?>(nil)

    func model(of corpus: PoolCorpus) -> TokenModel {
        // Others who want the same model wait here rather than train one each.
        last.withLock { last in
            if let last, last.fingerprint == corpus.fingerprint { return last.model }
            let model = TokenModel(corpus)
            last = (corpus.fingerprint, model)
            return model
        }
    }
}

public enum SelfCertaintyProxyPlugin: SelectorPlugin {
    public static let name = "self-certainty-proxy"
    public static let summary = "proxy: certainty of a trigram model of the pool's other problems"
    public static let defaultOptions = NoOptions()
    public static func makeSelector(options: NoOptions) -> any Selector { SelfCertaintyProxySelector() }
}
