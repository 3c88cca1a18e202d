"""``comprehendmedical.phi``: protected health information in English texts, by DetectPHI."""

from __future__ import annotations

from collections.abc import Mapping

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.hookspecs import Context
from moderation_aws.calls import TIME_LIMIT_SECONDS, Account, Caller, needed
from moderation_aws.cards import PHI
from moderation_aws.cutting import pieces, sendable
from moderation_aws.languages import LanguageOptions, language_of, units
from moderation_aws.text_pii import OVERLAP, joined, percent, span_of

MOST_CHARACTERS = 20_000
LABELS: Mapping[str, str] = {
    "NAME": "PII/NAME",
    "AGE": "PII/AGE",
    "ADDRESS": "PII/ADDRESS",
    "PHONE_OR_FAX": "PII/PHONE",
    "EMAIL": "PII/EMAIL",
    "URL": "PII/URL",
    "DATE": "PII/DATE_TIME",
    "ID": "Custom/PHI_ID",
    "IDENTIFIER": "Custom/PHI_ID",
    "CONTACT_POINT": "Custom/PHI_CONTACT",
    "PROFESSION": "Custom/PHI_PROFESSION",
}
"""Comprehend Medical's types to our labels; any other is ``PII``."""


class TextPhi:
    """What identifies a patient, each with its span. The text of an entity is not kept, though the answer has it."""

    name = "comprehendmedical.phi"
    version = "1.0"
    card = PHI
    reads = ("text",)
    labels = ("PII", *sorted(set(LABELS.values())))
    time_limit_seconds = TIME_LIMIT_SECONDS
    on_demand = True

    def __init__(self, account: Account, options: LanguageOptions) -> None:
        self._account, self._options = account, options
        self.min_confidence = options.min_confidence

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """Entities in the order of the text. Raises `Unavailable`."""
        text = part.text or ""
        if not text.strip():
            return []
        caller = Caller(context.app, self.name)
        language_of(text, ("en",), self._account, caller, self._options)
        found: list[Detection] = []
        for piece in pieces(sendable(text), MOST_CHARACTERS, size=len, overlap=OVERLAP):
            if not piece.text.strip():
                continue
            billed = units(piece.text, 1)
            answer = self._account.call(caller, "comprehendmedical", "DetectPHI", billed, Text=piece.text)
            for entity in needed(answer, "Entities"):
                label, sure = LABELS.get(entity["Type"], "PII"), percent(entity["Score"])
                if sure >= self.min_confidence:
                    kind = {"type": entity["Type"]}
                    found.append(Detection(label=label, confidence=sure, span=span_of(entity, piece), attributes=kind))
        return joined(found)
