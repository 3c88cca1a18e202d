"""What people write for a word of policies: the word that means the same, or why none of those near it does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from moderation.core.nearest import nearest

SAME: Mapping[str, tuple[str, ...]] = {
    "and": ("all",),
    "or": ("any",),
    "if": ("when",),
    "condition": ("when",),
    "conditions": ("when",),
    "action": ("then",),
    "outcome": ("then", "expect"),
    "expected": ("expect",),
    "reason": ("why",),
    "reasons": ("because",),
    "name": ("id", "policy"),
    "id": ("name", "policy"),
    **dict.fromkeys(("max", "maximum", "lte", "up_to"), ("at_most",)),
    "min": ("at_least",),
    "minimum": ("at_least",),
    "gte": ("at_least",),
    "lt": ("below",),
    "less_than": ("below",),
    "under": ("below",),
    "default": ("if_nothing_matches",),
    "otherwise": ("if_nothing_matches",),
    "on_error": ("if_a_detector_fails",),
    "on_failure": ("if_a_detector_fails",),
    "equals": ("is",),
    "share": ("percent",),
    "until": ("shadow_until",),
}
"""What others call a key, and our words for it, of which the first that may stand at the place counts."""
_LEAVES_OUT = "below leaves its own number out, at_least has it in; there is no other bound"
_COUNTED = "at_least and at_most have their own number in"
NOT_THE_SAME: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("at_most", "max", "maximum", "lte", "up_to", "until"), ("below", _LEAVES_OUT)),
    **dict.fromkeys(("above", "over", "more_than", "greater_than", "gt"), ("at_least", _LEAVES_OUT)),
    **dict.fromkeys(("none", "nor", "unless", "except"), ("not", "write not: {any: [{..}, {..}]}")),
    "xor": ("not", "write it out with all, any and not"),
    "confidence": ("at_least", "write at_least: 80 for 80 and more, below: 80 for less"),
    "threshold": ("at_least", "write at_least: 80 for 80 and more, below: 80 for less"),
    "else": ("then", "every rule has one outcome; if_nothing_matches says what follows when none is true"),
}
"""What looks like one of our words and is none: the word there must be for it, and what to write."""
_COMPARED = re.compile(r"\s*([<>]=?|=<|=>|≥|≤|~|=|==)\s*\d+([.,]\d+)?\s*%?\s*")
COMPARISON = "write the number alone: at_least (review_from, reject_from) has it in, below leaves it out"
"""What to do about ``>= 50``."""


def meant_key(key: str, known: Collection[str]) -> str:
    """The known key that was meant by `key`, where that is sure; else empty."""
    folded = key.strip().casefold().replace("-", "_").replace(" ", "_")
    if folded in known:
        return folded
    for same in SAME.get(folded, ()):
        if same in known:
            return same
    if folded in NOT_THE_SAME and NOT_THE_SAME[folded][0] in known:
        return ""
    return nearest(key, known) or ""


def key_hint(key: str, known: Collection[str], value: Any, elsewhere: str = "") -> str:
    """What to do about a key that is not known.

    Args:
        known: the keys that may stand at the place.
        value: what was written behind it.
        elsewhere: where such a key stands, when it does.
    """
    # Wide signs, as keyboards for Chinese and Japanese type them, are read as the plain ones.
    if glued := re.fullmatch(r"([A-Za-z_]+)( *[:=] *| +)([^\s:=].*)", unicodedata.normalize("NFKC", key)):
        word, sign, rest = glued.groups()
        if value is None and (meant := meant_key(word, known)):
            return (
                f"put a space after the colon: {meant}: {rest}"
                if sign == ":" and ":" in key
                else f"write {meant}: {rest}"
            )
    folded = key.strip().casefold().replace("-", "_").replace(" ", "_")
    if "label" in known and isinstance(value, int | float) and key[:1].isupper():
        return f"write label: {key}, at_least: {value}"
    if (
        folded in NOT_THE_SAME
        and NOT_THE_SAME[folded][0] in known
        and not any(s in known for s in SAME.get(folded, ()))
    ):
        hint = NOT_THE_SAME[folded][1]
        return _COUNTED if hint is _LEAVES_OUT and "at_most" in known else hint
    if isinstance(value, list) and f"{folded}s" in known:
        return f"did you mean '{folded}s'?"
    if elsewhere and folded == key:
        return elsewhere
    if meant := meant_key(key, known):
        return f"did you mean '{meant}'?"
    return elsewhere or f"known here: {', '.join(known)}"


def meant_number(value: Any, *, scaled: bool = True) -> str:
    """What to write for a number that was written as something else; empty for what is none at all.

    Args:
        scaled: True where a share of one is meant as percent, as for thresholds.
    """
    if not isinstance(value, str):
        return ""
    if _COMPARED.fullmatch(value):
        return COMPARISON
    found = re.fullmatch(r"\s*(\d+)([.,]\d+)?\s*(%|percent)?\s*[;.]?\s*", value)
    if found is None:
        return ""
    whole, rest, percent = found.groups()
    if rest and rest[0] == "," and len(rest) == 4:
        return f"write {whole}{rest[1:]} for thousands, {whole}.{rest[1:]} for a fraction"
    number = float(f"{whole}{(rest or '').replace(',', '.')}")
    if percent:
        return f"write {number:g}, without {percent}"
    if scaled and 0 < number <= 1:
        return f"did you mean {number * 100:g}?"
    return f"write {number:g}" + (", with a point" if rest and rest[0] == "," else ", without quotes")
