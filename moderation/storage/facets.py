"""What an item is found by beside its labels: who wrote it, where it comes from, rules that were true, who failed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy.engine import Connection

from ground.named_by_apps import author_of, parent_of, place_of, thread_of
from ground.prepared import insert_many
from moderation.core.items import Item
from moderation.core.rules.caps import RuleName, fired
from moderation.core.rulings import Ruling
from moderation.storage.findings import Findings
from moderation.storage.tables import item_facets

FacetKind = Literal["author", "thread", "parent", "place", "rule", "failed", "queue"]
_NAMED: tuple[tuple[FacetKind, Callable[[Mapping[str, Any]], str]], ...] = (
    ("author", author_of), ("thread", thread_of), ("parent", parent_of), ("place", place_of),
)  # fmt: skip
LONGEST = 200
"""Letters of a facet's value; what is longer is found by its beginning."""


def facet(kind: FacetKind, value: str) -> str:
    """A facet as it is stored, such as ``rule:pii/ssn.reject``."""
    return f"{kind}:{value[:LONGEST]}"


def facet_rows(item: Item, ruling: Ruling, findings: Findings, rules: Collection[RuleName]) -> list[dict[str, Any]]:
    """The facets of an item that was judged.

    Args:
        rules: that were true of it; see `fired`.
    """
    if not rules and not findings.failures and ruling.outcome != "review":
        return named_rows(item)
    found = {facet("rule", f"{policy}/{rule}") for policy, rule in rules}
    if findings.failures:
        found |= {facet("failed", each.detector.name) for each in findings.failures}
    if ruling.outcome == "review":
        found.add(facet("queue", f"{ruling.policy.name}/{ruling.queue}"))
    return [*named_rows(item), *({"facet": each, "item_id": item.id} for each in sorted(found))]


def named_rows(item: Item) -> list[dict[str, Any]]:
    """The facets of an item that its app names: it is found by them from when it is posted."""
    said = item.metadata
    if not said:
        return []
    return [{"facet": facet(kind, name), "item_id": item.id} for kind, named in _NAMED if (name := named(said))]


def save_facets(c: Connection, judged: Sequence[tuple[Item, Ruling, Findings]]) -> None:
    """Note by which facets items are found; those there stay."""
    rows = [row for item, ruling, findings in judged for row in facet_rows(item, ruling, findings, fired(ruling))]
    insert_many(c, item_facets, rows, or_nothing=True)
