// SPDX-License-Identifier: Apache-2.0

/// A number as Python's `decimal.Decimal(text)` reads it: exact, of any size. Read and compared, nothing more.
package enum PythonDecimal: Sendable {
    case infinity(isNegative: Bool)
    case quietNaN
    case signallingNaN
    /// (-1)^isNegative * 0.digits * 10^exponent, without leading or trailing zeros; zero has no digits.
    case finite(isNegative: Bool, digits: [UInt8], exponent: Int)

    /// Nil where Python raises `InvalidOperation`.
    package init?(_ text: some StringProtocol) {
        var scalars: [UInt8] = []
        for scalar in text.unicodeScalars where scalar != "_" {
            if scalar.isASCII {
                scalars.append(UInt8(scalar.value))
            } else if scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue {
                // Any Unicode decimal digit counts, such as full-width ones.
                scalars.append(0x30 + UInt8(value))
            } else {
                return nil
            }
        }
        var rest = scalars[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let word = String(decoding: rest, as: UTF8.self).lowercased()
        if word == "inf" || word == "infinity" {
            self = .infinity(isNegative: isNegative)
            return
        }
        for (prefix, value) in [("snan", PythonDecimal.signallingNaN), ("nan", .quietNaN)] where word.hasPrefix(prefix)
        {
            guard word.dropFirst(prefix.count).allSatisfy(\.isNumber) else { return nil }
            self = value
            return
        }
        var digits: [UInt8] = []
        var pointPlace: Int?
        while let byte = rest.first {
            if (0x30...0x39).contains(byte) {
                digits.append(byte - 0x30)
            } else if byte == UInt8(ascii: "."), pointPlace == nil {
                pointPlace = digits.count
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard !digits.isEmpty else { return nil }
        var exponent = pointPlace ?? digits.count
        if let byte = rest.first {
            guard byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E"),
                let power = Int(String(decoding: rest.dropFirst(), as: UTF8.self)), rest.count > 1
            else { return nil }
            let (sum, overflow) = exponent.addingReportingOverflow(power)
            guard !overflow else { return nil }
            exponent = sum
        }
        let leadingZeros = digits.prefix { $0 == 0 }.count
        digits.removeFirst(leadingZeros)
        exponent -= leadingZeros
        while digits.last == 0 { digits.removeLast() }
        self = .finite(
            isNegative: isNegative && !digits.isEmpty, digits: digits, exponent: digits.isEmpty ? 0 : exponent)
    }

    /// A text that equal numbers share.
    var canonicalText: String {
        switch self {
        case .infinity(let isNegative): isNegative ? "-inf" : "inf"
        case .quietNaN: "nan"
        case .signallingNaN: "snan"
        case .finite(_, [], _): "0"
        case .finite(let isNegative, let digits, let exponent):
            (isNegative ? "-0." : "0.") + String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self) + "e\(exponent)"
        }
    }

    /// Whether Python's `self == other` is true; nil where it raises because one is a signalling NaN.
    package func equals(_ other: PythonDecimal) -> Bool? {
        switch (self, other) {
        case (.signallingNaN, _), (_, .signallingNaN): nil
        case (.infinity(let left), .infinity(let right)): left == right
        case (.finite(let sign, let digits, let exponent), .finite(let otherSign, let otherDigits, let otherExponent)):
            sign == otherSign && exponent == otherExponent && digits == otherDigits
        default: false
        }
    }
}
