"""What ``film.frames`` sees and does not see."""

from __future__ import annotations

from moderation.core.cards import Card, Licence

FRAMES = Card(
    sees="films in MP4, MOV, WebM, Matroska and MPEG-TS as still pictures with their seconds: one in 2 s, or as often as "
    "a policy says (every:), and those at which a new scene begins or much moves; up to 60 that differ",
    does_not_see="shots shorter than the interval, where the encoder made nothing of them; what only movement shows; "
    "sound; subtitles and other tracks; colours of HDR films as a television shows them",
    licence=Licence(
        code="Apache-2.0; PyAV BSD, its wheels with FFmpeg, x264 and x265 (GPL)",
        weights="none",
        source="PyAV 14.2 or later",
    ),
    cost="about 2 s of one core for a minute of 720p; each picture is then looked at by every detector of pictures",
)
