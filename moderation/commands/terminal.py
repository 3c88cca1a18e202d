"""What commands show on a terminal: tables, progress, and names that others have chosen."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

Thing = TypeVar("Thing")


def console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Where tables are drawn. With ``NO_COLOR`` they have no attributes at all, neither bold nor italic."""
    from rich.console import Console  # most commands draw none

    context = click.get_current_context(silent=True)
    is_plain = context is not None and context.color is False
    return Console(stderr=stderr, width=width, color_system=None if is_plain else "auto")


def bar(things: Sequence[Thing], what: str, *, is_shown: bool = True) -> Iterator[Thing]:
    """These things, with how far one is on the standard error, where that is a terminal; what is printed stays whole.

    Args:
        what: what they are, as the bar is called.
    """
    if not is_shown or not sys.stderr.isatty():
        yield from things
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(
        "{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    ) as progress:
        yield from progress.track(things, description=what)


def printable(name: str) -> str:
    """Names come from folders and buckets of others, and terminals obey some characters."""
    return "".join(c if c.isprintable() else "?" for c in name)
