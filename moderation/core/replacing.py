"""What stands in a text where something was taken out: names, masks, pseudonyms. Pure; the rest of the text stays."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Protocol

from moderation.core.detections import Detection

Replace = Callable[[str, str], str]
"""Gives what stands in place of a value: from the name of its kind, such as ``EMAIL``, and the value itself."""

Cut = tuple[int, int, str]
"""Start, end (code points, ``[start, end)``) and the name of what is there."""

MASKS = "!#$%&*@"
"""Characters that may stand for each redacted one (Amazon Comprehend's MaskCharacter)."""

_CASE_MATTERS = frozenset({"PASSWORD", "USERNAME", "AWS-ACCESS-KEY", "AWS-SECRET-KEY", "URL"})
"""Kinds whose values are others when a letter is large."""


class Numbers(Protocol):
    """Numbers for the values of one document, from 1 on, for each kind of its own."""

    def number_of(self, name: str, value: str) -> int:
        """The number of a value (as `identity` gives it); the same each time."""
        ...


class FreshNumbers:
    """Numbers of a document that is held in memory."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[str, int]] = {}

    def number_of(self, name: str, value: str) -> int:
        """See `Numbers.number_of`."""
        known = self._numbers.setdefault(name, {})
        return known.setdefault(value, len(known) + 1)


def short_name(label: str) -> str:
    """A label as it stands in a redacted text: ``PII/BANK_ACCOUNT_NUMBER`` is ``BANK-ACCOUNT-NUMBER``."""
    return label.rpartition("/")[2].replace("_", "-").replace(" ", "-").upper()


def identity(name: str, value: str) -> str:
    """What makes two values of a kind the same: blanks and, but for secrets, large letters make no difference."""
    plain = " ".join(unicodedata.normalize("NFKC", value).split())
    return plain if name in _CASE_MATTERS else plain.casefold()


def with_name(name: str, value: str) -> str:
    """``[EMAIL]``."""
    return f"[{name}]"


def with_mask(mask: str) -> Replace:
    """`mask` for each code point; line ends stay."""
    return lambda name, value: "".join(mask if character not in "\r\n" else character for character in value)


def with_pseudonyms(numbers: Numbers) -> Replace:
    """``[NAME_1]``: the same value has the same number."""
    return lambda name, value: f"[{name}_{numbers.number_of(name, identity(name, value))}]"


def joined_places(text: str, detections: Sequence[Detection]) -> list[Cut]:
    """Where something is to be taken out, from start to end; what overlaps is one place with both names.

    A detection without a span is about the whole text.
    """
    spans = sorted(
        (d.span.start if d.span else 0, d.span.end if d.span else len(text), short_name(d.label)) for d in detections
    )
    joined: list[Cut] = []
    for start, end, name in spans:
        if start == end:
            continue
        if joined and start < joined[-1][1]:
            first, last, names = joined[-1]
            joined[-1] = (first, max(last, end), names if name in names.split("/") else f"{names}/{name}")
        else:
            joined.append((start, end, name))
    return joined


def replace_places(text: str, places: Sequence[Cut], replace: Replace) -> str:
    """The text with each place replaced; places are in order and do not overlap."""
    if not places:
        return text
    pieces: list[str] = []
    at = 0
    for start, end, name in places:
        pieces += [text[at:start], replace(name, text[start:end])]
        at = end
    return "".join([*pieces, text[at:]])
