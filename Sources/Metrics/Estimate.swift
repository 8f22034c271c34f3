// SPDX-License-Identifier: Apache-2.0
import Statistics

/// A number with the interval that 95 % of resamples of the problems give.
public struct Estimate: Sendable, Codable, Hashable {
    public var value: Double
    public var low: Double?
    public var high: Double?

    /// Whether zero lies outside the interval, as far as a tenth of a point can tell.
    public var differsFromZero: Bool {
        if let low, let high { low >= 0.0005 || high <= -0.0005 } else { false }
    }
}

extension Bootstrap {
    /// With at most so many resamples, for numbers of which there are many.
    func limited(to most: Int) -> Bootstrap {
        var limited = self
        limited.resamples = min(resamples, most)
        return limited
    }
}

extension Estimate {
    /// A mean over problems with its bootstrap interval; nil for no values.
    init?(meanOf values: [Double], bootstrap: Bootstrap) {
        guard let value = mean(values) else { return nil }
        let interval = bootstrap.interval(ofMean: values)
        self.init(value: value, low: interval?.lowerBound, high: interval?.upperBound)
    }

    init(_ value: Double, _ resampled: Bootstrap.Estimate?) {
        self.init(value: value, low: resampled?.interval.lowerBound, high: resampled?.interval.upperBound)
    }
}
