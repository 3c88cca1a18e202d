"""From the address of the items' page to what is searched for: fields of the form, and words with ``label:`` and such.

| in the words | finds |
|---|---|
| ``label:Threat`` | items with this label, or one under it |
| ``by:noor`` | items that this reviewer answered |
| ``author:42``, ``app:shop``, ``id:...`` | by author, app; an item's id, its beginning, or the app's own id |
| ``rule:pii/ssn``, ``failed:text.toxicity``, ``place:Quay`` | by rule that was true, detector that failed, place |
| everything else | items with all these words in their texts |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from moderation.core.errors import InputError
from moderation.storage.searching import Asked

FIELDS = (
    *("app", "content_id", "author", "label", "status", "outcome", "wanted", "decided_by"),
    *("rule", "failed", "queue", "place"),
)
"""Fields that mean what `Asked` has under the same name."""
CHOICES = {
    "status": ("pending", "in_review", "decided", "withdrawn"),
    "outcome": ("approve", "reject"),
    "wanted": ("approve", "review", "reject"),
    "decided_by": ("rules", "people"),
}
LONGEST = 200
_PREFIX = re.compile(r'(label|by|author|app|id|rule|failed|place):("[^"]*"|\S+)')
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{0,4}){0,3}(-[0-9a-f]{0,12})?")


def asked_of(given: Mapping[str, str], loops_of: Callable[[str], frozenset[str]]) -> Asked:
    """What an address asks for.

    Args:
        loops_of: gives the human loops that a reviewer answered.

    Raises:
        InputError: a time that is none, or a choice that there is not.
    """
    found: dict[str, Any] = {}
    words = given.get("q", "")[: 2 * LONGEST]
    for name, value in _PREFIX.findall(words):
        value = value.strip('"')[:LONGEST]
        if name == "by":
            found["loops"] = loops_of(value)
        elif name == "id":
            found["item" if _ID.fullmatch(value.lower()) else "content_id"] = value
        else:
            found[name] = value
    rest = _PREFIX.sub(" ", words).strip()
    if is_item_id(rest):
        found["item"] = rest
    elif rest:
        found["words"] = rest
    for name in FIELDS:
        if value := given.get(name, "").strip()[:LONGEST]:
            if value not in CHOICES.get(name, (value,)):
                raise InputError(f"{name} is one of {', '.join(CHOICES[name])}")
            found[name] = value
    if reviewer := given.get("by", "").strip()[:LONGEST]:
        found["loops"] = loops_of(reviewer)
    if given.get("again"):
        found["again"] = True
    for name in ("since", "until"):
        if value := given.get(name, "").strip():
            found[name] = _time(value)
    return Asked(**found)


def is_item_id(text: str) -> bool:
    """True of a whole item id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return len(text) == 36


def is_everything(asked: Asked) -> bool:
    """True when nothing is asked for."""
    return all(getattr(asked, field.name) is None for field in fields(asked))


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError("a time is written 2027-01-31, or 2027-01-31T09:00 (UTC)") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
