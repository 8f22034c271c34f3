// SPDX-License-Identifier: Apache-2.0

extension SelfTest {
    /// The child's half: each check is a function that returns nothing when the promise holds, and otherwise what happened.
    static let program = #"""
        import ctypes, errno, os, signal, socket, subprocess, threading

        CLEAN = {"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "MPLBACKEND"}

        def refuses(action, *arguments):
            try:
                result = action(*arguments)
            except OSError as error:
                return None
            return "succeeded: %r" % (result,)

        def fork(job):
            def attempt():
                child = os.fork()
                if child == 0:
                    os._exit(0)
                os.waitpid(child, 0)
            return refuses(attempt)

        def execute(job):
            return refuses(os.execv, "/bin/true", ["true"])

        def connect(job):
            def attempt():
                with socket.socket() as connection:
                    connection.settimeout(1)
                    connection.connect(("127.0.0.1", job["port"]))
            return refuses(attempt)

        def write_system(job):
            for path in ("/usr/bestofn-self-test", "/etc/bestofn-self-test", "/bestofn-self-test", "/var/tmp/bestofn-self-test"):
                try:
                    with open(path, "w"):
                        pass
                except OSError:
                    continue
                os.unlink(path)
                return "wrote " + path
            return None

        def read_foreign(job):
            for path in (job["secret"], "/etc/shadow", "/proc/1/environ", "/proc/self/environ"):
                try:
                    with open(path, "rb") as file:
                        file.read(1)
                except OSError:
                    continue
                return "read " + path
            return None

        def see_environment(job):
            names = [name for name in os.environ if name not in CLEAN and not name.startswith("PYTHON") and not name.endswith("_NUM_THREADS")]
            return "sees " + ", ".join(names) if names else None

        def kill_everything(job):
            for target in (-1, 1, os.getppid(), job["harness"]):
                if target == os.getpid() or target == 0:
                    continue
                try:
                    os.kill(target, signal.SIGTERM)
                except OSError:
                    continue
                return "signalled %d" % target
            return None

        def trace(job):
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.ptrace(16, job["harness"], 0, 0) == 0:
                return "attached to the harness"
            return "made a namespace" if libc.unshare(0x10000000) == 0 else None

        def take_memory(job):
            try:
                return "took %d bytes" % len(bytearray(job["too_much"]))
            except MemoryError:
                return None

        def leave_traces(job):
            path = os.path.join(os.environ["TMPDIR"], "trace")
            with open(path, "w") as file:
                file.write("trace")
            os.mkdir(os.path.join(os.environ["HOME"], "locked"), 0)
            return None

        def find_traces(job):
            found = os.listdir(os.environ["TMPDIR"]) + os.listdir(os.environ["HOME"])
            return "found " + ", ".join(found) if found else None

        def use_thread(job):
            threading.stack_size(1 << 27)
            seen = []
            thread = threading.Thread(target=lambda: seen.append(sum(range(1000))))
            thread.start()
            thread.join()
            threading.stack_size(0)
            return None if seen == [499500] else "the thread did nothing"

        def use_libraries(job):
            for name in job["imported"]:
                __import__(name)
            if "numpy" in job["imported"]:
                import numpy
                if float((numpy.eye(64) @ numpy.ones(64)).sum()) != 64:
                    return "numpy miscalculates"
            return None

        def start_process(job):
            output = subprocess.run(["/bin/sh", "-c", "echo works"], capture_output=True, text=True).stdout
            return None if output == "works\n" else "printed %r" % output

        def loop(job):
            while True:
                pass

        def run(job, channel):
            results = {}
            for name in job["checks"]:
                try:
                    results[name] = globals()[name](job) or "ok"
                except BaseException as error:
                    results[name] = "%s: %s" % (type(error).__name__, error)
            channel.send({"results": results})
        """#
}
