// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The `Retry-After` header: a number of seconds, or a date of HTTP.
enum RetryAfter {
    /// How many seconds to wait; nil for a text that is neither. A date in the past is 0.
    static func seconds(_ text: String?, now: Date) -> Double? {
        guard let text = text?.trimmingCharacters(in: .whitespaces), !text.isEmpty else { return nil }
        if let seconds = Double(text) { return seconds.isFinite ? max(0, seconds) : nil }
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        // The preferred form, and the two obsolete ones that a recipient must accept (RFC 9110, 5.6.7).
        for format in ["EEE, dd MMM yyyy HH:mm:ss zzz", "EEEE, dd-MMM-yy HH:mm:ss zzz", "EEE MMM d HH:mm:ss yyyy"] {
            formatter.dateFormat = format
            if let date = formatter.date(from: text) { return max(0, date.timeIntervalSince(now)) }
        }
        return nil
    }
}
