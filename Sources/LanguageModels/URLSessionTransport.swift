// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// HTTP through URLSession.
///
/// Every request has a connection of its own: on a kept-alive one that the server dropped, URLSession lets a POST stall until its time is over. Redirects
/// are not followed, so that an API key goes to the configured host only.
public final class URLSessionTransport: HTTPTransport {
    private let session: URLSession
    private let delegate = SessionDelegate()

    /// - Parameter concurrency: how many connections may be open at the same time.
    public init(concurrency: Int) {
        let configuration = URLSessionConfiguration.ephemeral
        // The default of 6 lets further requests wait until they time out.
        configuration.httpMaximumConnectionsPerHost = concurrency
        // The client has a timer of its own, which does not depend on what URLSession regards as idle.
        configuration.timeoutIntervalForRequest = 86_400
        configuration.httpCookieAcceptPolicy = .never
        session = URLSession(configuration: configuration, delegate: delegate, delegateQueue: nil)
    }

    deinit { session.invalidateAndCancel() }

    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        var urlRequest = URLRequest(url: request.url)
        urlRequest.httpMethod = request.method
        urlRequest.httpBody = request.body
        for (name, value) in request.headers { urlRequest.setValue(value, forHTTPHeaderField: name) }
        urlRequest.setValue("close", forHTTPHeaderField: "Connection")
        let task = session.dataTask(with: urlRequest)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                delegate.expect(task, continuation)
                task.resume()
            }
        } onCancel: {
            task.cancel()
        }
    }
}

/// Gathers the responses of all tasks of a session.
private final class SessionDelegate: NSObject, URLSessionDataDelegate {
    private struct Pending {
        var continuation: CheckedContinuation<HTTPResponse, any Error>
        var body = Data()
    }

    private let pending = Mutex<[Int: Pending]>([:])

    func expect(_ task: URLSessionTask, _ continuation: CheckedContinuation<HTTPResponse, any Error>) {
        pending.withLock { $0[task.taskIdentifier] = Pending(continuation: continuation) }
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        pending.withLock { $0[dataTask.taskIdentifier]?.body.append(data) }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        guard let ended = pending.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
        if let error {
            ended.continuation.resume(throwing: Self.failure(error))
        } else if let response = task.response as? HTTPURLResponse {
            var headers: [String: String] = [:]
            for (name, value) in response.allHeaderFields { headers["\(name)".lowercased()] = "\(value)" }
            ended.continuation.resume(
                returning: HTTPResponse(status: response.statusCode, headers: headers, body: ended.body))
        } else {
            ended.continuation.resume(throwing: TransportFailure.dropped(reason: "the answer is not HTTP"))
        }
    }

    private static func failure(_ error: any Error) -> any Error {
        guard let error = error as? URLError else { return TransportFailure.dropped(reason: "\(error)") }
        switch error.code {
        case .cancelled: return CancellationError()
        case .cannotConnectToHost: return TransportFailure.unreachable(reason: "connection refused")
        case .cannotFindHost, .dnsLookupFailed: return TransportFailure.unreachable(reason: "the host is unknown")
        case .timedOut: return TransportFailure.dropped(reason: "the connection timed out")
        case .badServerResponse: return TransportFailure.dropped(reason: "the server closed without an answer")
        case .unsupportedURL, .badURL, .serverCertificateUntrusted, .serverCertificateHasBadDate,
            .serverCertificateNotYetValid, .serverCertificateHasUnknownRoot, .secureConnectionFailed:
            return TransportFailure.refused(reason: error.localizedDescription)
        default: return TransportFailure.dropped(reason: error.localizedDescription)
        }
    }
}
