"""Glimpses of items for reports: the beginning of their text without personal data, and what else there is.

What is masked is what detectors found: a report is for people who know the policies, not for the world.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from ground.database import Database
from moderation.core.detections import Detection
from moderation.core.items import Item, Part
from moderation.core.redaction import places, redact_text
from moderation.storage.clearances import is_shown
from moderation.storage.tables import items

LONGEST = 160
"""Characters of an item that are shown."""


def glimpses(database: Database, ids: Sequence[str]) -> dict[str, str]:
    """What the items with these ids look like, by id; those that are gone, erased or need a clearance are left out."""
    query = sa.select(items.c.id, items.c.document, items.c.findings).where(items.c.id.in_(ids), is_shown(()))
    found = {}
    for row in database.read(lambda c: c.execute(query).all()):
        findings = row.findings or {}
        detections = [Detection.model_validate(each) for each in findings.get("detections", ())]
        item = Item.model_validate(row.document)
        parts = [Part.model_validate(each) for each in findings.get("parts", ())] or item.parts
        found[row.id] = glimpse(item, parts, detections)
    return found


def glimpse(item: Item, parts: Sequence[Part], detections: Sequence[Detection]) -> str:
    """One line: texts with ``[EMAIL]`` in the place of a mail address, and ``(image)`` for what is no text."""
    personal = [each for each in detections if each.label == "PII" or each.label.startswith("PII/")]
    hidden = places(parts, personal)
    said = []
    for part in item.parts:
        if part.text is None:
            said.append(f"({part.type})")
        else:
            said.append(redact_text(part.text, hidden.get(part.id, [])))
    line = " ".join(" ".join(said).split())
    # What moves a terminal's cursor, or turns the reading direction, has no place in a report.
    line = "".join(character if character.isprintable() else "?" for character in line)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 2]}.."
