"""Ages, dates and expiries spelled out: twenty three years old, fourth of July nineteen eighty two."""

from __future__ import annotations

from moderation_pii.context import Words
from moderation_pii.pattern import Pattern, Sighting, as_word

_ONES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_TEENS = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
_COUNT = rf"(?:{_TENS}(?:[ \-]{_ONES})?|{_TEENS}|{_ONES})"
_UNIT = r"(?:years?|yrs?|months?|weeks?)"
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)
_PLAIN_MONTH = r"(?:january|february|april|june|july|august|september|october|november|december)"
"""Without those that are other words."""
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth"
    r"|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth|(?:twenty|thirty)[ \-](?:first|second"
    r"|third|fourth|fifth|sixth|seventh|eighth|ninth))"
)
_YEAR = rf"(?:(?:nineteen|twenty)(?: (?:hundred|oh))? {_COUNT}|two thousand(?: and)?(?: {_COUNT})?|(?:19|20)[0-9]{{2}})"
_DIGIT = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_BORN = Words(r"born|b0rn|birth|birthday|bday|dob|date")
_CARD = Words(r"exp|expiry|expires?|expiration|valid|card|crd|cvv|good thru")


def _spelled_date(sighting: Sighting) -> float:
    return 86.0 if _BORN.near(sighting, after=0) else 0.0


def _spelled_expiry(sighting: Sighting) -> float:
    return 86.0 if _CARD.near(sighting, before=24, after=0) else 0.0


PATTERNS = (
    Pattern("PII/AGE", rf"(?i)\b({_COUNT}(?: and a half)?[ \-]{_UNIT}[ \-](?:olds?|of age|young))\b", lambda s: 88.0, as_word),
    Pattern("PII/AGE", rf"(?i)\b(?:i'?m|i am|he'?s|he is|she'?s|she is|just turned|turned|turning|aged?|age of|i'm only|im only) ({_TENS}(?:[ \-]{_ONES})?|{_TEENS})(?:$|[.,!?\n]| (?:and|but|so|years|yrs)\b)", lambda s: 75.0, as_word),
    Pattern("PII/AGE", r"(?i)\b(?:in (?:his|her|my|their)) ((?:early|mid|late)[ \-](?:teens|twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties|[2-9]0s))\b", lambda s: 78.0, as_word),
    Pattern("PII/DATE_TIME", rf"(?i)\b((?:the )?{_ORDINAL}(?: of {_MONTH}| {_PLAIN_MONTH}| {_MONTH},? {_YEAR})(?:,? {_YEAR})?|{_MONTH} (?:the )?{_ORDINAL}(?:,? (?:{_YEAR}|{_TENS}[ \-]{_ONES}))?)\b", lambda s: 86.0, as_word),
    Pattern("PII/DATE_TIME", rf"(?i)\b((?:(?:zero |oh )?{_COUNT}|[0-9]{{1,2}})(?: ?[/\-,] ?| slash )(?:(?:zero |oh )?{_COUNT}|[0-9]{{1,2}})(?: ?[/\-,] ?| slash )(?:{_YEAR}|{_COUNT}))\b", _spelled_date, as_word),
    Pattern("PII/DATE_TIME", r"\b([0-9] [0-9] ?[/\-.] ?[0-9] [0-9] ?[/\-.] ?[0-9] [0-9](?: [0-9] [0-9])?|[12] [0-9] [0-9] [0-9] ?[/\-.] ?[0-9] [0-9] ?[/\-.] ?[0-9] [0-9])\b", lambda s: 84.0, as_word),
    Pattern("PII/CREDIT_DEBIT_EXPIRY", rf"(?i)\b((?:zero |oh )?{_DIGIT}(?: ?[/\-,] ?| slash | )(?:twenty|thirty|two zero)(?: (?:twenty|thirty))?(?:[ \-]{_ONES})?)\b", _spelled_expiry, as_word),
)  # fmt: skip
