"""A year or a weekday that stands alone, where a setting asks for it: Comprehend takes them for dates."""

from __future__ import annotations

from collections.abc import Iterator

from moderation_pii.expression import later
from moderation_pii.pattern import Hit

_YEAR = later(
    r"(?<![\w.,/\-#$€£+(])((?:19|20)[0-9]{2})(?=[;!?)]|,(?! ?[0-9])|\.?\Z|\. (?![0-9])|\n| (?:was|is|were|when|saw|brought|and|or|to (?:19|20)[0-9]{2})\b)"
)
"""Not before what it may count: 2000 people. Behind *in* or *since* a year is a date anyway."""
_WEEKDAY = later(
    r"\b((?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|lunes|martes|miércoles|jueves|viernes"
    r"|sábado|domingo|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica"
    r"|(?:segunda|terça|quarta|quinta|sexta)-feira|(?:maan|dins|woens|donder|vrij|zater|zon)dag)"
    r"(?: (?:morning|afternoon|evening|night|noon))?)\b"
)
_CONFIDENCE = 60.0


def found(lowered: str) -> Iterator[Hit]:
    """Years that count nothing, and weekdays with the time of day, in a text in small letters."""
    for pattern in (_YEAR, _WEEKDAY):
        for match in pattern.finditer(lowered):
            yield Hit(*match.span(1), _CONFIDENCE, "PII/DATE_TIME")
