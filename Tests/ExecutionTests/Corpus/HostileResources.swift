// SPDX-License-Identifier: Apache-2.0
import Execution

/// Programs that use up what they share with others.
extension HostilePrograms {
    static let resources: [CorpusProgram] = [
        memory("small objects", "items = []\n    while True: items.append((x, [x], {x: x}))"),
        memory(
            "a mapping",
            "import mmap\n    items = []\n    while True:\n        items.append(mmap.mmap(-1, 1 << 24)); items[-1].write(b'x' * (1 << 24))"
        ),
        memory("one large block", "return bytearray(1 << 40)"),
        memory("a growing text", "text = 'x'\n    while True: text += text"),
        memory(
            "a decompressed bomb",
            "import zlib\n    data = zlib.compress(bytes(1 << 28), 9)\n    return len(zlib.decompress(zlib.compress(data * 9)) * 99999)"
        ),
        memory(
            "a shared file in memory", "number = os.memfd_create('x')\n    while True: os.write(number, bytes(1 << 20))"
        ),
        memory("a large power", "return 10 ** 10 ** 10"),
        cpu("a plain loop", "while True: pass"),
        cpu("a regular expression", "import re\n    return re.match('(a|aa)+$', 'a' * 60 + 'b')"),
        cpu("a power", "return pow(3, 3 ** 20) % 7"),
        cpu("digits of a large number", "sys.set_int_max_str_digits(0)\n    return len(str(1 << 30_000_000))"),
        cpu(
            "a sort without an order",
            "import functools\n    return sorted(range(10 ** 7), key=functools.cmp_to_key(lambda a, b: 1))"),
        cpu(
            "colliding keys",
            "return len({(i << 61) - i: 0 for i in range(60000)} | {i * (2 ** 61 - 1): 0 for i in range(60000)})"),
        cpu(
            "no more timers",
            "import signal\n    for which in (0, 1, 2): signal.setitimer(which, 0)\n    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n    while True: pass"
        ),
        cpu(
            "a loop in another thread",
            "import threading\n    thread = threading.Thread(target=lambda: [None for _ in iter(int, 1)])\n    thread.start()\n    thread.join()"
        ),
        cpu("a trace of every line", "sys.settrace(lambda *a: sum(range(10 ** 9)))\n    return (lambda: 0)()"),
        cpu(
            "a destructor that loops",
            "\n    class Loop:\n        def __del__(self):\n            while True: pass\n    Loop()"),
        cpu(
            "a callback of the collector",
            "import gc\n    gc.callbacks.append(lambda *a: [None for _ in iter(int, 1)])\n    gc.collect()"),
        waiting("a pause", "import signal\n    signal.pause()"),
        waiting(
            "a lock held twice", "import threading\n    lock = threading.Lock()\n    lock.acquire()\n    lock.acquire()"
        ),
        waiting("a pipe nobody writes to", "os.read(os.pipe()[0], 1)"),
        waiting("a timer far away", "import select\n    select.select([], [], [], 1e5)"),
        ending(
            "a kill",
            "import signal\n    os.kill(os.getpid(), signal.SIGKILL)\n    while True: os.kill(os.getpid(), signal.SIGSTOP)"
        ),
        ending("an abort", "os.abort()"),
        ending("a null pointer", "import ctypes\n    ctypes.string_at(0)"),
        ending("a jump to nowhere", "import ctypes\n    ctypes.CFUNCTYPE(None)(1)()"),
        ending(
            "a broken object",
            "import ctypes\n    ctypes.memset(id([]), 255, 64)\n    ctypes.memset(id(None), 0, 16)\n    return None"),
        ending(
            "an impossible instruction",
            "import mmap, ctypes\n    code = mmap.mmap(-1, 4096, prot=7)\n    code.write(b'\\\\x0f\\\\x0b' + bytes(62))\n    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()"
        ),
        ending("a recursion in Python", "sys.setrecursionlimit(10 ** 9)\n    return f(x) + 1"),
        ending(
            "a recursion of the compiler",
            "eval('-' * 200000 + '1') if x else 0\n    return eval('(' * 5000 + ')' * 5000)"),
        ending(
            "a deep copy",
            "import copy\n    value = []\n    for _ in range(10 ** 5): value = [value]\n    return copy.deepcopy(value)"
        ),
        ending("a deep pickle", "import pickle\n    return pickle.loads(b'(' * 10 ** 6 + b't' * 10 ** 6 + b'.')"),
        ending(
            "a deep comparison",
            "a, b = [], []\n    a.append(b); b.append(a)\n    sys.setrecursionlimit(10 ** 8)\n    return a == b"),
        CorpusProgram(
            "a flood of errors", .fails,
            """
            def f(x):
                while True: os.write(2, b"A" * 100000)
            """),
        CorpusProgram(
            "a flood of prints", .fails,
            """
            def f(x):
                while True: print("A" * 1000, file=sys.__stdout__), print("B" * 1000, file=sys.__stderr__)
            """),
        CorpusProgram(
            "a bomb of threads", .either,
            """
            import threading, time
            def f(x):
                count = 0
                try:
                    while count < 300:
                        threading.Thread(target=time.sleep, args=(99,), daemon=True).start()
                        count += 1
                except (RuntimeError, MemoryError): pass
                return x * x
            """),
        CorpusProgram(
            "all descriptors", .either,
            """
            def f(x):
                held = []
                try:
                    while True: held.append(os.dup(0))
                except OSError: pass
                return x * x if len(held) < 5000 else 0
            """),
        CorpusProgram(
            "all files", .either,
            """
            folder = os.environ["TMPDIR"]
            def f(x):
                count = 0
                try:
                    for count in range(3000):
                        os.close(os.open("%s/%d" % (folder, count), os.O_CREAT | os.O_WRONLY))
                except OSError: pass
                return x * x
            """),
        CorpusProgram(
            "all of the disk", .either,
            """
            def f(x):
                written = 0
                for folder in ("/tmp", "/dev/shm", "/var/tmp", os.environ["HOME"], os.environ["TMPDIR"]):
                    try:
                        for number in range(2):
                            with open("%s/%d" % (folder, number), "wb") as file:
                                for _ in range(100):
                                    file.write(bytes(1 << 20))
                                    written += 1
                    except OSError: pass
                return x * x
            """),
        CorpusProgram(
            "a sparse file of a terabyte", .either,
            """
            def f(x):
                with open(os.environ["TMPDIR"] + "/sparse", "wb") as file:
                    try: os.ftruncate(file.fileno(), 1 << 40)
                    except OSError: return x * x
                    return 0
            """),
        CorpusProgram(
            "locked memory", .either,
            """
            import ctypes
            def f(x):
                ctypes.CDLL(None).mlockall(7)
                return x * x
            """),
    ]

    private static func memory(_ name: String, _ body: String) -> CorpusProgram {
        CorpusProgram(
            "memory: " + name, .fails,
            outcomes: [.memoryLimit, .exception, .cpuTimeout, .wallTimeout, .outputLimit, .crash, .noVerdict],
            isCostly: true, "def f(x):\n    " + body)
    }

    private static func cpu(_ name: String, _ body: String) -> CorpusProgram {
        CorpusProgram("processor: " + name, .fails, isCostly: true, "def f(x):\n    " + body)
    }

    private static func waiting(_ name: String, _ body: String) -> CorpusProgram {
        CorpusProgram(
            "wait: " + name, .fails, outcomes: [.wallTimeout], waits: true, isCostly: true, "def f(x):\n    " + body)
    }

    private static func ending(_ name: String, _ body: String) -> CorpusProgram {
        CorpusProgram("end: " + name, .fails, "def f(x):\n    " + body)
    }
}
