// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import LanguageModels
import LocalServer

/// For `make bench`: what the client of language model servers costs.
struct MeasureClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure-client",
        abstract: "Measures requests per second, processor time and memory of the client.",
        shouldDisplay: false)

    enum Part: String, ExpressibleByArgument, CaseIterable { case serve, transport, client, answer }

    @Argument(help: "serve: answer requests. transport, client: send them. answer: read a large answer.")
    var part: Part

    @Option(help: "What `serve` has printed.")
    var server = ""

    @Option var requests = 100_000
    @Option var inFlight = 256
    @Option var samples = 8
    @Option var tokens = 2048
    @Option var alternatives = 20

    func run() async throws {
        switch part {
        case .serve: try serve()
        case .transport, .client: try await send()
        case .answer: try readAnswer()
        }
    }

    private func serve() throws {
        let answer = HTTPReply(
            text:
                #"{"model": "m", "choices": [{"index": 0, "message": {"role": "assistant", "content": "print(1)"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3, "completion_tokens": 3}}"#
        )
        let server = try LocalServer { _ in .respond(answer) }
        FileHandle.standardOutput.write(Data("http://127.0.0.1:\(server.port)/v1\n".utf8))
        // Until whoever started it goes away.
        while FileHandle.standardInput.availableData.count > 0 {}
        server.stop()
    }

    /// Prints requests per second, microseconds of processor time per request, and the largest resident size in MB after a tenth and after all of them.
    private func send() async throws {
        guard let url = URL(string: server), url.host != nil, inFlight > 0 else {
            throw ValidationError("--server must be an address, and something must be in flight.")
        }
        let ask = asking(url)
        let workers = inFlight
        func send(_ count: Int) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<workers {
                    let share = count / workers + (worker < count % workers ? 1 : 0)
                    group.addTask { for _ in 0..<share { try await ask() } }
                }
                try await group.waitForAll()
            }
        }
        let start = ContinuousClock.now
        let before = Self.usage()
        try await send(requests / 10)
        let early = Self.usage()
        try await send(requests - requests / 10)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let after = Self.usage()
        print(
            String(
                format: "%.0f %.1f %.0f %.0f", Double(requests) / seconds,
                (after.seconds - before.seconds) / Double(requests) * 1e6, early.megabytes, after.megabytes))
    }

    private func asking(_ url: URL) -> @Sendable () async throws -> Void {
        if part == .transport {
            let transport = CurlTransport(concurrency: inFlight)
            let request = HTTPRequest(
                method: "POST", url: url.appendingPathComponent("chat/completions"),
                headers: ["Content-Type": "application/json"],
                body: Data(#"{"model": "m", "messages": [{"role": "user", "content": "?"}]}"#.utf8), timeLimit: 60)
            return {
                let response = try await transport.send(request)
                guard response.status == 200 else { throw ValidationError("status \(response.status)") }
            }
        }
        var configuration = ServerConfiguration(url: url, model: "m")
        configuration.concurrency = inFlight
        let client = ServerClient(configuration)
        let request = CompletionRequest(
            messages: [ChatMessage(role: .user, content: "?")], maxTokens: 10, temperature: 0)
        return { _ = try await client.complete(request, options: .init()) }
    }

    /// Prints the answer's size in MB, milliseconds of processor time per MB to read it, and the resident size in MB before and at most meanwhile.
    private func readAnswer() throws {
        let answer = Self.answer(samples: samples, tokens: tokens, alternatives: alternatives)
        // What the making of the answer took is not to count.
        try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
        let before = Self.usage()
        let read = try CompletionAnswer(answer)
        let after = Self.usage()
        guard read.choices.count == samples, read.choices.first?.tokens?.count == tokens else {
            throw ValidationError("The answer was not read.")
        }
        let size = Double(answer.count) / 1e6
        print(
            String(
                format: "%.1f %.2f %.0f %.0f", size, (after.seconds - before.seconds) * 1000 / size, before.megabytes,
                after.megabytes))
    }

    private static func answer(samples: Int, tokens: Int, alternatives: Int) -> Data {
        var text = #"{"model": "m", "usage": {"prompt_tokens": 9, "completion_tokens": 9}, "choices": ["#
        for sample in 0..<samples {
            text += sample == 0 ? "" : ", "
            text +=
                #"{"index": \#(sample), "message": {"role": "assistant", "content": "print(1)"}, "logprobs": {"content": ["#
            for token in 0..<tokens {
                text += token == 0 ? "" : ", "
                text +=
                    #"{"token": "tok", "bytes": [116, 111, 107], "logprob": -0.0001234098204411566, "top_logprobs": ["#
                for rank in 0..<alternatives {
                    text += rank == 0 ? "" : ", "
                    text += #"{"token": "tok\#(rank)", "logprob": \#(-0.0001234098204411566 - Double(rank) * 1.37)}"#
                }
                text += "]}"
            }
            text += #"]}, "finish_reason": "stop"}"#
        }
        return Data((text + "]}").utf8)
    }

    private static func usage() -> (seconds: Double, megabytes: Double) {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        let seconds = Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        let fraction = Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        return (seconds + fraction, Double(usage.ru_maxrss) / 1024)
    }
}
