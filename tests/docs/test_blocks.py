"""Every fenced block of every page is typed, run or read by a test, or says in front of it why not.

Console blocks: `test_console.py` and `test_tutorial.py`; YAML of policies: `test_pages.py`. All others are read here as
what they are: JSON, TOML, YAML and Python with all that it imports. A block that no test can take carries a comment
before its fence, ``<!-- not run: WHY -->``, with one of `REASONS`.
"""

from __future__ import annotations

import ast
import importlib
import json
import tomllib
from collections.abc import Callable

import pytest
import yaml

from tests.docs.pages import ALL_PAGES, Block, blocks

REASONS = {
    "a browser's, of the reader's own page",
    "a template of the reader's own",
    "DuckDB's or Athena's, over the reader's own bucket",
    "make test-clients compiles it",
}
"""Why blocks are not run or read."""
SHOWN = ("", "text")
"""Kinds of blocks that are nothing to be typed: output, and texts."""

ALL = [block for page in ALL_PAGES for block in blocks(page)]


def python(text: str) -> None:
    """Compiles it; modules and names that it imports have to be there."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                importlib.import_module(alias.name)
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            module = importlib.import_module(node.module)
            lost = [alias.name for alias in node.names if not hasattr(module, alias.name)]
            assert lost == [], f"{node.module} has no {', '.join(lost)}"


READERS: dict[str, Callable[[str], object]] = {
    "json": json.loads,
    "toml": tomllib.loads,
    "yaml": lambda text: list(yaml.safe_load_all(text)),
    "python": python,
}
ELSEWHERE = ("console", "sh", "bash")
"""Kinds that `test_console.py` and `test_tutorial.py` hold against the commands that there are, or type."""


@pytest.mark.parametrize("block", [each for each in ALL if each.kind in READERS], ids=lambda block: block.place)
def test_a_block_is_what_it_says_it_is(block: Block) -> None:
    READERS[block.kind](block.text)


def test_every_block_is_read_by_a_test_or_says_why_not() -> None:
    untold = [each.place for each in ALL if each.kind not in (*READERS, *ELSEWHERE, *SHOWN) and not each.not_run]

    assert untold == []
    assert {each.place: each.not_run for each in ALL if each.not_run and each.not_run not in REASONS} == {}
    assert {each.not_run for each in ALL if each.not_run} == REASONS, "a reason that no block has"
    assert [each.place for each in ALL if each.kind in READERS and each.not_run] == [], "it can be read"


def test_no_fence_is_overlooked() -> None:
    """A fence that has other words behind it would be no block here."""
    for page in ALL_PAGES:
        fences = [line for line in page.read_text(encoding="utf-8").splitlines() if line.lstrip().startswith("```")]

        assert len(fences) == 2 * len(list(blocks(page))), page
