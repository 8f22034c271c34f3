// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Gives each attempt a place at a server that has one free; the others wait in the order in which they came.
///
/// A server that is overloaded gets fewer places, half as many each time, and one more for every round of answers, up to the bound: what TCP does.
final class ServerPlaces: Sendable {
    private struct Server {
        /// How many attempts may be under way.
        var limit: Double
        var underWay = 0
        var lastHalved: ContinuousClock.Instant?
        var pausedUntil: ContinuousClock.Instant?
        /// Attempts without a response, since the last response.
        var silentFailures = 0
        /// Of these, those where nobody listened.
        var unreachable = 0
        var hasResponded = false

        func isPaused(_ now: ContinuousClock.Instant) -> Bool { pausedUntil.map { $0 > now } ?? false }
        var hasRoom: Bool { Double(underWay) + 1 <= limit.rounded(.down) }
        var load: Double { Double(underWay) / limit }
    }

    private struct Waiting {
        var id: Int
        var avoiding: Int?
        var continuation: CheckedContinuation<Int, any Error>
    }

    private struct State {
        var servers: [Server]
        var next = 0
        var waiting: [Waiting] = []
        /// How many of `waiting` were served: taking from the front would move all others each time.
        var served = 0
    }

    private let bound: Double
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    init(servers: Int, bound: Int, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.bound = Double(bound)
        self.now = now
        state = Mutex(State(servers: (0..<servers).map { _ in Server(limit: Double(bound)) }))
    }

    /// Waits for a place and takes it.
    ///
    /// - Parameter avoiding: the server that failed last, taken only where no other has room.
    /// - Returns: the server's number.
    func enter(avoiding: Int?) async throws -> Int {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let decision: Swift.Result<Int, any Error>? = state.withLock { state in
                    // Cancelled before this point: the handler has run already and found nobody waiting.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.served == state.waiting.count, let server = take(avoiding, &state) {
                        return .success(server)
                    }
                    state.waiting.append(Waiting(id: id, avoiding: avoiding, continuation: continuation))
                    return nil
                }
                if let decision { continuation.resume(with: decision) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.waiting[state.served...].firstIndex { $0.id == id }.map {
                    state.waiting.remove(at: $0).continuation
                }
            }
            waiting?.resume(throwing: CancellationError())
        }
    }

    func leave(_ server: Int) {
        let woken = state.withLock { state in
            state.servers[server].underWay -= 1
            return wake(&state)
        }
        for (continuation, server) in woken { continuation.resume(returning: server) }
    }

    private func wake(_ state: inout State) -> [(CheckedContinuation<Int, any Error>, Int)] {
        var woken: [(CheckedContinuation<Int, any Error>, Int)] = []
        while state.served < state.waiting.count, let server = take(state.waiting[state.served].avoiding, &state) {
            woken.append((state.waiting[state.served].continuation, server))
            state.served += 1
        }
        if state.served > 64, state.served * 2 > state.waiting.count {
            state.waiting.removeFirst(state.served)
            state.served = 0
        }
        return woken
    }

    /// The free server with the least to do. Paused ones count only where all are.
    private func take(_ avoiding: Int?, _ state: inout State) -> Int? {
        let now = now()
        let awake = state.servers.indices.filter { !state.servers[$0].isPaused(now) }
        let free = (awake.isEmpty ? Array(state.servers.indices) : awake).filter { state.servers[$0].hasRoom }
        let others = free.filter { $0 != avoiding }
        guard
            let best = (others.isEmpty ? free : others).min(by: { state.servers[$0].load < state.servers[$1].load })
        else { return nil }
        state.servers[best].underWay += 1
        return best
    }

    // MARK: What attempts tell

    /// A response of any status came.
    func responded(_ server: Int) {
        state.withLock { state in
            state.servers[server].silentFailures = 0
            state.servers[server].unreachable = 0
            state.servers[server].hasResponded = true
        }
    }

    /// A request was answered as asked.
    func answered(_ server: Int) {
        state.withLock { state in
            let limit = state.servers[server].limit
            if limit < bound { state.servers[server].limit = min(bound, limit + 1 / limit) }
        }
    }

    /// The server could not keep up.
    func overloaded(_ server: Int) {
        state.withLock { state in
            let now = now()
            // Those that were under way at the same time tell the same thing.
            if let last = state.servers[server].lastHalved, now - last < .seconds(1) { return }
            state.servers[server].lastHalved = now
            state.servers[server].limit = max(1, state.servers[server].limit / 2)
        }
    }

    /// No response came. With other servers to ask, this one is left alone for a while.
    ///
    /// - Returns: whether all servers are to be taken as absent: none ever responded, and nobody listened at any attempt.
    func failedSilently(_ server: Int, isUnreachable: Bool, patience: Int) -> Bool {
        state.withLock { state in
            state.servers[server].silentFailures += 1
            if isUnreachable { state.servers[server].unreachable += 1 }
            if state.servers.count > 1 {
                let pause = Duration.seconds(min(60, 1 << min(state.servers[server].silentFailures, 6)))
                state.servers[server].pausedUntil = now() + pause
            }
            // With several servers each is tried at least once; those that are paused are not tried as often.
            let tries = state.servers.reduce(0) { $0 + $1.unreachable }
            return tries >= patience
                && state.servers.allSatisfy {
                    !$0.hasResponded && $0.unreachable > 0 && $0.unreachable == $0.silentFailures
                }
        }
    }

    /// The server wants to be left alone until then.
    func pause(_ server: Int, until instant: ContinuousClock.Instant) {
        state.withLock { state in
            state.servers[server].pausedUntil = max(state.servers[server].pausedUntil ?? instant, instant)
        }
    }

    /// How long an attempt at this server has to wait.
    func pause(of server: Int) -> Duration? {
        state.withLock { state in
            let now = now()
            guard let until = state.servers[server].pausedUntil, until > now else { return nil }
            return until - now
        }
    }

    /// Whether another server could be asked at once.
    func hasAnother(than server: Int) -> Bool {
        state.withLock { state in
            let now = now()
            return state.servers.indices.contains { $0 != server && !state.servers[$0].isPaused(now) }
        }
    }

    /// How many attempts may be under way at each server.
    var limits: [Int] { state.withLock { $0.servers.map { Int($0.limit) } } }
}
