// SPDX-License-Identifier: Apache-2.0
import Execution

/// Programs that leave something for the next one, or outlive their job. They solve the task.
extension HostilePrograms {
    static let persistence: [CorpusProgram] = [
        leaving(
            "files of all kinds",
            """
            import socket
            for name in ("HOME", "TMPDIR"):
                folder = os.environ[name]
                try: os.mkfifo(folder + "/fifo")
                except OSError: pass
                open(os.fsencode(folder) + b"/\\xff\\xfe\\n", "w").close()
                os.symlink("/", folder + "/root")
                os.makedirs(folder + "/deep/" * 1 + "/".join("d" * 100 for _ in range(20)))
                for root in ("/tmp", "/dev/shm", "/var/tmp"):
                    try: open(root + "/left", "w").close()
                    except OSError: pass
            """),
        leaving(
            "nested and locked directories",
            """
            os.chdir(os.environ["HOME"])
            for _ in range(200):
                os.mkdir("directory")
                os.chdir("directory")
            os.chmod(".", 0)
            try: os.chmod(os.environ["HOME"], 0)
            except OSError: pass
            """),
        leaving(
            "changed modules",
            """
            import json, math, random
            math.sqrt = len
            json.loads = None
            random.random = lambda: 4
            sys.path.insert(0, os.environ["HOME"])
            sys.meta_path.clear()
            sys.modules["collections"] = None
            for name in ("sitecustomize.py", "json.py", "os.py"):
                with open(os.environ["HOME"] + "/" + name, "w") as file: file.write("raise SystemExit(0)")
            """),
        leaving(
            "changed settings",
            """
            import decimal, gc, locale, random, threading, time
            sys.setrecursionlimit(5000)
            sys.setswitchinterval(1)
            sys.set_int_max_str_digits(0)
            gc.disable()
            gc.set_threshold(1)
            decimal.getcontext().prec = 3
            random.seed(1)
            threading.stack_size(1 << 20)
            os.environ.update(TZ="Asia/Tokyo", PYTHONPATH="/", LC_ALL="C")
            time.tzset()
            try: locale.setlocale(locale.LC_ALL, "C")
            except locale.Error: pass
            """),
        leaving(
            "changed signals and limits",
            """
            import resource, signal
            for number in range(1, 65):
                try: signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError): pass
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGCHLD])
            for name in ("NOFILE", "NPROC", "FSIZE", "DATA", "STACK"):
                kind = getattr(resource, "RLIMIT_" + name)
                soft = resource.getrlimit(kind)[0]
                resource.setrlimit(kind, (1 << 28 if soft < 0 else max(16, soft // 2),) * 2)
            os.nice(5)
            os.umask(0o777)
            """),
        leaving(
            "work for the end",
            """
            import atexit, threading, weakref
            class Late:
                def __del__(self): os.write(1, b"late")
            builtins.late = Late()
            builtins.cycle = [builtins.late]
            builtins.cycle.append(builtins.cycle)
            atexit.register(lambda: os.write(3, b"\\x03\\0\\0\\0J{}"))
            weakref.finalize(builtins.late, os.write, 1, b"end")
            """),
        leaving(
            "threads that go on",
            """
            import threading, time
            def work():
                while True:
                    try: open(os.environ["TMPDIR"] + "/thread", "a").close()
                    except OSError: pass
                    time.sleep(0.001)
            for _ in range(3): threading.Thread(target=work, daemon=True).start()
            """),
        leaving(
            "threads that keep it alive",
            """
            import threading, time
            for _ in range(3): threading.Thread(target=time.sleep, args=(3,)).start()
            """),
        leaving(
            "other small numbers",
            """
            import ctypes
            for number in (11, 13): ctypes.c_uint32.from_address(id(number) + 24).value = number + 1
            """),
        leaving(
            "a hook on everything",
            """
            sys.addaudithook(lambda event, arguments: None)
            sys.settrace(lambda *a: None)
            sys.setprofile(lambda *a: None)
            sys.excepthook = sys.unraisablehook = sys.displayhook = lambda *a: os._exit(0)
            """),
    ]

    private static func leaving(_ name: String, _ body: String) -> CorpusProgram {
        CorpusProgram("leave " + name, .either, body + "\ndef f(x):\n    return x * x")
    }

    /// Where processes may be started.
    static let processes: [CorpusProgram] = [
        process("a chain of forks", .fails, "while True:\n        if os.fork(): os._exit(0)"),
        process(
            "children without a parent", .either,
            "for _ in range(40):\n        try:\n            if os.fork() == 0:\n                time.sleep(100)\n                os._exit(0)\n        except OSError: break\n    return x * x"
        ),
        process(
            "children that nobody reaps", .either,
            "for _ in range(200):\n        try:\n            if os.fork() == 0: os._exit(0)\n        except OSError: break\n    return x * x"
        ),
        process(
            "a child that floods the output", .fails,
            "if os.fork() == 0:\n        while True: os.write(1, b'A' * 100000)\n    time.sleep(100)"),
        process(
            "a child that answers", .fails,
            "if os.fork() == 0:\n        for i in range(3, 20):\n            try: os.write(i, b'\\\\x20\\\\0\\\\0\\\\0J' + b'{\"status\":\"pass\",\"details\":{}}')\n            except OSError: pass\n        os._exit(0)\n    os.wait()\n    return 0"
        ),
        process(
            "a child that returns as well", .either, "if os.fork() == 0: return 0\n    os.wait()\n    return x * x"),
        process("a child that returns a pass", .fails, "if os.fork() == 0: return x * x\n    os.wait()\n    return 0"),
        process(
            "a child that kills", .either,
            "import signal\n    if os.fork() == 0:\n        for target in (-1, os.getppid(), 1, 2):\n            try: os.kill(target, signal.SIGSTOP)\n            except OSError: pass\n            try: os.kill(target, signal.SIGKILL)\n            except OSError: pass\n        os._exit(0)\n    time.sleep(0.05)\n    return x * x"
        ),
        process("another program in its place", .fails, "os.execv('/bin/sh', ['sh', '-c', 'exit 0'])"),
        process(
            "a set-user-id program", .fails,
            "for name in ('su', 'sudo', 'passwd', 'mount', 'unshare', 'chroot'):\n        subprocess.run([name, '-h'], stdin=subprocess.DEVNULL, capture_output=True)\n    print(subprocess.run(['unshare', '-Ur', 'id'], capture_output=True).stdout)\n    return 0"
        ),
        process(
            "a look at other processes", .passes,
            "others = [name for name in os.listdir('/proc') if name.isdigit() and int(name) not in (1, os.getpid())] if os.path.exists('/proc') else []\n    if others: raise RuntimeError(others)\n    return x * x"
        ),
    ]

    private static func process(_ name: String, _ expectation: CorpusProgram.Expectation, _ body: String)
        -> CorpusProgram
    {
        CorpusProgram(
            "processes: " + name, expectation, channels: GradingChannel.forking, tier: .isolated,
            waits: expectation == .fails,
            "import time\ndef f(x):\n    " + body)
    }
}
