// SPDX-License-Identifier: Apache-2.0
import Fixtures
import Foundation
import PluginHost
import SelectorKit
import SelectorTesting
import Testing

/// External selectors as small Python programs, well-behaved and otherwise.
@Suite struct ProcessSelectorTests {
    /// Greets, then treats each request by `body`, in which `request` is the request and `send` writes a line.
    private static func raw(_ body: String, requirements: String = "[]") -> String {
        """
        import json, sys, os, time
        def send(message):
            sys.stdout.write(json.dumps(message) + "\\n")
            sys.stdout.flush()
        options = json.loads(sys.stdin.readline())["options"]
        send({"protocol": 1, "selector": {"name": "raw", "version": 2, "scope": "candidate", "requirements": \(requirements)}})
        for line in sys.stdin:
            request = json.loads(line)
            scores = [len(c["program"]) for c in request["candidates"]]
        \(body.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(separator: "\n"))
        """
    }

    private static func helper(_ body: String) -> String {
        "import sys\nsys.path.insert(0, '\(SharedData.package.appendingPathComponent("Plugins/External").path)')\nimport bestofn\n"
            + body
    }

    @discardableResult private func withSelector<Result>(
        _ program: String, options: String? = nil, timeoutSeconds: Double = 240, greetingSeconds: Double = 120,
        _ body: (ProcessSelector) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryFolder { folder in
            try program.write(to: folder.appendingPathComponent("s.py"), atomically: true, encoding: .utf8)
            let selector = try await ProcessSelector.start(
                label: "mine", command: SelectorCommand(["python3", "s.py"], directory: folder),
                options: options.map { Data($0.utf8) }, timeoutSeconds: timeoutSeconds,
                greetingSeconds: greetingSeconds)
            do {
                let result = try await body(selector)
                await selector.shutDown()
                return result
            } catch {
                await selector.shutDown()
                throw error
            }
        }
    }

    private func score(
        _ selector: ProcessSelector, _ pool: CandidatePool = ExamplePools.typical,
        services: SelectionContext.Services = .init()
    ) async throws -> (scores: [CandidateScore], cost: Cost) {
        let context = SelectionContext(for: selector.descriptor, seed: 7, services: services)
        return (try await selector.score(pool, in: context), context.cost.total)
    }

    @Test func aProgramThatSpeaksTheProtocolIsASelector() async throws {
        let program = Self.raw(
            #"send({"id": request["id"], "scores": [{"value": s, "steps": [1, s]} for s in scores], "cost": {"forwardPasses": 3}})"#
        )
        try await withSelector(program) { selector in
            #expect(selector.descriptor.name == "raw")
            #expect(selector.descriptor.version == 2)
            let (scores, cost) = try await score(selector)
            #expect(
                scores
                    == ExamplePools.typical.candidates.map {
                        let length = Double($0.program.unicodeScalars.count)
                        return .value(length, steps: [1, length])
                    })
            #expect(cost == Cost(forwardPasses: 3))
        }
    }

    @Test func theHelperConforms() async throws {
        let program = Self.helper(
            """
            def score(problem, candidates, host):
                print("this goes to standard error")
                return [bestofn.rejected("blank") if not c["program"].strip() else len(c["program"]) for c in candidates]
            bestofn.run(score, name="length")
            """)
        try await withSelector(program) { selector in
            let failures = await checkConformance(of: selector)
            #expect(failures.isEmpty, "\(failures)")
        }
    }

    @Test func theExampleInTheDocumentationConforms() async throws {
        let folder = SharedData.package.appendingPathComponent("Plugins/External")
        let selector = try await ProcessSelector.start(
            label: "documented", command: SelectorCommand(["python3", "example.py"], directory: folder))
        let failures = await checkConformance(of: selector)
        #expect(failures.isEmpty, "\(failures)")
        let scores = try await score(selector, ExamplePools.typical).scores
        #expect(scores.map(\.rank) == [1, 0, 0, 0])
        await selector.shutDown()
    }

    /// The documentation's transcript, spoken again.
    @Test func theTranscriptInTheDocumentationIsTrue() async throws {
        let text = try String(
            contentsOf: SharedData.package.appendingPathComponent("docs/external-selectors.md"), encoding: .utf8)
        let transcript = try #require(text.components(separatedBy: "<!-- transcript -->").last)
        let lines = try #require(transcript.components(separatedBy: "```").dropFirst().first).split(separator: "\n")
        let said = lines.filter { $0.hasPrefix("> ") }.map { $0.dropFirst(2) + "\n" }.joined()
        let answered = lines.filter { $0.hasPrefix("< ") }.map { $0.dropFirst(2) + "\n" }.joined()
        #expect(!answered.isEmpty)
        let output = try await onOwnThread {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", "example.py"]
            process.currentDirectoryURL = SharedData.package.appendingPathComponent("Plugins/External")
            let (input, output) = (Pipe(), Pipe())
            process.standardInput = input
            process.standardOutput = output
            try process.run()
            try input.fileHandleForWriting.write(contentsOf: Data(said.utf8))
            try input.fileHandleForWriting.close()
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return String(decoding: data, as: UTF8.self)
        }
        #expect(output == answered)
        // The example is the file's.
        let example = try String(
            contentsOf: SharedData.package.appendingPathComponent("Plugins/External/example.py"), encoding: .utf8)
        let shown = try #require(text.components(separatedBy: "```python\n").last?.components(separatedBy: "```").first)
        #expect(example.hasSuffix(shown))
    }

    @Test func modelsOfTheExperimentCanBeAskedAndAreMetered() async throws {
        let program = Self.helper(
            """
            def score(problem, candidates, host):
                judged = host.language_model("judge", "how good is " + problem["id"], system="judge")["text"]
                rewards = [host.reward("prm", [c["program"]])[0] for c in candidates]
                return [(float(judged) + r, [r]) for r in rewards]
            bestofn.run(score, name="asking", requirements=[{"languageModel": "judge"}, {"rewardModel": "prm"}], max_in_flight=4)
            """)
        let services = SelectionContext.Services(
            languageModels: [
                "judge": FakeLanguageModel { request in
                    LanguageModelReply(text: request.user == "how good is example/0" ? "2" : "0", cost: Cost(calls: 1))
                }
            ],
            rewardModels: ["prm": FakeRewardModel { prefix, _ in prefix.isEmpty ? 0 : 0.5 }])
        try await withSelector(program) { selector in
            let (scores, cost) = try await score(selector, services: services)
            #expect(scores == Array(repeating: .value(2.5, steps: [0.5]), count: 4))
            #expect(cost.calls == 5)
        }
    }

    @Test func aModelThatIsMissingIsSaid() async throws {
        let program = Self.helper(
            """
            def score(problem, candidates, host):
                host.reward("prm", ["a"])
            bestofn.run(score, name="asking", requirements=[{"rewardModel": "prm"}])
            """)
        try await withSelector(program) { selector in
            await #expect {
                _ = try await score(selector)
            } throws: {
                "\($0)".contains("reward model 'prm'")
            }
        }
    }

    @Test func optionsAndDeclaredDataArrive() async throws {
        let program = Self.helper(
            """
            def score(problem, candidates, host):
                tests = len(host.public_tests)
                return [host.options["weight"] * c["tokens"]["count"] + tests for c in candidates]
            bestofn.run(score, name="data", requirements=["tokenStatistics", "publicTests"])
            """)
        try await withSelector(program, options: #"{"weight": 2}"#) { selector in
            let services = SelectionContext.Services(
                publicTests: [TestExample(input: "1", output: "1", kind: .standardInput)])
            let scores = try await score(selector, services: services).scores
            #expect(
                scores.map(\.rank)
                    == ExamplePools.typical.candidates.map { Double(2 * ($0.tokens?.count ?? 0) + 1) })
        }
    }

    @Test(arguments: [
        (#"os._exit(3)"#, "ended with exit code 3"),
        (#"sys.stderr.write("out of memory\n"); sys.stderr.flush(); os.kill(os.getpid(), 9)"#, "out of memory"),
        (#"os.kill(os.getpid(), 9)"#, "was ended by signal 9"),
        (#"print("hello"); sys.stdout.flush()"#, "not of the protocol (no JSON): hello"),
        (#"send({"id": request["id"], "scores": [float("nan")] * len(scores)})"#, "Scores must be finite"),
        (#"send({"id": request["id"], "scores": ["high"]})"#, "field 'scores.[0]'"),
        (#"send({"id": 999, "scores": scores})"#, "answered a request that was not made (id 999)"),
        (#"time.sleep(600)"#, "did not answer problem 'example/0' within 5 s"),
    ])
    func aProgramThatFailsIsStartedOnceMoreAndThenGivenUp(_ body: String, _ expected: String) async throws {
        try await withSelector(Self.raw(body), timeoutSeconds: body.contains("sleep") ? 5 : 120) { selector in
            var messages: [String] = []
            for _ in 0..<3 {
                do {
                    _ = try await score(selector)
                } catch {
                    messages.append("\(error)")
                }
            }
            #expect(messages.count == 3)
            #expect(Set(messages).count == 1)
            #expect(messages.first?.contains(expected) == true, "\(messages)")
            #expect(messages.first?.hasPrefix("Selector 'mine' ") == true)
        }
    }

    @Test func oneCrashCostsNothing() async throws {
        let program = Self.raw(
            """
            if not os.path.exists("crashed"):
                open("crashed", "w").close()
                os._exit(1)
            send({"id": request["id"], "scores": scores})
            """)
        try await withSelector(program) { selector in
            for _ in 0..<2 {
                let scores = try await score(selector).scores
                #expect(scores.count == 4)
            }
        }
    }

    @Test func whatTheHelperIsGivenWrongFailsThatProblemAlone() async throws {
        let program = Self.helper(
            """
            def score(problem, candidates, host):
                if len(candidates) == 1:
                    return [float("inf")]
                if len(candidates) == 3:
                    return []
                return [1] * len(candidates)
            bestofn.run(score, name="moody")
            """)
        try await withSelector(program) { selector in
            for (pool, expected) in [
                (ExamplePools.single, "is not finite"), (ExamplePools.identical, "0 scores for 3 candidates"),
            ] {
                await #expect {
                    _ = try await score(selector, pool)
                } throws: {
                    "\($0)".contains(expected) && "\($0)".contains("example/0")
                }
            }
            let scores = try await score(selector).scores
            #expect(scores == Array(repeating: .value(1), count: 4))
        }
    }

    @Test(arguments: [
        ("import nonsense_module", "No module named 'nonsense_module'"),
        ("import time; time.sleep(600)", "did not answer its greeting within 5 s"),
        ("print('{\"protocol\": 7}', flush=True); input()", "speaks version 7 of the protocol"),
        ("print('{\"protocol\": 1}', flush=True); input()", "lacks 'selector'"),
        (
            "print('{\"protocol\": 1, \"selector\": {\"name\": \"a b\", \"scope\": \"pool\"}}', flush=True); input()",
            "calls itself 'a b'"
        ),
        (
            "print('{\"protocol\": 1, \"selector\": {\"name\": \"a\", \"scope\": \"pool\", \"requirements\": [\"hiddenTests\"]}}', flush=True); input()",
            "'hiddenTests' is no requirement"
        ),
    ])
    func aBadGreetingIsExplained(_ program: String, _ expected: String) async throws {
        await #expect {
            try await withSelector(program, greetingSeconds: program.contains("sleep") ? 5 : 120) { _ in }
        } throws: {
            "\($0)".contains(expected)
        }
    }

    @Test func aProgramThatIsNotThereIsNamed() async throws {
        await #expect {
            _ = try await ProcessSelector.start(
                label: "mine",
                command: SelectorCommand(["no-such-program"], directory: URL(fileURLWithPath: "/tmp")))
        } throws: {
            "\($0)".contains("no-such-program") && "\($0)".contains("not found")
        }
    }

    @Test func nothingIsLeftRunning() async throws {
        let marker = "marker-\(UUID().uuidString)"
        let program = Self.raw(
            """
            import subprocess
            subprocess.Popen(["python3", "-c", "import time; time.sleep(300)", "\(marker)"])
            send({"id": request["id"], "scores": scores})
            """)
        func running() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { $0.allSatisfy(\.isNumber) }
                .count { pid in
                    let line = (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline"))) ?? Data()
                    return line.range(of: Data(marker.utf8)) != nil
                }
        }
        try await withSelector(program) { selector in
            _ = try await score(selector)
            let started = try running()
            #expect(started == 1)
        }
        for _ in 0..<100 {
            guard try running() > 0 else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        let left = try running()
        #expect(left == 0)
    }
}
