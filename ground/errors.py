"""The base of all errors raised on purpose, and those of the shared ground. `moderation.core.errors` draws the tree."""

from __future__ import annotations

from dataclasses import dataclass


class ModerationError(Exception):
    """Base of all errors raised on purpose by this product."""


class InputError(ModerationError):
    """What was given is wrong, and whoever gave it can mend it."""


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field.

    Attributes:
        field: where, as a path such as ``parts[0].url``; empty for the whole body.
        message: what is wrong and what to do, in one sentence.
    """

    field: str
    message: str


class MediaRefused(InputError):
    """Bytes that we do not accept: wrong or unknown format, too large, damaged, or a decompression bomb.

    Attributes:
        kind: ``unknown_format``, ``mismatch`` (something else than was declared), ``too_large``, ``damaged`` or
            ``bomb``.
    """

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


class UrlRefused(InputError):
    """An address that must not be fetched or called (scheme, port, private network, redirect)."""


class NotFound(ModerationError):
    """No such thing, or none that this caller may see."""


class SettingsError(ModerationError):
    """A setting is unknown or has a wrong value; names the setting."""


class StoreUnavailable(ModerationError):
    """The database or the media store did not take a write. Nothing was stored; the caller may try again."""
