"""DetectToxicContent: how likely each segment is of the kinds that a detector here looks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moderation.comprehend.faults import fault
from moderation.core.egress import leaves_machine
from moderation.core.items import Part
from moderation.hookspecs import Detector
from moderation.service import Service

PREFIX = "Toxicity/"
NAMES = (
    "GRAPHIC", "HARASSMENT_OR_ABUSE", "HATE_SPEECH", "INSULT", "PROFANITY", "SEXUAL", "VIOLENCE_OR_THREAT",
)  # fmt: skip
MOST_SEGMENTS = 10
MOST_SEGMENT_BYTES, MOST_BYTES = 1_000, 10_000
"""1 KB a segment and 10 KB in all, of UTF-8; Comprehend counts a KB as 1,000 bytes."""
LISTS = "text.blocklist"
"""Finds what is on a list, and knows nothing of all other texts."""


def detect_toxic_content(service: Service, parameters: Mapping[str, Any], app: str | None) -> dict[str, Any]:
    """Segments in the order given, each with a score of 0-1 for the kinds that were looked for, and for no others.

    A kind that was looked for and not found has 0. ``Toxicity`` is the highest of a segment's scores.

    Raises:
        ApiError: too long, another language than English, or nobody here looks for any of it.
    """
    language = parameters["LanguageCode"]
    if language != "en":
        raise fault("UnsupportedLanguageException", f"The language {language} is not supported; use en")
    texts = [segment["Text"] for segment in parameters["TextSegments"]]
    if len(texts) > MOST_SEGMENTS:
        raise fault("InvalidRequestException", f"There are more than {MOST_SEGMENTS} text segments")
    _check_sizes(texts)
    detectors = [each for each in service.judge.plugins.detectors if _looks_for_toxicity(each)]
    kinds = [name for name in NAMES if any(f"{PREFIX}{name}" in each.labels for each in detectors)]
    if not kinds:
        raise fault("ResourceUnavailableException", "No detector is loaded here that looks for toxic content in texts")
    names = {each.name for each in detectors}
    parts = [Part(id=f"p{number}", type="text", text=text) for number, text in enumerate(texts)]
    found, answers = service.judge.runner.look_each("aws", parts, lambda each: each.name in names)
    for failure in answers.failures:
        if failure.kind == "unreadable":
            raise fault("UnsupportedLanguageException", failure.message)
        raise fault("InternalServerException", f"{failure.detector.name} gave no answer: {failure.message}")
    results = []
    for each in found:
        scores = dict.fromkeys(kinds, 0.0)
        for detection in each:
            name = detection.label.removeprefix(PREFIX)
            if name in scores:
                scores[name] = max(scores[name], round(detection.confidence / 100, 6))
        labels = [{"Name": name, "Score": score} for name, score in scores.items()]
        results.append({"Labels": labels, "Toxicity": max(scores.values())})
    return {"ResultList": results}


def _looks_for_toxicity(detector: Detector) -> bool:
    if "text" not in detector.reads or detector.name == LISTS or not getattr(detector, "examines", True):
        return False
    if getattr(detector, "on_demand", False) or leaves_machine(detector):
        return False
    return any(label.removeprefix(PREFIX) in NAMES for label in detector.labels if label.startswith(PREFIX))


def _check_sizes(texts: list[str]) -> None:
    try:
        sizes = [len(text.encode()) for text in texts]
    except UnicodeEncodeError as error:
        raise fault("InvalidRequestException", "A text has half of a surrogate pair, no character") from error
    if max(sizes) > MOST_SEGMENT_BYTES:
        raise fault("TextSizeLimitExceededException", f"A text segment has more than {MOST_SEGMENT_BYTES:,} bytes")
    if sum(sizes) > MOST_BYTES:
        raise fault("TextSizeLimitExceededException", f"The text segments have more than {MOST_BYTES:,} bytes in all")
