"""What a single media object may cost, known before anything that decodes is loaded."""

from __future__ import annotations

from dataclasses import dataclass

from ground.settings import GroundSettings


@dataclass(frozen=True)
class Limits:
    """What a single media object may cost.

    Attributes:
        max_media_bytes: bytes.
        max_pixels: width times height. A frame of an animated picture may have a quarter of it (decoders keep several
            at once), all its frames together three times as many.
        max_frames: frames of an animated picture.
        max_text_chars: code points of a text file.
        max_passes: scans of a progressive JPEG; encoders make about ten, each goes over all pixels once more.
    """

    max_media_bytes: int = 15_728_640
    max_pixels: int = 40_000_000
    max_frames: int = 300
    max_text_chars: int = 200_000
    max_passes: int = 100

    @classmethod
    def of(cls, settings: GroundSettings) -> Limits:
        """The limits in force."""
        return cls(
            max_media_bytes=settings.max_media_bytes,
            max_pixels=settings.max_pixels,
            max_frames=settings.max_frames,
            max_text_chars=settings.max_text_chars,
        )


WIDEST = Limits(max_pixels=200_000_000, max_frames=2000)
"""For what was accepted at a door whose limits may have been wider than they are now."""
