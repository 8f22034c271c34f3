// SPDX-License-Identifier: Apache-2.0
import Execution

/// Demanding programs that do nothing wrong: every channel and tier must let them pass.
enum HonestPrograms {
    static let all = ShortCorpus.honest + common + input + demanding

    /// What answers to programming problems are made of.
    private static let common: [CorpusProgram] = [
        .honest("a main guard", "def f(x):\n    return x * x\nif __name__ == '__main__':\n    y = f(2)"),
        .honest(
            "a deep recursion",
            """
            import sys
            sys.setrecursionlimit(10 ** 6)
            def count(n): return 0 if n == 0 else 1 + count(n - 1)
            def f(x):
                return x * x + count(15000) - 15000
            """),
        .honest(
            "regular expressions and texts",
            """
            import re, string, textwrap
            def f(x):
                text = textwrap.dedent("  value: %d" % (x * x))
                return int(re.search(r"value: (?P<n>[0-9]+)", text).group("n")) + len(string.digits) - 10
            """),
        .honest(
            "heaps and iterators",
            """
            import bisect, collections, heapq, itertools, operator
            def f(x):
                heap = [abs(x)] * abs(x)
                heapq.heapify(heap)
                total = sum(heapq.heappop(heap) for _ in range(len(heap)))
                counts = collections.Counter(itertools.chain.from_iterable([[1], [1]]))
                return total + counts[1] - 2 + bisect.bisect_left([1, 2], 1) + operator.sub(1, 1)
            """),
        .honest(
            "exact numbers",
            """
            import decimal, fractions, math, statistics
            def f(x):
                value = decimal.Decimal(x) ** 2
                return int(value * fractions.Fraction(1).numerator) + math.isqrt(0) + int(statistics.mean([0, 0]))
            """),
        .honest(
            "a generator inside",
            """
            def odd(n):
                for i in range(n): yield 2 * i + 1
            def f(x):
                return sum(odd(abs(x)))
            """),
        .honest(
            "logging and mocks",
            """
            import io, logging
            from unittest import mock
            def f(x):
                stream = io.StringIO()
                log = logging.Logger("f")
                log.addHandler(logging.StreamHandler(stream))
                log.warning("%d", x * x)
                with mock.patch("math.sqrt", return_value=int(stream.getvalue())):
                    import math
                    return math.sqrt(1)
            """),
        .honest(
            "a database in memory",
            """
            import sqlite3
            def f(x):
                with sqlite3.connect(":memory:") as database:
                    database.execute("create table t (v integer)")
                    database.executemany("insert into t values (?)", [(x,)] * abs(x))
                    return abs(database.execute("select sum(v) from t").fetchone()[0])
            """),
        .honest(
            "a pool of threads",
            """
            from concurrent.futures import ThreadPoolExecutor
            import queue, threading
            def f(x):
                with ThreadPoolExecutor(max_workers=4) as pool:
                    return sum(pool.map(lambda i: abs(x), range(abs(x))))
            """),
        // Its locks are files in /dev/shm, which tier T1 cannot make private.
        .honest(
            "a pool of multiprocessing's threads", tier: .isolated,
            """
            from multiprocessing.dummy import Pool
            def f(x):
                with Pool(3) as pool:
                    return sum(pool.map(lambda i: abs(x), range(abs(x))))
            """),
        .honest(
            "random numbers",
            "import random\ndef f(x):\n    random.seed(1)\n    return x * x if 0 <= random.random() < 1 else 0"),
        .honest("a short sleep", "import time\ndef f(x):\n    time.sleep(0.01)\n    return x * x"),
        .honest(
            "dates and places",
            """
            import calendar, datetime, locale, time
            def f(x):
                day = datetime.date(2024, 2, 28) + datetime.timedelta(days=1)
                zone = datetime.datetime.now(datetime.timezone.utc).utcoffset()
                return x * x + day.day - 29 + zone.seconds + len(locale.str(1.5)) - 3 + calendar.monthrange(2024, 2)[1] - 29
            """),
        .honest(
            "classes with their own rules",
            """
            import abc, copy, functools, weakref
            @functools.total_ordering
            class Number(abc.ABC):
                __slots__ = ("value", "__weakref__")
                def __init__(self, value): self.value = value
                def __eq__(self, other): return self.value == other.value
                def __lt__(self, other): return self.value < other.value
                def __hash__(self): return hash(self.value)
                def __mul__(self, other): return Number(self.value * other.value)
            def f(x):
                number = Number(x)
                assert weakref.ref(number)() is number
                return max(copy.copy(number) * number, Number(0)).value
            """),
        .honest(
            "exceptions that are caught",
            """
            import contextlib, traceback, warnings
            def f(x):
                with contextlib.suppress(ZeroDivisionError):
                    1 // 0
                try:
                    int("x")
                except ValueError as error:
                    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
                warnings.simplefilter("ignore")
                return x * x if "ValueError" in text else 0
            """),
        .honest(
            "inspection of itself",
            """
            import inspect, sys, types
            def g(a, b=2): return a
            def f(x):
                return x * x if list(inspect.signature(g).parameters) == ["a", "b"] and isinstance(g, types.FunctionType) else 0
            """),
        .honest(
            "a large number", "def f(x):\n    return x * x + (1 << 5000) - 2 ** 5000 + len(str(10 ** 1000)) - 1001"),
        .honest(
            "a large list",
            "def f(x):\n    rows = [[0] * 1000 for _ in range(300)]\n    return x * x + sum(map(sum, rows))"),
        .honest(
            "a signal of its own",
            "import signal\ndef f(x):\n    seen = []\n    signal.signal(signal.SIGUSR1, lambda *a: seen.append(1))\n    signal.raise_signal(signal.SIGUSR1)\n    return x * x * len(seen)"
        ),
        .honest(
            "numpy where it is installed",
            """
            try:
                import numpy as np
            except ImportError:
                np = None
            def f(x):
                if np is None: return x * x
                return int((np.full(4, x, dtype=np.int64) @ np.full(4, x, dtype=np.int64)) // 4)
            """),
    ]

    /// All the usual ways to read the input, one number on one line.
    private static let input: [CorpusProgram] = [
        "input()", "sys.stdin.readline()", "sys.stdin.read()", "sys.stdin.read().split()[0]",
        "sys.stdin.buffer.readline()",
        "sys.stdin.buffer.read()", "[line for line in sys.stdin][0]", "sys.stdin.readlines()[0]",
        "next(iter(sys.stdin))",
        "list(map(int, input().split()))[0]", "open(0).read()",
    ].map { expression in
        // Officially, standard input is a stand-in that cannot be iterated or opened.
        let isOfficial =
            !expression.contains("in sys.stdin]") && !expression.contains("iter(") && expression != "open(0).read()"
        var program = CorpusProgram.honest(
            "read by \(expression)", channels: isOfficial ? [.input, .strictInput] : [.strictInput],
            "import sys\nnumber = int(\(expression))\nprint(number * number)")
        program.isWhole = true
        return program
    }

    /// What only BigCodeBench's programs do. A pool of processes is closed, not terminated: officially signals to its processes are withheld, and
    /// terminating it hangs now and then.
    private static let demanding: [CorpusProgram] = [
        program(
            "files and paths",
            "import pathlib, tempfile, shutil\n    with tempfile.TemporaryDirectory() as folder:\n        path = pathlib.Path(folder) / 'a' / 'b.txt'\n        path.parent.mkdir()\n        path.write_text(str(x * x))\n        shutil.copy(path, path.with_suffix('.c'))\n        return int(path.with_suffix('.c').read_text())"
        ),
        program(
            "processes of multiprocessing",
            "import multiprocessing\n    pool = multiprocessing.get_context('fork').Pool(2)\n    total = sum(pool.map(abs, [x] * abs(x)))\n    pool.close()\n    pool.join()\n    return total"
        ),
        program(
            "a server of its own",
            "import socket, threading\n    server = socket.create_server(('127.0.0.1', 0))\n    threading.Thread(target=lambda: server.accept()[0].sendall(b'%d' % (x * x))).start()\n    with socket.create_connection(server.getsockname()) as client:\n        return int(client.recv(100))"
        ),
        program(
            "the shell",
            "import subprocess\n    return int(subprocess.check_output('expr %d \\\\* %d' % (x, x), shell=True, text=True))"
        ),
        program(
            "archives",
            "import io, zipfile, csv\n    data = io.BytesIO()\n    with zipfile.ZipFile(data, 'w') as archive: archive.writestr('a', str(x * x))\n    return int(zipfile.ZipFile(data).read('a'))"
        ),
    ]

    private static func program(_ name: String, _ body: String) -> CorpusProgram {
        .honest(name, channels: GradingChannel.forking, "def f(x):\n    " + body)
    }
}
