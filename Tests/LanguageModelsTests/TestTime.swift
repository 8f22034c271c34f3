// SPDX-License-Identifier: Apache-2.0
import Foundation
import LanguageModels
import Synchronization

/// A clock that only sleeping moves.
final class TestTime: Sendable {
    private let state = Mutex((offset: Duration.zero, sleeps: [Duration]()))
    private let start = ContinuousClock.now

    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    var timing: RetryTiming {
        RetryTiming(
            now: { [self] in start.advanced(by: state.withLock { $0.offset }) },
            date: { Date(timeIntervalSince1970: 1_000_000) },
            sleep: { [self] duration in
                state.withLock { state in
                    state.offset += duration
                    state.sleeps.append(duration)
                }
                await Task.yield()
            }, jitter: { 0 })
    }
}
