"""Recordings: what was asked and what each side answered, a line of JSON each, with digests in the place of content.

No access key, signature or header is in them. A picture or text is a keyed digest and its size: the same content is
recognised by who has the key, which lies beside the recordings, and cannot be read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ground.private_files import private_folder
from moderation.core.errors import InputError

CONTENT = frozenset({"Bytes", "Text", "DetectedText", "TextSegments"})
"""Members whose values are content, wherever they stand."""
FOLDER = "aws-recordings"


@dataclass(frozen=True)
class Answer:
    """What one side answered.

    Attributes:
        document: of an answer; None for an error.
        error: its code; empty for none. Its words may have content in them, and are not kept.
        seconds: how long it took.
    """

    document: Mapping[str, Any] | None
    error: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Recording:
    """One request, with both answers.

    Attributes:
        request: its parameters, without content.
        size: of the content: bytes of a picture, characters of a text.
        amazon: what came from there.
        here: what the detectors of this machine say of the same.
    """

    at: str
    app: str
    service: str
    operation: str
    request: Mapping[str, Any]
    size: int
    amazon: Answer
    here: Answer


def without_content(value: Any, key: bytes) -> Any:
    """The same document with digests for what is content.

    Args:
        key: of the digests. A short text could be guessed from a plain one.
    """
    if isinstance(value, Mapping):
        return {
            name: _digests(_contents(name, inner), key) if name in CONTENT else without_content(inner, key)
            for name, inner in value.items()
        }
    return [without_content(inner, key) for inner in value] if isinstance(value, list) else value


def size_of(value: Any) -> int:
    """How much content a request has: bytes of pictures, characters of texts."""
    if isinstance(value, Mapping):
        return sum(
            _size(_contents(name, inner)) if name in CONTENT else size_of(inner) for name, inner in value.items()
        )
    return sum(map(size_of, value)) if isinstance(value, list) else 0


def _contents(name: str, value: Any) -> Any:
    """A picture's bytes, which stand in base64 in requests; texts as they are."""
    if name != "Bytes" or not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value


def _digests(value: Any, key: bytes) -> Any:
    if isinstance(value, list):
        return [_digests(inner, key) for inner in value]
    if isinstance(value, Mapping):
        return {name: _digests(inner, key) for name, inner in value.items()}
    data = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
    return {"digest": hmac.new(key, data, hashlib.sha256).hexdigest(), "size": _size(value)}


def _size(value: Any) -> int:
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    return (
        sum(map(_size, value))
        if isinstance(value, list)
        else len(value)
        if isinstance(value, bytes)
        else len(str(value))
    )


class Recordings:
    """Files of recordings in a folder, one for each day. Several threads may write; a line is written whole."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, threading.Lock()
        self._key = b""

    def without_content(self, document: Any) -> Any:
        """A document as it is kept here."""
        with self._lock:
            self._key = self._key or digest_key(self._folder)
        return without_content(document, self._key)

    def keep(self, recording: Recording, now: datetime) -> None:
        """Add a recording to the day's file."""
        line = json.dumps(asdict(recording), ensure_ascii=True, default=str, separators=(",", ":")) + "\n"
        with self._lock:
            private_folder(self._folder)
            path = self._folder / f"{now:%Y-%m-%d}.jsonl"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)


def digest_key(folder: Path) -> bytes:
    """The key of the digests in a folder's recordings; made once."""
    path = folder / "digest.key"
    private_folder(folder)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text(encoding="ascii"))
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
    return bytes.fromhex(path.read_text(encoding="ascii"))


def read_recordings(place: Path) -> Iterator[Recording]:
    """The recordings of a file, or of a folder's files in their order.

    Raises:
        InputError: there is none, or a line is no recording; with file and line.
    """
    files = sorted(place.glob("*.jsonl")) if place.is_dir() else [place]
    if not files or not files[0].is_file():
        raise InputError(f"{place} has no recordings: set MODERATION_AWS_FORWARD and run programs against /aws")
    for path in files:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                try:
                    given = json.loads(line)
                    amazon, here = (Answer(**given.pop(side)) for side in ("amazon", "here"))
                    yield Recording(**given, amazon=amazon, here=here)
                except (ValueError, TypeError, KeyError, AttributeError) as error:
                    raise InputError(f"{path}, line {number}: no recording ({error})"[:300]) from error
