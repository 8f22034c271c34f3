// SPDX-License-Identifier: Apache-2.0
import SelectorKit
import Synchronization

/// What a client knows of its servers together. Once they are given up, all further requests fail at once with the same message.
final class ServerHealth: Sendable {
    private struct State {
        var activity = ServerActivity()
        /// Responses of any status.
        var responses = 0
        var givenUp: SelectorError?
        var firstRequest: ContinuousClock.Instant?
        /// When a request was answered last, or the first one began.
        var lastAnswer: ContinuousClock.Instant?
        var lastTold: ContinuousClock.Instant?
    }

    /// After so many attempts without any response ever, a server is taken to be absent.
    static let patience = 3
    /// How often trouble is told.
    private static let pauseOfTelling = Duration.seconds(30)

    private let state = Mutex(State())

    var activity: ServerActivity { state.withLock { $0.activity } }
    var responses: Int { state.withLock { $0.responses } }

    func record(_ change: (inout ServerActivity) -> Void) { state.withLock { change(&$0.activity) } }

    /// Throws when the servers were given up.
    func check() throws {
        if let error = state.withLock({ $0.givenUp }) { throw error }
    }

    /// Gives the servers up. The first reason stays.
    func giveUp(_ error: SelectorError) -> SelectorError {
        state.withLock { state in
            let reason = state.givenUp ?? error
            state.givenUp = reason
            return reason
        }
    }

    func responded() { state.withLock { $0.responses += 1 } }

    func answered(_ now: ContinuousClock.Instant) {
        state.withLock { state in
            state.activity.answered += 1
            state.lastAnswer = now
        }
    }

    /// When this client's first request began.
    func began(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        state.withLock { state in
            let first = state.firstRequest ?? now
            state.firstRequest = first
            return first
        }
    }

    /// How long no request was answered.
    func silence(_ now: ContinuousClock.Instant) -> Duration {
        state.withLock { now - ($0.lastAnswer ?? $0.firstRequest ?? now) }
    }

    /// Whether it is time to tell of trouble again: when nothing was answered for a while.
    func shouldTell(_ now: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            let silence = now - (state.lastAnswer ?? state.firstRequest ?? now)
            guard silence >= Self.pauseOfTelling,
                state.lastTold.map({ now - $0 >= Self.pauseOfTelling }) ?? true
            else { return false }
            state.lastTold = now
            return true
        }
    }
}
