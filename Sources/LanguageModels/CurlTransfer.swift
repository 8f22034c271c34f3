// SPDX-License-Identifier: Apache-2.0
import CCurl
import Foundation

/// One request under way, used by the event loop's thread alone.
///
/// A class because curl holds its address while the request is under way; the event loop holds the object for at least as long.
final class CurlTransfer {
    private static let maximumHeadBytes = 1 << 20

    let submission: Submission
    let handle: CurlHandle
    /// The lines of the response's header.
    private(set) var head: [UInt8] = []
    private let body: ResponseBody
    private let start = ContinuousClock.now
    private let headers: UnsafeMutablePointer<curl_slist>?

    init(_ submission: Submission, on handle: CurlHandle) {
        self.submission = submission
        self.handle = handle
        body = ResponseBody(maximum: submission.maximumAnswerBytes)
        // curl by itself waits for a "100 Continue" before it sends a large body.
        var lines = curl_slist_append(nil, "Expect:")
        for (name, value) in submission.request.headers {
            // A name with a colon and nothing else removes a header; with a semicolon it is sent empty.
            lines = curl_slist_append(lines, value.isEmpty ? "\(name);" : "\(name): \(value)") ?? lines
        }
        headers = lines
        let request = submission.request
        handle.prepare(request, headers: lines)
        let context = Unmanaged.passUnretained(self).toOpaque()
        let curl = handle.pointer
        bestofn_curl_set_pointer(curl, CURLOPT_PRIVATE, context)
        bestofn_curl_set_pointer(curl, CURLOPT_WRITEDATA, context)
        bestofn_curl_set_pointer(curl, CURLOPT_HEADERDATA, context)
        bestofn_curl_set_writer(curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let context, let bytes else { return 0 }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.body.append(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
        bestofn_curl_set_writer(curl, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let context, let bytes else { return 0 }
            let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
            return transfer.receive(line: UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
        }
    }

    deinit { curl_slist_free_all(headers) }

    /// Tells whoever waits how it ended.
    func end(_ code: CURLcode) {
        guard code == CURLE_OK else {
            return submission.continuation.resume(throwing: failure(code))
        }
        let response = ReceivedResponse(status: handle.long(CURLINFO_RESPONSE_CODE), head: head, body: body.take())
        submission.continuation.resume(returning: response)
    }

    /// False when that would be too much.
    private func receive(line: UnsafeRawBufferPointer) -> Bool {
        guard head.count + line.count <= Self.maximumHeadBytes else { return false }
        // Another header begins where the one before was an interim response ("100 Continue").
        if line.starts(with: "HTTP/".utf8) {
            head.removeAll(keepingCapacity: true)
        } else {
            head.append(contentsOf: line)
        }
        return true
    }

    private func failure(_ code: CURLcode) -> TransportFailure {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: return .unreachable(reason: "the host is unknown")
        case CURLE_COULDNT_RESOLVE_PROXY: return .unreachable(reason: "the proxy's host is unknown")
        case CURLE_COULDNT_CONNECT:
            let isRefused = handle.long(CURLINFO_OS_ERRNO) == Int(ECONNREFUSED)
            return .unreachable(reason: isRefused ? "connection refused" : handle.message(of: code))
        // Also what a server in the middle of a restart gives; when it lasts, the client gives up by itself.
        case CURLE_SSL_CONNECT_ERROR: return .unreachable(reason: handle.message(of: code))
        case CURLE_OPERATION_TIMEDOUT:
            // curl counts in milliseconds.
            if let limit = submission.request.timeLimit, (.now - start) / .seconds(1) > limit - 0.01 {
                return .stalled(seconds: limit)
            }
            return .unreachable(reason: "no connection within \(CurlHandle.connectSeconds.formatted) s")
        case CURLE_GOT_NOTHING: return .dropped(reason: "the server closed without an answer")
        case CURLE_PARTIAL_FILE: return .dropped(reason: "the connection ended before the answer did")
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY: return .dropped(reason: "the answer is not HTTP")
        case CURLE_WRITE_ERROR where body.isTooLarge, CURLE_FILESIZE_EXCEEDED:
            return .refused(reason: "an answer has more than \(submission.maximumAnswerBytes) bytes")
        case CURLE_URL_MALFORMAT, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_BAD_FUNCTION_ARGUMENT, CURLE_OUT_OF_MEMORY:
            return .refused(reason: handle.message(of: code))
        default: return .dropped(reason: handle.message(of: code))
        }
    }
}

/// The bytes of a response's body as they come, in memory that becomes the response's own without a copy.
private final class ResponseBody {
    private var start: UnsafeMutableRawPointer?
    private var count = 0
    private var capacity = 0
    private let maximum: Int
    private(set) var isTooLarge = false

    init(maximum: Int) { self.maximum = maximum }

    deinit { free(start) }

    /// False when that would be too much.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= maximum - count else {
            isTooLarge = true
            return false
        }
        guard let source = bytes.baseAddress else { return true }
        if capacity - count < bytes.count {
            let larger = max(count + bytes.count, capacity + capacity / 2, 1024)
            guard let grown = realloc(start, larger) else { return false }
            start = grown
            capacity = larger
        }
        guard let start else { return false }
        memcpy(start + count, source, bytes.count)
        count += bytes.count
        return true
    }

    func take() -> Data {
        guard let start else { return Data() }
        let data = Data(bytesNoCopy: realloc(start, count) ?? start, count: count, deallocator: .free)
        self.start = nil
        (count, capacity) = (0, 0)
        return data
    }
}
