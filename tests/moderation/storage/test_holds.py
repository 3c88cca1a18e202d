"""Legal holds: an item on one outlives everything that would delete it, until it is released or its time is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from moderation import cli
from moderation.core.errors import InvalidSubmission, ItemHeld, NotFound
from moderation.core.items import Item, Part
from moderation.pipeline.intake import Submission
from moderation.storage.ages import look_at_ages
from moderation.storage.holds import Holds, is_held, need_no_hold
from moderation.storage.pruning import prune
from moderation.storage.rows import item_row
from moderation.storage.tables import item_facets, items
from tests.houses.api import Api
from tests.houses.service import REJECTS, House

LATER = timedelta(days=400)
ME: dict[str, Any] = {"why": "letter of 3 March", "by": "lea"}


def post(house: House, words: str, **metadata: Any) -> str:
    """A text that the rules decide; its item."""
    submission = Submission("shop", (Part(id="p0", type="text", text=words),), metadata=metadata)
    prepared = house.service.pipeline.prepare(submission)
    house.service.pipeline.intake([prepared])
    house.wait(prepared.id, lambda record: record.status == "decided")
    return prepared.id


def pruned(house: House, now: datetime) -> set[str]:
    """The items that are left after all of them were kept long enough."""
    database = house.service.database
    database.write(lambda c: prune(c, now - timedelta(days=1), 100, now), step="test")
    return database.read(lambda c: {row.id for row in c.exec_driver_sql("SELECT id FROM items")})


def test_items_and_authors_on_hold_are_pruned_by_nobody_until_that_is_over(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    holds = Holds(house.service.database)
    one, of_ann, of_bob = post(house, "one"), post(house, "two", author="ann"), post(house, "three", author="bob")
    now = datetime.now(UTC)
    holds.add("item", one, now=now, case="C-12", **ME)
    holds.add("author", "ann", app="shop", now=now, case="C-12", **ME)
    holds.add("author", "bob", app="other-app", now=now, **ME)
    until = holds.add("item", of_bob, now=now, until=now + timedelta(days=30), **ME)

    assert pruned(house, now + LATER) == {one, of_ann}, "the other is of another app, and its own hold is over"
    assert not until.holds_at(now + LATER)

    assert [each.value for each in holds.release(case="C-12", by="lea", why="settled", now=now)] == [one, "ann"]
    assert pruned(house, now + LATER) == set()
    with pytest.raises(NotFound):
        holds.release(case="C-12", by="lea", why="settled", now=now)


def test_an_app_that_withdraws_an_item_on_hold_is_told_so_and_nothing_is_erased(api: Api) -> None:
    body = {"parts": [{"type": "text", "text": "nobody has judged this yet"}], "metadata": {"author": "ann"}}
    held = api.post("/v1/items", json=body).get_json()["id"]
    holds, now = Holds(api.service.database), datetime.now(UTC)
    hold = holds.add("author", "ann", app=api.service.store.get_item(held).item.app, now=now, **ME)

    refused = api.call("DELETE", f"/v1/items/{held}")

    assert (refused.status_code, refused.get_json()["type"]) == (409, "/docs#problem-on-hold")
    assert "letter" not in refused.get_data(as_text=True), "why it is held is not the app's to know"
    assert api.service.store.get_item(held).item.parts[0].text == "nobody has judged this yet"
    with pytest.raises(ItemHeld):
        api.service.erasing.withdraw([held], "erased by its author")
    holds.release(hold_id=hold.id, by="lea", why="settled", now=now)
    assert api.call("DELETE", f"/v1/items/{held}").status_code == 202


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "item", "value": "no-such-item"}, "value"),
        ({"kind": "author", "value": "ann"}, "app"),
        ({"kind": "author", "value": " ", "app": "shop"}, "value"),
        ({"kind": "thread", "value": "x"}, "kind"),
        ({"kind": "author", "value": "ann", "app": "shop", "why": " "}, "why"),
        ({"kind": "author", "value": "ann", "app": "shop", "until": datetime(2020, 1, 1, tzinfo=UTC)}, "until"),
        ({"kind": "author", "value": "ann", "app": "shop", "case": "x" * 101}, "case"),
    ],
)
def test_what_is_wrong_with_a_hold_is_said_by_field(house_of_holds: Holds, given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSubmission) as refused:
        house_of_holds.add(**{**ME, "now": datetime.now(UTC), **given})

    assert [each.field for each in refused.value.errors] == [field]


@pytest.fixture
def house_of_holds(api: Api) -> Holds:
    return Holds(api.service.database)


def test_holds_are_records_of_the_audit_chain_without_the_names_of_authors(house_of_holds: Holds, api: Api) -> None:
    now = datetime.now(UTC)
    hold = house_of_holds.add("author", "ann", app="shop", now=now, **ME)
    house_of_holds.release(hold_id=hold.id, by="max", why="settled", now=now)

    query = f"SELECT kind, subject, body FROM audit_records WHERE kind LIKE 'hold%' AND subject = '{hold.id}'"
    rows = api.service.database.read(lambda c: list(c.exec_driver_sql(query)))
    assert [(row.kind, row.subject, json.loads(row.body)["by"]) for row in rows] == [
        ("hold added", str(hold.id), "lea"),
        ("hold released", str(hold.id), "max"),
    ]
    assert "ann" not in "".join(row.body for row in rows)


def test_the_command_adds_lists_and_releases(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(api.service.settings.data)]
    added = cli.run(["holds", "add", "--author", "ann", "--app", "shop", "--case", "C-1", "--why", "a letter", *data])
    listed = cli.run(["holds", "list", "--json", *data])
    out = capsys.readouterr().out
    [shown] = [each for each in json.loads(out[out.index("[") :]) if each["case"] == "C-1"]
    nothing = cli.run(["holds", "add", "--why", "a letter", *data])
    released = cli.run(["holds", "release", "--case", "C-1", "--why", "settled", *data])
    again = cli.run(["holds", "release", "--case", "C-1", "--why", "settled", *data])

    assert (added, listed, nothing, released, again) == (0, 0, 2, 0, 2)
    assert (shown["kind"], shown["value"], shown["case"], shown["until"]) == ("author", "ann", "C-1", None)


def test_either_database_finds_what_is_held_by_id_and_by_author(database: Database) -> None:
    now, holds = datetime.now(UTC), Holds(database)

    def work(c: Connection) -> None:
        for number, author in enumerate(("ann", "bob", None)):
            said = {"author": author} if author else {}
            parts = (Part(id="p0", type="text", text="x"),)
            made = Item(id=f"i{number}", app="shop", parts=parts, metadata=said, created_at=now)
            c.execute(sa.insert(items).values(item_row(made) | {"status": "decided"}))
            if author:
                c.execute(sa.insert(item_facets).values(facet=f"author:{author}", item_id=made.id))

    database.write(work, step="test")

    def held() -> list[str]:
        query = sa.select(items.c.id).where(is_held(now)).order_by(items.c.id)
        return database.read(lambda c: list(c.execute(query).scalars()))

    assert held() == []
    first = holds.add("author", "bob", app="shop", now=now, **ME)
    holds.add("item", "i2", now=now, until=now + timedelta(days=1), **ME)
    assert held() == ["i1", "i2"]
    assert [each.value for each in holds.list(now)] == ["i2", "bob"]
    with pytest.raises(ItemHeld, match="i1, i2"):
        database.read(lambda c: need_no_hold(c, ["i0", "i1", "i2"], now))
    database.read(lambda c: need_no_hold(c, ["i0"], now))
    holds.release(hold_id=first.id, by="lea", why="settled", now=now)
    assert held() == ["i2"]
    assert [each.value for each in holds.list(now + timedelta(days=2))] == []
    assert look_at_ages(database, now).deadlines == {}
