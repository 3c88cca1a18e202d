"""The law of failpoints: whatever makes a change last has a name of its own, at which tests can end the process.

Run as ``python -m tools.failpoint_law``: prints the names, or where the law is broken. What it asks for:

- `Database.write` is called with ``step="area.verb"``, written out.
- A transaction that is begun or committed in another way stands in a ``with failpoint("area.verb")`` block.
- No two of them have the same name.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("ground", "review_ui", "moderation")
MECHANISM = ("ground/database.py", "ground/group_commit.py")
"""Where `Database.write` begins and commits; its names come from its callers."""
_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
_DATABASES = {"database", "_database", "db", "_db"}
_COMMIT = re.compile(r"\s*(BEGIN|COMMIT|END TRANSACTION)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Point:
    """A failpoint as it stands in the source.

    Attributes:
        kind: ``commit`` for a step of `Database.write`, ``effect`` for a block.
    """

    name: str
    kind: str
    file: str
    line: int


def points_and_faults(source: str, file: str) -> tuple[list[Point], list[str]]:
    """The failpoints of a module, and where it breaks the law, as ``file:line: what is wrong``."""
    seen = _Seen(file)
    seen.visit(ast.parse(source))
    return seen.points, seen.faults


def all_points() -> tuple[list[Point], list[str]]:
    """The failpoints of the whole program, and where the law is broken."""
    points: list[Point] = []
    faults: list[str] = []
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        file = str(path.relative_to(ROOT))
        more, wrong = points_and_faults(path.read_text(encoding="utf-8"), file)
        points += more
        faults += wrong
    return points, [*faults, *_said_twice(points)]


def _said_twice(points: list[Point]) -> Iterator[str]:
    first: dict[str, Point] = {}
    for point in points:
        other = first.setdefault(point.name, point)
        if other is not point:
            yield f"{point.file}:{point.line}: {point.name!r} is the name of {other.file}:{other.line}"


class _Seen(ast.NodeVisitor):
    def __init__(self, file: str) -> None:
        self.points: list[Point] = []
        self.faults: list[str] = []
        self._file, self._named = file, 0
        self._called: set[int] = set()

    def visit_With(self, node: ast.With) -> None:
        """A block, whose failpoint covers what is in it and behind it in the same line."""
        before = self._named
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == "failpoint":
                self._add("effect", call, call.args[0] if call.args else None)
                self._named += 1
            else:
                self.visit(call)
        for statement in node.body:
            self.visit(statement)
        self._named = before

    def visit_Call(self, node: ast.Call) -> None:
        """A write, a commit, or a failpoint that no block has."""
        if isinstance(node.func, ast.Attribute):
            name = node.func.attr
            step = next((keyword.value for keyword in node.keywords if keyword.arg == "step"), None)
            # mypy sees to it that no write is without a step, whatever the database is called there.
            if name == "write" and (step is not None or _is_database(node.func.value)):
                self._called.add(id(node.func))
                self._add("commit", node, step)
            elif name in ("begin", "commit") and not node.args:
                self._check_named(node, f"{name}() outside of Database.write")
            elif name in ("execute", "executescript", "exec_driver_sql") and node.args and _commits(node.args[0]):
                self._check_named(node, "a transaction in SQL outside of Database.write")
        elif isinstance(node.func, ast.Name) and node.func.id == "failpoint":
            self.faults.append(f"{self._file}:{node.lineno}: a failpoint is the with of a block")
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """A write that is handed on would be called without anybody seeing its name."""
        if node.attr == "write" and _is_database(node.value) and id(node) not in self._called:
            self.faults.append(f"{self._file}:{node.lineno}: Database.write is called where it is named")
        self.generic_visit(node)

    def _check_named(self, node: ast.AST, what: str) -> None:
        if self._file not in MECHANISM and not self._named:
            self.faults.append(f'{self._file}:{node.lineno}: {what} needs a with failpoint("area.verb")')  # type: ignore[attr-defined]

    def _add(self, kind: str, node: ast.Call, name: ast.expr | None) -> None:
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and _NAME.fullmatch(name.value):
            self.points.append(Point(name.value, kind, self._file, node.lineno))
        else:
            asked = 'step="area.verb"' if kind == "commit" else 'failpoint("area.verb")'
            self.faults.append(f"{self._file}:{node.lineno}: say {asked}, written out")


def _is_database(node: ast.expr) -> bool:
    return ast.unparse(node).split(".")[-1] in _DATABASES


def _commits(node: ast.expr) -> bool:
    """Whether SQL begins or ends a transaction; of a text with gaps, what it starts with is looked at."""
    if isinstance(node, ast.JoinedStr):
        return bool(node.values) and _commits(node.values[0])
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_COMMIT.match(node.value))


def main() -> int:
    """Print the failpoints, or what is wrong."""
    points, faults = all_points()
    for fault in faults:
        print(fault)  # noqa: T201 - what a command is for
    if not faults:
        for point in points:
            print(f"{point.kind} {point.name} {point.file}:{point.line}")  # noqa: T201 - see above
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
