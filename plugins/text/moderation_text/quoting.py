"""Whether a stretch of a text is somebody else's words: in quotation marks, beside ``called me``, inside a link.

It decides between a person and a rule, never between a person and nothing, so it may be generous.
"""

from __future__ import annotations

import re

REACH = 120
"""Characters before and behind a stretch in which it is looked for what tells a quotation."""

_MARKS = {'"': '"', "“": "”", "„": "“”", "«": "»", "»": "«", "‘": "’", "「": "」", "'": "'"}
_REPORTS_BEFORE = re.compile(
    r"\b(?:call(?:s|ed|ing)?|said|says|saying|say|told|tells|wrote|writes|writing|shout(?:s|ed|ing)?|yell(?:s|ed|ing)?"
    r"|scream(?:s|ed|ing)?|posted|commented|texted|messaged|the (?:word|term|slur|phrase|insult|n-word)"
    r"|(?:being|was|were|been|got|get) (?:called|told)|threaten(?:s|ed|ing)?|harass(?:es|ed|ing)?"
    r"|repl(?:y|ied)|asked|uses?|used)\b",
    re.IGNORECASE,
)
_REPORTS_BEHIND = re.compile(
    r"\b(?:report(?:s|ed|ing)?|blocked|banned|police|moderators?|mods|unacceptable|disgusting thing"
    r"|not (?:ok|okay|acceptable)|he said|she said|they said|to me|at me"
    r"|is (?:a slur|wrong|offensive|hate speech|never ok|never okay|hurtful))\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"[(\[<\"']*(?:https?://|www\.)[\w-]+\.|[(\[<\"']*(?:[\w-]+\.)+[a-z]{2,10}/", re.IGNORECASE)
_SENTENCES = re.compile(r"[.!?…]\s+(?=[A-Z])")


def is_quoted(text: str, start: int, end: int) -> bool:
    """True when ``text[start:end]`` stands in quotation marks, or beside words that report what somebody said."""
    before, behind = text[max(0, start - REACH) : start], text[end : end + REACH]
    return _is_in_marks(before, behind) or _is_reported(before, behind)


def is_in_link(text: str, start: int, end: int) -> bool:
    """True when ``text[start:end]`` is a piece of a web address of at most 2,000 characters."""
    first = max(0, start - 2000)
    begin = max(text.rfind(space, first, start) for space in " \n\t")
    return _LINK.match(text, max(begin + 1, first)) is not None and not any(map(str.isspace, text[start:end]))


def _is_in_marks(before: str, behind: str) -> bool:
    for place in range(len(before) - 1, -1, -1):
        closing = _MARKS.get(before[place])
        # An apostrophe opens nothing inside a word.
        if closing is None or (before[place] in "'’" and place and before[place - 1].isalnum()):
            continue
        if any(mark in behind for mark in closing):
            return True
    return False


def _is_reported(before: str, behind: str) -> bool:
    ends = [match.end() for match in _SENTENCES.finditer(before)]
    return bool(_REPORTS_BEFORE.search(before, ends[-1] if ends else 0) or _REPORTS_BEHIND.search(behind))
