# Copyright (c) 2026 the wecom.kf contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the places where a source file can be changed so that a good test fails."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_FUNCTIONS = {"all": "any", "any": "all", "max": "min", "min": "max"}
_FUNCTION_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class Mutation:
    """One change of one file."""

    file: str
    first_line: int
    """The first line of the changed code."""
    last_line: int
    line: str
    """The text of the first line, without the blanks around it."""
    change: str
    """The old and the new code, each on one line; numbered where a line has the same change several times."""
    start: int
    """Where the old code begins in the file, in bytes."""
    end: int
    new: str
    at_import: bool
    """Whether the code runs when the file is imported, and not in a function."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """Return what stays the same when other lines of the file change."""
        return self.file, self.line, self.change

    def apply(self, source: bytes) -> bytes:
        """Return the changed file."""
        return source[: self.start] + self.new.encode() + source[self.end :]


class Finder:
    """Finds all mutations of one source file.

    Docstrings, annotations, type aliases and the inside of f-strings stay as they are.
    """

    def __init__(self, file: str, source: bytes) -> None:
        self._file = file
        self._source = source
        self._in_function = False

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        for line in self._source.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    def find(self) -> list[Mutation]:
        """Return the mutations in the order of the file. Those that leave no valid Python are left out."""
        found = {(mutation.start, mutation.end, mutation.new): mutation for mutation in self._walk(self._tree())}
        in_order = sorted(found.values(), key=lambda mutation: (mutation.start, mutation.end))
        return list(_numbered(filter(self._is_valid, in_order)))

    def _tree(self) -> ast.Module:
        return ast.parse(self._source)

    def _is_valid(self, mutation: Mutation) -> bool:
        try:
            compile(mutation.apply(self._source), self._file, "exec")
        except SyntaxError:
            return False
        return True

    def _walk(self, node: ast.AST) -> Iterator[Mutation]:
        if _is_left_alone(node):
            return
        for old, new in _changes(node):
            yield self._mutation(old, new)
        was_in_function = self._in_function
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "type_comment"):
                continue
            # Decorators and default arguments are evaluated where the function is defined.
            self._in_function = was_in_function or (isinstance(node, _FUNCTION_DEFINITIONS) and name == "body")
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self._walk(child)
        self._in_function = was_in_function

    def _mutation(self, old: ast.expr | ast.stmt, new: str) -> Mutation:
        assert old.end_lineno is not None
        assert old.end_col_offset is not None
        start = self._line_starts[old.lineno - 1] + old.col_offset
        end = self._line_starts[old.end_lineno - 1] + old.end_col_offset
        line = self._source.splitlines()[old.lineno - 1].decode().strip()
        change = f"{ast.unparse(old)} → {new}"
        return Mutation(self._file, old.lineno, old.end_lineno, line, change, start, end, new, not self._in_function)


def _numbered(mutations: Iterable[Mutation]) -> Iterator[Mutation]:
    seen: Counter[tuple[str, str, str]] = Counter()
    for mutation in mutations:
        seen[mutation.identity] += 1
        number = seen[mutation.identity]
        yield mutation if number == 1 else replace(mutation, change=f"{mutation.change} #{number}")


def _is_left_alone(node: ast.AST) -> bool:
    """Tell whether nothing in this node is to be changed."""
    if isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    if isinstance(node, ast.If) and isinstance(node.test, (ast.Compare, ast.Name, ast.Attribute)):
        condition = ast.unparse(node.test)
        return condition.startswith("__name__ ==") or condition.endswith("TYPE_CHECKING")
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("__all__", "__metaclass__"):
        return True
    called = node.value if isinstance(node, ast.Subscript) else node.func if isinstance(node, ast.Call) else None
    return called is not None and ast.unparse(called).startswith(("t.", "typing."))


def _changes(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Yield pieces of code and what may stand in their place."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                for other in _COMPARISONS[type(operator)]:
                    operators = [*node.ops[:index], other(), *node.ops[index + 1 :]]
                    yield node, _code(ast.Compare(node.left, operators, node.comparators))
        case ast.BoolOp():
            yield node, _code(ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values))
        case ast.UnaryOp(op=ast.Not()):
            yield node, _code(node.operand)
        case ast.UnaryOp(op=ast.USub()):
            yield node, _code(node.operand)
        case ast.BinOp() if type(node.op) in _ARITHMETIC and not _is_text(node.left) and not _is_text(node.right):
            yield node, _code(ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right))
        case ast.Constant(value=bool()):
            yield node, repr(not node.value)
        case ast.Constant(value=int() | float() as number):
            yield node, repr(number + 1)
            yield node, f"({number - 1!r})"
        case ast.Constant(value=str() as text):
            yield node, repr("" if text else "XX")
        case ast.Constant(value=bytes() as content):
            yield node, repr(b"" if content else b"XX")
        case ast.Call(func=ast.Name(id=name)) if name in _FUNCTIONS:
            yield node.func, _FUNCTIONS[name]
        case ast.If() | ast.IfExp():
            yield node.test, "True"
            yield node.test, "False"
        case ast.While() if not isinstance(node.test, ast.Constant):
            yield node.test, "False"
        case ast.comprehension():
            for condition in node.ifs:
                yield condition, "True"
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield node, "return None"
        case ast.Raise() | ast.Delete() | ast.Assert() | ast.Expr(value=ast.Call() | ast.Await()):
            yield node, "pass"
        case ast.AugAssign():
            yield node, "pass"
            if type(node.op) in _ARITHMETIC:
                yield node, ast.unparse(ast.AugAssign(node.target, _ARITHMETIC[type(node.op)](), node.value))
        case (
            ast.Assign(targets=[ast.Attribute() | ast.Subscript()])
            | ast.AnnAssign(target=ast.Attribute(), value=ast.expr())
        ):
            yield node, "pass"
        case ast.Break():
            yield node, "continue"
        case ast.Continue():
            yield node, "break"


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))


def _code(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"
