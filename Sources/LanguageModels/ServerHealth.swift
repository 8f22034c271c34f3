// SPDX-License-Identifier: Apache-2.0
import SelectorKit
import Synchronization

/// What a client knows of its server. Once the server is given up, all further requests fail at once with the same message.
final class ServerHealth: Sendable {
    private struct State {
        var activity = ServerActivity()
        /// Responses of any status.
        var responses = 0
        /// Attempts without a response, before there was any.
        var silentFailures = 0
        var givenUp: SelectorError?
        var firstRequest: ContinuousClock.Instant?
        var pausedUntil: ContinuousClock.Instant?
    }

    /// After so many attempts without any response ever, the server is taken to be absent.
    static let patience = 3

    private let state = Mutex(State())

    var activity: ServerActivity { state.withLock { $0.activity } }
    var responses: Int { state.withLock { $0.responses } }

    func record(_ change: (inout ServerActivity) -> Void) { state.withLock { change(&$0.activity) } }

    /// Throws when the server was given up.
    func check() throws {
        if let error = state.withLock({ $0.givenUp }) { throw error }
    }

    /// Gives the server up. The first reason stays.
    func giveUp(_ error: SelectorError) -> SelectorError {
        state.withLock { state in
            let reason = state.givenUp ?? error
            state.givenUp = reason
            return reason
        }
    }

    func responded() { state.withLock { $0.responses += 1 } }

    /// Counts an attempt without a response.
    ///
    /// - Returns: whether the server is to be taken as absent.
    func failedSilently() -> Bool {
        state.withLock { state in
            state.silentFailures += 1
            return state.responses == 0 && state.silentFailures >= Self.patience
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

    /// All requests wait until then: the server said how long it wants to be left alone.
    func pause(until instant: ContinuousClock.Instant) {
        state.withLock { $0.pausedUntil = max($0.pausedUntil ?? instant, instant) }
    }

    /// How long a request has to wait.
    func pause(at now: ContinuousClock.Instant) -> Duration? {
        state.withLock { state in
            guard let until = state.pausedUntil, until > now else { return nil }
            return until - now
        }
    }
}
