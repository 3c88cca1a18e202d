"""Values that a policy spares because operators have them on a list, by the whole path of items."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from moderation.core.errors import StoreUnavailable
from moderation.evidence.replaying import replay
from moderation.settings import Settings
from moderation.storage.lists import ListsInForce
from tests.houses.idle import IdleHouse
from tests.houses.service import HEAD

POLICY = (
    HEAD
    + """\
needs: [pii.text]
allow:
  - {in_list: own-contact, label: [PII/EMAIL, PII/PHONE]}
  - {in_list: own-hosts, label: PII, app: [elsewhere]}
rules:
  - {id: contact, when: {label: [PII/EMAIL, PII/PHONE], at_least: 60}, then: reject, why: Contact data}
  - {id: two, when: {label: PII/EMAIL, count: {at_least: 2}}, then: {review: people}, why: Several addresses}
"""
)


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Iterator[IdleHouse]:
    opened = IdleHouse(settings, tmp_path / "rules", POLICY)
    opened.service.lists.add("own-contact", ["support@shop.example", "+1 206-555-0147"], by="o", why="w", now=now())
    yield opened
    opened.service.close()


def now() -> datetime:
    return datetime.now(UTC)


def outcome(record: Any) -> str:
    return str(record.ruling.outcome)


def test_a_value_on_the_list_counts_for_nothing_and_every_other_for_what_it_is(house: IdleHouse) -> None:
    expected = {
        "Write to support@shop.example": "approve",
        "Write to SUPPORT@Shop.example or ring (206) 555-0147": "approve",
        "ring +1 206 555 0147 about support@shop.example": "approve",
        "Write to support@shop.example or ann.lee@shop.example": "reject",
        "Write to xsupport@shop.example": "reject",
        "ring 206-555-0148": "reject",
        "have a nice day": "approve",
    }
    records = {text: house.post(text, "ann") for text in expected}

    assert {text: outcome(record) for text, record in records.items()} == expected
    assert all(replay(record, house.service.versions).is_identical for record in records.values())
    assert not any("shop.example" in str(record.basis) for record in records.values())


def test_a_list_spares_from_when_its_entry_stands_there(house: IdleHouse) -> None:
    before = house.post("mail bo@other.example", "ann")
    (entry,) = house.service.lists.add("own-contact", ["bo@other.example"], by="o", why="w", now=now())
    during = house.post("mail bo@other.example", "ann")
    house.service.lists.remove("own-contact", entry.id, by="o", why="gone", now=now())
    after = house.post("mail bo@other.example", "ann")

    assert [outcome(each) for each in (before, during, after)] == ["reject", "approve", "reject"]
    assert all(replay(each, house.service.versions).is_identical for each in (before, during, after))


def test_a_list_of_another_app_spares_nothing(house: IdleHouse) -> None:
    house.service.lists.add("own-hosts", ["other.example"], by="o", why="w", now=now(), kind="domains")

    assert outcome(house.post("mail bo@other.example", "ann")) == "reject"


def test_lists_that_cannot_be_read_spare_nothing(house: IdleHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: Any) -> Any:
        raise StoreUnavailable("the database did not answer")

    with monkeypatch.context() as patched:
        patched.setattr(ListsInForce, "lists", away)
        found = house.post("Write to support@shop.example", "ann")
        nothing = house.post("have a nice day", "ann")

    assert outcome(found) == "reject"
    assert [failure.detector.name for failure in found.failures] == ["lists"]
    assert outcome(nothing) == "approve"
