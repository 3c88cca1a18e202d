"""No page of the console takes items past what the person who is signed in is cleared for."""

from __future__ import annotations

import ast
from pathlib import Path

import moderation.console

PAST = (
    "service.store.get_item(",
    "service.store.search_items(",
    "service.notices.find(",
    "service.notices.get(",
    "notices.find(",
    "notices.get(",
    "searching.page(",
    "searching.count(",
    "searching.rows(",
)


def test_items_and_notices_are_taken_by_seen_alone() -> None:
    pages = [path for path in Path(moderation.console.__file__).parent.glob("*.py") if path.name != "seen.py"]
    wrong = [
        f"{path.name}:{node.lineno}: {ast.unparse(node)}"
        for path in pages
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node).startswith(PAST)
    ]

    assert len(pages) > 10
    assert wrong == []
