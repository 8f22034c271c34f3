"""Cuts the program out of a model's text as the sanitizers of EvalPlus and BigCodeBench do, with `ast` for their tree-sitter.

Two steps: the longest run of lines that parses; of that, the imports and the definitions that the entry point needs.
Job: style ("evalplus" or "bigcodebench"), items [{"text", "entry_point"}]. Frame: {"texts": [...]}.
"""
import ast
import re
import sys
import warnings

_ANSI = re.compile("\x1b(?:[@-Z\\\\-_]|\\[[0-?]*[ -/]*[@-~])")
_LINE_END = re.compile(b"\r\n|\r|\n")
# What parsing for one text may cost, in characters. The official search parses every range of lines; ours needs a few
# parses per line, but a text can be made to cost more. When the budget is gone, the best range so far counts.
_PARSE_BUDGET = 6_000_000
_PARSE_OVERHEAD = 500
# Prose fails in its first line: looking at a few lines before the whole text keeps long texts cheap.
_WINDOW = 40
# From Python 3.11 on, the parser says with this flag whether a text fails only because it ends where it ends.
_INCOMPLETE_FLAG = 0x4000 if sys.version_info >= (3, 11) else 0
_NOT_PARSED = (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError)
_NEVER_CLOSED = re.compile("was never closed|unterminated triple-quoted")


def run(job, channel):
    style, items = job["style"], job["items"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        channel.send({"texts": [sanitize(item["text"], item.get("entry_point"), style) for item in items]})


def sanitize(text, entry_point, style):
    if style == "evalplus":
        program = longest_program(_ANSI.sub("", text))
        kept = _needed_definitions(program, entry_point, needs_return=True).strip()
        return kept or program
    program = longest_program(text.strip())
    kept = _needed_definitions(program, entry_point, needs_return=False)
    kept = _without_trailing_uses(kept, entry_point).strip()
    return kept or longest_program(text)


def longest_program(text):
    """The lines of the range that parses and has the most lines that are not blank; the first such range.

    A range has at least two lines; without any that parses, the first line is returned.
    """
    search = _Search(text)
    first, last = search.run()
    return "\n".join(search.lines[first:last + 1])


class _Search:
    """The search for that range. A failure that does not lie at the end of a range fails every longer range as well."""

    def __init__(self, text):
        self.text = text
        self.lines = text.split("\n")
        self.starts, self.filled = [0], [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
            self.filled.append(self.filled[-1] + (1 if line.strip() else 0))
        self.budget = _PARSE_BUDGET

    def run(self):
        best, most = (0, 0), 0
        count = len(self.lines)
        for first in range(count - 1):
            if self.filled[count] - self.filled[first] <= most or self.budget < 0:
                break
            found = self._longest_from(first, most)
            if found is not None:
                best, most = (first, found), self.filled[found + 1] - self.filled[first]
        return best

    def _longest_from(self, first, most):
        """The last line of the best range that starts here and has more than `most` filled lines."""
        last = self._before_certain_failure(first)
        while last > first and self.filled[last + 1] - self.filled[first] > most and self.budget >= 0:
            # Blank lines at the end add nothing: of equal ranges the shortest counts.
            shortest = last
            while shortest > first + 1 and not self.lines[shortest].strip():
                shortest -= 1
            unclosed = None
            for end in range(shortest, last + 1):
                state, line = self._parse(first, end)
                if state == "parses":
                    return end
                if state == "incomplete" and line is not None:
                    unclosed = line if unclosed is None else min(unclosed, line)
            last = shortest - 1
            if unclosed is not None:
                # What is never closed up to here is not closed in any range that includes its opening.
                last = min(last, unclosed - 1)
        return None

    def _before_certain_failure(self, first):
        """The last end for which the range from `first` does not certainly fail."""
        for last in (first + _WINDOW, len(self.lines) - 1):
            if last < len(self.lines):
                state, line = self._parse(first, last)
                if state == "fails":
                    break
        else:
            return last
        good, bad = first, last
        # The reported line is a good guess of where failing begins; then halve the rest.
        guesses = [line, line - 1, line + 1] if line is not None else []
        while bad - good > 1:
            middle = guesses.pop(0) if guesses else (good + bad) // 2
            if not good < middle < bad:
                continue
            if self.budget < 0:
                return good
            if self._parse(first, middle)[0] == "fails":
                bad = middle
            else:
                good = middle
        return good

    def _parse(self, first, last):
        """("parses", None), ("incomplete", line of what is never closed or None) or ("fails", line or None)."""
        source = self.text[self.starts[first]:self.starts[last + 1] - 1]
        self.budget -= _PARSE_OVERHEAD + len(source) // 20
        try:
            compile(source, "<text>", "exec", ast.PyCF_ONLY_AST | _INCOMPLETE_FLAG, True)
        except _NOT_PARSED as error:
            line = _line_of(error, first, last)
            if not _is_incomplete(error, source):
                self.budget -= self.starts[(last if line is None else line) + 1] - self.starts[first]
                return "fails", line
            self.budget -= 2 * len(source)
            return "incomplete", self._unclosed_line(source, first, last)
        self.budget -= len(source)
        return "parses", None

    def _unclosed_line(self, source, first, last):
        if not _INCOMPLETE_FLAG:
            return None
        try:
            compile(source, "<text>", "exec", ast.PyCF_ONLY_AST, True)
        except _NOT_PARSED as error:
            if isinstance(error, SyntaxError) and _NEVER_CLOSED.search(str(error.msg)):
                return _line_of(error, first, last)
        return None


def _line_of(error, first, last):
    line = getattr(error, "lineno", None)
    return min(first + line - 1, last) if line else None


def _is_incomplete(error, source):
    """Whether more lines might mend the text."""
    if not isinstance(error, SyntaxError):
        return False
    if _INCOMPLETE_FLAG:
        return "incomplete input" in str(error.msg)
    # As codeop did it: an error that moves when the text grows lies at the end of the text.
    seen = [repr(error)]
    try:
        compile(source + "\n\n", "<text>", "exec", ast.PyCF_ONLY_AST, True)
    except _NOT_PARSED as other:
        seen.append(repr(other))
    return "never closed" in seen[0] or len(set(seen)) != 1 or len(seen) == 1


def _needed_definitions(code, entry_point, needs_return):
    """All imports, then the first definition of every name that the entry point reaches (all without an entry point)."""
    try:
        body = ast.parse(code).body
    except _NOT_PARSED:
        return ""
    source = _Source(code)
    imports, definitions, names = [], [], set()
    for node in body:
        if isinstance(node, ast.Import) or isinstance(node, ast.ImportFrom) and node.module != "__future__":
            imports.append(source.simple(node))
            continue
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            # The official parser knows decorated definitions as another kind of node and drops them.
            if node.decorator_list:
                continue
            name, text = node.name, source.block
            if needs_return and not isinstance(node, ast.ClassDef) and not _returns(node):
                continue
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            name, text = _assigned_name(node, source), source.simple
        else:
            continue
        if name not in names:
            names.add(name)
            definitions.append((name, node, text))
    if entry_point:
        reached = _reachable(entry_point, {name: node for name, node, _ in definitions})
        definitions = [entry for entry in definitions if entry[0] in reached]
    return "\n".join(imports + [text(node) for _, node, text in definitions])


def _returns(node):
    return any(isinstance(part, ast.Return) for part in ast.walk(node))


def _assigned_name(node, source):
    """The first plain name on either side of the assignment, as the official walk over its direct children finds it."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if isinstance(target, ast.Name):
        return target.id
    single = isinstance(node, ast.AnnAssign) or len(node.targets) == 1
    if single and isinstance(node.value, ast.Name) and source.simple(node).endswith(node.value.id):
        return node.value.id
    return None


def _reachable(entry_point, nodes):
    reached, pending = {entry_point}, [entry_point]
    while pending:
        node = nodes.get(pending.pop())
        if node is not None:
            found = _identifiers(node) - reached
            reached |= found
            pending.extend(found)
    return reached


# Fields of nodes that hold identifiers, alone, dotted, or in lists.
_IDENTIFIER_FIELDS = ("id", "attr", "arg", "name", "asname", "module", "names", "rest", "kwd_attrs")


def _identifiers(node):
    found = set()
    for part in ast.walk(node):
        for field in _IDENTIFIER_FIELDS:
            value = getattr(part, field, None)
            for text in value if isinstance(value, list) else (value,):
                if isinstance(text, str):
                    found.update(text.split("."))
    return found


class _Source:
    """The text of nodes, with the extents that the official parser gives them."""

    def __init__(self, code):
        self.data = code.encode("utf-8", "surrogatepass")
        ends = list(_LINE_END.finditer(self.data))
        self.starts = [0] + [match.end() for match in ends]
        self.stops = [match.start() for match in ends] + [len(self.data)]

    def _text(self, node, end):
        start = self.starts[node.lineno - 1] + node.col_offset
        return self.data[start:end].decode("utf-8", "surrogatepass")

    def _end(self, node):
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def simple(self, node):
        return self._text(node, self._end(node))

    def block(self, node):
        """A definition with the comments that end its last line and that follow at the indentation of its body."""
        end, line = self._end(node), node.end_lineno - 1
        if self.data[end:self.stops[line]].lstrip()[:1] in (b"#", b";"):
            end = self._stripped_end(line)
        if node.body[0].lineno > node.lineno:
            indentation = self._indentation(node.body[0].lineno - 1)
            for line in range(node.end_lineno, len(self.starts)):
                content = self.data[self.starts[line]:self.stops[line]].strip()
                if not content:
                    continue
                if content[:1] != b"#" or self._indentation(line) < indentation:
                    break
                end = self._stripped_end(line)
        return self._text(node, end)

    def _stripped_end(self, line):
        return self.starts[line] + len(self.data[self.starts[line]:self.stops[line]].rstrip())

    def _indentation(self, line):
        content = self.data[self.starts[line]:self.stops[line]].expandtabs(8)
        return len(content) - len(content.lstrip())


def _without_trailing_uses(code, entry_point):
    """BigCodeBench: the unindented lines at the end go, from the first of them that names the entry point."""
    lines = code.splitlines()
    first = None
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].startswith(" "):
            break
        if entry_point and entry_point in lines[index]:
            first = index
    return code if first is None else "\n".join(lines[:first])
