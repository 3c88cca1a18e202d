"""Dates and times of day."""

from __future__ import annotations

from moderation_pii.context import Words, is_called_otherwise
from moderation_pii.pattern import Pattern, Sighting, as_number, as_word

_DATE = Words(r"born|birth|birthday|dob|d\.o\.b|date|dated|on|since|until|from|due|by|before|after|day")

_LONG = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_SHORT = r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
_ANY_CASE = rf"(?i:{_LONG}|{_SHORT})"
_MONTH = rf"(?:{_LONG}|{_SHORT}|{_LONG.upper()}|{_SHORT.upper()})"
_WEEKDAY = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_DAY = r"(?:[12][0-9]|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)[0-9]{2}"
_TIME = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"


def _numeric(sighting: Sighting) -> float:
    confidence = 90.0 if len(sighting.digits) >= 6 and sighting.value[-4:].isdigit() else 65.0
    if _DATE.near(sighting):
        return max(confidence, 88.0)
    return 40.0 if is_called_otherwise(sighting) else confidence


def _year_first(sighting: Sighting) -> float:
    return 40.0 if is_called_otherwise(sighting) else 88.0


_SPANISH_MONTH = r"(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre)"

PATTERNS = (
    Pattern("PII/DATE_TIME", rf"(?i)\b((?:(?:lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo),? )?{_DAY} de {_SPANISH_MONTH}(?: (?:de|del) {_YEAR})?)\b", lambda s: 90.0, as_word),
    Pattern("PII/DATE_TIME", rf"\b({_DAY}/{_SHORT}/{_YEAR}:{_TIME}(?: [+\-][0-9]{{4}})?)", lambda s: 92.0, as_word),
    Pattern("PII/DATE_TIME", rf"\b({_WEEKDAY},? (?:the )?(?:{_MONTH}\.? {_DAY}(?:,? {_YEAR})?|{_DAY}(?: of)? {_MONTH}(?:,? {_YEAR})?))\b", lambda s: 90.0, as_word),
    Pattern(
        "PII/DATE_TIME",
        rf"\b({_DAY}(?: of)?[ \-]{_ANY_CASE}\.?,?[ \-]{_YEAR}|{_ANY_CASE}\.? {_DAY},? {_YEAR}|{_MONTH}\.? {_DAY}|{_DAY}(?: of)? {_MONTH}|{_MONTH}\.?,? {_YEAR})\b",
        lambda s: 87.0,
        as_word,
    ),
    Pattern("PII/DATE_TIME", rf"\b({_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:[T ]{_TIME}(?:Z|[+\-][0-9]{{2}}:?[0-9]{{2}})?)?)", lambda s: 92.0, as_number),
    Pattern("PII/DATE_TIME", rf"\b({_YEAR}[/.](?:0?[1-9]|1[0-2])[/.](?:0?[1-9]|[12][0-9]|3[01]))\b", _year_first),
    Pattern("PII/DATE_TIME", rf"\b((?:0?[1-9]|[12][0-9]|3[01])(?:/(?:0?[1-9]|[12][0-9]|3[01])/|\.(?:0?[1-9]|1[0-2])\.|-(?:0?[1-9]|[12][0-9]|3[01])-)(?:{_YEAR}|[0-9]{{2}}))\b", _numeric),
    Pattern("PII/DATE_TIME", rf"(?i)\b({_TIME} ?(?:[ap]\.?m\b\.?)|(?:1[0-2]|0?[1-9]) ?(?:am|pm))\b", lambda s: 80.0, as_word),
    Pattern("PII/DATE_TIME", rf"\b({_TIME})\b", lambda s: 55.0, as_number),
)  # fmt: skip
