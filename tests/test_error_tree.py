"""Each error of ours hangs in the one tree, and stands in the drawing of it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from ground.errors import ModerationError
from moderation.core import errors
from tests.paths import ROOT

PACKAGES = ["ground", "review_ui", "moderation", *sorted(path.name for path in ROOT.glob("plugins/*/moderation_*"))]
Drawn = set[tuple[str, str, str]]
"""Package, base, name."""


def modules(package: str) -> Iterator[str]:
    yield package
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        if not module.name.endswith(".__main__"):  # which runs when it is imported
            yield module.name


def defined() -> Iterator[type[BaseException]]:
    """All exceptions of ours, whatever they derive from."""
    for package in PACKAGES:
        for name in modules(package):
            for thing in vars(importlib.import_module(name)).values():
                if isinstance(thing, type) and issubclass(thing, BaseException) and thing.__module__ == name:
                    yield thing


def drawn(text: str) -> Drawn:
    """What a drawing says: the name of a package, and below it branches from `ModerationError` on."""
    found: Drawn = set()
    package, path = "", []
    for line in text.split("::\n", 1)[1].splitlines():
        if line and not line.startswith("    "):
            break
        name = line.split("── ")[-1].split()[0] if line.strip() else ""
        if name in PACKAGES:
            package = name
        elif name:
            depth = (line.index("── ") - 4) // 4 + 1 if "── " in line else 0
            path = [*path[:depth], name]
            if depth:
                found.add((package, path[-2], name))
    return found


def test_each_error_of_ours_hangs_in_the_tree() -> None:
    apart = [f"{error.__module__}.{error.__name__}" for error in defined() if not issubclass(error, ModerationError)]

    assert apart == []


def test_the_drawing_has_each_error_in_its_place_and_no_other() -> None:
    hangs = {
        (error.__module__.partition(".")[0], base.__name__, error.__name__)
        for error in defined()
        for base in error.__bases__
        if issubclass(base, ModerationError)
    }

    # Where one hangs in another package's error, the drawing repeats that one.
    own = {(package, name) for package, _, name in hangs}
    assert {each for each in drawn(errors.__doc__ or "") if (each[0], each[2]) in own} == hangs
    repeated = {each for each in drawn(errors.__doc__ or "") if (each[0], each[2]) not in own}
    assert {(base, name) for _, base, name in repeated} <= {(base, name) for _, base, name in hangs}


def test_a_drawing_is_read_with_its_branches() -> None:
    text = """::

    ground
    ModerationError
    ├── InputError        wrong
    │   └── UrlRefused    not fetched
    └── NotFound          not there

    moderation_aws
    ModerationError
    └── StoreFailed       not written

Said afterwards.
"""

    assert drawn(text) == {
        ("ground", "ModerationError", "InputError"),
        ("ground", "InputError", "UrlRefused"),
        ("ground", "ModerationError", "NotFound"),
        ("moderation_aws", "ModerationError", "StoreFailed"),
    }
