// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import Testing

/// What every tier does alike. Tiers that the machine does not offer are skipped.
@Suite struct SandboxTierTests {
    @Test(arguments: SandboxTier.allCases) func aProgramAnswers(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        let result = try await trial.run("answer = str(6 * 7)")
        #expect(result.answer == "42")
        #expect(result.report.cpuSeconds > 0 && result.report.peakBytes > 1 << 20)
    }

    @Test(arguments: SandboxTier.allCases) func conversationsGoBackAndForth(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        let code = """
            while True:
                try:
                    request = channel.receive()
                except EOFError:
                    break
                channel.send({"double": request["text"] * 2})
            """
        let large = String(repeating: "x", count: 3 << 20)
        let (lengths, _) = try await trial.pool.run(try trial.job(code)) { session -> [Int] in
            ["ab", large, "€"].map { text in
                session.send((try? JSONEncoder().encode(["text": text])) ?? Data())
                guard case .json(let data) = session.receive(cpuSeconds: 5, wallSeconds: 20) else { return -1 }
                return (try? JSONDecoder().decode([String: String].self, from: data))?["double"]?.count ?? -2
            }
        }
        #expect(lengths == [4, 6 << 20, 2])
    }

    @Test(arguments: SandboxTier.allCases) func blobsAreSharedAndBytesComeBack(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        let blob = try SealedMemory(Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0) }))
        let job = try trial.job("channel.send_bytes(channel.blob()[::-1])", blob: blob)
        for _ in 0..<2 {
            let (bytes, _) = try await trial.pool.run(job) { session -> Data? in
                guard case .bytes(let data) = session.receive(cpuSeconds: nil, wallSeconds: 20) else { return nil }
                return data
            }
            #expect(
                bytes?.count == 100_000 && bytes?.last == 0
                    && bytes?[bytes?.startIndex ?? 0] == UInt8(truncatingIfNeeded: 99_999))
        }
    }

    @Test(arguments: SandboxTier.allCases) func cpuTimeIsLimited(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        var limits = SandboxTrial.limits
        limits.cpuSeconds = 0.3
        let code = """
            import signal
            for number in range(1, 65):
                try: signal.signal(number, signal.SIG_IGN)
                except Exception: pass
            while True:
                try:
                    while True: pass
                except BaseException: pass
            """
        let result = try await trial.run(code, limits: limits)
        #expect(result.message == "cpuLimit")
        #expect(result.report.killed == .cpu)
        #expect(result.report.cpuSeconds >= 0.3 && result.report.cpuSeconds < 1)
    }

    @Test(arguments: SandboxTier.allCases) func cpuTimeIsLimitedPerMessage(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        let result = try await trial.run(trial.job("while True: pass"), cpuSeconds: 0.2)
        #expect(result.message == "cpuLimit" && result.report.killed == .cpu)
    }

    @Test(arguments: SandboxTier.allCases) func wallTimeIsLimited(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        var limits = SandboxTrial.limits
        limits.wallSeconds = 0.3
        let result = try await trial.run("import time\ntime.sleep(1000)", limits: limits)
        #expect(result.message == "wallLimit" && result.report.killed == .wall)
        #expect(result.report.ending == .signalled(9))
        let patient = try await trial.run(trial.job("import time\ntime.sleep(1000)"), wallSeconds: 0.2)
        #expect(patient.message == "wallLimit" && patient.report.killed == .wall)
    }

    @Test(arguments: SandboxTier.allCases, [1, 2]) func outputIsLimited(tier: SandboxTier, stream: Int) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        var limits = SandboxTrial.limits
        limits.outputBytes = 1 << 20
        let result = try await trial.run("import os\nwhile True: os.write(\(stream), b'A' * 100000)", limits: limits)
        #expect(result.message == "ended" && result.report.killed == .output)
        let harmless = try await trial.run(
            "import os\nos.write(\(stream), b'A' * 500000 + b'end')\nanswer = 'ok'", limits: limits)
        #expect(harmless.answer == "ok")
    }

    @Test(arguments: SandboxTier.allCases) func memoryIsLimited(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        let result = try await trial.run(
            """
            blocks = []
            try:
                while True: blocks.append(bytearray(1 << 24))
            except MemoryError:
                answer = str(len(blocks) < 64)
            """)
        #expect(result.answer == "True")
    }

    @Test(arguments: SandboxTier.allCases) func endingsAreTold(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        let exit = try await trial.run("import os\nos._exit(7)")
        #expect(exit.message == "ended" && exit.report.ending == .exited(7) && exit.report.killed == nil)
        let stop = try await trial.run("import sys\nsys.exit(3)")
        #expect(stop.report.ending == .exited(3))
        // The number by which a child says that it could not be set up is an ordinary number for a program.
        let setUp = try await trial.run("import os\nos._exit(113)")
        #expect(setUp.report.ending == .exited(113))
        let crash = try await trial.run("import ctypes\nctypes.string_at(0)")
        #expect(crash.report.ending == .signalled(11) && crash.report.killed == nil)
        let error = try await trial.run("raise ValueError('told at the end')")
        #expect(error.report.ending == .exited(1))
        #expect(error.report.standardErrorTail.hasSuffix("ValueError: told at the end\n"))
        let closed = try await trial.run("import os\nos.closerange(0, 100)")
        #expect(closed.message == "ended")
    }

    @Test(arguments: SandboxTier.allCases) func jobsSeeNothingOfEachOther(tier: SandboxTier) async throws {
        guard tier > .none, let trial = try await SandboxTrial.shared(tier) else { return }
        let mark =
            "import os, builtins\nfor name in ('HOME', 'TMPDIR'): open(os.environ[name] + '/mark', 'w').close()\nbuiltins.mark = 1\nanswer = 'ok'"
        let find =
            "import os, builtins\nanswer = str((os.listdir(os.environ['HOME']), os.listdir(os.environ['TMPDIR']), hasattr(builtins, 'mark')))"
        for _ in 0..<3 {
            #expect(try await trial.run(mark).answer == "ok")
            #expect(try await trial.run(find).answer == "([], [], False)")
        }
    }

    @Test(arguments: SandboxTier.allCases) func threadsWithLargeStacksWork(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        let result = try await trial.run(
            """
            import functools, sys, threading
            sys.setrecursionlimit(1 << 20)
            threading.stack_size(1 << 27)
            @functools.lru_cache(None)
            def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
            found = []
            thread = threading.Thread(target=lambda: found.append(depth(30000)))
            thread.start()
            thread.join()
            answer = str(found)
            """)
        #expect(result.answer == "[30000]")
    }

    @Test(arguments: SandboxTier.allCases) func malformedFramesEndTheConversation(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        for bytes in [#"b"\xff\xff\xff\xffJ""#, #"b"\x05\0\0\0Xabcd""#, #"b"\0\0\0\0J""#] {
            let result = try await trial.run("import os\nos.write(3, \(bytes))\nwhile True: pass")
            #expect(result.message == "ended" && result.report.killed == .finished)
        }
    }

    @Test(arguments: SandboxTier.allCases) func aChildThatSendsWithoutPauseKeepsItsLimits(tier: SandboxTier)
        async throws
    {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        var limits = SandboxTrial.limits
        limits.wallSeconds = 0.5
        let job = try trial.job("import os\nwhile True: os.write(3, b'\\3\\0\\0\\0J{}' * 5000)", limits: limits)
        let (frames, report) = try await trial.pool.run(job) { session -> Int in
            var frames = 0
            while case .json = session.receive(cpuSeconds: nil, wallSeconds: 60) { frames += 1 }
            return frames
        }
        #expect(frames > 100 && report.killed == .wall)
    }
}
