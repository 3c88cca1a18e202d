"""Who wrote an item and where it comes from, as its app says it in metadata: read alike by all who show it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

PLACE_NAMES = ("place", "site", "camera")
"""Keys of metadata that name where an item comes from; the first that is there counts."""
AUTHOR_NAMES = ("author", "author_id", "user", "user_id")
"""Keys of metadata that name who wrote it; the first that is there counts."""
THREAD_NAMES = ("thread", "thread_id", "conversation", "conversation_id")
"""Keys of metadata that name the conversation it belongs to; the first that is there counts."""
PARENT_NAMES = ("parent", "parent_id", "in_reply_to")
"""Keys of metadata that name what it answers; the first that is there counts."""
_NAMES_WITHIN = ("id", "name")
"""Keys of an author that is a mapping."""


def place_of(metadata: Mapping[str, Any]) -> str:
    """Where an item comes from, as its app says it; empty where it does not."""
    return _named(metadata, PLACE_NAMES)


def author_of(metadata: Mapping[str, Any]) -> str:
    """Who wrote an item, as its app says it; empty where it does not."""
    return _named(metadata, AUTHOR_NAMES)


def author_digest(app: object, author: str) -> str:
    """By what an author of an app is recognised where the name itself is not kept."""
    return hashlib.sha256(json.dumps([app, author], default=str).encode()).hexdigest()


def thread_of(metadata: Mapping[str, Any]) -> str:
    """The conversation that an item belongs to, as its app says it; empty where it does not."""
    return _named(metadata, THREAD_NAMES)


def parent_of(metadata: Mapping[str, Any]) -> str:
    """What an item answers, as its app says it; empty where it does not."""
    return _named(metadata, PARENT_NAMES)


def without_people(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata without who wrote something, and in answer to whom."""
    named = {*AUTHOR_NAMES, *THREAD_NAMES, *PARENT_NAMES}
    return {key: value for key, value in metadata.items() if key not in named}


def _named(metadata: Mapping[str, Any], keys: Sequence[str]) -> str:
    for key in keys:
        value = metadata.get(key)
        if value is None:
            continue
        if isinstance(value, Mapping):
            value = next((value[each] for each in _NAMES_WITHIN if value.get(each)), None)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""
