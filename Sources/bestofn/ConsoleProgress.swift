// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Foundation
import Synchronization

/// Shows progress on standard error: one line that rewrites itself on a terminal, a line every ten seconds elsewhere.
final class ConsoleProgress: ProgressSink {
    private struct State {
        var stage = ""
        var unit = ""
        var total = 0
        var cached = 0
        var done = 0
        var failed = 0
        var began = ContinuousClock.now
        var shown = ContinuousClock.now
        var isLineOpen = false
        var detail = ""
    }

    private let state = Mutex(State())
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let isQuiet: Bool

    init(quiet: Bool = false) { isQuiet = quiet }

    func report(_ event: ProgressEvent) {
        guard !isQuiet else { return }
        state.withLock { state in
            switch event {
            case .began(let stage, let total, let cached, let unit):
                state = State(stage: stage, unit: unit, total: total, cached: cached)
                if total == cached {
                    line("\(stage): all \(total) \(unit) known from before, nothing to do", &state)
                } else {
                    line(
                        "\(stage): \(total - cached) of \(total) \(unit)\(cached > 0 ? " (\(cached) known from before)" : "")",
                        &state)
                }
            case .advanced(let failed):
                state.done += 1
                if failed { state.failed += 1 }
                let now = ContinuousClock.now
                guard now - state.shown >= (isTerminal ? .milliseconds(100) : .seconds(10)) else { return }
                state.shown = now
                show(&state, now)
            case .detail(let text): state.detail = text
            case .finished(let stage, let seconds):
                guard state.done > 0 else { return }
                let rate = Double(state.done) / max(seconds, 0.001)
                let failures = state.failed > 0 ? ", \(state.failed) failed" : ""
                let detail = state.detail.isEmpty ? "" : ", \(state.detail)"
                line(
                    "\(stage): \(state.done) \(state.unit) in \(duration(seconds)) (\(number(rate))/s\(detail)\(failures))",
                    &state)
            case .note(let text): line(text, &state)
            }
        }
    }

    private func line(_ text: String, _ state: inout State) {
        standardError(state.isLineOpen ? "\r\u{1B}[K\(text)" : text)
        state.isLineOpen = false
    }

    private func show(_ state: inout State, _ now: ContinuousClock.Instant) {
        let seconds = (now - state.began) / .seconds(1)
        let rate = Double(state.done) / max(seconds, 0.001)
        let left = state.total - state.cached - state.done
        var text = "\(state.stage): \(state.cached + state.done)/\(state.total) \(state.unit), \(number(rate))/s"
        if left > 0, rate > 0 { text += ", \(duration(Double(left) / rate)) left" }
        if !state.detail.isEmpty { text += ", \(state.detail)" }
        if state.failed > 0 { text += ", \(state.failed) failed" }
        if isTerminal {
            FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
            state.isLineOpen = true
        } else {
            standardError(text)
        }
    }

    private func number(_ value: Double) -> String {
        value < 10 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))"
    }

    private func duration(_ seconds: Double) -> String {
        if seconds < 60 { return "\((seconds * 10).rounded() / 10) s" }
        let whole = Int(seconds.rounded())
        return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
