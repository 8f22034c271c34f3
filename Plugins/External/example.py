"""Prefers programs whose functions have docstrings."""
import ast

import bestofn


def score(problem, candidates, host):
    def share(program):
        try:
            functions = [node for node in ast.walk(ast.parse(program)) if isinstance(node, ast.FunctionDef)]
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return bestofn.rejected(type(error).__name__)
        return sum(ast.get_docstring(node) is not None for node in functions) / max(len(functions), 1)

    return [share(candidate["program"]) for candidate in candidates]


bestofn.run(score, name="documented", summary="the share of functions with a docstring")
