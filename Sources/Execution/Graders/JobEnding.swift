// SPDX-License-Identifier: Apache-2.0
import Glibc

extension JobReport {
    /// What it means that the child ended like this without an answer.
    ///
    /// - Parameter limit: the job's CPU limit, to tell the kernel's CPU kill from others.
    func outcome(cpuLimit limit: Double) -> (outcome: Outcome, message: String) {
        if outOfMemory { return (.memoryLimit, "The kernel killed the program: out of memory.") }
        switch killed {
        case .cpu: return (.cpuTimeout, "Killed after \(seconds(cpuSeconds)) of CPU time.")
        case .wall:
            return (
                .wallTimeout,
                "Killed after \(seconds(wallSeconds)) of wall time, \(seconds(cpuSeconds)) of it CPU time."
            )
        case .output: return (.outputLimit, "Killed for printing too much.")
        case .finished, nil: break
        }
        switch ending {
        case .exited(let status):
            return (
                .noVerdict,
                "The program ended the process (exit status \(status)) before its tests were done." + errorTail
            )
        case .signalled(SIGXCPU): return (.cpuTimeout, "Killed after \(seconds(cpuSeconds)) of CPU time.")
        case .signalled(SIGKILL) where cpuSeconds >= limit:
            return (.cpuTimeout, "Killed after \(seconds(cpuSeconds)) of CPU time.")
        case .signalled(SIGXFSZ): return (.outputLimit, "Killed for writing too large a file.")
        case .signalled(SIGSEGV):
            return (
                .crash,
                "The process died of a segmentation fault (a recursion too deep for the stack, or a broken C call)."
            )
        case .signalled(let signal): return (.crash, "The process died by signal \(signal)." + errorTail)
        }
    }

    private func seconds(_ value: Double) -> String { "\((value * 100).rounded() / 100) s" }

    private var errorTail: String {
        guard let line = standardErrorTail.split(whereSeparator: \.isNewline).last else { return "" }
        return " Its last words: \(line.prefix(200))"
    }

    /// A verdict that carries this report's measurements.
    func verdict(_ outcome: Outcome, _ message: String = "", testsRun: Int, testsTotal: Int) -> Verdict {
        // A program whose processes the kernel kills for memory has not kept its limit, whatever it answers.
        let isKilled = outOfMemory && outcome != .tampered
        let outcome = isKilled ? .memoryLimit : outcome
        let message =
            isKilled && message.isEmpty ? "The kernel killed a process of the program's: out of memory." : message
        return Verdict(
            outcome: outcome, cpuSeconds: cpuSeconds, wallSeconds: wallSeconds, peakBytes: peakBytes,
            testsRun: testsRun,
            testsTotal: testsTotal, message: oneLine(message))
    }
}

/// A message on one line, of a bounded length.
func oneLine(_ text: String, limit: Int = 400) -> String {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ⏎ ")
    return line.count > limit ? line.prefix(limit) + "…" : line
}

/// Whether a test's CPU time is so close to its limit that another processor could judge otherwise: between half and twice the limit.
func isNearLimit(_ cpuSeconds: Double, limit: Double) -> Bool { (limit / 2...limit * 2).contains(cpuSeconds) }
