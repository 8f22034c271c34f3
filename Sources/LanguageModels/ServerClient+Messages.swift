// SPDX-License-Identifier: Apache-2.0
import Foundation
public import SelectorKit

extension ServerClient {
    /// An error of this server and model; `text` goes on from "The server at …".
    ///
    /// - Parameter url: which server, where there are several.
    func failure(_ text: String, at url: URL? = nil) -> SelectorError {
        let place = (url ?? configuration.url).absoluteString
        return SelectorError(
            .serviceFailed,
            credential.redacted("The server at \(place) (model '\(configuration.model)') \(text)"))
    }

    /// Reports something about this server's answers that no further request can cure: all requests after it fail with the same message.
    public func giveUp(_ text: String) -> SelectorError { health.giveUp(failure(text)) }

    /// Counts something for the progress notes.
    public func record(_ change: (inout ServerActivity) -> Void) { health.record(change) }

    func absent(_ reason: String, at url: URL) -> SelectorError {
        let others = configuration.urls.count - 1
        let all = others > 0 ? " Nor \(others == 1 ? "does the other one" : "do the other \(others)")." : ""
        return failure(
            "does not answer: \(reason).\(all) Start it, or correct the address; a server that takes long to begin needs a larger 'timeoutSeconds'.",
            at: url)
    }

    /// What a response with an error status means; no further attempt can help.
    func refusal(_ response: HTTPResponse, of request: HTTPRequest, at url: URL) async throws -> SelectorError {
        let said = message(in: response)
        switch response.status {
        case 401, 403:
            return health.giveUp(
                failure(
                    credential.isPresent
                        ? "refuses the API key in \(credential.variable) (status \(response.status)): \(said)"
                        : "needs an API key (status \(response.status)): set the environment variable \(credential.variable).",
                    at: url))
        case 404:
            return health.giveUp(await notFound(request, said, at: url))
        case 300..<400:
            let place = response.headers["location"].map { " to \($0)" } ?? ""
            return health.giveUp(failure("redirects\(place) (status \(response.status)): give that address.", at: url))
        default:
            return failure("refuses the request (status \(response.status)): \(said)", at: url)
        }
    }

    private func notFound(_ request: HTTPRequest, _ said: String, at url: URL) async -> SelectorError {
        let names = await lookUp("models", at: url)?["data"]?.list?.compactMap { $0["id"]?.text }
        guard let names, !names.isEmpty else {
            return failure(
                "has no '\(request.url.path)' (status 404): \(said) The address usually ends in /v1.", at: url)
        }
        if names.contains(configuration.model) {
            return failure(
                "has the model but no '\(request.url.path)' (status 404): \(said) Try another 'api'.", at: url)
        }
        let shown = names.sorted().prefix(20).joined(separator: ", ")
        return failure(
            "does not have the model. Available: \(shown)\(names.count > 20 ? " and \(names.count - 20) more" : "").",
            at: url)
    }

    /// What the server says of an error, as a sentence.
    func message(in response: HTTPResponse) -> String {
        let json = try? JSON(response.body)
        let text =
            json?["error"]?["message"]?.text ?? json?["error"]?.text ?? json?["message"]?.text ?? json?["detail"]?.text
            ?? excerpt(response.body)
        let sentence = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return credential.redacted(sentence.hasSuffix(".") ? sentence : sentence + ".")
    }

    /// What a server calls an error, for programs; empty where it has no name.
    func kind(of response: HTTPResponse) -> String {
        let error = (try? JSON(response.body))?["error"]
        return [error?["code"]?.text, error?["type"]?.text].compactMap(\.self).joined(separator: " ")
    }

    /// The beginning of a body, in quotes, with its length.
    func excerpt(_ body: Data) -> String {
        if body.isEmpty { return "an empty body" }
        let text = String(decoding: body.prefix(200), as: UTF8.self)
        return credential.redacted("'\(text)\(body.count > 200 ? "…" : "")' (\(body.count) bytes)")
    }
}
