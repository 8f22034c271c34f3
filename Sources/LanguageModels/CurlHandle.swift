// SPDX-License-Identifier: Apache-2.0
import CCurl
import Foundation

/// curl's state of one request, which is kept for the next one. A class because it owns memory; used by the event loop's thread alone.
final class CurlHandle {
    /// How long a connection may take to come about.
    static let connectSeconds = 60.0

    /// A file with the certificates that are trusted, for servers with one of their own; nil for the system's.
    private static let certificates = ProcessInfo.processInfo.environment["SSL_CERT_FILE"].flatMap {
        $0.isEmpty ? nil : $0
    }

    let pointer: UnsafeMutableRawPointer
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    /// nil when there is no memory.
    init?() {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
    }

    deinit {
        curl_easy_cleanup(pointer)
        errorText.deallocate()
    }

    /// Makes it ready for a request, with nothing left of the one before: curl counts the attempts of all requests together otherwise.
    ///
    /// - Parameter headers: must live until the request has ended.
    func prepare(_ request: HTTPRequest, headers: UnsafeMutablePointer<curl_slist>?) {
        curl_easy_reset(pointer)
        errorText.pointee = 0
        bestofn_curl_allow_http_only(pointer)
        bestofn_curl_close_sockets_in_children(pointer)
        bestofn_curl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText)
        bestofn_curl_set_text(pointer, CURLOPT_USERAGENT, "bestofn")
        bestofn_curl_set_text(pointer, CURLOPT_ACCEPT_ENCODING, "gzip")
        for (option, value) in [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_TCP_NODELAY, 1), (CURLOPT_TCP_KEEPALIVE, 1),
            (CURLOPT_TCP_KEEPIDLE, 60), (CURLOPT_TCP_KEEPINTVL, 15),
            // Of many requests on one connection, as HTTP/2 has them, all would end with it.
            (CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
            (CURLOPT_CONNECTTIMEOUT_MS, Int(Self.connectSeconds * 1000)),
        ] {
            bestofn_curl_set_long(pointer, option, value)
        }
        if let certificates = Self.certificates { bestofn_curl_set_text(pointer, CURLOPT_CAINFO, certificates) }
        bestofn_curl_set_text(pointer, CURLOPT_URL, request.url.absoluteString)
        bestofn_curl_set_pointer(pointer, CURLOPT_HTTPHEADER, headers)
        // An empty text means none, whatever the environment says.
        if Self.isLoopback(request.url) { bestofn_curl_set_text(pointer, CURLOPT_PROXY, "") }
        bestofn_curl_set_long(pointer, CURLOPT_TIMEOUT_MS, Self.milliseconds(request.timeLimit))
        if let body = request.body {
            bestofn_curl_set_long(pointer, CURLOPT_POST, 1)
            bestofn_curl_set_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            body.withUnsafeBytes { bytes in
                // Without an address nothing would be copied, and the body would be asked of a function.
                let start = bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
                withUnsafeMutableBytes(of: &emptyBody) { empty in
                    _ = bestofn_curl_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, start ?? empty.baseAddress)
                }
            }
        }
        let isPlain = request.method == (request.body == nil ? "GET" : "POST")
        if !isPlain { bestofn_curl_set_text(pointer, CURLOPT_CUSTOMREQUEST, request.method) }
        if request.method == "HEAD" { bestofn_curl_set_long(pointer, CURLOPT_NOBODY, 1) }
    }

    private var emptyBody: UInt8 = 0

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        return bestofn_curl_get_long(pointer, info, &value) == CURLE_OK ? value : 0
    }

    /// What curl says of an error, without a full stop.
    func message(of code: CURLcode) -> String {
        let text = String(cString: errorText.pointee == 0 ? curl_easy_strerror(code) : UnsafePointer(errorText))
        let line = text.split(separator: "\n").joined(separator: "; ")
        return line.hasSuffix(".") ? String(line.dropLast()) : line
    }

    /// 0 for no limit.
    private static func milliseconds(_ seconds: Double?) -> Int {
        guard let seconds, seconds.isFinite else { return 0 }
        return Int(min(max(seconds * 1000, 1), Double(Int32.max)).rounded(.up))
    }

    private static func isLoopback(_ url: URL) -> Bool {
        guard let host = url.host?.lowercased() else { return false }
        if ["localhost", "::1", "[::1]"].contains(host) || host.hasSuffix(".localhost") { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }
}
