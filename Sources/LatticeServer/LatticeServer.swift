// SPDX-License-Identifier: Apache-2.0
import ContentHash
public import Datasets
import Foundation
import LanguageModels
import LocalServer
import Statistics

/// Serves a function lattice as an OpenAI-compatible language model, so that everything can be tried without one.
///
/// Its tokens are lines, and their log-probabilities are exact: the sum over an answer is the logarithm of the program's probability.
public final class LatticeServer: Sendable {
    private let server: LocalServer

    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - delaySeconds: how long each answer takes.
    /// - Throws: `POSIXError` where the port is taken.
    public init(_ lattice: Lattice, port: Int = 0, delaySeconds: Double = 0) throws {
        let model = LatticeModel(lattice)
        server = try LocalServer(port: port) { query in
            if delaySeconds > 0 { Thread.sleep(forTimeInterval: delaySeconds) }
            return .respond(Self.reply(to: query, model))
        }
    }

    public var url: String { "http://127.0.0.1:\(server.port)/v1" }

    public func stop() { server.stop() }

    private static func reply(to query: HTTPQuery, _ model: LatticeModel) -> HTTPReply {
        switch (query.method, query.path) {
        case ("GET", "/v1/models"):
            let names = LatticeModel.Name.allCases.map { ["id": .text($0.rawValue), "object": "model"] as JSON }
            return HTTPReply(body: (["object": "list", "data": .list(names)] as JSON).canonical)
        case ("POST", "/v1/chat/completions"): return answer(query, isChat: true, model)
        case ("POST", "/v1/completions"): return answer(query, isChat: false, model)
        default: return refusal(404, "There is no \(query.method) \(query.path).")
        }
    }

    static func refusal(_ status: Int, _ message: String) -> HTTPReply {
        let error: JSON = ["error": ["message": .text(message), "code": .integer(status)]]
        return HTTPReply(status: status, body: error.canonical)
    }

    private static func answer(_ query: HTTPQuery, isChat: Bool, _ model: LatticeModel) -> HTTPReply {
        guard let body = try? JSON(query.body), body.object != nil else {
            return refusal(400, "The body is not a JSON object.")
        }
        let named = body["model"]?.text ?? ""
        guard let name = LatticeModel.Name(rawValue: named) else {
            let names = LatticeModel.Name.allCases.map(\.rawValue).joined(separator: ", ")
            return refusal(404, "The model '\(named)' does not exist. Available: \(names).")
        }
        do {
            let question = try LatticeQuestion(body, isChat: isChat)
            return HTTPReply(body: try question.answer(by: model, name).canonical)
        } catch {
            return refusal(400, error.message)
        }
    }
}
