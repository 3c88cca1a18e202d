"""What holds for the tests themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

FILES = sorted([*(ROOT / "tests").rglob("*.py"), *(ROOT / "plugins").glob("*/tests/**/*.py")])


def imported(source: str) -> Iterator[tuple[int, str]]:
    """The line and the dotted name of all that a module imports, however deep in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module or ''}.{alias.name}") for alias in node.names)


def of_tests(source: str) -> list[tuple[int, str]]:
    """The imports from test modules and conftests: pytest imports these itself, and twice is once too often."""
    modules = ((line, name, name.split(".")) for line, name in imported(source))
    return [
        (line, name) for line, name, parts in modules if any(p == "conftest" or p.startswith("test_") for p in parts)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_imported_from_a_test_module_or_a_conftest(path: Path) -> None:
    assert of_tests(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "from tests.moderation.api.test_items import TEXT",
        "from tests.moderation.api import test_items",
        "from tests.conftest import settings",
        "from tests.moderation import conftest",
        "from .conftest import settings",
        "import tests.moderation.conftest as c",
        "def f():\n    import tests.moderation.api.test_items",
    ],
)
def test_such_an_import_would_be_seen(source: str) -> None:
    assert len(of_tests(source)) == 1


def test_a_folder_of_tests_has_the_name_of_what_is_tested() -> None:
    packages = ("ground", "moderation", "review_ui")
    folders = [folder for package in packages for folder in sorted((ROOT / "tests" / package).glob("**/"))]
    of_python = [folder.relative_to(ROOT / "tests") for folder in folders if list(folder.glob("test_*.py"))]

    missing = [f for f in of_python if not (ROOT / f).is_dir() and not (ROOT / f).with_suffix(".py").is_file()]

    assert missing == []
