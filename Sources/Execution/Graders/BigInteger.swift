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

    /// Reads digits with an optional sign; nil when there is any other character, or no digit.
    package init?(_ text: some StringProtocol, radix: UInt32) {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
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
