// SPDX-License-Identifier: Apache-2.0

/// An honest program that describes the world it finds itself in. Two of them, before and after a hostile program, must see the same.
enum Witness {
    private static let world = #"""
        def describe():
            import atexit, builtins, decimal, gc, io, locale, os, posix, random, signal, stat, sys, threading, time
            seen = []
            def look(name, action):
                try: value = action()
                except BaseException as error: value = type(error).__name__
                seen.append("%s %r" % (name, value))
            def scratch(name): return sorted(posix.listdir(os.environ[name]))
            def limits():
                hidden = sys.modules.pop("resource", 0)
                import resource
                if hidden is None: sys.modules["resource"] = None
                return [resource.getrlimit(number) for number in range(16)]
            def descriptors():
                found = []
                for number in range(256):
                    try: found.append((number, stat.S_IFMT(posix.fstat(number).st_mode)))
                    except OSError: pass
                return found
            def mask():
                mask = posix.umask(0o22)
                posix.umask(mask)
                return mask
            for name in ("HOME", "TMPDIR"): look(name, lambda: scratch(name))
            for name in ("/tmp", "/dev/shm"):
                look(name, lambda: sorted(entry for entry in posix.listdir(name) if not entry.startswith("bestofn-box-")))
            look("environment", lambda: sorted((key, value) for key, value in os.environ.items() if key not in ("HOME", "TMPDIR")))
            look("directory", lambda: posix.getcwd() == os.environ["HOME"])
            look("mask", mask)
            look("limits", limits)
            look("descriptors", descriptors)
            look("priority", lambda: (posix.getpriority(0, 0), posix.sched_getscheduler(0), sorted(posix.sched_getaffinity(0))))
            look("ids", lambda: ({posix.getuid(), posix.geteuid(), posix.getgid()} == {posix.getuid()}, posix.getgroups()))
            look("session", lambda: posix.getsid(0) == posix.getpid())
            look("signals", lambda: [getattr(signal.getsignal(number), "__name__", signal.getsignal(number)) for number in range(1, 65)])
            look("blocked", lambda: sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
            look("builtins", lambda: sorted((name, type(value).__name__, getattr(value, "__module__", None)) for name, value in vars(builtins).items() if name != "_"))
            look("modules", lambda: sorted(sys.modules))
            look("path", lambda: (sys.path, sys.argv, [str(finder)[:40] for finder in sys.meta_path]))
            look("recursion", sys.getrecursionlimit)
            look("digits", sys.get_int_max_str_digits)
            look("switch", sys.getswitchinterval)
            look("hooks", lambda: (sys.gettrace(), sys.getprofile(), len(gc.callbacks), gc.isenabled(), gc.get_threshold()))
            look("exit", atexit._ncallbacks)
            look("threads", lambda: [thread.name for thread in threading.enumerate()])
            look("stack", threading.stack_size)
            look("decimal", lambda: str(decimal.getcontext()))
            look("locale", lambda: locale.setlocale(locale.LC_ALL))
            look("zone", lambda: (time.tzname, time.localtime(0).tm_hour))
            look("constants", lambda: [3 * 3, 5 + 5, 7 * 7, 255 + 1, True, None, ()])
            return seen

        """#

    /// Raises a digest of what it sees.
    static let describing =
        world + """
            def f(x):
                import hashlib
                raise LookupError("world " + hashlib.sha256("\\n".join(describe()).encode()).hexdigest())
            """

    /// The digest in what `describing` left behind, and the square when the same digest comes out again; else what is to be seen now.
    static func comparing(with message: String) -> String {
        let words = message.split(whereSeparator: { !$0.isHexDigit && !$0.isLetter })
        let digest = words.first { $0.count == 64 } ?? "none"
        return world + """
            def f(x):
                import hashlib
                seen = describe()
                if hashlib.sha256("\\n".join(seen).encode()).hexdigest() != "\(digest)":
                    raise LookupError("another world: " + "; ".join(text[:60] for text in seen))
                return x * x
            """
    }
}
