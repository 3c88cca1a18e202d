"""Where the lists are. Apart from what reads them, which most starts do not need."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from moderation.settings import Settings


def lists_folder(settings: Settings) -> Path:
    """What is set, or ``hashes`` in the data folder."""
    return settings.hashes or settings.data.absolute() / "hashes"
