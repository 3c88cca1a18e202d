"""Dates: in numbers, with months of eight languages, and years that something happened in."""

from __future__ import annotations

import re

from moderation_pii.context import Words, is_called_otherwise, keyword
from moderation_pii.kinds.clock import TIME
from moderation_pii.pattern import Pattern, Sighting, after_keyword, as_number, as_word

_DATE = Words(r"born|birth|birthday|dob|d\.o\.b|date|dated|on|since|until|from|due|by|before|after|day")

_LONG = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_SHORT = r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
_ANY_CASE = rf"(?i:{_LONG}|{_SHORT})"
_MONTH = rf"(?:{_LONG}|{_SHORT}|{_LONG.upper()}|{_SHORT.upper()})"
_WEEKDAY = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_DAY = r"(?:[12][0-9]|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)[0-9]{2}"


def _numeric(sighting: Sighting) -> float:
    if not _is_possible(sighting.value):
        return 0.0
    confidence = 90.0 if len(sighting.digits) >= 6 and sighting.value[-4:].isdigit() else 65.0
    if _DATE.near(sighting):
        return max(confidence, 88.0)
    return 40.0 if is_called_otherwise(sighting) else confidence


def _is_possible(value: str) -> bool:
    """False where neither of the first two numbers can be a month, or a day is beyond any month's end."""
    first, second = (int(number) for number in re.split(r"[/.\-]", value)[:2])
    return min(first, second) <= 12 and max(first, second) <= 31


def _year_first(sighting: Sighting) -> float:
    return 40.0 if is_called_otherwise(sighting) else 88.0


_SPANISH_MONTH = r"(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre)"

_FOREIGN_MONTH = (
    r"(?:janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[uû]t|septembre|octobre|novembre|d[ée]cembre"
    r"|januar|februar|m[äa]rz|juni|juli|oktober|dezember|gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|settembre"
    r"|ottobre|dicembre|(?:de )?(?:janeiro|fevereiro|mar[çc]o|maio|junho|julho|setembro|outubro|dezembro)(?: de)?"
    r"|januari|februari|maart|mei|augustus|december|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|wrze[śs]nia"
    r"|pa[źz]dziernika|listopada|grudnia)"
)
_PLAIN_MONTH = r"(?:january|february|april|june|july|august|september|october|november|december|jan|feb|apr|jun|jul|aug|sept?|oct|nov)"
"""In small letters, without those that are other words."""


def _month_of_year(sighting: Sighting) -> float:
    """10/2019: also a card's expiry, a share, a file number."""
    return 30.0 if is_called_otherwise(sighting) else 62.0


_COUNTED = Words(
    r"m|met(?:er|re)s?|km|miles?|feet|ft|people|users|units|words|years|days|steps|points|calories|cal|dollars|usd|euros?|pounds|items|pieces|copies|characters|lines|rows|votes|hours|mhz|rpm|watts?"
)


def _year(sighting: Sighting) -> float:
    """In 1987; but not in 2000 meters."""
    return 0.0 if _COUNTED.in_(sighting.after(9)) else 60.0


PATTERNS = (
    Pattern("PII/DATE_TIME", rf"(?i)\b((?:(?:lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo),? )?{_DAY} de {_SPANISH_MONTH}(?: (?:de|del) {_YEAR})?)\b", lambda s: 90.0, as_word),
    Pattern("PII/DATE_TIME", rf"\b({_DAY}/{_SHORT}/{_YEAR}:{TIME}(?: [+\-][0-9]{{4}})?)", lambda s: 92.0, as_word),
    Pattern("PII/DATE_TIME", rf"(?i)\b({_WEEKDAY}s?,? (?:the )?(?:{_MONTH}\.? {_DAY}|{_DAY}(?: of)? {_MONTH}))\b", lambda s: 85.0, as_word),
    Pattern("PII/DATE_TIME", rf"(?i)\b(?:birthday|birth date|born|dob|d\.o\.b\.?)(?: is| on|:)? {{0,2}}((?:0?[1-9]|[12][0-9]|3[01]) (?:0?[1-9]|1[0-2]) {_YEAR})\b", lambda s: 88.0, as_number),
    Pattern("PII/DATE_TIME", rf"\b({_WEEKDAY},? (?:the )?(?:{_MONTH}\.? {_DAY}(?:,? {_YEAR})?|{_DAY}(?: of)? {_MONTH}(?:,? {_YEAR})?))\b", lambda s: 90.0, as_word),
    Pattern(
        "PII/DATE_TIME",
        rf"\b({_DAY}(?: of)?[ \-]{_ANY_CASE}\.?,?[ \-]{_YEAR}|{_ANY_CASE}\.? {_DAY},? {_YEAR}|{_MONTH}\.? {_DAY}|{_DAY}(?: of)? {_MONTH}|{_MONTH}\.?,? {_YEAR})\b",
        lambda s: 87.0,
        as_word,
    ),
    Pattern("PII/DATE_TIME", rf"\b({_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:[T ]{TIME}(?:Z|[+\-][0-9]{{2}}:?[0-9]{{2}})?)?)", lambda s: 92.0, as_number),
    Pattern("PII/DATE_TIME", rf"\b({_YEAR}[/.](?:0?[1-9]|1[0-2])[/.](?:0?[1-9]|[12][0-9]|3[01]))\b", _year_first),
    Pattern("PII/DATE_TIME", rf"\b((?:0?[1-9]|[12][0-9]|3[01])(?:/(?:0?[1-9]|[12][0-9]|3[01])/|\.(?:0?[1-9]|1[0-2])\.|-(?:0?[1-9]|[12][0-9]|3[01])-)(?:{_YEAR}|[0-9]{{2}}))\b", _numeric),
    Pattern("PII/DATE_TIME", rf"\b({_DAY} ?- ?{_DAY} {_ANY_CASE}\.?,? {_YEAR}|{_ANY_CASE}\.? {_DAY} ?- ?{_DAY},? {_YEAR})\b", lambda s: 89.0, as_word),
    Pattern("PII/DATE_TIME", rf"\b({_DAY}(?: of)?[ \-]{_MONTH}[ \-]'?[0-9]{{2}}|{_YEAR}[ \-]{_MONTH}[ \-][0-3]?[0-9]|[0-3][0-9]{_SHORT.upper()}(?:{_YEAR}|[0-9]{{2}}))\b", lambda s: 88.0, as_number),
    Pattern("PII/DATE_TIME", rf"\b({_MONTH}(?:-{_YEAR}| '[0-9]{{2}}))\b", lambda s: 75.0, as_number),
    Pattern("PII/DATE_TIME", rf"\b((?:[12][0-9]|3[01]|0?[1-9])(?:(?:st|nd|rd|th)(?: of)? (?:may|march|{_PLAIN_MONTH})(?: ?,? '?[0-9]{{2}})?| {_PLAIN_MONTH}(?: '?[0-9]{{2}})?)|{_PLAIN_MONTH} (?:the )?{_DAY}|(?:may|march) (?:the )?[0-9]{{1,2}}(?:st|nd|rd|th)|(?:{_PLAIN_MONTH}|may|march) {_YEAR})\b", lambda s: 80.0, as_number),
    Pattern("PII/DATE_TIME", rf"(?i)\b({_DAY}\.?(?: de)? {_FOREIGN_MONTH}(?: {_YEAR})?)\b", lambda s: 88.0, as_word),
    Pattern("PII/DATE_TIME", keyword(r"bday|dob|birth ?date|date of birth|birth ?day|born", r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)?[0-9]{2}|(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2} [0-9]{2} [0-9]{2}|[0-9]{2} [0-9]{2} (?:19|20)[0-9]{2}", r"([ \t]{0,3}(?:[:=]|is)?[ \t]{0,3}[\"']?)"), lambda s: 90.0, after_keyword),
    Pattern("PII/DATE_TIME", r"(?i)\b(?:on|by|due|until|till|since|from|before|after|dated?|leave|phoned|called|seen|arriv(?:es|ed|ing)|leaving|date:) ((?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01])(?: ?- ?(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12][0-9]|3[01]))?)\b", lambda s: 68.0, as_number),
    Pattern("PII/DATE_TIME", rf"\b((?:0?[1-9]|1[0-2])/{_YEAR})\b", _month_of_year, as_number),
    Pattern("PII/DATE_TIME", rf"\b(?i:born|since|in|born in|founded|established|nacid[oa] en|nac[ií] en|desde)(?: the year)? ({_YEAR})\b", _year, as_number),
    Pattern("PII/DATE_TIME", r"\b((?:the )?(?:18|19|20)[0-9]0s)\b", lambda s: 60.0, as_word),
)  # fmt: skip
