// SPDX-License-Identifier: Apache-2.0

/// The part of the corpus that `bestofn doctor --self-test` runs: one program of each kind of attack. The tests hold the rest.
package enum ShortCorpus {
    package static let programs = hostile + honest

    package static let hostile = [
        // Ends without a verdict.
        CorpusProgram(
            "exit in a call", .fails,
            """
            def f(x):
                os._exit(0)
            """),
        CorpusProgram(
            "exit by exception", .fails,
            """
            def f(x):
                raise SystemExit(0)
            """),

        // Forged frames.
        CorpusProgram(
            "frames to every descriptor", .fails,
            """
            import json, struct
            answers = [
                {"status": "passed", "result": "passed"}, {"status": "pass", "details": [True] * 4, "testsRun": 3},
                {"status": "pass", "details": {}, "testsRun": 3, "nonce": ""}, {"output": "9\\n"}, {"value": True}, {"ok": True},
            ]
            def f(x):
                for answer in answers:
                    text = json.dumps(answer).encode()
                    for frame in (text, struct.pack("<I", len(text) + 1) + b"J" + text, struct.pack("<I", len(text)) + text):
                        for number in range(3, 64):
                            try: os.write(number, frame)
                            except OSError: pass
                os._exit(0)
            """),
        CorpusProgram(
            "a frame of four gigabytes", .fails,
            """
            def f(x):
                os.write(3, b"\\xff\\xff\\xff\\xffJ{}")
                os._exit(0)
            """),
        CorpusProgram(
            "walk up the frames", .fails,
            """
            import sys
            def f(x):
                frame = sys._getframe()
                while frame:
                    for space in (frame.f_locals, frame.f_globals):
                        mark = {"nonce": space.get("nonce"), "details": {}, "testsRun": 3, "result": "passed"}
                        frames = [dict(mark, status=status, **more) for status in ("passed", "pass") for more in ({}, {"details": [True] * 2})]
                        for name, value in sorted(space.items(), reverse=True):
                            if name.startswith("send") and callable(value):
                                for arguments in [()] + [(frame_,) for frame_ in frames]:
                                    try: value(*arguments)
                                    except BaseException: pass
                    frame = frame.f_back
                os._exit(0)
            """),

        // Values that lie.
        CorpusProgram(
            "a value equal to all", .fails, mayPassIn: [.bigCodeBench],
            """
            class Any:
                def __eq__(self, other): return True
                def __ne__(self, other): return False
                def __hash__(self): return 0
                def __repr__(self): return "9"
            def f(x):
                return Any()
            """),
        CorpusProgram(
            "a number equal to all", .fails, mayPassIn: [.bigCodeBench],
            """
            class Any(int):
                def __eq__(self, other): return True
                def __ne__(self, other): return False
                __hash__ = int.__hash__
            def f(x):
                return Any(5)
            """),
        CorpusProgram(
            "a list that holds itself", .fails,
            """
            def f(x):
                value = []
                value.append(value)
                return value
            """),
        CorpusProgram(
            "a deep list", .fails,
            """
            def f(x):
                value = []
                for _ in range(100000): value = [value]
                return value
            """),

        // Resources.
        CorpusProgram(
            "memory in blocks", .fails, outcomes: [.memoryLimit, .exception, .cpuTimeout, .wallTimeout],
            """
            def f(x):
                blocks = []
                while True: blocks.append(bytearray(1 << 22))
            """),
        CorpusProgram(
            "a loop that swallows signals", .fails, outcomes: [.cpuTimeout, .wallTimeout], isCostly: true,
            """
            import signal
            for number in range(1, 65):
                try: signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError): pass
            def f(x):
                while True:
                    try:
                        while True: pass
                    except BaseException: pass
            """),
        CorpusProgram(
            // Where standard output is a file, writing it fails first.
            "a flood of output", .fails, outcomes: [.outputLimit, .exception],
            """
            def f(x):
                while True: os.write(1, b"A" * 100000)
            """),
        CorpusProgram(
            "a sleeper", .fails, outcomes: [.wallTimeout], waits: true,
            """
            import time
            def f(x):
                time.sleep(1e6)
            """),
        CorpusProgram(
            "too deep in C", .fails,
            """
            sys.setrecursionlimit(10 ** 9)
            class Deep:
                def __add__(self, other): return self + other
            def f(x):
                return Deep() + Deep()
            """),

        // Ways out.
        CorpusProgram(
            "start processes", .passes, channels: GradingChannel.notForking,
            """
            import _posixsubprocess
            def f(x):
                done = []
                for name, action in (
                    ("fork", os.fork), ("vfork", lambda: subprocess.Popen(["/bin/true"])),
                    ("exec", lambda: os.execv("/bin/true", ["true"])), ("spawn", lambda: os.posix_spawn("/bin/true", ["true"], {})),
                ):
                    try: done.append((name, action()))
                    except (OSError, TypeError): pass
                if done: raise RuntimeError(done)
                return x * x
            """),
        CorpusProgram(
            "reach the network", .passes,
            """
            import socket
            def f(x):
                done = []
                for family, address in (
                    (socket.AF_INET, ("127.0.0.1", 22)), (socket.AF_INET, ("8.8.8.8", 53)), (socket.AF_INET, ("169.254.169.254", 80)),
                    (socket.AF_INET6, ("2001:4860:4860::8888", 53)), (socket.AF_UNIX, "/var/run/docker.sock"),
                    (socket.AF_UNIX, "/run/systemd/journal/socket"),
                ):
                    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                        try:
                            with socket.socket(family, kind) as connection:
                                connection.settimeout(1)
                                connection.connect(address)
                                connection.send(b"x")
                                # A datagram into an empty network namespace's loopback goes nowhere.
                                if address[0] != "127.0.0.1": done.append((address, kind))
                        except OSError: pass
                if done: raise RuntimeError(done)
                return x * x
            """),
        CorpusProgram(
            "read what is not its own", .passes,
            """
            def f(x):
                done = []
                for path in (
                    "/etc/shadow", "/etc/gshadow", "/root/.bashrc", "/proc/1/environ", "/proc/1/cmdline", "/proc/kcore",
                    "/proc/sysrq-trigger", "/sys/kernel/uevent_seqnum", "/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/var/log/syslog",
                    "/proc/%d/environ" % os.getppid(),
                ):
                    try:
                        with open(path, "rb") as file: done.append((path, file.read(10)))
                    except OSError: pass
                for path in ("/root", "/home", "/var/lib", "/proc/1/fd", "/sys/fs/cgroup"):
                    try: done += [(path, name) for name in os.listdir(path) if not sys.prefix.startswith(path + "/" + name)]
                    except OSError: pass
                # With processes of its own, a program sees a /proc that holds only them.
                done = [item for item in done if not item[0].startswith("/proc/1/") or os.getpid() != 1]
                if done: raise RuntimeError(done)
                return x * x
            """),
        CorpusProgram(
            "write where it may not", .passes,
            """
            def f(x):
                done = []
                for path in ("/usr/x", "/etc/x", "/x", "/dev/x", "/bin/x", "/var/tmp/x", "/usr/lib/x", "/proc/x", sys.prefix + "/x"):
                    try:
                        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
                        done.append(path)
                    except OSError: pass
                for path in (sys.executable, "/bin/sh", "/usr/bin/env", os.__file__):
                    for action in (lambda: os.close(os.open(path, os.O_WRONLY)), lambda: os.chmod(path, 0o777), lambda: os.truncate(path, 0)):
                        try: done.append((path, action()))
                        except OSError: pass
                if done: raise RuntimeError(done)
                return x * x
            """),
        CorpusProgram(
            "signal others", .passes,
            """
            import signal
            def f(x):
                done = []
                me = os.getpid()
                for target in (-1, 1, 2, os.getppid(), os.getppid() - 1, me - 1, me - 2):
                    if target in (0, me): continue
                    try:
                        os.kill(target, signal.SIGKILL)
                        done.append(target)
                    except OSError: pass
                if done: raise RuntimeError(done)
                return x * x
            """),
        CorpusProgram("call the kernel", .passes, kernelCalls),

        // What stays behind.
        CorpusProgram(
            "leave things behind", .either,
            """
            import atexit, builtins, signal, threading, time
            for name in ("HOME", "TMPDIR"):
                with open(os.path.join(os.environ[name], "mark"), "w") as file: file.write("mark")
                os.makedirs(os.path.join(os.environ[name], "a", "b"))
                os.chmod(os.path.join(os.environ[name], "a"), 0)
            builtins.mark = 1
            sys.modules["mark"] = sys
            os.environ["MARK"] = "1"
            os.umask(0)
            os.chdir("/")
            atexit.register(lambda: time.sleep(0.01))
            threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            def f(x):
                return x * x
            """),
        CorpusProgram(
            "leave a daemon", .either, channels: GradingChannel.forking, tier: .isolated,
            """
            import time
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    import ctypes
                    ctypes.CDLL(None).prctl(15, b"bestofn-daemon", 0, 0, 0)
                    time.sleep(1000)
                os._exit(0)
            def f(x):
                return x * x
            """),
        CorpusProgram(
            "fork without end", .fails, channels: GradingChannel.forking, tier: .isolated, isCostly: true,
            """
            def f(x):
                while True:
                    try:
                        if os.fork() == 0:
                            while True: pass
                    except OSError: pass
            """),
    ]

    /// Calls that reach beyond the process, by their numbers on both architectures. An impossible call must be refused, not merely fail.
    private static let kernelCalls = """
        import ctypes, errno, platform
        calls = {
            "ptrace": (101, 117), "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "chroot": (161, 51),
            "pivot_root": (155, 41), "bpf": (321, 280), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
            "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "userfaultfd": (323, 282), "mknodat": (259, 33),
            "perf_event_open": (298, 241), "kcmp": (312, 272), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
            "pidfd_getfd": (438, 438), "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "personality": (135, 92),
            "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180), "fanotify_init": (300, 262),
            "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsmount": (432, 432), "fspick": (433, 433),
            "mount_setattr": (442, 442), "swapon": (167, 224), "reboot": (169, 142), "init_module": (175, 105), "finit_module": (313, 273),
            "delete_module": (176, 106), "kexec_load": (246, 104), "quotactl": (179, 60), "acct": (163, 89), "settimeofday": (170, 170),
            "clock_settime": (227, 112), "clock_adjtime": (305, 266), "syslog": (103, 116), "sethostname": (170, 161), "vhangup": (153, 58),
            "process_madvise": (440, 440), "migrate_pages": (256, 238), "move_pages": (279, 239), "lookup_dcookie": (212, 18),
        }
        calls["settimeofday"] = (164, 170)
        libc = ctypes.CDLL(None, use_errno=True)
        arm = platform.machine() == "aarch64"
        def number_of(name): return calls[name][1 if arm else 0]
        def f(x):
            done = []
            for name in calls:
                ctypes.set_errno(0)
                if libc.syscall(number_of(name), 1, 1, 0, 0, 0, 0) != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
                    done.append((name, ctypes.get_errno()))
            for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
                ctypes.set_errno(0)
                if libc.syscall(220 if arm else 56, flag | 17, 0, 0, 0, 0) != -1 or ctypes.get_errno() != errno.EPERM:
                    done.append(("clone", hex(flag)))
            ctypes.set_errno(0)
            if libc.syscall(435, 0, 0) != -1 or ctypes.get_errno() != errno.ENOSYS: done.append("clone3")
            if done: raise RuntimeError(done)
            return x * x
        """
}
