"""Reports at once what a program does only to get at the machinery that grades it in its own interpreter.

An audit hook cannot be removed, and what it reports leaves the process before the act itself happens, so a program that ends
the process afterwards gains nothing. The best defence is that there is nothing to find: secrets lie where no variable, object
or frame leads to them. The wires here close the few ways that would still reach them, and are chosen so that programs that
inspect frames, signatures, memory use or threads do not touch them: walking frames, listing objects and asking for sources are
all allowed.
"""
import gc
import os
import sys
import types

_FRAME = 3
_CODE_OF_FUNCTIONS = frozenset(("__code__", "__defaults__", "__kwdefaults__"))
# Below this, no process has memory: the access is a crash, not a theft.
_LOWEST_ADDRESS = 1 << 16
_TRACERS = frozenset(("doctest.py", "threading.py"))
_INTERPRETER_INTERNALS = (
    "PyFrame", "_PyFrame", "PyCell", "PyDict", "_PyDict", "PyType", "_PyType", "PyEval", "_PyEval", "PyFunction", "PyGen", "PySys",
    "PyThreadState_Get", "PyObject_SetAttr", "PyObject_GenericSetAttr", "_PyObject", "PyInterpreterState")


def message(kind, payload):
    """The bytes of one frame of the channel."""
    return (len(payload) + 1).to_bytes(4, "little") + kind + payload


def make_sender():
    """A function that writes bytes to the channel, out of reach of a program that replaces os.write or changes the channel object."""
    write, length, view, channel = os.write, len, memoryview, _FRAME

    def send(data):
        sent = write(channel, data)
        while sent < length(data):
            sent += write(channel, view(data)[sent:])

    return send


def make_alarm():
    """A function that reports one reason for suspicion to the harness, as {"tampered": reason}."""
    send, make, string = make_sender(), message, str

    def alarm(reason):
        text = string.replace(string.replace(reason, "\\", "/"), '"', "'")
        send(make(b"J", b'{"tampered":"' + string.encode(text, "ascii", "replace") + b'"}'))

    return alarm


_frozen_in_worker = 0


def note_frozen():
    """For the worker, once it has frozen its objects: counting them goes through all of them, which is too dear for every child."""
    global _frozen_in_worker
    _frozen_in_worker = gc.get_freeze_count()


def arm(alarm, guarded, file, first_test_line):
    """Installs the hook for the rest of the process, and hides all objects of today from the collector's lists.

    `guarded` are functions whose code and defaults nobody may replace; the program's code is what `file` holds before
    `first_test_line`, the tests' what comes from there on. Call this after everything hidden has been made.
    """
    frame_type, get_frame, frozen_count = types.FrameType, sys._getframe, gc.get_freeze_count
    c_function, nothing = types.BuiltinFunctionType, type(None)
    identity, kind_of, text_type, starts, ends, whole = id, type, str, str.startswith, str.endswith, int
    guarded_ids = frozenset(map(id, guarded))
    code_of_functions, lowest, internals = _CODE_OF_FUNCTIONS, _LOWEST_ADDRESS, _INTERPRETER_INTERNALS
    library = os.path.dirname(os.__file__) + os.sep
    tracers = frozenset(library + name for name in _TRACERS)
    gc.freeze()
    frozen = _frozen_in_worker

    def changes_function(arguments):
        if arguments[1] in code_of_functions and identity(arguments[0]) in guarded_ids:
            alarm("it replaced the code of a function of the test machinery")

    def looks_into_frames(arguments):
        for value in arguments[0]:
            if kind_of(value) is frame_type:
                alarm("it read the stack of a frame through the garbage collector")

    def lists_objects(arguments):
        # Frozen objects are freed one by one as ever; only gc.unfreeze lets go of most.
        if frozen_count() < frozen // 2:
            alarm("it unfroze the garbage collector's objects and listed them")

    def traces(arguments):
        # 0 is this function, 1 the hook, 2 who called sys.settrace. Doctest restores the tracer that it found.
        if get_frame(2).f_code.co_filename not in tracers:
            alarm("it traced the interpreter with sys.settrace")

    def monitors(arguments):
        if kind_of(arguments[0]) not in (c_function, nothing):
            alarm("it monitored the interpreter with sys.monitoring")

    def reads_memory(arguments):
        if kind_of(arguments[0]) is whole and arguments[0] >= lowest:
            alarm("it read memory by address")

    def calls_interpreter(arguments):
        name = arguments[1]
        if kind_of(name) is bytes_type:
            name = name.decode("ascii", "replace")
        if kind_of(name) is text_type and starts(name, internals):
            alarm("it looked up " + name + " of the interpreter")

    def opens_memory(arguments):
        path = arguments[0]
        if kind_of(path) is bytes_type:
            path = path.decode("ascii", "replace")
        if kind_of(path) is text_type and ends(path, "/mem") and "proc" in path:
            alarm("it opened the memory of a process")

    def reads_tests(arguments):
        # Expected values stand in the tests' constants. Who asks for the name or line of its caller is no thief.
        if busy or arguments[1] not in code_attributes:
            return
        busy.append(True)
        try:
            reader = get_frame(2).f_code
            if is_test(reader) is not False:
                return
            target = arguments[0]
            code = target.f_code if kind_of(target) is frame_type else target.__code__ if kind_of(target) is function else None
            if code is None or is_test(code) is not True:
                return
            used = reader.co_names
            for name in harmless:
                if name in used and "co_consts" not in used:
                    return
        finally:
            busy.clear()
        alarm("it read the code of the tests")

    def is_test(code):
        """None for code that belongs to neither the program nor the tests."""
        return code.co_firstlineno >= first_test_line if code.co_filename == file else None

    busy, code_attributes, function, bytes_type = [], frozenset(("f_code", "__code__")), types.FunctionType, bytes
    harmless = ("co_name", "co_qualname", "co_filename", "co_firstlineno")
    wires = {
        "object.__getattr__": reads_tests,
        "object.__setattr__": changes_function,
        "object.__delattr__": changes_function,
        "gc.get_referents": looks_into_frames,
        "gc.get_objects": lists_objects,
        "gc.get_referrers": lists_objects,
        "sys.settrace": traces,
        "sys.monitoring.register_callback": monitors,
        "sys.addaudithook": lambda arguments: alarm("it installed an audit hook"),
        "sys._current_frames": lambda arguments: alarm("it asked for the frames of all threads"),
        "ctypes.string_at": reads_memory,
        "ctypes.wstring_at": reads_memory,
        "ctypes.cdata": reads_memory,
        "ctypes.PyObj_FromPtr": reads_memory,
        "ctypes.dlsym": calls_interpreter,
        "open": opens_memory,
    }
    find = wires.get

    def hook(event, arguments):
        wire = find(event)
        if wire is not None:
            wire(arguments)

    sys.addaudithook(hook)
    gc.freeze()
