// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Evaluation
import Execution
import Foundation
import Metrics
import Reporting
import RunStore
import Safetensors
import SelectorKit
import Synchronization
import Training

/// The program's exit codes, a subset of sysexits.
enum Exit {
    /// The work is done, and something needs attention: a row is incomplete.
    static let findings = ExitCode(1)
    /// Merged, and inputs said different things of the same.
    static let conflicts = ExitCode(2)
    static let badData = ExitCode(65)
    static let unavailable = ExitCode(69)
    static let bug = ExitCode(70)
    static let interrupted = ExitCode(130)
}

/// Runs a command's work; turns its errors into one message each on standard error and the documented exit code, and Ctrl-C into a clean stop.
func reportingFailures(_ work: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await work() }
    let interruption = Interruption { task.cancel() }
    defer { interruption.stop() }
    do {
        try await task.value
    } catch let code as ExitCode {
        throw code
    } catch {
        if interruption.happened || error is CancellationError {
            standardError("bestofn: interrupted. What was finished is kept; the same command continues.")
            throw Exit.interrupted
        }
        standardError("bestofn: error: \(error)")
        throw exitCode(for: error)
    }
}

private func exitCode(for error: any Error) -> ExitCode {
    switch error {
    case is DataError, is DataErrorList, is InputErrors, is RunStoreError, is TrainingError, is RolloutError,
        is TensorFileError, is RunResultsError, is ComparisonRefusal, is ShardError,
        is MergeRefusal:
        return Exit.badData
    case let error as SelectorError:
        return [.unavailable, .serviceFailed].contains(error.code) ? Exit.unavailable : Exit.badData
    case is SandboxError: return Exit.unavailable
    case let error as ReportError where error.code != .xmlWriter:
        return error.code == .unwritable ? Exit.unavailable : Exit.badData
    case is ValidationError: return .validationFailure
    default: return Exit.bug
    }
}

func standardError(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}

/// Calls back on the first SIGINT or SIGTERM; a second one ends the process at once.
final class Interruption {
    private let sources: [any DispatchSourceSignal]
    private let count: Counter

    private final class Counter: Sendable {
        let value = Mutex(0)
    }

    init(_ callback: @escaping @Sendable () -> Void) {
        let count = Counter()
        self.count = count
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                let calls = count.value.withLock { value in
                    value += 1
                    return value
                }
                if calls > 1 { _exit(130) }
                standardError("\nbestofn: stopping; press Ctrl-C again to end at once.")
                callback()
            }
            source.resume()
            return source
        }
    }

    var happened: Bool { count.value.withLock { $0 > 0 } }

    func stop() {
        for source in sources { source.cancel() }
    }
}
