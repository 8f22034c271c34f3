// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import Testing

/// What namespaces and cgroups add.
@Suite struct SandboxIsolationTests {
    static let tiers: [SandboxTier] = [.isolated, .isolatedWithCgroup]

    @Test(arguments: tiers) func processesMayBeStartedWhereAllowed(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        let code =
            "import subprocess\nanswer = subprocess.run(['/bin/echo', 'hello'], capture_output=True, text=True).stdout"
        #expect(try await trial.run(code, mayFork: true).answer == "hello\n")
        let refused = "import os\ntry:\n    os.fork()\nexcept OSError as error:\n    answer = str(error.errno)"
        #expect(try await trial.run(refused).answer == "1")
    }

    @Test(arguments: tiers) func forkBombsDieWithTheirJob(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        var limits = SandboxTrial.limits
        limits.wallSeconds = 1
        limits.processes = 32
        let code = """
            import os
            while True:
                try:
                    if os.fork() == 0:
                        while True: pass
                except OSError: pass
            """
        let result = try await trial.run(code, limits: limits, mayFork: true)
        #expect(result.report.killed == .wall || result.report.killed == .cpu)
        #expect(try await trial.run("answer = 'next'").answer == "next")
    }

    @Test(arguments: tiers) func daemonsDieWithTheirJob(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        let code = """
            import os, time
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0: time.sleep(1000)
                os._exit(0)
            answer = 'left'
            """
        let result = try await trial.run(code, mayFork: true)
        #expect(result.answer == "left" && result.report.wallSeconds < 10)
    }

    @Test func memoryOfAllProcessesIsLimited() async throws {
        guard try await SandboxTrial.shared(.isolatedWithCgroup) != nil else { return }
        let trial = try await SandboxTrial.start(tier: .isolatedWithCgroup, workers: 1) {
            $0.memoryBytesPerWorker = 300 << 20
        }
        let code = """
            import os, time
            for _ in range(4):
                if os.fork() == 0:
                    block = bytearray(150 << 20)
                    time.sleep(20)
                    os._exit(0)
            os.wait()
            answer = 'one died'
            """
        let result = try await trial.run(code, mayFork: true)
        #expect(result.report.outOfMemory)
        let next = try await trial.run("answer = 'next'")
        #expect(next.answer == "next" && !next.report.outOfMemory)
        await trial.pool.shutDown()
    }

    @Test func rightAnswersDoNotExcuseProcessesKilledForMemory() async throws {
        guard try await SandboxTrial.shared(.isolatedWithCgroup) != nil else { return }
        let trial = try await SandboxTrial.start(tier: .isolatedWithCgroup, workers: 1) {
            $0.memoryBytesPerWorker = 300 << 20
        }
        let code = """
            import os, time
            def f(x):
                for _ in range(4):
                    if os.fork() == 0:
                        block = bytearray(b"x" * (150 << 20))
                        time.sleep(5)
                        os._exit(0)
                os.wait()
                return x * x
            """
        let engine = ExecutionEngine(settings: ExecutionSettings(secondsPerTest: 20), runner: trial.pool)
        let channel = GradingChannel.bigCodeBench
        let verdict = try await engine.grader.grade(channel.program(code), against: channel.suite)
        #expect(verdict.outcome == .memoryLimit, "\(verdict.outcome): \(verdict.message)")
        let honest = try await engine.grader.grade(channel.program("def f(x): return x * x"), against: channel.suite)
        #expect(honest.passed, "\(honest.message)")
        await engine.shutDown()
    }

    @Test func cpuTimeOfAllProcessesIsCounted() async throws {
        guard let trial = try await SandboxTrial.shared(.isolatedWithCgroup) else { return }
        let code = """
            import os, time
            if os.fork() == 0:
                while time.process_time() < 0.3: pass
                os._exit(0)
            time.sleep(0.2)
            while time.process_time() < 0.1: pass
            os.kill(2, 9)
            os.wait()
            answer = 'ok'
            """
        let result = try await trial.run(code, mayFork: true)
        #expect(result.report.cpuSeconds > 0.15)
    }

    @Test(arguments: tiers) func systemCallsThatReachOutAreRefused(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        let code = """
            import ctypes, errno
            libc = ctypes.CDLL(None, use_errno=True)
            calls = {"unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "chroot": 161, "pivot_root": 155, "bpf": 321,
                     "keyctl": 250, "io_uring_setup": 425, "userfaultfd": 323, "mknod": 133, "shmget": 29, "kcmp": 312,
                     "perf_event_open": 298, "ptrace": 101, "process_vm_readv": 310, "pidfd_getfd": 438, "open_tree": 428,
                     "personality": 135, "init_module": 175, "reboot": 169, "mq_open": 240}
            passed = []
            for name, number in calls.items():
                ctypes.set_errno(0)
                if libc.syscall(number, 1, 1, 0, 0, 0, 0) != -1 or ctypes.get_errno() != errno.EPERM: passed.append(name)
            ctypes.set_errno(0)
            libc.syscall(56, 0x10000011, 0, 0, 0, 0)
            if ctypes.get_errno() != errno.EPERM: passed.append("clone")
            libc.syscall(435, 0, 0)
            if ctypes.get_errno() != errno.ENOSYS: passed.append("clone3")
            import socket
            for family in (16, 40, 38, 17):
                try:
                    socket.socket(family, socket.SOCK_RAW if family == 17 else socket.SOCK_STREAM)
                    passed.append("socket %d" % family)
                except OSError: pass
            answer = " ".join(passed)
            """
        #if arch(x86_64)
            #expect(try await trial.run(code).answer == "")
        #endif
    }

    @Test(arguments: tiers) func processFilesAreHiddenUnlessProcessesMayBeStarted(tier: SandboxTier) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        let code = "import os\nanswer = str(os.listdir('/proc'))"
        #expect(try await trial.run(code).answer == "[]")
        if trial.pool.environment.hasProcessFiles {
            #expect(
                try await trial.run("import os\nanswer = str(os.path.exists('/proc/self/status'))", mayFork: true)
                    .answer == "True")
        }
    }
}
