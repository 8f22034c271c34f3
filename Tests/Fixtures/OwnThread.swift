// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Runs blocking work on a thread of its own: a test that waits for processes must not hold one of Swift's few cooperative threads, which the others need.
///
/// Expectations belong behind it, for they are counted to a test by its task.
public func onOwnThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try work() }) }.start()
    }
}
