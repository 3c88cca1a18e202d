"""Pictures: an image part comes in, detections, text and frames, or a blanked copy go out. All on this machine.

Each detector, extractor and redactor is a module of its own over `pictures`, which opens every picture under the same
limits; a new one is a module, a line below and a test file. Libraries load at the first look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation import hookimpl
from moderation.hookspecs import Finding
from moderation_vision.blanking import Blank, Patch
from moderation_vision.faces import Faces, QuickFaces, WaryFaces
from moderation_vision.frames import Frames
from moderation_vision.lettering import Lettering
from moderation_vision.metadata import Metadata
from moderation_vision.provenance import Provenance
from moderation_vision.quality import Quality
from moderation_vision.text import Text

if TYPE_CHECKING:
    from collections.abc import Collection

    from moderation.settings import Settings


@hookimpl
def register_detectors(settings: Settings) -> list[Any]:
    """Offer ``vision.faces`` and its quick and wary siblings, and what looks at metadata, quality and lettering."""
    return [Faces(), QuickFaces(), WaryFaces(), Metadata(), Provenance(), Quality(), Lettering()]


@hookimpl
def register_extractors(settings: Settings) -> list[Any]:
    """Offer ``vision.text`` and ``vision.frames``."""
    return [Text(), Frames()]


@hookimpl
def register_redactors(settings: Settings) -> list[Any]:
    """Offer ``vision.blank`` and ``vision.patch``."""
    return [Blank(), Patch()]


@hookimpl
def examine(settings: Settings, services: Collection[str]) -> list[Finding]:
    """Say which scripts ``vision.text`` reads here."""
    from moderation_vision.reading.scripts import missing

    absent = missing()
    if not absent:
        return [Finding("vision.text reads lines in Latin, Chinese, Japanese, Cyrillic and Greek letters")]
    return [
        Finding(
            "vision.text reads lines in Latin, Chinese and Japanese letters; pictures with others go to people. "
            f"For Cyrillic and Greek: {absent}"
        )
    ]
