"""What a tool is given in place of the service's context: samples as parts, over a temporary folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from moderation.core.items import Media, Part, PartType
from moderation.core.policy.policies import PolicyWords
from moderation.hookspecs import Frame
from moderation.media.looking import frames, looks

if TYPE_CHECKING:
    from PIL.Image import Image

Sample: TypeAlias = str | bytes | Path | Part
"""One input: a text, the bytes of a picture, film or sound, a file of those, or a part made by hand."""


class FakeContext:
    """Stands in for the service's `Context`: parts are made from texts and bytes, which lie in a folder.

    Args:
        folder: an empty folder for the bytes, such as pytest's ``tmp_path``.
        app: what the detector sees as the posting app.
        policies: what one that reads policies sees of them.
    """

    def __init__(self, folder: Path, app: str = "test", policies: Sequence[PolicyWords] = ()) -> None:
        self.app, self.policies = app, policies
        self._folder = folder
        self._made = 0

    def text(self, text: str, *, is_document: bool = False) -> Part:
        """A text part."""
        return Part(id=self._next_id(), type="text", text=text, is_document=is_document)

    def media(self, data: bytes, *, declared: tuple[PartType, str] | None = None) -> Part:
        """A part of these bytes, which are inspected as the service inspects what apps post.

        Args:
            data: a picture, film or sound.
            declared: type and content type to believe without a look, for bytes that are damaged on purpose.

        Raises:
            MediaRefused: the service would not accept the bytes.
        """
        from ground.media.limits import Limits
        from moderation.media.inspecting import MediaFacts
        from moderation.media.inspecting import inspect as inspect_media

        facts = inspect_media(data, Limits(), None) if declared is None else MediaFacts(*declared)
        if facts.type == "text":
            return self.text(data.decode("utf-8-sig"), is_document=True)
        digest = hashlib.sha256(data).hexdigest()
        (self._folder / digest).write_bytes(data)
        media = Media(
            uri=f"s3://test/{digest}",
            sha256=digest,
            content_type=facts.content_type,
            size_bytes=len(data),
            width=facts.width,
            height=facts.height,
            frames=facts.frames,
            seconds=facts.seconds,
            sound_seconds=facts.sound_seconds,
        )
        return Part(id=self._next_id(), type=facts.type, media=media)

    def part(self, sample: Sample) -> Part:
        """The part that a sample stands for."""
        if isinstance(sample, Part):
            return sample
        if isinstance(sample, str):
            return self.text(sample)
        return self.media(sample if isinstance(sample, bytes) else sample.read_bytes())

    def path(self, part: Part) -> Path:
        """See `moderation.hookspecs.Context.path`."""
        if part.media is None:
            raise ValueError(f"part {part.id} is a text and has no file")
        return self._folder / part.media.sha256

    def read(self, part: Part) -> bytes:
        """See `moderation.hookspecs.Context.read`."""
        return self.path(part).read_bytes()

    def looks(self, part: Part, longest: int | None = None) -> list[Image]:
        """See `moderation.hookspecs.Context.looks`."""
        return looks(part, self.read(part), longest)

    def frames(self, part: Part, longest: int | None = None) -> Iterator[Frame]:
        """See `moderation.hookspecs.Context.frames`."""
        return frames(self.read(part), longest)

    def _next_id(self) -> str:
        self._made += 1
        return f"p{self._made - 1}"
