// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import Testing

/// Programs that set out to break the sandbox. None may gain anything, hurt the worker, or outlive its limits.
@Suite struct SandboxHostileTests {
    struct Program: Sendable, CustomTestStringConvertible {
        var name: String
        var code: String
        /// What the program's answer must be; nil when it need not come to one.
        var answer: String?
        var testDescription: String { name }
    }

    static let programs = [
        Program(
            name: "thread bomb",
            code: """
                import threading, time
                count = 0
                try:
                    while count < 400:
                        threading.Thread(target=time.sleep, args=(99,), daemon=True).start()
                        count += 1
                except BaseException: pass
                answer = str(count < 400)
                """, answer: "True"),
        Program(
            name: "stop itself",
            code: "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nanswer = 'went on'"),
        Program(
            name: "raise its limits",
            code: """
                import os, resource
                done = []
                def attempt(name, action):
                    try: action(); done.append(name)
                    except (OSError, ValueError): pass
                attempt("nice", lambda: os.nice(-10))
                attempt("fifo", lambda: os.sched_setscheduler(0, 1, os.sched_param(50)))
                for name in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_CORE"):
                    attempt(name, lambda: resource.setrlimit(getattr(resource, name), (-1, -1)))
                attempt("uid", lambda: os.setuid(65534))
                answer = " ".join(done)
                """, answer: ""),
        Program(
            name: "fill the disk",
            code: """
                import os
                written = 0
                for directory in ("/tmp", "/box", "/dev/shm", os.environ["HOME"]):
                    try:
                        for number in range(3):
                            with open(directory + "/%d" % number, "wb") as file:
                                for _ in range(100): file.write(b"x" * (1 << 20)); written += 1
                    except OSError: pass
                answer = str(written <= 300)
                """, answer: "True"),
        Program(
            name: "kill its parents",
            code:
                "import os\nfor i in (0, 1, -1, os.getppid(), os.getppid() - 1, 2, 3):\n    try:\n        os.kill(i, 9) if i else None\n    except OSError: pass\nanswer = 'alive'"
        ),
        Program(
            name: "write to every descriptor",
            code:
                "import os\nfor i in range(4, 1024):\n    try:\n        os.write(i, b'done 0 0 0')\n        answer = 'wrote to %d' % i\n        break\n    except OSError: pass\nelse:\n    answer = 'none'",
            answer: "none"),
        Program(
            name: "recurse in C",
            code:
                "class C:\n    def __add__(self, other): return self + other\nimport sys\nsys.setrecursionlimit(10**9)\nC() + C()"
        ),
        Program(
            name: "reach a socket of the system",
            code: """
                import socket
                done = []
                for name in ("/run/systemd/journal/socket", "/var/run/docker.sock", "/dev/log", "\\0bestofn"):
                    try:
                        a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
                        a.sendto(b"x", name)
                        done.append(name)
                    except OSError: pass
                for family in (socket.AF_INET, socket.AF_INET6):
                    try:
                        with socket.socket(family, socket.SOCK_DGRAM) as s: s.sendto(b"x", ("8.8.8.8" if family == socket.AF_INET else "2001:4860:4860::8888", 53))
                        done.append(str(family))
                    except OSError: pass
                answer = " ".join(done)
                """, answer: ""),
        Program(
            name: "find the worker's objects",
            code: """
                import gc, sys
                found = [name for name in ("zygote", "wire", "limits", "trial", "self_test") if name in sys.modules]
                answer = " ".join(found)
                """, answer: ""),
        Program(
            name: "start a program",
            code:
                "import os\ntry:\n    os.execv('/bin/sh', ['sh', '-c', 'exit 0'])\nexcept OSError:\n    answer = 'refused'",
            answer: "refused"),
        Program(
            name: "nest directories",
            code: """
                import os
                os.chdir(os.environ["HOME"])
                for _ in range(600):
                    os.mkdir("directory")
                    os.chdir("directory")
                os.chmod(".", 0)
                try: os.chmod(os.environ["HOME"], 0)
                except OSError: pass
                answer = "nested"
                """, answer: "nested"),
        Program(
            name: "answer without an end", code: "while True: channel.send({'answer': 'x' * 1000})",
            answer: String(repeating: "x", count: 1000)),
        Program(name: "a frame too large", code: "channel.send_bytes(bytes(70 << 20))"),
    ]

    @Test(arguments: [SandboxTier.confined, .isolated, .isolatedWithCgroup], programs)
    func gainsNothing(tier: SandboxTier, program: Program) async throws {
        guard let trial = try await SandboxTrial.shared(tier) else { return }
        var limits = SandboxTrial.limits
        (limits.cpuSeconds, limits.wallSeconds, limits.fileBytes) = (3, 6, 1 << 20)
        // In a process namespace of its own the program cannot be stopped; elsewhere it stays stopped to its limit.
        let result = try await trial.run(program.code, limits: limits)
        if let answer = program.answer,
            tier > .confined || trial.pool.environment.limitsProcesses || program.name != "thread bomb"
        {
            #expect(result.answer == answer)
        }
        #expect(result.report.wallSeconds < 20)
        #expect(try await trial.run("answer = 'next'").answer == "next")
    }
}
