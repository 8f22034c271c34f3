# SPDX-License-Identifier: Apache-2.0
"""CPU seconds of one fork, exit and wait of an interpreter that has imported what a sandbox worker imports: COUNT MODULE...

The least that any evaluator pays that gives each program a process of its own and imports nothing for it.
"""
import gc
import importlib
import os
import resource
import sys


def spent():
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main(count, names):
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:
            continue
    gc.collect()
    gc.freeze()
    gc.disable()
    start = spent()
    for _ in range(count):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
    print((spent() - start) / count)


main(int(sys.argv[1]), sys.argv[2:])
