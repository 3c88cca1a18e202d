"""Lists at run time: what stands on them, what is found by them, and that nothing of the past can be changed unseen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from ground.database import Database
from moderation.core.errors import InvalidSubmission, NotFound
from moderation.core.items import Media, Part
from moderation.core.listing import Listing, ListKind, entry_of, look
from moderation.storage import lists as kept_lists
from moderation.storage import tables
from moderation.storage.lists import ListsInForce, RunTimeLists

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WHO: Mapping[str, Any] = {"by": "olga", "why": "case 4711", "now": NOW}


@pytest.fixture
def lists(database: Database) -> RunTimeLists:
    return RunTimeLists(database)


def listing(kind: ListKind, *values: str) -> Listing:
    return Listing(kind, "v", {entry_of(kind, value): None for value in values})


def text(said: str) -> Part:
    return Part(id="p0", type="text", text=said)


def test_what_is_put_there_stands_until_it_is_taken_off(lists: RunTimeLists) -> None:
    ann, bob = lists.add("watch", ["ann", "bob"], **WHO)
    assert [(each.value, each.by, each.why) for each in lists.entries("watch", NOW)] == [
        ("bob", "olga", "case 4711"),
        ("ann", "olga", "case 4711"),
    ]

    lists.remove("watch", ann.id, by="otto", why="somebody else", now=NOW)

    assert [each.value for each in lists.entries("watch", NOW)] == ["bob"]
    changes = [(each.action, each.value, each.by) for each in lists.changes("watch")]
    assert changes == [("remove", "ann", "otto"), ("add", "bob", "olga"), ("add", "ann", "olga")]
    with pytest.raises(NotFound):
        lists.remove("watch", ann.id, **WHO)
    with pytest.raises(NotFound):
        lists.remove("other", bob.id, **WHO)


def test_an_entry_expires_and_can_be_put_there_again(lists: RunTimeLists, database: Database) -> None:
    lists.add("watch", ["ann"], **WHO, expires_at=NOW + timedelta(days=1))
    in_force = ListsInForce(database).lists()["watch"]
    assert [in_force.has_value("ann", NOW + timedelta(hours=hours)) for hours in (0, 23, 24)] == [True, True, False]
    assert lists.entries("watch", NOW + timedelta(days=1)) == []

    lists.add("watch", ["ann"], **{**WHO, "now": NOW + timedelta(days=2)})

    assert len(lists.entries("watch", NOW + timedelta(days=99))) == 1


def test_every_process_knows_of_a_change_at_its_next_look(lists: RunTimeLists, database: Database) -> None:
    one, other = ListsInForce(database), ListsInForce(database)
    assert one.lists() == {}
    (ann,) = lists.add("watch", ["ann"], **WHO)
    first = one.lists()["watch"].version
    lists.add("links", ["evil.example"], **WHO, kind="domains")
    lists.remove("watch", ann.id, **WHO)

    assert one.lists() == other.lists()
    assert one.lists()["watch"].entries == {}
    assert one.lists()["watch"].version not in ("", first)
    assert one.lists() is one.lists()


def test_what_was_changed_afterwards_is_found(lists: RunTimeLists, database: Database) -> None:
    entries = lists.add("watch", ["ann", "bob", "cleo"], **WHO)
    assert lists.first_broken("watch") is None

    with database.engine.begin() as c:
        c.execute(sa.update(tables.list_events).where(tables.list_events.c.id == entries[1].id).values(by="nobody"))

    assert lists.first_broken("watch") == entries[1].id


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "Watch List"}, "name"),
        ({"why": " "}, "why"),
        ({"by": ""}, "by"),
        ({"values": [""]}, "value"),
        ({"values": ["ok", "x" * 501]}, "values[1]"),
        ({"kind": "domains", "values": ["no domain"]}, "value"),
        ({"kind": "hashes", "values": ["abc"]}, "value"),
        ({"kind": "words", "values": ["!!"]}, "value"),
        ({"expires_at": NOW}, "expires_at"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(lists: RunTimeLists, given: dict[str, Any], field: str) -> None:
    call = {"name": "watch", "values": ["ann"], **WHO, **given}
    with pytest.raises(InvalidSubmission) as refused:
        lists.add(call.pop("name"), call.pop("values"), **call)

    assert [error.field for error in refused.value.errors] == [field]
    assert lists.states(NOW) == []


def test_a_list_keeps_its_kind_and_its_size(lists: RunTimeLists, monkeypatch: pytest.MonkeyPatch) -> None:
    lists.add("links", ["evil.example"], **WHO, kind="domains")
    with pytest.raises(InvalidSubmission, match="is one of domains"):
        lists.add("links", ["ann"], **WHO, kind="values")
    lists.add("links", ["https://www.worse.example/path?x"], **WHO)
    assert [each.value for each in lists.entries("links", NOW)] == ["worse.example", "evil.example"]

    monkeypatch.setattr(kept_lists, "MOST_ENTRIES", 2)
    with pytest.raises(InvalidSubmission, match="at most 2"):
        lists.add("links", ["third.example"], **WHO)
    lists.add("links", ["evil.example"], **WHO)  # it stands there already


@pytest.mark.parametrize(
    ("on", "value", "is_on"),
    [
        (listing("values", "ann", "5"), "ann", True),
        (listing("values", "ann", "5"), "Ann", False),
        (listing("values", "ann", "5"), 5, True),
        (listing("values", "ann", "5"), 5.0, True),
        (listing("values", "ann", "True"), True, False),
        (listing("values", "ann"), ["bob", "ann"], True),
        (listing("values", "ann"), None, False),
        (listing("domains", "evil.example"), "https://a.b.evil.example:8080/x", True),
        (listing("domains", "evil.example"), "https://evil.example.org", False),
        (listing("domains", "evil.example"), "https://notevil.example", False),
        (listing("domains", "Evil.Example"), "EVIL.example", True),
        (listing("words", "sell my account"), "Will you SELL my  account?", True),
        (listing("words", "idiot"), "idiots", False),
        (listing("hashes", "AB" * 32), "ab" * 32, True),
    ],
)
def test_a_fact_of_the_app_is_found(on: Listing, value: Any, is_on: bool) -> None:
    found = look([("l", "metadata.key")], {"l": on}, {"key": value}, [], [], NOW)

    assert found == {"l metadata.key": (is_on, "v")}


PICTURE = Part(
    id="p1", type="image", media=Media(uri="s3://b/k", sha256="ab" * 32, content_type="image/png", size_bytes=1)
)


@pytest.mark.parametrize(
    ("on", "parts", "is_on"),
    [
        (listing("words", "evil"), [text("good"), text("so evil.")], True),
        (listing("words", "evil"), [PICTURE], False),
        (listing("domains", "evil.example"), [text("see http://x.evil.example/y")], True),
        (listing("hashes", "ab" * 32), [text("hi"), PICTURE], True),
        (listing("hashes", hashlib.sha256(b"hi").hexdigest()), [text("hi")], True),
        (listing("hashes", hashlib.sha256(b"hi").hexdigest()), [text("ho")], False),
        (listing("values", "hi"), [text("hi")], True),
    ],
)
def test_what_the_item_has_in_it_is_found(on: Listing, parts: list[Part], is_on: bool) -> None:
    assert look([("l", "content")], {"l": on}, {}, parts, [], NOW) == {"l content": (is_on, "v")}


def test_a_list_that_nobody_has_made_has_nothing_on_it() -> None:
    assert look([("l", "metadata.key")], {}, {"key": "ann"}, [], [], NOW) == {"l metadata.key": (False, "")}
