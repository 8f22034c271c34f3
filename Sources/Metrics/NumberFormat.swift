// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The one way in which reports print numbers, so that a number reads the same in the terminal, the browser and a file.
///
/// Values round half to even on their exact binary value, as `printf` does. A missing value is a dash.
public enum NumberFormat {
    public static let missing = "–"

    /// A share as a percentage with one decimal, without a sign: `0.8093` is `80.9`.
    public static func percent(_ share: Double?) -> String { fixed(share.map { $0 * 100 }, decimals: 1) }

    /// A difference of shares in percentage points with one decimal and a sign: `0.091` is `+9.1`.
    public static func points(_ difference: Double?) -> String {
        guard let difference else { return missing }
        let text = fixed(difference * 100, decimals: 1)
        return difference * 100 > 0 && text != "0.0" ? "+" + text : text
    }

    /// A mean of counts with one decimal.
    public static func tenths(_ value: Double?) -> String { fixed(value, decimals: 1) }

    /// A p-value: three decimals, and never zero.
    public static func probability(_ value: Double) -> String {
        value < 0.001 ? "< 0.001" : "= " + fixed(min(value, 1), decimals: 3)
    }

    /// A p-value in a column that is headed so: without the sign of equality.
    public static func probabilityCell(_ value: Double) -> String {
        probability(value).replacing("= ", with: "")
    }

    /// `a`, `a and b`, `a, b and c`.
    public static func list(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }

    /// Seconds with three decimals.
    public static func seconds(_ seconds: Double?) -> String { fixed(seconds, decimals: 3) }

    /// A selector's score: a whole number as it is, others with four decimals, very large and very small ones with four digits.
    public static func score(_ score: Double) -> String {
        if score == score.rounded(), abs(score) < 1_000_000 { return fixed(score, decimals: 0) }
        return (0.001..<1_000_000).contains(abs(score)) ? fixed(score, decimals: 4) : String(format: "%.4g", score)
    }

    /// A count with its thousands apart from 10,000 on: `324 000`, with narrow spaces that do not break.
    public static func integer(_ count: Int) -> String {
        let digits = String(count.magnitude)
        guard digits.count > 4 else { return String(count) }
        var text = count < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "\u{202F}" }
            text.append(digit)
        }
        return text
    }

    /// A count with its noun in the right number: `1 problem`, `2 problems`.
    public static func count(_ count: Int, _ singular: String, _ plural: String? = nil) -> String {
        "\(count) \(count == 1 ? singular : plural ?? singular + "s")"
    }

    private static func fixed(_ value: Double?, decimals: Int) -> String {
        guard let value, value.isFinite else { return missing }
        let text = String(format: "%.\(decimals)f", value)
        // Minus zero would read as a loss.
        return text.hasPrefix("-") && !text.contains { ("1"..."9").contains($0) } ? String(text.dropFirst()) : text
    }
}
