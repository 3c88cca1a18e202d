"""Known content: what is on lists of hashes is found again, among a million of them in milliseconds.

Nothing is offered where there is no list. Lists are read at the start; see docs/known-content.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation import hookimpl
from moderation.hookspecs import Finding
from moderation_hashes.folder import lists_folder

if TYPE_CHECKING:
    from collections.abc import Collection

    import click

    from moderation.settings import Settings
    from moderation_hashes.lists import HashList


@hookimpl
def register_detectors(settings: Settings) -> list[Any]:
    """Offer ``vision.hashes`` and ``text.hashes`` over the lists in force; a faulty list stops the start."""
    lists = _lists(settings)
    if not lists:
        return []
    from moderation_hashes.detectors import KnownMedia, KnownTexts

    return [KnownMedia(lists), KnownTexts(lists)]


@hookimpl
def examine(settings: Settings, services: Collection[str]) -> list[Finding]:
    """Say what lists there are, and what in them is not compared."""
    from moderation_hashes.commands import sentence

    return [Finding(f"known content: {sentence(each)}") for each in _lists(settings)]


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Add ``moderation hashes``."""
    from moderation_hashes.commands import hashes

    cli.add_command(hashes)


def _lists(settings: Settings) -> tuple[HashList, ...]:
    folder = lists_folder(settings)
    if settings.hashes is None and not folder.exists():
        return ()
    from moderation_hashes.lists import read_lists  # with it comes numpy

    return read_lists(folder, is_needed=settings.hashes is not None)
