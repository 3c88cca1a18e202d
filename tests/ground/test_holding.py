"""Holding: who lives keeps what it works on, who died loses it, and nobody takes what another has by now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from ground.holding import LEASE_SECONDS, Holding
from tests.waiting import wait_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEASE = timedelta(seconds=LEASE_SECONDS)


class Rows:
    """Rows with the ends of their leases, and a clock."""

    def __init__(self, *keys: str) -> None:
        self.now = NOW
        self.until = dict.fromkeys(keys, NOW + LEASE)
        self.holding = Holding("tests", self.move, lambda: self.now)

    def move(self, keys: Collection[str], held_until: datetime, until: datetime) -> None:
        for key in keys:
            if self.until[key] == held_until:
                self.until[key] = until

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.holding.beat()


def test_who_lives_keeps_its_rows_for_as_long_as_it_works_on_them() -> None:
    rows = Rows("a", "b")
    with rows.holding.hold(["a", "b"], NOW + LEASE, at_most_seconds=600):
        rows.later(3)
        rows.later(4)
        kept = dict(rows.until)
    rows.later(60)
    rows.holding.close()

    assert kept == {"a": NOW + timedelta(seconds=7) + LEASE, "b": NOW + timedelta(seconds=7) + LEASE}
    assert rows.until == kept, "afterwards nobody holds them"


def test_what_others_took_meanwhile_stays_theirs() -> None:
    rows = Rows("a", "b")
    theirs = NOW + timedelta(seconds=99)
    with rows.holding.hold(["a", "b"], NOW + LEASE, at_most_seconds=600):
        rows.until["a"] = theirs
        rows.later(3)
        rows.later(3)
    rows.holding.close()

    assert rows.until == {"a": theirs, "b": NOW + timedelta(seconds=6) + LEASE}


def test_a_row_that_is_let_go_is_given_back_under_the_lease_as_it_stands() -> None:
    rows = Rows("a", "b")
    with rows.holding.hold(["a", "b"], NOW + LEASE, at_most_seconds=600) as hold:
        rows.later(3)
        with hold.let_go("a") as until:
            assert until == rows.until["a"]
        rows.later(3)
    rows.holding.close()

    assert rows.until == {"a": NOW + timedelta(seconds=3) + LEASE, "b": NOW + timedelta(seconds=6) + LEASE}


def test_rows_are_held_no_longer_than_was_said() -> None:
    rows = Rows("a")
    with rows.holding.hold(["a"], NOW + LEASE, at_most_seconds=0):
        rows.later(3)
    rows.holding.close()

    assert rows.until == {"a": NOW + LEASE}


def test_it_beats_by_itself_while_something_is_held() -> None:
    rows = Rows("a")
    with rows.holding.hold(["a"], NOW + LEASE, at_most_seconds=600):
        rows.now += timedelta(seconds=1)
        wait_for(lambda: rows.until["a"] == NOW + timedelta(seconds=1) + LEASE)
    rows.holding.close()
