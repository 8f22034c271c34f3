// SPDX-License-Identifier: Apache-2.0
import LanguageModels
import Synchronization

/// Tells every few seconds how fast a server answers and what was used.
final class ServerNotes: Sendable {
    private let role: String
    private let client: ServerClient
    private let progress: any ProgressSink
    private let times: Mutex<(began: ContinuousClock.Instant, told: ContinuousClock.Instant)>

    init(role: String, client: ServerClient, progress: any ProgressSink) {
        self.role = role
        self.client = client
        self.progress = progress
        let now = ContinuousClock.now
        times = Mutex((now, now))
    }

    func answered() {
        let now = ContinuousClock.now
        let seconds = times.withLock { times -> Double? in
            guard now - times.told >= .seconds(5) else { return nil }
            times.told = now
            return (now - times.began) / .seconds(1)
        }
        guard let seconds else { return }
        let activity = client.activity
        let rate = (Double(activity.answered) / seconds * 10).rounded() / 10
        var text =
            "\(role): \(activity.answered) requests, \(rate)/s, \(activity.promptTokens) prompt and "
            + "\(activity.completionTokens) completion tokens"
        if activity.retried > 0 { text += ", \(activity.retried) repeated" }
        if activity.shortened > 0 { text += ", \(activity.shortened) prompts with a shortened problem" }
        if activity.undecided > 0 { text += ", \(activity.undecided) answers with neither token" }
        progress.report(.note(text))
    }
}
