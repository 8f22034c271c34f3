"""Evidence that unittest still judged as it was made to: identities, modification counters, canaries, and a recorder of results.

Everything that runs after the program has started works on local names and cells alone: globals and builtins of a module can be
changed through any frame that leads to it.
"""
import builtins
import ctypes
import sys
import types
import unittest
import unittest.case
import unittest.loader
import unittest.mock
import unittest.result
import unittest.suite
import unittest.util

# Tests and programs patch these for their own purposes, and no verdict depends on them.
_LENIENT_BUILTINS = frozenset(("open", "print", "input", "exit", "quit", "help", "copyright", "credits", "license", "_"))
# Settings of TestCase and mock that tests may change, and what the abc module keeps in classes.
_SETTINGS = frozenset(("maxDiff", "longMessage", "_diffThreshold", "FILTER_DIR", "TEST_PREFIX", "__abstractmethods__", "_abc_impl", "__doc__"))
_MODULES = ("builtins", "unittest", "unittest.case", "unittest.result", "unittest.suite", "unittest.loader", "unittest.util", "unittest.mock")
_CLOSED_CLASSES = (
    unittest.TestCase, unittest.TestResult, unittest.TestSuite, unittest.BaseTestSuite, unittest.TestLoader, unittest.case._Outcome)


def _find_counter():
    """Where a class object keeps the number that changes with every change of the class, in 4-byte words; None where unknown.

    The interpreter has the number for its caches of attributes. A patch that is undone before anybody looks leaves it changed.
    """
    if sys.implementation.name != "cpython":
        return None

    class Trial:
        pass

    words = (ctypes.c_uint * (type.__basicsize__ // 4)).from_address(id(Trial))
    seen = []
    for step in range(4):
        getattr(Trial, "attribute", None)
        quiet = list(words)
        getattr(Trial, "attribute", None)
        if list(words) != quiet:
            return None
        seen.append(quiet)
        Trial.attribute = step
    for place, values in enumerate(zip(*seen)):
        if values[0] < values[1] < values[2] < values[3]:
            return place
    return None


_COUNTER = _find_counter()
# Views of memory, made before any program runs: reading them later asks nobody.
_VIEWS = () if _COUNTER is None else tuple(
    (kind, ctypes.c_uint.from_address(id(kind) + 4 * _COUNTER)) for kind in _CLOSED_CLASSES)


def _members():
    """(where, its namespace, name, value, whether it is a class's) of everything whose identity counts."""
    found = []
    for name in _MODULES:
        module = sys.modules.get(name)
        if module is None:
            continue
        for key, value in vars(module).items():
            if name == "builtins" and key in _LENIENT_BUILTINS or key in _SETTINGS or key.startswith("__") and name != "builtins":
                continue
            if value is None and name != "builtins":
                continue  # Filled in at first use, as by mock_open.
            found.append((name, vars(module), key, value))
            if isinstance(value, type) and value.__module__ == name and name != "builtins":
                found.extend(
                    (name + "." + key, vars(value), inner, member) for inner, member in list(vars(value).items())
                    if inner not in _SETTINGS and inner not in ("__dict__", "__weakref__", "_classSetupFailed", "_class_cleanups"))
    return tuple(found)


_MEMBERS = _members()
_LOADED = tuple((name, sys.modules[name]) for name in _MODULES + ("sys",) if name in sys.modules)


def make_comparison():
    """A function that says what of the machinery has been changed since now; None if nothing."""
    members, loaded, modules = _MEMBERS, _LOADED, sys.modules
    missing, settings = object(), _SETTINGS
    closed = tuple((kind, vars(kind), frozenset(vars(kind))) for kind in _CLOSED_CLASSES)
    lookup, find, name_of = getattr, dict.get, type.__dict__["__name__"].__get__
    counters = []
    for kind, view in _VIEWS:
        lookup(kind, "no such attribute", None)
        counters.append((kind, view, view.value))
    counters = tuple(counters)

    def compare():
        for name, module in loaded:
            if find(modules, name) is not module:
                return "sys.modules['" + name + "'] was replaced"
        for where, namespace, name, value in members:
            if namespace.get(name, missing) is not value:
                return where + "." + name + " was replaced"
        for kind, namespace, names in closed:
            for name in namespace:
                if name not in names and name not in settings:
                    return name_of(kind) + "." + name + " was added"
        for kind, view, count in counters:
            lookup(kind, "no such attribute", None)
            # A test that changes a setting of TestCase changes the class as well, and may.
            if view.value != count and not any_setting_changed(kind):
                return name_of(kind) + " was changed and put back"
        return None

    defaults = {kind: tuple((name, vars(kind)[name]) for name in settings if name in vars(kind)) for kind in _CLOSED_CLASSES}

    def any_setting_changed(kind):
        for name, value in defaults[kind]:
            if lookup(kind, name) is not value:
                return True
        return False

    return compare


class _Canary(unittest.TestCase):
    """Tests whose results are known."""

    def must_pass(self):
        self.assertEqual([1, 2], [1, 2])
        self.assertTrue(True)
        with self.assertRaises(ZeroDivisionError):
            1 // 0

    def must_fail_equal(self):
        self.assertEqual(1, 2)

    def must_fail_list(self):
        self.assertEqual([1], [2])

    def must_fail_true(self):
        self.assertTrue(False)

    def must_fail_almost(self):
        self.assertAlmostEqual(1.0, 2.0)

    def must_fail_in(self):
        self.assertIn(1, ())

    def must_fail_raises(self):
        with self.assertRaises(ValueError):
            pass

    def must_fail_plainly(self):
        raise AssertionError


class _CanaryResult(unittest.TestResult):
    """Counts only: formatting tracebacks is the dear part of a failure."""

    def addSuccess(self, test):
        self.expectedFailures.append(test)

    def addFailure(self, test, error):
        self.unexpectedSuccesses.append(test)

    def addError(self, test, error):
        self.errors.append(test)


_FAILING = tuple(name for name in vars(_Canary) if name.startswith("must_fail"))


def make_canaries():
    """A function that runs tests with known results through unittest; says which one came out wrong, or None."""
    case, result, suite, names = _Canary, _CanaryResult, unittest.TestSuite, _FAILING

    def fly():
        for name in names:
            seen = result()
            suite((case(name),)).run(seen)
            if [test._testMethodName for test in seen.unexpectedSuccesses] != [name] or seen.expectedFailures or seen.errors:
                return "a test that must fail (" + name + ") did not"
        seen = result()
        suite((case("must_pass"),)).run(seen)
        if [test._testMethodName for test in seen.expectedFailures] != ["must_pass"] or seen.unexpectedSuccesses or seen.errors:
            return "a test that must pass did not"
        return None

    return fly


def make_recorder(alarm, failed, file, first_test_line):
    """A TestResult that tells the harness of the first failure at once and looks at every test that claims success.

    `failed()` sends the note; `file` and `first_test_line` tell the program's code from the tests'.
    """
    base, exception, outcome_type = unittest.TestResult, sys.exc_info, unittest.case._Outcome
    profile_of, trace_of, kind_of, function = sys.getprofile, sys.gettrace, type, types.FunctionType
    method = types.MethodType
    starts, text = str.startswith, str
    inner_methods = frozenset((
        "_getAssertEqualityFunc", "_baseAssertEqual", "_formatMessage", "_callTestMethod", "_callSetUp",
        "_callTearDown", "failureException", "fail", "_truncateMessage"))
    plain_comparisons = dict(unittest.TestCase("run")._type_equality_funcs)
    atoms = (int, float, bool, bytes, complex, object, type(None))
    state = [0]

    def suspicious(result, test):
        members = test.__dict__
        outcome = members.get("_outcome")
        if kind_of(outcome) is not outcome_type or outcome.__dict__.get("result") is not result or (
                outcome.expecting_failure or outcome.__dict__.get("expectedFailure") is not None):
            return "the record of a running test was replaced"
        for name in members:
            if name in inner_methods or kind_of(name) is text and starts(name, "assert"):
                return "a test object's own " + name + " was replaced"
        comparisons = members.get("_type_equality_funcs")
        for kind, comparison in plain_comparisons.items():
            if comparisons.get(kind) != comparison:
                return "a comparison of a test object was replaced"
        for kind in atoms:
            if kind in comparisons:
                return "a comparison for plain values was added to a test object"
        if trace_of() is not None or kind_of(profile_of()) in (function, method):
            return "a trace or profile function was in force at the end of a test"
        return None

    def from_program(error):
        trace = getattr(error, "__traceback__", None)
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename == file and code.co_firstlineno < first_test_line and code.co_name != "<module>":
                return True
            trace = trace.tb_next
        return False

    class Recorder(base):
        def startTest(self, test, _start=base.startTest):
            state[0] = 0
            _start(self, test)

        def stopTest(self, test, _stop=base.stopTest):
            if state[0] == 0 and exception()[0] is None:
                alarm("a test ended without a result")
            _stop(self, test)

        def addSuccess(self, test, _add=base.addSuccess):
            state[0] += 1
            reason = suspicious(self, test)
            if reason is not None:
                alarm(reason)
            _add(self, test)

        def addFailure(self, test, error, _add=base.addFailure):
            state[0] += 1
            failed()
            _add(self, test, error)

        def addError(self, test, error, _add=base.addError):
            state[0] += 1
            failed()
            _add(self, test, error)

        def addSubTest(self, test, subtest, error, _add=base.addSubTest):
            if error is not None:
                state[0] += 1
                failed()
            _add(self, test, subtest, error)

        def addSkip(self, test, reason, _add=base.addSkip):
            state[0] += 1
            if from_program(exception()[1]):
                alarm("the program made a test skip itself")
            _add(self, test, reason)

        def addExpectedFailure(self, test, error, _add=base.addExpectedFailure):
            state[0] += 1
            _add(self, test, error)

        def addUnexpectedSuccess(self, test, _add=base.addUnexpectedSuccess):
            state[0] += 1
            _add(self, test)

    return Recorder


class _Unlike:
    """Equal to nothing but itself."""


def make_sweep():
    """A function that looks for classes made by the program whose __eq__ agrees with everything; says which, or None."""
    subclasses, namespace_of, name_of = type.__subclasses__, type.__dict__["__dict__"].__get__, type.__dict__["__name__"].__get__
    function, kind_of, unlike, set_of = types.FunctionType, type, _Unlike(), set
    others = (object(), 982451653, 0.12345, "no program has this text", (1, 2, 982451653))
    root, failure = object, BaseException
    known, identity = _KNOWN, id

    def sweep():
        waiting, seen = [root], set_of()
        while waiting:
            kind = waiting.pop()
            for child in subclasses(kind):
                mark = identity(child)
                if mark in seen:
                    continue
                seen.add(mark)
                waiting.append(child)
                if mark in known:
                    continue
                equal = namespace_of(child).get("__eq__")
                if kind_of(equal) is not function:
                    continue
                for other in others:
                    try:
                        answer = equal(unlike, other)
                    except failure:
                        continue
                    if answer is True:
                        return "the class " + name_of(child) + " is equal to everything"
        return None

    return sweep


def _all_classes():
    waiting, seen = [object], {}
    while waiting:
        kind = waiting.pop()
        for child in type.__subclasses__(kind):
            if id(child) not in seen:
                seen[id(child)] = child
                waiting.append(child)
    return seen.values()


# The worker's own, libraries of its profile included: found once, and shared by all children.
_KNOWN = frozenset(map(id, _all_classes()))
