// SPDX-License-Identifier: Apache-2.0
import ContentHash
import Foundation

/// What a child said in which program and tests share an interpreter.
enum InProcessStatement: Sendable {
    /// The verdict, authenticated by the nonce.
    case report(Report)
    /// Something happened that only a program does that reaches for the machinery; whatever it said afterwards does not count.
    case tampered(String)
    /// The child ended without a verdict of its own.
    case silence

    struct Report: Decodable, Sendable {
        var status: String
        var details: [String: String]
        var testsRun: Int
        var skipped: Int
        var expectedFailures: Int
        var kind: String?
        var message: String?
    }

    private struct Note: Decodable {
        var tampered: String?
        var failed: Bool?
        var loaded: Bool?
    }

    /// Talks with the child until the verdict: hands out the tests once the program is loaded, and believes bad news from anybody,
    /// good news only with the nonce.
    init(session: any ChildSession, nonce: String, test: String, wallSeconds: Double) {
        let decoder = JSONDecoder()
        var failed = false
        var handedOut = false
        var last: Data?
        while true {
            switch session.receive(cpuSeconds: nil, wallSeconds: wallSeconds) {
            case .json(let data):
                guard let note = try? decoder.decode(Note.self, from: data) else { continue }
                if let reason = note.tampered {
                    self = .tampered(reason)
                    return
                }
                failed = failed || note.failed == true
                if note.loaded == true, !handedOut {
                    handedOut = true
                    if let text = try? JSONEncoder().encode(["test": test]) { session.send(text) }
                }
            case .bytes(let data):
                guard let verdict = last, data.elementsEqual(Self.mark(nonce: nonce, verdict: verdict)) else {
                    last = data
                    continue
                }
                guard let report = try? decoder.decode(Report.self, from: verdict) else {
                    self = .silence
                    return
                }
                let contradicts = failed && report.status == "pass"
                self = contradicts ? .tampered("a test failed and the suite passed") : .report(report)
                return
            case .ended, .cpuLimit, .wallLimit:
                self = .silence
                return
            }
        }
    }

    /// The bytes that show that a verdict comes from the machinery.
    private static func mark(nonce: String, verdict: Data) -> [UInt8] {
        var hash = ContentHash()
        hash.add(nonce)
        hash.add(verdict)
        let digits = Array(hash.hexDigest().utf8)
        func value(_ digit: UInt8) -> UInt8 { digit < 0x3A ? digit - 0x30 : digit - 0x57 }
        return stride(from: 0, to: digits.count, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
    }
}
