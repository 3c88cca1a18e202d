"""Times of day."""

from __future__ import annotations

from moderation_pii.pattern import Pattern, as_number, as_word

TIME = r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,6})?)?"
"""Hours and minutes, with or without seconds."""
_ZONE = r"(?: ?(?:UTC|GMT|EST|EDT|CST|CDT|MST|MDT|PST|PDT|CET|CEST|BST|IST|AEST)\b| [+\-][0-9]{4}\b)"
_HOUR = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|1[0-2]|[1-9])"
_HALVES = r"[ap](?:\.m\.?|m\b)"

PATTERNS = (
    Pattern("PII/DATE_TIME", rf"(?i)\b((?:{TIME}|(?:1[0-2]|0?[1-9])(?:[:.][0-5][0-9])?) ?{_HALVES}{_ZONE}?)", lambda s: 80.0, as_word),
    Pattern("PII/DATE_TIME", rf"\b({TIME}(?:{_ZONE}| ?h(?:rs?)?\b)?)", lambda s: 55.0, as_number),
    Pattern("PII/DATE_TIME", r"\b((?:[01][0-9]|2[0-3])[0-5][0-9] ?(?:hrs|hours|h)\b)", lambda s: 78.0, as_word),
    Pattern("PII/DATE_TIME", rf"(?i)\b((?:half past|(?:quarter|five|ten|twenty|twenty[ \-]five) (?:past|to)) {_HOUR})\b", lambda s: 70.0, as_word),
    Pattern("PII/DATE_TIME", rf"(?i)\b({_HOUR} o'? ?clock)\b", lambda s: 75.0, as_word),
    Pattern("PII/DATE_TIME", r"(?i)\b(?:a las|sobre las|desde las|hasta las) ((?:1[0-2]|[1-9])(?:[:.][0-5][0-9])? de la (?:ma[ñn]ana|tarde|noche))\b", lambda s: 80.0, as_word),
)  # fmt: skip
