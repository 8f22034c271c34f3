// SPDX-License-Identifier: Apache-2.0

/// What a model's tokens cost.
public struct Prices: Sendable, Hashable, Codable {
    /// For a million tokens of prompts.
    public var prompt: Double
    /// For a million generated tokens, reasoning included.
    public var completion: Double
    /// The unit, such as `USD`.
    public var currency: String

    public init(prompt: Double, completion: Double, currency: String = "USD") {
        self.prompt = prompt
        self.completion = completion
        self.currency = currency
    }

    public func cost(promptTokens: Double, completionTokens: Double) -> Double {
        (promptTokens * prompt + completionTokens * completion) / 1e6
    }

    /// An amount for people: `0.0123 USD`, with as many digits as are needed to tell it from nothing.
    public func text(_ amount: Double) -> String {
        let digits = amount >= 100 ? 0 : amount >= 1 ? 2 : 4
        return amount.formatted(digits: digits) + " " + currency
    }
}

extension Double {
    /// With a fixed number of digits after the point.
    func formatted(digits: Int) -> String {
        guard digits > 0 else { return "\(Int(rounded()))" }
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((self * Double(scale)).rounded())
        let fraction = String(abs(scaled % scale))
        return "\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
