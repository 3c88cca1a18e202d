"""``bedrock.<name>``: texts and pictures by a guardrail of Amazon Bedrock, with ApplyGuardrail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from moderation.core.detections import Detection
from moderation.core.items import Part, Span
from moderation.core.looks import merge_looks
from moderation.hookspecs import Context
from moderation_aws import pictures
from moderation_aws.calls import TIME_LIMIT_SECONDS, Account, Caller, CallRefused, needed
from moderation_aws.cards import GUARDRAIL
from moderation_aws.cutting import Piece, pieces, sendable
from moderation_aws.taxonomy_map import COMPREHEND_PII, pii_label

MOST_CHARACTERS = 20_000
"""Of a text in one call; the quotas are in text units of 1,000 characters, 25 a second by default."""
OVERLAP = 300
SURE: Mapping[str, float] = {"NONE": 0.0, "LOW": 40.0, "MEDIUM": 70.0, "HIGH": 95.0}
"""A filter speaks in words; these are our numbers for them, so that thresholds can tell them apart."""
CERTAIN = 100.0
"""For what a guardrail finds by a list, a pattern or a topic, without saying how sure it is."""
FILTERS: Mapping[str, tuple[str, str]] = {
    "INSULTS": ("Toxicity/INSULT", "Toxicity/INSULT"),
    "HATE": ("Toxicity/HATE_SPEECH", "Hate Symbols"),
    "SEXUAL": ("Toxicity/SEXUAL", "Explicit"),
    "VIOLENCE": ("Toxicity/VIOLENCE_OR_THREAT", "Violence"),
    "MISCONDUCT": ("Custom/MISCONDUCT", "Custom/MISCONDUCT"),
    "PROMPT_ATTACK": ("Custom/PROMPT_ATTACK", "Custom/PROMPT_ATTACK"),
}
"""A filter to the label for a text and for a picture."""
PII_TYPES: Mapping[str, str] = {
    "CREDIT_DEBIT_CARD_NUMBER": "CREDIT_DEBIT_NUMBER",
    "CREDIT_DEBIT_CARD_CVV": "CREDIT_DEBIT_CVV",
    "CREDIT_DEBIT_CARD_EXPIRY": "CREDIT_DEBIT_EXPIRY",
    "US_BANK_ACCOUNT_NUMBER": "BANK_ACCOUNT_NUMBER",
    "US_BANK_ROUTING_NUMBER": "BANK_ROUTING",
    "US_PASSPORT_NUMBER": "PASSPORT_NUMBER",
    "US_SOCIAL_SECURITY_NUMBER": "SSN",
}
"""Guardrails' types whose names differ from Comprehend's."""
TOPIC, WORD, PATTERN = "Custom/DENIED_TOPIC", "Custom/GUARDRAIL_WORD", "Custom/GUARDRAIL_PATTERN"


LABELS = tuple(
    sorted(
        {label for both in FILTERS.values() for label in both}
        | {TOPIC, WORD, PATTERN, "Toxicity/PROFANITY", "PII", *COMPREHEND_PII}
    )
)


class GuardrailOptions(BaseModel):
    """One entry of ``guardrails:`` in the configuration.

    Attributes:
        name: the detector is called ``bedrock.<name>``.
        guardrail: its id or ARN.
        guardrail_version: a number, or ``DRAFT``.
        reads: text, or also pictures where the guardrail has filters for them.
        source: ``INPUT`` for what users write, ``OUTPUT`` for what a model wrote; guardrails may tell them apart.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")] = "guardrail"
    guardrail: Annotated[str, Field(pattern=r"^([a-z0-9]+|arn:aws(-[^:]+)?:bedrock:.+:guardrail/[a-z0-9]+)$")]
    guardrail_version: Annotated[str, Field(pattern=r"^([1-9][0-9]{0,7}|DRAFT)$")]
    reads: tuple[Literal["text", "image"], ...] = ("text",)
    source: Literal["INPUT", "OUTPUT"] = "INPUT"


class Guardrail:
    """What the guardrail's filters, topics, words and patterns detect, whether it would block it or not."""

    version = "1.1"
    card = GUARDRAIL
    labels = LABELS
    min_confidence = 0.0
    time_limit_seconds = TIME_LIMIT_SECONDS
    on_demand = True

    def __init__(self, account: Account, fitting: pictures.Fitting, options: GuardrailOptions) -> None:
        self._account, self._fitting, self._options = account, fitting, options
        self.name = f"bedrock.{options.name}"
        self.reads = options.reads

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """Findings in the order of the answer. Raises `Unreadable` and `Unavailable`."""
        caller = Caller(context.app, self.name)
        if part.text is None:
            looks = pictures.fitted_bytes(part, context, pictures.GUARDRAIL, self._fitting)
            contents = [{"image": {"format": kind, "source": {"bytes": data}}} for data, kind in looks]
            return merge_looks([list(self._ask(caller, content, 1, None)) for content in contents])
        found: list[Detection] = []
        for piece in pieces(sendable(part.text), MOST_CHARACTERS, size=len, overlap=OVERLAP):
            if piece.text.strip():
                content = {"text": {"text": piece.text}}
                found += self._ask(caller, content, ceil(len(piece.text) / 1000), piece)
        # Two pieces see what stands where they overlap.
        return list({detection.model_dump_json(): detection for detection in found}.values())

    def _ask(
        self, caller: Caller, content: Mapping[str, Any], billed: float, piece: Piece | None
    ) -> Iterator[Detection]:
        answer = self._account.call(
            caller,
            "bedrock-runtime",
            "ApplyGuardrail",
            billed,
            guardrailIdentifier=self._options.guardrail,
            guardrailVersion=self._options.guardrail_version,
            source=self._options.source,
            content=[content],
            outputScope="FULL",
        )
        for assessment in needed(answer, "assessments"):
            yield from _filters(assessment, piece)
            yield from _words(assessment, piece)
            yield from _sensitive(assessment, piece)
            for topic in assessment.get("topicPolicy", {}).get("topics", ()):
                if _is_detected(topic):
                    attributes = {"topic": topic["name"], "action": topic["action"]}
                    yield Detection(label=TOPIC, confidence=CERTAIN, span=_whole(piece), attributes=attributes)


def _filters(assessment: Mapping[str, Any], piece: Piece | None) -> Iterator[Detection]:
    for each in assessment.get("contentPolicy", {}).get("filters", ()):
        sure = SURE[each["confidence"]]
        if sure > 0:
            if each["type"] not in FILTERS:
                raise CallRefused("UnknownLabel", f"a filter that this version does not know: '{each['type'][:100]}'")
            labels = FILTERS[each["type"]]
            attributes = {"filter": each["type"], "confidence": each["confidence"], "action": each["action"]}
            label = labels[0] if piece is not None else labels[1]
            yield Detection(label=label, confidence=sure, span=_whole(piece), attributes=attributes)


def _words(assessment: Mapping[str, Any], piece: Piece | None) -> Iterator[Detection]:
    policy = assessment.get("wordPolicy", {})
    for label, kind in ((WORD, "customWords"), ("Toxicity/PROFANITY", "managedWordLists")):
        for each in policy.get(kind, ()):
            if _is_detected(each):
                for span in _spans(each["match"], piece):
                    yield Detection(label=label, confidence=CERTAIN, span=span, attributes={"action": each["action"]})


def _sensitive(assessment: Mapping[str, Any], piece: Piece | None) -> Iterator[Detection]:
    policy = assessment.get("sensitiveInformationPolicy", {})
    for each in policy.get("piiEntities", ()):
        if _is_detected(each):
            label = pii_label(PII_TYPES.get(each["type"], each["type"]))
            for span in _spans(each["match"], piece):
                yield Detection(label=label, confidence=CERTAIN, span=span, attributes={"action": each["action"]})
    for each in policy.get("regexes", ()):
        if _is_detected(each):
            for span in _spans(each.get("match", ""), piece):
                attributes = {"pattern": each.get("name", ""), "action": each["action"]}
                yield Detection(label=PATTERN, confidence=CERTAIN, span=span, attributes=attributes)


def _is_detected(each: Mapping[str, Any]) -> bool:
    """With the full output, what was looked for and not found may stand there too."""
    return bool(each.get("detected", True))


def _whole(piece: Piece | None) -> Span | None:
    return None if piece is None else Span(start=piece.start, end=piece.start + len(piece.text))


def _spans(match: str, piece: Piece | None) -> list[Span | None]:
    """Where the words that a guardrail names stand; it gives no places. All of the piece where they are not found."""
    if piece is None:
        return [None]
    folded, words = piece.text.lower(), match.lower()
    if not words or len(folded) != len(piece.text):
        return [_whole(piece)]
    found: list[Span | None] = []
    at = folded.find(words)
    while at >= 0:
        found.append(Span(start=piece.start + at, end=piece.start + at + len(words)))
        at = folded.find(words, at + len(words))
    return found or [_whole(piece)]
