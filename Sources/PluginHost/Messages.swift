// SPDX-License-Identifier: Apache-2.0
import Foundation
import SelectorKit

/// The protocol's version: raised when a message changes its meaning.
public let selectorProtocolVersion = 1

/// The first line to a program.
///
/// - Parameter options: a JSON object; nil for an empty one.
func greeting(options: Data?) throws -> Data {
    // Written anew, because what a user typed may have line ends in it.
    let object = try options.map { try JSONSerialization.jsonObject(with: $0) } ?? [String: Any]()
    let text = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    return Data("{\"protocol\":\(selectorProtocolVersion),\"options\":".utf8) + text + Data("}".utf8)
}

/// One problem's candidates.
struct ScoreRequest: Encodable {
    struct CandidateText: Encodable {
        var index: Int
        var model: String
        var sample: Int
        var program: String
        var tokens: TokenStatistics?
    }

    var id: Int
    var seed: UInt64
    var pool: String
    var problem: Problem
    var candidates: [CandidateText]
    var publicTests: [TestExample]?
}

/// What a call of the program to the host gave.
struct CallReply: Encodable {
    struct Response: Encodable {
        var text: String?
        var firstToken: [String: Double]?
        var rewards: [Double]?
    }

    struct Failure: Encodable { var message: String }

    var call: Int
    var response: Response?
    var error: Failure?
}

/// A line from a program: its greeting, an answer, or a call to the host.
struct Incoming: Decodable {
    struct Description: Decodable {
        var name: String
        var version: Int?
        var scope: SelectorDescriptor.Scope
        var requirements: [Requirement]?
        var summary: String?
    }

    /// `"publicTests"`, or a mapping such as `{"rewardModel": "prm"}`.
    struct Requirement: Decodable {
        var value: SelectorDescriptor.Requirement

        init(from decoder: any Decoder) throws {
            if let name = try? decoder.singleValueContainer().decode(String.self) {
                switch name {
                case "tokenStatistics": value = .tokenStatistics
                case "publicTests": value = .publicTests
                default: throw Self.unknown(decoder, name)
                }
                return
            }
            let roles = try decoder.singleValueContainer().decode([String: String].self)
            guard let (kind, role) = roles.first, roles.count == 1 else { throw Self.unknown(decoder, "\(roles)") }
            switch kind {
            case "languageModel": value = .languageModel(role: role)
            case "rewardModel": value = .rewardModel(role: role)
            default: throw Self.unknown(decoder, kind)
            }
        }

        private static func unknown(_ decoder: any Decoder, _ name: String) -> DecodingError {
            .dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription:
                        "'\(name)' is no requirement. Available: tokenStatistics, publicTests, {\"languageModel\": role}, {\"rewardModel\": role}"
                ))
        }
    }

    /// A number, `{"value": 0.7, "steps": […]}` or `{"rejected": "reason"}`.
    struct Score: Decodable {
        var value: CandidateScore

        private enum Key: CodingKey { case value, steps, rejected }

        init(from decoder: any Decoder) throws {
            if let number = try? decoder.singleValueContainer().decode(Double.self) {
                value = .value(number)
                return
            }
            let fields = try decoder.container(keyedBy: Key.self)
            if let reason = try fields.decodeIfPresent(String.self, forKey: .rejected) {
                value = .rejected(reason: reason)
            } else {
                value = .value(
                    try fields.decode(Double.self, forKey: .value),
                    steps: try fields.decodeIfPresent([Double].self, forKey: .steps) ?? [])
            }
        }
    }

    struct Spent: Decodable {
        var calls: Int?
        var promptTokens: Int?
        var completionTokens: Int?
        var forwardPasses: Int?
        var cpuSeconds: Double?

        var cost: Cost {
            Cost(
                calls: calls ?? 0, promptTokens: promptTokens ?? 0, completionTokens: completionTokens ?? 0,
                forwardPasses: forwardPasses ?? 0, cpuSeconds: cpuSeconds ?? 0)
        }
    }

    struct Failure: Decodable {
        var message: String
        var retryable: Bool?
    }

    struct Request: Decodable {
        var system: String?
        var user: String
        var maxTokens: Int?
        var temperature: Double?
        var seed: UInt64?
        var topLogProbs: Int?
    }

    var `protocol`: Int?
    var selector: Description?
    var maxInFlight: Int?
    var id: Int?
    var scores: [Score]?
    var cost: Spent?
    var error: Failure?
    var call: Int?
    var languageModel: String?
    var rewardModel: String?
    var request: Request?
    var prefixes: [String]?
}
