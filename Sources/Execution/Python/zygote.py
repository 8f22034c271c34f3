"""The worker: a warm interpreter that forks one confined child per job and reports how it ended.

It never sees a program, a test or an expected value: jobs arrive as sealed files that only the child reads. Descriptor 3 is the
control socket (one datagram per message), 5 holds the grader modules, 6 the system call filters. Arguments: tier, user id of
children (-1: the worker's own), whether /proc is there, profile, home directory.

To the worker:   "job MODULE MAYFORK CPU ADDRESSSPACE STACK FILE PROCESSES" with descriptors payload, blob (only if there is one),
                 standard output, standard error, channel.
From the worker: one JSON object when it is ready; then per job "child" with a process descriptor, and "done STATUS CPU RESIDENT",
                 or "fail", step, errno, text on lines of their own when the job could not be started.
"""
import array
import contextlib
import ctypes
import gc
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import resource
import select
import signal
import socket
import stat
import struct
import sys
import threading

CONTROL, SOURCE, MODULES, FILTERS = 3, 4, 5, 6
# A child's descriptors besides the standard streams. Those of a job arrive in the lowest free places, payload and blob first, because
# everything else of the worker's lies below TROUBLE or above HIGH.
CHANNEL, TROUBLE, PAYLOAD, BLOB = 3, 4, 5, 6
HIGH = 64
SETUP_FAILED = 113
NEWNS, NEWPID = 0x20000, 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 1, 4, 8, 22, 38, 24
OWN_PROCESS_PLACEHOLDER = struct.pack("<I", 0x7FB0B0B0)
LANDLOCK_SCOPE_ALL = 3
# What programs see of it can change what they do, so it is part of the run's record.
RECORDED = ("PYTHONHASHSEED", "LANG", "LC_ALL", "TZ", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MPLBACKEND")
LARGEST_FRAME = {b"J": 64 << 20, b"B": 1 << 30}

# What programs of the benchmarks import most. Each page of it costs every child a little; what few programs need is left out.
STANDARD = (
    "abc array bisect cmath collections collections.abc contextlib copy dataclasses datetime decimal enum fractions functools heapq"
    " io itertools json math numbers operator os random re statistics string struct sys threading time traceback types typing").split()
PROFILES = {
    "standard": (),
    "numeric": ("numpy", "numpy.linalg", "numpy.random"),
    "scientific": (
        "numpy", "numpy.linalg", "numpy.random", "pandas", "scipy", "scipy.stats", "matplotlib", "matplotlib.pyplot", "sklearn",
        "seaborn", "requests", "bs4", "nltk"),
}

libc = ctypes.PyDLL(None, use_errno=True)


def check(result, step):
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), step)


def call(name, *arguments):
    check(getattr(libc, name)(*arguments), name)


class Settings:
    """What the launcher said about this worker."""

    def __init__(self, tier, user, process_files, profile, home):
        self.tier = tier
        self.isolated = tier >= "T2"
        self.user = int(user)
        self.process_files = process_files == "1"
        self.profile = profile
        self.home = home
        # Without a root of its own, a candidate with an id of its own meets the permissions of the interpreter's directories.
        self.reads_as_owner = self.user >= 0 and not self.isolated and any(map(is_closed_to_others, sys.path))


def main():
    settings = Settings(*sys.argv[1:6])
    sys.argv[:] = [""]
    sys.path[:] = [entry for entry in sys.path if entry]
    sys.modules["__main__"].__dict__.pop("os", None)
    with writable_files(settings):
        warm = import_profile(settings.profile)
    modules = load_modules(json.loads(read_all(MODULES)))
    filters = read_filters(read_all(FILTERS))
    for descriptor in (SOURCE, MODULES, FILTERS):
        os.close(descriptor)
    control = socket.socket(fileno=CONTROL)
    os.set_inheritable(CONTROL, False)
    worker = Worker(settings, modules, filters, control)
    gc.collect()
    gc.freeze()
    gc.disable()
    modules["tripwire"].note_frozen()
    control.send(json.dumps({
        "version": sys.version.split()[0], "executable": sys.executable, "modules": warm, "processFiles": settings.process_files,
        "limitsProcesses": settings.isolated or settings.user >= 0,
        "environment": {name: os.environ[name] for name in RECORDED if name in os.environ},
    }).encode())
    while True:
        worker.serve_one()


@contextlib.contextmanager
def writable_files(settings):
    """Some libraries (matplotlib) refuse to be imported where they cannot write; what they write is gone afterwards."""
    places = (b"/tmp", b"/box") if settings.isolated and settings.profile != "standard" else ()
    for place in places:
        call("mount", b"private", place, b"tmpfs", MS_NOSUID | MS_NODEV, b"size=64m,mode=1777")
    os.chdir(settings.home)
    try:
        yield
    finally:
        os.chdir("/")
        for place in places:
            call("umount2", place, DETACH)
        os.chdir(settings.home)


def import_profile(profile):
    """Imports what the profile names, as far as it is installed, and returns the third-party names."""
    found = []
    environment = dict(os.environ)
    for name in STANDARD:
        importlib.import_module(name)
    for name in PROFILES[profile]:
        before = set(sys.modules)
        try:
            importlib.import_module(name)
            found.append(name)
        except Exception:  # Packages fail to import in many ways; then programs that need them fail as they would anywhere.
            # What a broken-off import leaves behind would break the program's own import, which may well succeed.
            package = name.partition(".")[0]
            for loaded in set(sys.modules) - before:
                top = loaded.partition(".")[0]
                if top == package or top not in sys.modules:
                    del sys.modules[loaded]
            continue
    # Some libraries (scikit-learn) set variables for themselves; programs start with the worker's own.
    os.environ.clear()
    os.environ.update(environment)
    return found


def read_all(descriptor):
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


class ModuleFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the modules that the harness handed over, while they are being loaded."""

    def __init__(self, sources):
        self.sources = sources

    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name in self.sources else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__name__
        exec(compile(self.sources[name], name + ".py", "exec", dont_inherit=True), module.__dict__)


def load_modules(sources):
    """Loads the modules and takes them out of sys.modules again: programs must not find them by import."""
    finder = ModuleFinder(sources)
    sys.meta_path.insert(0, finder)
    loaded = {name: importlib.import_module(name) for name in sources}
    sys.meta_path.remove(finder)
    for name in sources:
        del sys.modules[name]
    return loaded


def read_filters(data):
    """The filter for programs that may not fork, and the one for those that may."""
    filters, at = [], 0
    while at < len(data):
        count, = struct.unpack_from("<I", data, at)
        filters.append(data[at + 4:at + 4 + 8 * count])
        at += 4 + 8 * count
    return filters


def quiet_threading():
    """Keeps the threading module from rebuilding its locks in every child, which costs more than all other steps of a fork.

    This process has one thread and holds none of those locks. Returns a function that undoes this, for children that fork themselves.
    """
    after_fork = getattr(threading, "_after_fork", None)
    code = getattr(after_fork, "__code__", None)
    if code is None:
        return lambda: None
    after_fork.__code__ = (lambda: None).__code__

    def undo():
        after_fork.__code__ = code
        after_fork()

    return undo


def move(descriptor, place):
    os.dup2(descriptor, place, False)
    os.close(descriptor)
    return place


class Job:
    """One job as the control message describes it."""

    def __init__(self, words, descriptors):
        self.module = words[1]
        self.may_fork = words[2] == "1"
        self.cpu, self.address_space, self.stack, self.file, self.processes = map(int, words[3:8])
        self.has_blob = len(descriptors) == 5
        self.output, self.errors, self.channel = descriptors[-3:]
        self.descriptors = descriptors


class Worker:
    """Forks children and watches them, one at a time."""

    def __init__(self, settings, modules, filters, control):
        self.settings = settings
        self.modules = modules
        self.decode = json.JSONDecoder().decode
        self.filters = [Filter(instructions) for instructions in filters]
        self.control = control
        # The child writes to TROUBLE what kept it from starting; the program never holds that end.
        reading, writing = os.pipe()
        self.trouble = move(reading, HIGH)
        os.set_blocking(self.trouble, False)
        self.own = move(os.pidfd_open(os.getpid()), HIGH + 1)
        if writing != TROUBLE:
            move(writing, TROUBLE)
        self.channel = Channel()
        self.after_fork = quiet_threading()

    def serve_one(self):
        message, ancillary, _, _ = self.control.recvmsg(4096, socket.CMSG_SPACE(4 * 8))
        if not message:
            os._exit(0)
        descriptors = array.array("i")
        for _, _, data in ancillary:
            descriptors.frombytes(data[:len(data) // 4 * 4])
        words = message.decode().split(" ")
        if words[0] != "job":
            return
        job = Job(words, list(descriptors))
        try:
            child = self.fork(job)
        except OSError as error:
            for descriptor in descriptors:
                os.close(descriptor)
            self.report_failure("fork", error)
            return
        for descriptor in descriptors:
            os.close(descriptor)
        self.watch(child)

    def fork(self, job):
        if self.settings.isolated:
            call("unshare", NEWPID)
        try:
            child = os.fork()
            if child == 0:
                run_child(self, job)
        finally:
            if self.settings.isolated:
                call("setns", self.own, NEWPID)
        return child

    def watch(self, child):
        descriptor = os.pidfd_open(child)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", descriptor))]
        self.control.sendmsg([b"child"], rights)
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.register(self.control, 0)
        # A message during a job can only be the harness' end; its kills go through the process descriptor.
        events = poll.poll()
        if not any(found == descriptor for found, _ in events):
            self.kill(child, descriptor)
            os._exit(0)
        if not self.settings.isolated:
            self.kill_group(child)
        _, status, usage = os.wait4(child, 0)
        os.close(descriptor)
        if not self.settings.isolated:
            empty_directory(self.settings.home)
        if status == SETUP_FAILED << 8:
            try:
                step, number, text = os.read(self.trouble, 4096).decode(errors="replace").split("\n", 2)
                self.report_failure(step, OSError(int(number), text))
                return
            except BlockingIOError:
                pass  # The program itself exited with this number.
        cpu = int((usage.ru_utime + usage.ru_stime) * 1e6)
        self.control.send(b"done %d %d %d" % (status, cpu, usage.ru_maxrss))

    def kill(self, child, descriptor):
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        if not self.settings.isolated:
            self.kill_group(child)

    def kill_group(self, child):
        """Without a process namespace, what the child left behind is found by its process group at best."""
        try:
            os.killpg(child, signal.SIGKILL)
        except OSError:
            pass

    def report_failure(self, step, error):
        text = "fail\n%s\n%d\n%s\n" % (step, error.errno or 0, error.strerror or str(error))
        self.control.send(text.encode(errors="replace")[:4000])


def empty_directory(path):
    """Goes one name at a time: programs nest deeper than a path can say, and take permissions away from their directories."""
    os.chmod(path, 0o700)
    os.chdir(path)
    above = []
    while True:
        child = None
        with os.scandir(".") as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    child = entry.name
                    break
                os.unlink(entry.name)
        if child is not None:
            os.chmod(child, 0o700)
            os.chdir(child)
            above.append(child)
        elif above:
            os.chdir("..")
            os.rmdir(above.pop())
        else:
            return


def run_child(worker, job):
    """Confines this process and runs the job in it; never returns."""
    module = payload = channel = None
    try:
        module = worker.modules[job.module]
        confine(worker, job)
        channel = worker.channel
        channel.has_blob = job.has_blob
        payload = worker.decode(read_all(PAYLOAD).decode())
        os.close(PAYLOAD)
    except BaseException as error:
        step = getattr(error, "filename", None) or "prepare the child"
        number = getattr(error, "errno", None) or 0
        text = getattr(error, "strerror", None) or repr(error)
        os.write(TROUBLE, ("%s\n%d\n%s" % (step, number, text)).encode(errors="replace")[:4000])
        os._exit(SETUP_FAILED)
    os.close(TROUBLE)
    del worker, job
    gc.enable()
    status = 1
    try:
        module.run(payload, channel)
        status = 0
    except SystemExit as stop:
        status = exit_status(stop.code)
    except BaseException:
        try:
            sys.excepthook(*sys.exc_info())
        except BaseException:
            pass
    leave(status)


def leave(status, exit_process=os._exit):
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass
    exit_process(status)


def exit_status(code):
    if code is None:
        return 0
    return code & 0xFF if isinstance(code, int) else 1


def confine(worker, job):
    settings = worker.settings
    place_descriptors(worker, job)
    if settings.isolated:
        make_private_files(settings, job)
    else:
        os.setpgid(0, 0)
    limit_resources(settings, job)
    drop_privileges(settings)
    if settings.tier == "T0":
        return
    if settings.tier == "T1":
        scope_signals()
    if job.may_fork:
        worker.after_fork()
    worker.filters[1 if job.may_fork else 0].install(settings.isolated)


def place_descriptors(worker, job):
    """Puts the child's streams and channel in their places and closes all the rest; standard input is /dev/null already."""
    worker.control.detach()
    if job.descriptors[0] != PAYLOAD or job.has_blob and job.descriptors[1] != BLOB:
        move_out_of_the_way(job)
    os.dup2(job.output, 1)
    os.dup2(job.errors, 2)
    os.dup2(job.channel, CHANNEL, False)
    close_from(BLOB + 1 if job.has_blob else BLOB)


def move_out_of_the_way(job):
    """For workers in which some library keeps descriptors open."""
    moved = [os.dup2(descriptor, HIGH + 8 + index) for index, descriptor in enumerate(job.descriptors)]
    os.dup2(moved[0], PAYLOAD, False)
    if job.has_blob:
        os.dup2(moved[1], BLOB, False)
    job.output, job.errors, job.channel = moved[-3:]


def close_from(first):
    if libc.syscall(436, first, 0xFFFFFFFF, 0) != 0:
        os.closerange(first, 4096)


def make_private_files(settings, job):
    call("unshare", NEWNS)
    size = b"size=%d,nr_inodes=16k,mode=1777" % max(job.file, 64 << 20)
    for path in (b"/tmp", b"/box", b"/dev/shm"):
        call("mount", b"private", path, b"tmpfs", MS_NOSUID | MS_NODEV, size)
    if settings.process_files:
        become_first_victim()
        if job.may_fork:
            call("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, b"hidepid=2,subset=pid")
        else:
            call("umount2", b"/proc", DETACH)
    os.chdir("/box")


def become_first_victim():
    """When memory runs out, the program goes and not the worker."""
    descriptor = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(descriptor, b"1000")
    os.close(descriptor)


def limit_resources(settings, job):
    limits = [
        (resource.RLIMIT_CPU, job.cpu), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, job.file), (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_STACK, job.stack)]
    if job.address_space:
        limits.append((resource.RLIMIT_AS, job.address_space))
    if settings.isolated or settings.user >= 0:
        limits.append((resource.RLIMIT_NPROC, job.processes))
    for kind, amount in limits:
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY and amount > hard:
            amount = hard
        resource.setrlimit(kind, (amount, amount))


CAPABILITY_HEADER, NO_CAPABILITIES = struct.pack("II", 0x20080522, 0), bytes(24)
# CAP_DAC_READ_SEARCH, effective and permitted.
READING_ONLY = struct.pack("IIIIII", 4, 4, 0, 0, 0, 0)


def is_closed_to_others(path):
    """Whether only its owner can read the directory, as one below /root."""
    wanted = stat.S_IROTH | stat.S_IXOTH
    while os.path.isdir(path):
        if os.stat(path).st_mode & wanted != wanted:
            return True
        if path == "/":
            break
        path, wanted = os.path.dirname(path), stat.S_IXOTH
    return False



def drop_privileges(settings):
    user = settings.user
    if user >= 0:
        if not settings.isolated:
            os.chown(settings.home, user, user)
        os.setgroups([])
        os.setresgid(user, user, user)
        if settings.reads_as_owner:
            call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setresuid(user, user, user)
        if settings.reads_as_owner:
            # Landlock still names all that may be read.
            call("capset", CAPABILITY_HEADER, READING_ONLY)
    elif settings.isolated:
        # The owner of the user namespace keeps its id, so its capabilities go one by one.
        for capability in range(41):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        call("capset", CAPABILITY_HEADER, NO_CAPABILITIES)
    if not settings.isolated:
        call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    call("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def scope_signals():
    """From Landlock version 6 on: no signals and no abstract sockets to the outside. Older kernels have the filter alone."""
    rules = struct.pack("QQQ", 0, 0, LANDLOCK_SCOPE_ALL)
    descriptor = libc.syscall(444, rules, len(rules), 0)
    if descriptor >= 0:
        check(libc.syscall(446, descriptor, 0), "enforce the Landlock scope")
        os.close(descriptor)


class Filter:
    """A system call filter, ready to install."""

    def __init__(self, instructions):
        self.instructions = instructions
        self.program = self.prepare(instructions)

    def prepare(self, instructions):
        self.code = ctypes.create_string_buffer(instructions, len(instructions))
        return struct.pack("HxxxxxxQ", len(instructions) // 8, ctypes.addressof(self.code))

    def install(self, isolated):
        if not isolated:
            own = struct.pack("<I", os.getpid())
            self.program = self.prepare(self.instructions.replace(OWN_PROCESS_PLACEHOLDER, own))
        call("prctl", PR_SET_SECCOMP, 2, self.program, 0, 0)


def make_encoder():
    """JSON of plain values, out of reach of a program that changes the json module."""
    try:
        make = json.encoder.c_make_encoder
        quote = json.encoder.encode_basestring_ascii
        encode = make(None, refuse_value, quote, None, ":", ",", False, False, False)
        return lambda value, join="".join: join(encode(value, 0)).encode("ascii")
    except (AttributeError, TypeError):
        encoder = json.JSONEncoder(check_circular=False, allow_nan=False, separators=(",", ":"))
        return lambda value: encoder.encode(value).encode("ascii")


def refuse_value(value):
    raise TypeError("a frame cannot hold " + type(value).__name__)


class Channel:
    """The line to the harness: frames of a length (4 bytes, counting the type), a type ("J" or "B"), and the payload.

    Made once in the worker; what a program may change afterwards (os.write, json) is bound here.
    """

    def __init__(self):
        encode, write, read, decode = make_encoder(), os.write, os.read, json.JSONDecoder().decode
        pack, unpack = struct.Struct("<I").pack, struct.Struct("<I").unpack

        def frame(kind, payload):
            if len(payload) >= LARGEST_FRAME[kind]:
                raise ValueError("a frame is too large")
            return pack(len(payload) + 1) + kind + payload

        def write_all(data):
            sent = write(CHANNEL, data)
            while sent < len(data):
                sent += write(CHANNEL, memoryview(data)[sent:])

        def read_exactly(size):
            parts = []
            while size:
                part = read(CHANNEL, min(size, 1 << 20))
                if not part:
                    raise EOFError
                parts.append(part)
                size -= len(part)
            return b"".join(parts)

        def prepare(value):
            data = frame(b"J", encode(value))
            return lambda: write_all(data)

        def receive():
            size, = unpack(read_exactly(4))
            return decode(read_exactly(size)[1:].decode())

        self.has_blob = False
        self.send = lambda value: write_all(frame(b"J", encode(value)))
        self.send_bytes = lambda data: write_all(frame(b"B", bytes(data)))
        self.prepare, self.receive = prepare, receive

    def blob(self):
        """The second payload, which many jobs share."""
        if not self.has_blob:
            raise ValueError("the job has no blob")
        return read_all(BLOB)


main()
