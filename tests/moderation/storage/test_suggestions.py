"""Verdicts on comments that are no items: the last one of a key stays, and all are told, page by page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from ground.database import Database
from moderation.storage import suggestions
from moderation.storage.suggestions import Said, SuggestedScore, SuggestedScores

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def verdict(key: str, value: float = 1.0, at: datetime = NOW) -> SuggestedScore:
    said = (Said("TOXICITY", ("Toxicity/INSULT",), value), Said("INSULT", ("Toxicity/INSULT",), value))
    return SuggestedScore(key, "forum", {"Toxicity/INSULT": 85.5}, said, at)


def test_what_is_kept_comes_back_and_a_later_verdict_takes_its_place(database: Database) -> None:
    kept = SuggestedScores(database)
    kept.keep(verdict("a"))
    kept.keep(verdict("a", 0.0, NOW + timedelta(days=1)))

    assert list(kept.each()) == [verdict("a", 0.0, NOW + timedelta(days=1))]


def test_verdicts_at_the_same_moment_are_one_and_none_fails(database: Database) -> None:
    kept = SuggestedScores(database)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: kept.keep(verdict("a", number / 20)), range(20)))

    assert kept.count() == 1


def test_all_are_told_page_by_page_from_a_day_on(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestions, "PAGE", 3)
    kept = SuggestedScores(database)
    for number in range(7):
        kept.keep(verdict(f"k{number}", at=NOW + timedelta(days=number)))

    since = NOW + timedelta(days=2)
    assert [each.key for each in kept.each(since)] == ["k2", "k3", "k4", "k5", "k6"]
    assert (kept.count(), kept.count(since)) == (7, 5)
