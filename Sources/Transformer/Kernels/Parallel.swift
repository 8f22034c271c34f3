// SPDX-License-Identifier: Apache-2.0
import Dispatch

/// Runs `body` for every number below `count`, shared among at most `threads` threads.
///
/// - Parameter body: called at the same time for different numbers; what it writes for one, it neither reads nor writes for another.
func inParallel(_ count: Int, threads: Int, _ body: (Int) -> Void) {
    let workers = max(1, min(threads, count))
    if workers == 1 {
        for index in 0..<count { body(index) }
        return
    }
    withoutActuallyEscaping(body) { body in
        // The caller promises that calls for different numbers do not touch the same memory.
        nonisolated(unsafe) let body = body
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            for index in stride(from: worker, to: count, by: workers) { body(index) }
        }
    }
}
