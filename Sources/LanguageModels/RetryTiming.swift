// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// How the client tells and passes time; tests replace it.
public struct RetryTiming: Sendable {
    public var now: @Sendable () -> ContinuousClock.Instant
    /// The date, for `Retry-After`.
    public var date: @Sendable () -> Date
    public var sleep: @Sendable (Duration) async throws -> Void
    /// A number in 0..<1 that keeps clients from coming back all at once.
    public var jitter: @Sendable () -> Double

    public init(
        now: @escaping @Sendable () -> ContinuousClock.Instant, date: @escaping @Sendable () -> Date,
        sleep: @escaping @Sendable (Duration) async throws -> Void, jitter: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.date = date
        self.sleep = sleep
        self.jitter = jitter
    }

    public static let real = RetryTiming(
        now: { ContinuousClock.now }, date: { Date() }, sleep: { try await Task.sleep(for: $0) },
        jitter: { Double.random(in: 0..<1) })

    /// How long to wait before another attempt: half a second, doubled for each failure up to half a minute, of which a random half is left out.
    func backoff(afterFailures failures: Int) -> Duration {
        let seconds = min(30, 0.5 * pow(2, Double(failures - 1)))
        return .seconds(seconds * (0.5 + 0.5 * jitter()))
    }
}
