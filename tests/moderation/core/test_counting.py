"""What is counted for an item, and what is kept of it: by the pure rules, without a database."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moderation.core.counting import Facts, Mark, marks, questions
from moderation.core.fingerprints import Fingerprint
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import Policy
from moderation.core.taxonomy import Taxonomy
from moderation.storage.item_ids import first_item_id, new_item_id

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TAXONOMY = Taxonomy()


def keyed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:22]


def counting(**counter: Any) -> Policy:
    document = {
        "policy": "p",
        "format": 1,
        "applies_to": {"content_type": ["text", "image"]},
        "if_nothing_matches": "approve",
        "if_a_detector_fails": "reject",
        "counters": {"c": counter},
        "rules": [{"id": "r", "when": {"counter": "c", "at_least": 2}, "then": "reject"}],
    }
    policy, slips = parse_policy(document, TAXONOMY)
    assert policy is not None, slips
    return policy


def facts(after: timedelta = timedelta(0), app: str = "shop", **metadata: Any) -> Facts:
    at = NOW + after
    return Facts(app, new_item_id(at), at, metadata)


def number(policy: Policy, item: Facts, kept: list[Mark]) -> int | None:
    ((name, question),) = questions([policy], item, keyed, first_item_id)
    assert name == "p/c"
    return None if question is None else question.number(question.found(kept))


def kept(policy: Policy, item: Facts, *happened: str, **labels: float) -> list[Mark]:
    return list(marks([policy], item, keyed, happened, labels))


REJECTS = {"of": "reject", "by": "metadata.author", "within": "24h"}


def test_other_items_of_the_same_author_are_counted_and_no_others() -> None:
    policy = counting(**REJECTS)
    before = facts(author="ann")
    others = [facts(author="bob"), facts(app="forum", author="ann"), facts(), facts(author=5)]
    later = facts(timedelta(hours=2), author="ann")
    all_kept = [mark for each in (before, *others, later) for mark in kept(policy, each, "posted", "reject")]

    assert number(policy, facts(timedelta(hours=3), author="ann"), all_kept) == 2
    assert number(policy, later, all_kept) == 1
    assert number(policy, facts(timedelta(hours=3), author="cleo"), all_kept) == 0


def test_nobody_came_before_what_has_no_author() -> None:
    policy = counting(**REJECTS)
    all_kept = kept(policy, facts(), "posted", "reject") + kept(policy, facts(author=["ann"]), "posted", "reject")

    assert all_kept == []
    assert number(policy, facts(timedelta(hours=1)), all_kept) == 0


def test_a_number_is_the_same_however_it_is_written_and_never_a_text() -> None:
    policy = counting(**REJECTS)

    assert number(policy, facts(timedelta(hours=1), author=5.0), kept(policy, facts(author=5), "reject")) == 1
    assert number(policy, facts(timedelta(hours=1), author="5"), kept(policy, facts(author=5), "reject")) == 0
    assert number(policy, facts(timedelta(hours=1), author=1), kept(policy, facts(author=True), "reject")) == 0


def test_strikes_expire_by_the_time_at_which_the_item_was_posted() -> None:
    policy = counting(**REJECTS)
    strike = kept(policy, facts(author="ann"), "posted", "reject")

    assert number(policy, facts(timedelta(hours=23, minutes=59), author="ann"), strike) == 1
    assert number(policy, facts(timedelta(hours=24, minutes=1), author="ann"), strike) == 0


def test_only_what_it_became_is_counted() -> None:
    policy = counting(**REJECTS)

    assert kept(policy, facts(author="ann"), "posted", "approve") == []
    assert kept(policy, facts(author="ann"), "posted", "review") == []


@pytest.mark.parametrize(
    ("counter", "labels", "is_counted"),
    [
        ({"of": "Violence"}, {"Weapons": 80.0, "Violence": 80.0}, True),
        ({"of": "Violence"}, {"Violence": 50.0}, True),
        ({"of": "Violence"}, {"Violence": 49.9}, False),
        ({"of": "Violence", "at_least": 90}, {"Violence": 80.0}, False),
        ({"of": "Violence", "at_least": 20}, {"Violence": 20.0}, True),
        ({"of": "Violence"}, {"Explicit": 99.0}, False),
    ],
)
def test_a_label_is_counted_where_it_was_found_surely_enough(
    counter: dict[str, Any], labels: dict[str, float], is_counted: bool
) -> None:
    policy = counting(by="metadata.author", within="1h", **counter)

    assert bool(kept(policy, facts(author="ann"), "posted", "approve", **labels)) is is_counted


def test_different_values_are_counted_once_each() -> None:
    policy = counting(of="posted", by="metadata.link", distinct="metadata.author", within="1h")
    authors = ["ann", "bob", "ann", None, "cleo", "bob"]
    posted = [facts(timedelta(minutes=n), link="x", **({"author": a} if a else {})) for n, a in enumerate(authors)]
    all_kept = [mark for each in posted for mark in kept(policy, each, "posted")]

    assert number(policy, facts(timedelta(minutes=30), link="x"), all_kept) == 3
    assert number(policy, facts(timedelta(minutes=30), link="y"), all_kept) == 0


def test_known_days_are_whole_days_since_the_first_item() -> None:
    policy = counting(of="known_days", by="metadata.author")
    posted = [facts(timedelta(days=days), author="ann") for days in (0, 3)]
    all_kept = [mark for each in posted for mark in kept(policy, each, "posted", "reject")]

    assert number(policy, posted[0], all_kept) == 0
    assert number(policy, facts(timedelta(hours=23), author="ann"), all_kept) == 0
    assert number(policy, facts(timedelta(days=9, hours=1), author="ann"), all_kept) == 9


def picture(bits: int | None, digest: str = "d") -> tuple[Fingerprint, ...]:
    return (Fingerprint("p0", "picture", digest, bits),)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (picture(0b1011, "a"), picture(0b1011, "b"), True),
        (picture(0b1011, "a"), picture(0b1100, "b"), True),  # three bits differ
        (picture(0b1011, "a"), picture(0b0100, "b"), False),  # four do
        (picture(None, "a"), picture(None, "a"), True),
        (picture(None, "a"), picture(None, "b"), False),
        (picture(1 << 63, "a"), picture(1 << 63 | 1, "b"), True),
    ],
)
def test_nearly_the_same_picture_is_recognised(
    one: tuple[Fingerprint, ...], other: tuple[Fingerprint, ...], is_same: bool
) -> None:
    policy = counting(of="posted", same="picture", within="7d")
    all_kept = kept(policy, replace(facts(), pictures=one), "posted")

    assert number(policy, replace(facts(timedelta(hours=1)), pictures=other), all_kept) == int(is_same)


def test_beside_an_author_both_must_hold() -> None:
    policy = counting(of="posted", by="metadata.author", same="picture", within="7d")
    all_kept = kept(policy, replace(facts(author="ann"), pictures=picture(7)), "posted")

    assert number(policy, replace(facts(timedelta(1), author="ann"), pictures=picture(7)), all_kept) == 1
    assert number(policy, replace(facts(timedelta(1), author="bob"), pictures=picture(7)), all_kept) == 0
    other = picture(1 << 63, "other")
    assert number(policy, replace(facts(timedelta(1), author="ann"), pictures=other), all_kept) == 0


def test_what_cannot_be_known_is_no_number() -> None:
    policy = counting(of="posted", same="picture", within="7d")

    assert number(policy, replace(facts(), pictures=None), []) is None
    assert kept(policy, replace(facts(), pictures=None), "posted") == []


def test_equal_content_is_counted_whoever_posts_it() -> None:
    policy = counting(of="posted", by="content", within="1h")
    all_kept = kept(policy, replace(facts(author="ann"), contents=("text:1", "image:2")), "posted")

    assert number(policy, replace(facts(timedelta(minutes=1)), contents=("image:2",)), all_kept) == 1
    assert number(policy, replace(facts(timedelta(minutes=1)), contents=("image:3",)), all_kept) == 0
    assert number(policy, replace(facts(timedelta(minutes=1)), contents=None), all_kept) is None


def test_numbers_are_alike_that_no_rule_can_tell_apart() -> None:
    ((_, question),) = questions([counting(**REJECTS)], facts(author="ann"), keyed, first_item_id)
    assert question is not None

    assert question.edges == (2,)
    assert question.is_alike(0, 1)
    assert question.is_alike(2, 9)
    assert not question.is_alike(1, 2)
    assert not question.is_alike(1, None)


def test_what_is_posted_in_one_go_keeps_its_order() -> None:
    ids = [new_item_id(NOW + timedelta(microseconds=n)) for n in range(5000)]

    assert ids == sorted(ids)
    assert first_item_id(NOW) <= ids[0]
