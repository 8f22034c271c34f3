// SPDX-License-Identifier: Apache-2.0
import Execution

/// Ways out of the sandbox. Each gives the square only when all its attempts were refused.
extension HostilePrograms {
    static let escapes: [CorpusProgram] = [
        attempts(
            "raise its limits",
            """
            import resource
            attempt("nice", lambda: os.nice(-10))
            attempt("fifo", lambda: os.sched_setscheduler(0, 1, os.sched_param(50)))
            for name in ("AS", "CPU", "FSIZE", "CORE", "NOFILE"):
                kind = getattr(resource, "RLIMIT_" + name)
                hard = resource.getrlimit(kind)[1]
                if hard >= 0: attempt(name, lambda: resource.setrlimit(kind, (hard + 1, hard + 1)))
            """),
        attempts(
            "take another identity",
            """
            me = os.getuid(), os.getgid()
            for number in (0, 1, 65534, 60000):
                if number in me: continue
                for name in ("setuid", "setgid", "seteuid", "setegid"): attempt(name, lambda: getattr(os, name)(number))
                attempt("setresuid", lambda: os.setresuid(number, number, number))
                attempt("setreuid", lambda: os.setreuid(number, number))
            attempt("setgroups", lambda: os.setgroups([0, 1, 27]))
            """),
        attempts(
            "gain capabilities",
            """
            import ctypes, struct
            libc = ctypes.CDLL(None, use_errno=True)
            header = ctypes.create_string_buffer(struct.pack("II", 0x20080522, 0))
            attempt("capset", lambda: checked(libc.capset(header, ctypes.create_string_buffer(b"\\xff" * 24))))
            attempt("ambient", lambda: checked(libc.prctl(47, 2, 21, 0, 0)))
            attempt("set-uid", lambda: (os.close(os.open(home + "/s", os.O_CREAT | os.O_RDWR, 0o777)), os.setxattr(home + "/s", "security.capability", b"\\1\\0\\0\\2" + b"\\xff" * 16)))
            """),
        attempts(
            "make sockets of all families",
            """
            import socket
            for family in range(46):
                if family in (1, 2, 10, 16): continue
                for kind in (1, 2, 3, 5): attempt("family %d" % family, lambda: socket.socket(family, kind).fileno())
            attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).fileno())
            attempt("packet", lambda: socket.socket(17, socket.SOCK_RAW, 3).fileno())
            """),
        attempts(
            "reach sockets of the system",
            """
            import socket
            for name in ("/run/systemd/journal/socket", "/var/run/docker.sock", "/dev/log", "/run/dbus/system_bus_socket", "\\0/tmp/.X11-unix/X0", "\\0bestofn"):
                def send():
                    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
                    a.sendto(b"x", name)
                attempt(name, send)
                attempt(name, lambda: socket.socket(socket.AF_UNIX).connect(name))
            """),
        attempts(
            "listen for the harness",
            """
            import socket
            def serve(host):
                with socket.socket() as server:
                    server.bind((host, 0))
                    server.listen()
                    return [name for index, name in socket.if_nameindex() if name != "lo"] or refuse()
            attempt("interfaces", lambda: serve("0.0.0.0"))
            """),
        attempts(
            "link to what it may not change",
            """
            for target in ("/etc/passwd", "/usr/bin/env", sys.executable, os.__file__):
                attempt("link", lambda: os.link(target, home + "/link"))
                os.symlink(target, home + "/symbolic")
                attempt("open", lambda: open(home + "/symbolic", "r+b"))
                attempt("truncate", lambda: os.truncate(home + "/symbolic", 0))
                attempt("mode", lambda: os.chmod(home + "/symbolic", 0o777))
                attempt("times", lambda: os.utime(home + "/symbolic", (0, 0)))
                os.unlink(home + "/symbolic")
            attempt("rename", lambda: os.rename("/usr/bin/env", home + "/env"))
            attempt("remove", lambda: os.unlink(os.__file__))
            attempt("directory", lambda: os.rmdir("/usr/share"))
            """),
        attempts(
            "go up by directories",
            """
            folder = os.open(".", os.O_RDONLY)
            for path in ("../" * 20 + "etc/shadow", "../" * 20 + "root/.ssh/id_rsa", "/proc/self/root/etc/shadow", "/proc/self/cwd/../etc/shadow"):
                attempt(path, lambda: os.read(os.open(path, os.O_RDONLY, dir_fd=folder), 1))
            for number in range(4, 64):
                attempt("descriptor %d" % number, lambda: os.fchdir(number) or (os.getcwd().startswith(home) or os.getcwd()) is True and refuse())
            """),
        attempts(
            "execute without a name",
            """
            import ctypes
            number = os.memfd_create("x", 0)
            with open("/bin/true" if os.path.exists("/bin/true") else "/usr/bin/true", "rb") as file: os.write(number, file.read())
            libc = ctypes.CDLL(None, use_errno=True)
            pointers = (ctypes.c_char_p * 2)(b"x", None)
            attempt("fexecve", lambda: checked(libc.fexecve(number, pointers, pointers)))
            attempt("execveat", lambda: checked(libc.syscall({"x86_64": 322}.get(os.uname().machine, 281), number, b"", pointers, pointers, 0x1000)))
            attempt("system", lambda: libc.system(b"true") == 0 or refuse())
            """, channels: GradingChannel.notForking),
        attempts(
            "leave its group",
            """
            attempt("session", os.setsid)
            attempt("group", lambda: os.setpgid(0, os.getppid()))
            """, channels: GradingChannel.notForking),
        attempts(
            "trace and be traced",
            """
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            for request in (0, 16, 0x4206):
                for target in (1, os.getppid(), os.getpid()): attempt("ptrace", lambda: checked(libc.ptrace(request, target, 0, 0)))
            """),
        attempts(
            "type into a terminal",
            """
            import fcntl
            for number in range(4): attempt("terminal", lambda: fcntl.ioctl(number, 0x5412, b"x"))
            attempt("control", lambda: os.open("/dev/tty", os.O_RDWR))
            attempt("new", lambda: os.open("/dev/ptmx", os.O_RDWR))
            """),
        attempts(
            "see the harness' secrets",
            """
            for name in os.environ:
                if any(word in name for word in ("SECRET", "TOKEN", "KEY", "BESTOFN", "SWIFT", "AWS", "USER", "SSH")): attempt(name, lambda: 1)
            for number in range(4, 64):
                attempt("descriptor %d" % number, lambda: os.read(os.dup(number), 1) or refuse())
            attempt("arguments", lambda: open("/proc/%d/cmdline" % os.getppid(), "rb").read() or refuse())
            """),
        attempts(
            "make devices and namespaces of files",
            """
            import stat
            for kind in (stat.S_IFCHR, stat.S_IFBLK):
                for device in ((1, 1), (1, 3), (8, 0), (254, 0)): attempt("device", lambda: os.mknod(home + "/device", kind | 0o666, os.makedev(*device)))
            attempt("root", lambda: os.chroot(home))
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            for name in ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup"):
                for process in ("self", 1, os.getppid()):
                    attempt("namespace " + name, lambda: checked(libc.setns(os.open("/proc/%s/ns/%s" % (process, name), os.O_RDONLY), 0)))
            """),
        attempts(
            "change the machine",
            """
            import time
            attempt("clock", lambda: time.clock_settime(time.CLOCK_REALTIME, 0))
            for path, text in (
                ("/proc/sys/kernel/core_pattern", "|/tmp/x"), ("/proc/sysrq-trigger", "h"), ("/sys/power/state", "mem"),
                ("/proc/self/oom_score_adj", "-1000"), ("/sys/fs/cgroup/cgroup.procs", "1"), ("/proc/sys/kernel/hostname", "x"),
            ):
                def write():
                    with open(path, "w") as file: file.write(text)
                attempt(path, write)
            if os.getppid() > 0:
                attempt("affinity", lambda: os.sched_setaffinity(os.getppid(), {0}))
                attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19))
            """),
        attempts(
            "leave a core",
            """
            import resource
            attempt("core", lambda: resource.getrlimit(resource.RLIMIT_CORE) != (0, 0) or refuse())
            """),
    ]

    /// - Parameter body: calls `attempt(name, action)`; an action that does not raise OSError, ValueError or TypeError has succeeded.
    private static func attempts(_ name: String, _ body: String, channels: Set<GradingChannel>? = nil) -> CorpusProgram
    {
        let lines = body.split(separator: "\n", omittingEmptySubsequences: false).map { "    " + $0 }.joined(
            separator: "\n")
        return CorpusProgram(
            name, .passes, channels: channels,
            """
            home = os.environ["HOME"]
            done = []
            def refuse(): raise OSError("refused")
            def checked(result):
                if result < 0: refuse()
                return result
            def attempt(name, action):
                try: done.append((name, action()))
                except (OSError, ValueError, TypeError, AttributeError): pass
            def try_all():
            \(lines)
            def f(x):
                del done[:]
                try_all()
                if done: raise RuntimeError(done)
                return x * x
            """)
    }
}
