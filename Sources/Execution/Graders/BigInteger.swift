// SPDX-License-Identifier: Apache-2.0

/// An integer of any size, as Python has them: read and compared, nothing more.
package struct BigInteger: Sendable, Hashable {
    private var isNegative: Bool
    /// The magnitude in base 2^32, least significant first, without leading zeros; empty for zero.
    private var limbs: [UInt32]

    private init(isNegative: Bool, limbs: [UInt32]) {
        self.isNegative = isNegative && !limbs.isEmpty
        self.limbs = limbs
    }

    /// The value of a row of 15-bit digits, least significant first.
    init(isNegative: Bool, digits15 digits: some Collection<UInt16>) {
        var limbs: [UInt32] = []
        limbs.reserveCapacity(digits.count * 15 / 32 + 1)
        var rest: UInt64 = 0
        var bits: UInt64 = 0
        for digit in digits {
            rest |= UInt64(digit & 0x7FFF) << bits
            bits += 15
            if bits >= 32 {
                limbs.append(UInt32(truncatingIfNeeded: rest))
                rest >>= 32
                bits -= 32
            }
        }
        if rest > 0 { limbs.append(UInt32(truncatingIfNeeded: rest)) }
        while limbs.last == 0 { limbs.removeLast() }
        self.init(isNegative: isNegative, limbs: limbs)
    }

    package init(_ value: Int) {
        let magnitude = value.magnitude
        var limbs = [UInt32(truncatingIfNeeded: magnitude), UInt32(truncatingIfNeeded: magnitude >> 32)]
        while limbs.last == 0 { limbs.removeLast() }
        self.init(isNegative: value < 0, limbs: limbs)
    }

    /// The value where it fits into 63 bits.
    package var small: Int? {
        guard limbs.count <= 2 else { return nil }
        let magnitude = limbs.reversed().reduce(UInt64(0)) { $0 << 32 | UInt64($1) }
        guard magnitude <= UInt64(Int.max) else { return nil }
        return isNegative ? -Int(magnitude) : Int(magnitude)
    }

    /// A text that equal values share: decimal digits, or hexadecimal ones beyond 63 bits.
    var canonicalText: String {
        if let small { return String(small) }
        let digits = limbs.reversed().map { limb in
            let text = String(limb, radix: 16)
            return String(repeating: "0", count: 8 - text.count) + text
        }
        return (isNegative ? "-0x" : "0x") + digits.joined().drop { $0 == "0" }
    }

    /// The nearest double; nil beyond the range of doubles.
    package var double: Double? {
        // Two limbs below the highest decide all of a double's 53 bits but for the last rounding, for which any bit below counts as one.
        var value = 0.0
        let kept = limbs.suffix(3)
        var top = kept.reversed().reduce(into: (high: UInt64(0), low: UInt64(0))) { sum, limb in
            sum = (sum.high << 32 | sum.low >> 32, sum.low << 32 | UInt64(limb))
        }
        if limbs.dropLast(kept.count).contains(where: { $0 != 0 }) { top.low |= 1 }
        if top.high == 0 {
            value = Double(top.low)
        } else {
            // Here the high half has at most 32 bits: move it up until all 64 bits are significant, and keep the rest as one sticky bit.
            let shift = UInt64(top.high.leadingZeroBitCount)
            let whole = top.high << shift | top.low >> (64 - shift)
            let sticky: UInt64 = top.low << shift == 0 ? 0 : 1
            value = Double(sign: .plus, exponent: Int(64 - shift), significand: Double(whole | sticky))
        }
        value = Double(sign: .plus, exponent: 32 * (limbs.count - kept.count), significand: value)
        guard value.isFinite else { return nil }
        return isNegative ? -value : value
    }

    /// Decimal numbers are read in quadratic time, so there is an end to their length.
    private static let mostDecimalDigits = 1 << 16

    /// Reads digits with an optional sign; nil when there is any other character, no digit, or far too many.
    package init?(_ text: some StringProtocol, radix: UInt32) {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        if radix == 16 {
            guard let limbs = Self.limbs(hexadecimal: digits.utf8) else { return nil }
            self.init(isNegative: isNegative, limbs: limbs)
            return
        }
        guard digits.utf8.count <= Self.mostDecimalDigits else { return nil }
        var limbs: [UInt32] = []
        for character in digits {
            guard let digit = character.hexDigitValue, digit < radix, character.isASCII else { return nil }
            var carry = UInt64(digit)
            for index in limbs.indices {
                carry += UInt64(limbs[index]) * UInt64(radix)
                limbs[index] = UInt32(truncatingIfNeeded: carry)
                carry >>= 32
            }
            if carry > 0 { limbs.append(UInt32(carry)) }
        }
        self.init(isNegative: isNegative, limbs: limbs)
    }

    private static func limbs(hexadecimal digits: Substring.UTF8View) -> [UInt32]? {
        var limbs: [UInt32] = []
        var limb: UInt32 = 0
        var count = 0
        for byte in digits.reversed() {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            limb |= UInt32(digit) << UInt32(4 * count)
            count += 1
            if count == 8 {
                limbs.append(limb)
                (limb, count) = (0, 0)
            }
        }
        if limb > 0 { limbs.append(limb) }
        while limbs.last == 0 { limbs.removeLast() }
        return limbs
    }

    /// The value of a double that is a whole number; nil for any other.
    package init?(exactly value: Double) {
        guard value.isFinite, value == value.rounded(.towardZero) else { return nil }
        guard value != 0 else {
            self.init(0)
            return
        }
        // value = significand * 2^shift with a 53-bit whole significand.
        let shift = Int(value.exponent) - 52
        let significand = (value.magnitude.significandBitPattern | 1 << 52)
        guard shift > 0 else {
            self.init(isNegative: value < 0, limbs: BigInteger(Int(significand >> UInt64(-shift))).limbs)
            return
        }
        var limbs = [UInt32](repeating: 0, count: shift / 32)
        let (low, high) = (
            significand << UInt64(shift % 32), shift % 32 == 0 ? 0 : significand >> UInt64(64 - shift % 32)
        )
        limbs += [
            UInt32(truncatingIfNeeded: low), UInt32(truncatingIfNeeded: low >> 32), UInt32(truncatingIfNeeded: high),
        ]
        while limbs.last == 0 { limbs.removeLast() }
        self.init(isNegative: value < 0, limbs: limbs)
    }
}
