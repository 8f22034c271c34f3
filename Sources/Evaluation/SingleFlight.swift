// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Does each piece of work once for all who want it at the same time. It is cancelled when nobody waits for it any more.
final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Flight {
        var task: Task<Value, any Error>
        var id: Int
        var waiting: Int
    }

    private struct State {
        var flights: [Key: Flight] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    func value(for key: Key, _ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let (task, id) = state.withLock { state in
            if let flight = state.flights[key] {
                state.flights[key]?.waiting += 1
                return (flight.task, flight.id)
            }
            state.next += 1
            let task = Task { try await work() }
            state.flights[key] = Flight(task: task, id: state.next, waiting: 1)
            return (task, state.next)
        }
        defer { land(key, id) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            leave(key, id)
        }
    }

    private func leave(_ key: Key, _ id: Int) {
        let abandoned = state.withLock { state -> Task<Value, any Error>? in
            guard let flight = state.flights[key], flight.id == id else { return nil }
            if flight.waiting > 1 {
                state.flights[key]?.waiting -= 1
                return nil
            }
            state.flights[key] = nil
            return flight.task
        }
        abandoned?.cancel()
    }

    private func land(_ key: Key, _ id: Int) {
        state.withLock { state in
            if state.flights[key]?.id == id { state.flights[key] = nil }
        }
    }
}
