"""``transcribe.text`` and ``transcribe.toxicity``: what is said in films and sounds, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moderation.core.detections import Detection
from moderation.core.items import Extraction, Part, Place, Span, TimeRange, Tool
from moderation.hookspecs import Context
from moderation_aws.calls import Account, Caller, needed
from moderation_aws.cards import SPEECH, SPEECH_TOXICITY
from moderation_aws.taxonomy_map import TOXICITY, toxicity_label
from moderation_aws.text_pii import percent
from moderation_aws.transcription import TranscribeOptions, transcript_of

BILLED_AS = "transcribe.StartTranscriptionJob"
TOXICITY_FLOOR = 50.0


class Speech:
    """The transcript as a text part: a line for each turn of a speaker, each word tied to the seconds it was said."""

    name = "transcribe.text"
    version = "1.0"
    card = SPEECH
    reads = ("audio", "video")
    makes = ("text",)
    on_demand = True

    def __init__(self, account: Account, options: TranscribeOptions) -> None:
        self._account, self._options = account, options
        self.time_limit_seconds = options.time_limit_seconds

    def extract(self, part: Part, context: Context) -> list[Part]:
        """One text part, or none where nobody speaks. Raises `Unreadable` and `Unavailable`."""
        caller = Caller(context.app, self.name)
        transcript = transcript_of(part, context, self._account, caller, self._options)
        # A transcript that is read again is counted again: the meter errs on the high side.
        self._account.count(caller, BILLED_AS, transcript.seconds)
        text, places = written(transcript.results)
        if not text:
            return []
        tool = Tool(name=self.name, version=self.version)
        return [Part(type="text", text=text, extraction=Extraction(part=part.id, extractor=tool, places=tuple(places)))]


class SpeechToxicity:
    """Abuse in what is said and in how it is said, by Transcribe's toxicity categories, in US English."""

    name = "transcribe.toxicity"
    version = "1.0"
    card = SPEECH_TOXICITY
    reads = ("audio", "video")
    labels = ("Toxicity", *TOXICITY)
    min_confidence = TOXICITY_FLOOR
    on_demand = True

    def __init__(self, account: Account, options: TranscribeOptions) -> None:
        self._account, self._options = account, options
        self.time_limit_seconds = options.time_limit_seconds

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """Categories in the order of time. Raises `Unreadable` and `Unavailable`."""
        caller = Caller(context.app, self.name)
        transcript = transcript_of(part, context, self._account, caller, self._options)
        if transcript.is_new:
            self._account.count(caller, BILLED_AS, transcript.seconds)
        return [
            Detection(
                label=toxicity_label(name),
                confidence=percent(score),
                # Numbers here, texts in the items: float takes both.
                time_range=TimeRange(start=float(stretch["start_time"]), end=float(stretch["end_time"])),
            )
            for stretch in needed(transcript.results, "toxicity_detection")
            for name, score in stretch["categories"].items()
            if percent(score) >= TOXICITY_FLOOR
        ]


def written(results: Mapping[str, Any]) -> tuple[str, list[Place]]:
    """The text of a transcript and where its words were said.

    Args:
        results: items in order, each a word with ``start_time`` and ``end_time`` (texts, in seconds) or a punctuation
            mark, which belongs to the word before it.
    """
    text, places, speaker = "", [], None
    for item in needed(results, "items"):
        content = item["alternatives"][0]["content"] if item.get("alternatives") else ""
        if not content:
            continue
        if item["type"] == "punctuation":
            text += content
            continue
        said_by = item.get("speaker_label")
        if said_by is not None and said_by != speaker:
            text += f"{chr(10) if text else ''}{said_by}: "
            speaker = said_by
        elif text:
            text += " "
        when = TimeRange(start=float(item["start_time"]), end=float(item["end_time"]))
        places.append(Place(span=Span(start=len(text), end=len(text) + len(content)), time_range=when))
        text += content
    return text, places
