"""Tokens: values sealed under a key, so that whoever has the key can put them back and nobody else can.

A token is ``[NAME:KEYID.SEALED]``. Sealed is the value under AES-SIV (RFC 5297) with the name as associated data, in
base64url: changed by one bit, moved to another name or made with another key, it does not open. AES-SIV has no nonce:
one value has one token under one key, so that redacted records can still be joined and counted; who sees the tokens
learns which values are equal and about how long they are, and nothing more.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from moderation.core.errors import SettingsError

KEY_BYTES = 64
"""AES-256-SIV takes two keys of 256 bits."""
LONGEST_TOKEN = 200_000
"""Characters; longer than what any window of text that is looked at together can become."""
_TOKEN = re.compile(r"\[([A-Z0-9/-]{1,300}):([A-Za-z0-9_-]{6})\.([A-Za-z0-9_-]{22,})\]")


@dataclass
class Restored:
    """What became of the tokens of a text.

    Attributes:
        restored: put back.
        of_other_keys: left as they are, because another key made them.
        damaged: left as they are, because they are not what this key made.
    """

    restored: int = 0
    of_other_keys: int = 0
    damaged: int = 0


class TokenKey:
    """A key that seals values and opens tokens. Shows nothing of itself when printed.

    Args:
        key: 64 random bytes.

    Attributes:
        id: tells keys apart and reveals nothing of them.
    """

    def __init__(self, key: bytes) -> None:
        self._siv = AESSIV(key)
        self.id = _encoded(hashlib.sha256(b"moderation redact key id" + key).digest()[:4])

    @classmethod
    def read(cls, path: Path) -> TokenKey:
        """The key in a file, in base64.

        Raises:
            SettingsError: no such file, or no key in it.
        """
        remedy = "`moderation redact --new-key FILE` makes one"
        try:
            text = path.read_bytes()[:1000].strip()
            key = base64.b64decode(text, validate=True)
        except OSError as error:
            raise SettingsError(f"key file {path} cannot be read: {error.strerror}; {remedy}") from error
        except binascii.Error as error:
            raise SettingsError(f"key file {path} has no key in base64; {remedy}") from error
        if len(key) != KEY_BYTES:
            raise SettingsError(f"key file {path}: the key has {len(key)} bytes instead of {KEY_BYTES}; {remedy}")
        return cls(key)

    @classmethod
    def create(cls, path: Path) -> TokenKey:
        """A new random key in a new file that only its owner can read.

        Raises:
            SettingsError: there is such a file, or it cannot be written.
        """
        key = os.urandom(KEY_BYTES)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise SettingsError(f"key file {path} cannot be made: {error.strerror}") from error
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(key) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return cls(key)

    def seal(self, name: str, value: str) -> str:
        """The token of a value. Bytes that were no UTF-8 (``surrogateescape``) come back as they were."""
        sealed = self._siv.encrypt(value.encode("utf-8", "surrogateescape"), [name.encode()])
        return f"[{name}:{self.id}.{_encoded(sealed)}]"

    @staticmethod
    def places(text: str) -> Iterator[tuple[int, int]]:
        """Where something in the form of a token stands, of any key."""
        return (match.span() for match in _TOKEN.finditer(text))

    def restore(self, text: str, count: Restored) -> str:
        """The text with the values of its tokens; what does not open stays as it is. Counts into `count`."""

        def opened(match: re.Match[str]) -> str:
            name, key_id, sealed = match.groups()
            if key_id != self.id:
                count.of_other_keys += 1
                return match.group()
            try:
                value = self._siv.decrypt(_decoded(sealed), [name.encode()]).decode("utf-8", "surrogateescape")
            except (InvalidTag, ValueError):
                count.damaged += 1
                return match.group()
            count.restored += 1
            return value

        return _TOKEN.sub(opened, text)

    def restore_all(self, pieces: Iterable[str], count: Restored) -> Iterator[str]:
        """`restore` over a text that comes in pieces, which may cut tokens in two."""
        held = ""
        for piece in pieces:
            held += piece
            begun = held.rfind("[")
            is_open = begun >= 0 and "]" not in held[begun:] and len(held) - begun < LONGEST_TOKEN
            cut = begun if is_open else len(held)
            yield self.restore(held[:cut], count)
            held = held[cut:]
        yield self.restore(held, count)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
