"""What rulings were worked out from is stored once for items that were judged alike, and read as if it were with each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from moderation.evidence.history import cases_of
from moderation.storage import tables
from moderation.storage.bases import SHARED
from tests.houses.service import NUMBER, REJECTS, House

BASIS = tables.items.c.basis


def stored(house: House, *columns: Any) -> list[Any]:
    return house.service.database.read(lambda c: list(c.execute(sa.select(*columns))))


def give_back(house: House, item_id: str) -> None:
    """Store an item as it was before bases were shared: all with the item, and its parts twice."""
    record = house.service.store.get_item(item_id)

    def work(c: sa.Connection) -> None:
        of = tables.items.c.id == item_id
        found = c.execute(sa.select(tables.items.c.findings).where(of)).scalar_one()
        parts = [part.model_dump(mode="json") for part in record.parts]
        before = {**found, "parts": parts, "basis": dict(record.basis)}
        c.execute(sa.update(tables.items).where(of).values(findings=before, basis=None))

    house.service.database.write(work, step="test.give_back")


def test_items_that_are_judged_alike_share_one_basis(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    bad, good = house.post(NUMBER), house.post("have a nice day")

    assert len(stored(house, tables.bases.c.id)) == 1
    assert len({row.basis for row in stored(house, BASIS)}) == 1
    assert bad.basis == good.basis
    assert set(bad.basis) >= SHARED
    assert not any("versions" in str(row.findings) for row in stored(house, tables.items.c.findings))


def test_a_text_that_is_decided_is_stored_once(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    record = house.post("have a nice day")

    (row,) = stored(house, tables.items.c.document, tables.items.c.findings)
    assert "have a nice day" in str(row.document)
    assert "have a nice day" not in str(row.findings)
    assert record.parts == record.item.parts


def test_what_was_stored_with_its_item_is_read_as_before(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    ids = [house.post(text).item.id for text in (NUMBER, "have a nice day")]
    store, database = house.service.store, house.service.database
    records = [store.get_item(each) for each in ids]
    cases = list(cases_of(database, ids))
    for each in ids:
        give_back(house, each)

    assert [store.get_item(each) for each in ids] == records
    assert list(cases_of(database, ids)) == cases
    assert cases[0].tools
    assert cases[0].subject.parts == {"p0": frozenset({"text"})}
