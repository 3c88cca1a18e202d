"""Who somebody is: names that say so themselves, ages, user names."""

from __future__ import annotations

from collections.abc import Callable

from moderation_pii.context import NARROW_GAP, is_close, keyword, steady, trigger, words
from moderation_pii.pattern import Pattern, Sighting, anywhere, as_word

_NOT_NAMES = words(
    "a an the not here there very so too sure sorry happy glad sad ready done back new from in at on of and or but is"
    " was going trying looking working writing afraid aware based called using just also still now only your my our"
    " his her their its it this that these those what who how why when where mr mrs ms dr sir madam customer team all"
    " everyone everybody friend friends colleague colleagues user member guest support service hello hi dear god lord"
    " required optional unknown none null undefined irrelevant important john's changed spelled missing wrong mud"
    " hidden monday tuesday wednesday thursday friday saturday sunday january february march april june july august"
    " september october november december english american british french german spanish chinese indian hiring manager"
    " santa world"
)

_CAPITAL = r"[A-ZÀ-ÖØ-ÞΑ-ΩА-Я][A-Za-zÀ-ɏΑ-ώа-яё'\-]+"
_PARTICLE = r"(?:(?:van|von|de|der|den|del|della|da|di|la|le|bin|ibn|al|el) +){0,2}"
_NAME = rf"{_CAPITAL}(?: +{_PARTICLE}(?:{_CAPITAL}|[A-Z]\.)){{0,3}}"
_FULL = rf"{_CAPITAL} +(?:[A-Z]\. +)?{_PARTICLE}{_CAPITAL}(?: +{_CAPITAL})?"


def _name(confidence: float, alone: float) -> Callable[[Sighting], float]:
    """More for a first and last name than for a single word."""

    def weigh(sighting: Sighting) -> float:
        words = [word.strip("'-.").casefold() for word in sighting.value.split()]
        if not words or words[0] in _NOT_NAMES or words[-1] in _NOT_NAMES:
            return 0.0
        return confidence if len(words) > 1 else alone

    return weigh


def _without_verb(value: str) -> str:
    """A name up to a word that cannot be part of one."""
    words = value.split(" ")
    for place, word in enumerate(words):
        if place and word.casefold() in _NOT_NAMES:
            return " ".join(words[:place])
    return value


def _age(sighting: Sighting) -> float:
    return 90.0 if int(sighting.digits[:3]) <= 120 else 0.0


def _username(sighting: Sighting) -> float:
    value = sighting.value.casefold()
    if value in _NOT_NAMES or value in ("and", "password", "field", "required", "taken", "invalid", "page", "name"):
        return 0.0
    gap = (sighting.gap or b"").strip().lower()
    if gap[:1] in (b":", b"="):
        return 88.0
    has_sign = not value.isalpha()
    if not gap or not is_close(sighting):
        return 0.0
    return 86.0 if has_sign else 65.0 if b"name" in sighting.before(24) else 40.0


PATTERNS = (
    Pattern("PII/NAME", rf"\b(?i:my|his|her|their|full|the patient'?s?|patient|customer|contact|legal|real|birth|maiden) (?i:name(?: is|'s|:| was)) +({_NAME})", _name(90.0, 80.0), as_word, r"(?i)name", _without_verb),
    Pattern("PII/NAME", rf"\b(?:N|n|N)ame ?[:=] *({_NAME})", _name(85.0, 60.0), as_word, r"(?i)name", _without_verb),
    Pattern("PII/NAME", rf"\b(?:I am|I'm|this is|This is|call me|Call me|named|called) ({_FULL})", _name(75.0, 50.0), as_word, r"I am|I'm|[Tt]his is|[Cc]all me|named|called", _without_verb),
    Pattern("PII/NAME", rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Herr|Frau|Monsieur|Madame|Señor|Señora|Sra?)\b\.? ({_NAME})", _name(88.0, 80.0), as_word, r"\b(?:M[rsx]|Mrs|Miss|Dr|Prof|Herr|Frau|Mon|Mad|Se|Sra?)", _without_verb),
    Pattern("PII/NAME", rf"\b(?:Dear|Hello|Hi|Hey) ({_NAME})(?:,|!| *\n)", _name(80.0, 55.0), as_word, r"Dear|Hello|Hi|Hey", _without_verb),
    Pattern("PII/NAME", rf"(?m)^(?i:(?:kind|best|warm)? ?regards|sincerely|yours(?: truly| sincerely| faithfully)?|cheers|thanks|best),?\s*\n\s*({_NAME}) *$", _name(85.0, 65.0), as_word, r"(?i)regards|sincerely|yours|cheers|thanks|best"),
    Pattern("PII/AGE", r"(?i)\b([0-9]{1,3}(?:[ \-]|\.5 )?(?:years?|yrs?|yr|months?|weeks?|days?)[ \-]olds?|[1-9][0-9]?[ \-]?(?:y/o|yo|y\.o\.))", _age, as_word, r"(?i)[ \-]old|[0-9][ \-]?y\.?/?o"),
    Pattern("PII/AGE", r"(?i)\b(?:aged|age(?:s| is| was| of)?|turn(?:ed|ing|s)|my age|at age)[ \t]{0,2}[:=]?[ \t]{0,2}([1-9][0-9]?|1[01][0-9])\b", lambda s: 82.0, as_word, r"(?i)age|turn"),
    Pattern("PII/USERNAME", keyword(r"user ?names?|user ?ids?|login(?: name| id)?|screen ?name|nick ?name|handle|gamertag|skype|telegram|discord|snapchat|instagram|insta", r"@?[A-Za-z0-9][A-Za-z0-9._\-#]{1,36}[A-Za-z0-9_]", NARROW_GAP), _username, as_word, trigger(r"user|login|name|handle|gamertag|skype|telegram|discord|snapchat|insta")),
    Pattern("PII/USERNAME", r"(?:^|[\s(:,])(@[A-Za-z0-9_][A-Za-z0-9_.]{1,29}[A-Za-z0-9_])\b", steady(52.0), anywhere, r"@[A-Za-z0-9_]{3}"),
)  # fmt: skip
