"""Putting back what tokens stand for: copies of redacted files with the values in them, for whoever has the key."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from typing import BinaryIO

from moderation.containers import formats
from moderation.containers.formats import HEAD_BYTES
from moderation.containers.layers import CannotRead
from moderation.redacting import documents
from moderation.redacting.sources import OUT, Destination, Listed, Source
from moderation.redacting.tokens import Restored, TokenKey
from moderation.redacting.windows import encoded

_BLOCK_BYTES = 1 << 20


def restored_name(name: str) -> str:
    """What a redacted file is called when it is restored."""
    return name.removesuffix(OUT)


def restore_file(source: Source, file: Listed, target: Destination, key: TokenKey) -> Restored:
    """Write a copy with the values of its tokens, without the ``.out`` behind the name; all else byte for byte.

    Raises:
        InputError: the file was changed meanwhile, or its name is none.
        OSError: it cannot be read, or the copy not written.
    """
    count = Restored()
    name = restored_name(file.name)
    draft = target.draft(name, "restore")
    try:
        whole = _whole(source, file, key, count)
        with source.open(file, 0) as stream, os.fdopen(os.open(draft, _NEW, 0o600), "wb") as copy:
            if whole is not None:
                copy.write(whole)
            else:
                for text in key.restore_all(_decoded(stream), count):
                    copy.write(encoded(text))
            copy.flush()
            os.fsync(copy.fileno())
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    target.publish(name, draft)
    return count


def _whole(source: Source, file: Listed, key: TokenKey, count: Restored) -> bytes | None:
    """The restored file, where it is small enough to be read as one and its format is known; else None."""
    if file.size_bytes > formats.MOST_BYTES:
        return None
    with source.open(file, 0) as stream:
        data = stream.read(formats.MOST_BYTES + 1)
    try:
        kind = formats.format_of_file(restored_name(file.name), data[:HEAD_BYTES], len(data))
        return documents.restore_file(data, kind, lambda token: key.restore(token, count), key.places)
    except CannotRead:
        return None  # a text with tokens, all the same


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW


def _decoded(stream: BinaryIO) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    while block := stream.read(_BLOCK_BYTES):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)
