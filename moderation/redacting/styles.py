"""Styles: what stands where personal data stood. Names, a mask, pseudonyms of a document, or tokens of a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from moderation.core.errors import FieldError, InvalidSubmission
from moderation.core.replacing import MASKS, Numbers, Replace, with_mask, with_name, with_pseudonyms
from moderation.redacting.tokens import TokenKey

StyleName = Literal["labels", "mask", "pseudonyms", "tokens"]
"""``[NAME]``; a character for each one; ``[NAME_1]``, numbered in a document; ``[NAME:...]``, which a key restores."""
MODES: tuple[StyleName, ...] = get_args(StyleName)


@dataclass(frozen=True)
class Style:
    """How values are replaced.

    Attributes:
        mask: for the mode `mask`.
        key: for the mode `tokens`.
    """

    mode: StyleName = "labels"
    mask: str = "*"
    key: TokenKey | None = None

    @classmethod
    def of(cls, mode: str | None, mask: str | None, key: TokenKey | None = None) -> Style:
        """A style as somebody asked for it; a mask alone means the mode `mask`, neither means `labels`.

        Raises:
            InvalidSubmission: no such mode or mask, both of different kinds, or tokens without a key.
        """
        if mask is not None and (len(mask) != 1 or mask not in MASKS):
            raise InvalidSubmission([FieldError("mask", f"one of {' '.join(MASKS)} is wanted")])
        for known in MODES:
            if known == (mode or ("labels" if mask is None else "mask")):
                if mask is not None and known != "mask":
                    raise InvalidSubmission([FieldError("mask", f"a mask has no meaning with mode {known}")])
                if known == "tokens" and key is None:
                    message = "tokens need a key: MODERATION_REDACT_KEY_FILE names its file"
                    raise InvalidSubmission([FieldError("mode", message)])
                return cls(known, mask or "*", key if known == "tokens" else None)
        raise InvalidSubmission([FieldError("mode", f"one of {', '.join(MODES)} is wanted")])

    @property
    def is_of_characters(self) -> bool:
        """True when each character is replaced by one, so that a value in several pieces is replaced in each."""
        return self.mode == "mask"

    def replace(self, numbers: Numbers) -> Replace:
        """The replacement for a document with these numbers."""
        if self.mode == "mask":
            return with_mask(self.mask)
        if self.mode == "pseudonyms":
            return with_pseudonyms(numbers)
        if self.mode == "tokens" and self.key is not None:
            return self.key.seal
        return with_name
