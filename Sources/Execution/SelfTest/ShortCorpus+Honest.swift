// SPDX-License-Identifier: Apache-2.0

extension CorpusProgram {
    /// A program that must pass.
    package static func honest(
        _ name: String, channels: Set<GradingChannel>? = nil, tier: SandboxTier = .confined, _ code: String
    ) -> CorpusProgram {
        var program = CorpusProgram(name, .passes, channels: channels, tier: tier, code)
        program.isHonest = true
        return program
    }
}

extension ShortCorpus {
    package static let honest = [
        CorpusProgram.honest("plain solution", GradingChannel.solution),
        CorpusProgram.honest(
            "a thread with a large stack",
            """
            import sys, threading
            sys.setrecursionlimit(1 << 20)
            threading.stack_size(1 << 27)
            def count(n): return 0 if n == 0 else 1 + count(n - 1)
            def f(x):
                found = []
                thread = threading.Thread(target=lambda: found.append(count(20000)))
                thread.start()
                thread.join()
                return x * x if found == [20000] else found
            """),
        CorpusProgram.honest(
            "recursion with a cache",
            """
            import functools, sys
            sys.setrecursionlimit(50000)
            @functools.lru_cache(None)
            def sum_to(n): return 0 if n == 0 else 2 * n - 1 + sum_to(n - 1)
            def f(x):
                return sum_to(3000) - 9000000 + sum_to(abs(x))
            """),
        CorpusProgram.honest(
            "dataclasses and enumerations",
            """
            import enum, typing
            from collections import namedtuple
            from dataclasses import dataclass, field
            Pair = namedtuple("Pair", "left right")
            class Kind(enum.Enum):
                ONE = 1
            class Row(typing.NamedTuple):
                value: int
            @dataclass(order=True)
            class Item:
                value: int
                notes: typing.List[str] = field(default_factory=list)
            def f(x):
                return Pair(x, x).left * Item(x).value * Kind.ONE.value + Row(0).value
            """),
        CorpusProgram.honest(
            "an event loop",
            """
            import asyncio
            async def square(x):
                await asyncio.sleep(0)
                return sum(await asyncio.gather(*(asyncio.sleep(0.001, x) for _ in range(x))))
            def f(x):
                return asyncio.run(square(abs(x)))
            """),
        CorpusProgram.honest(
            "processes and files", channels: GradingChannel.forking,
            """
            import os, subprocess, tempfile
            def f(x):
                with tempfile.TemporaryDirectory() as folder:
                    path = os.path.join(folder, "numbers")
                    with open(path, "w") as file: file.write("%d" % (x * x))
                    return int(subprocess.run(["cat", path], capture_output=True, text=True, check=True).stdout)
            """),
    ]
}
