"""What counters would have said: the same where nothing changes, another thing where earlier outcomes do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import Policy
from moderation.core.rules.engine import evaluate
from moderation.core.rules.scene import Subject
from moderation.core.taxonomy import Taxonomy
from moderation.evidence.history import Case, Opinion
from moderation.evidence.recounting import Recount
from moderation.policies.cases import read_detection
from moderation.storage.item_ids import new_item_id
from tests.examples import examples

TAXONOMY = Taxonomy()
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def policy(reject_from: float = 50, strikes: int = 2, **counters: Any) -> Policy:
    document = {
        "policy": "p",
        "format": 1,
        "applies_to": {"content_type": ["text"]},
        "if_nothing_matches": "approve",
        "if_a_detector_fails": {"review": "people"},
        "queues": [{"name": "people", "a2i_flow": "people"}],
        "counters": {"strikes": {"of": "reject", "by": "metadata.author", "within": "24h"}, **counters},
        "bands": {"weapons": {"label": "Weapons", "reject_from": reject_from}},
        "rules": [{"id": "third", "when": {"counter": "strikes", "at_least": strikes}, "then": {"review": "people"}}],
    }
    made, slips = parse_policy(document, TAXONOMY)
    assert made is not None, slips
    return made


def judged(of: Policy, cases: list[Case]) -> list[tuple[str, Any]]:
    """Outcome and numbers of each case, as its place in time has them."""
    recount, told = Recount(), []
    for case in cases:
        counts = recount.counts(case, [of])
        outcome = evaluate([of], replace(case.subject, counts=counts), case.findings, TAXONOMY).outcome
        recount.judged(case, [of], outcome)
        told.append((outcome, counts))
    return told


def recorded(of: Policy, posted: list[tuple[int, str, float, str | None]]) -> list[Case]:
    """Items as they were judged one after the other: hours, author, confidence, and what people said of it."""
    at, cases = NOW, []
    for hours, author, confidence, said in posted:
        at += timedelta(hours=hours, seconds=1)
        found = [read_detection({"Weapons": confidence}, TAXONOMY)] if confidence else []
        item_id = new_item_id(at)
        subject = Subject("shop", frozenset({"text"}), item_id, {"author": author})
        opinions = (Opinion(said, True, (), None, "p", "", "people"),) if said else ()
        cases.append(Case(item_id, at, subject, list(found), "approve", None, {}, None, at, opinions))
        outcome, counts = judged(of, cases)[-1]
        cases[-1] = replace(cases[-1], outcome=outcome, subject=replace(subject, counts=counts))
    return cases


posted_ = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 3, 20]),
        st.sampled_from(["ann", "bob"]),
        st.sampled_from([0, 40, 90]),
        st.sampled_from([None, "approve", "reject"]),
    ),
    max_size=12,
)


@settings(max_examples=examples(200), deadline=None)
@given(posted_, st.integers(0, 2))
def test_rules_that_change_nothing_count_what_was_recorded(posted: Any, too_many: int) -> None:
    of = policy()
    cases = recorded(of, posted)
    # Whatever was recorded, by however many workers at the same time.
    odd = [
        replace(c, subject=replace(c.subject, counts={"p/strikes": (c.subject.counts["p/strikes"] or 0) + too_many}))
        for c in cases
    ]
    for case in odd:
        case.outcome = evaluate([of], case.subject, case.findings, TAXONOMY).outcome

    assert judged(of, odd) == [(case.outcome, case.subject.counts) for case in odd]


def test_what_would_not_have_been_rejected_is_no_strike() -> None:
    cases = recorded(policy(), [(0, "ann", 60, None), (0, "ann", 90, None), (0, "ann", 0, None)])
    assert [case.outcome for case in cases] == ["reject", "reject", "review"]

    milder = judged(policy(reject_from=80), cases)

    assert [outcome for outcome, _ in milder] == ["approve", "reject", "approve"]
    assert [counts["p/strikes"] for _, counts in milder] == [0, 0, 1]


def test_a_counter_that_was_not_there_counts_what_would_have_been() -> None:
    cases = recorded(policy(), [(0, "ann", 0, None)] * 3)
    more = policy(
        posts={"of": "posted", "by": "metadata.author", "within": "1h"}, days={"of": "known_days", "by": "app"}
    )

    assert [counts["p/posts"] for _, counts in judged(more, cases)] == [0, 1, 2]
    assert [counts["p/days"] for _, counts in judged(more, cases)] == [0, 0, 0]


def test_pictures_are_as_they_were_recorded_or_unknown() -> None:
    copies = {"of": "posted", "same": "picture", "within": "1h"}
    cases = recorded(policy(), [(0, "ann", 0, None)] * 2)
    cases[1] = replace(cases[1], subject=replace(cases[1].subject, counts={"p/strikes": 0, "p/copies": 7}))

    assert [counts["p/copies"] for _, counts in judged(policy(copies=copies), cases)] == [None, 7]


def test_what_people_said_is_counted_where_they_would_be_asked() -> None:
    posted = [(0, "ann", 90, None), (0, "ann", 90, None), (0, "ann", 0, "reject"), (0, "ann", 0, None)]

    assert [case.subject.counts["p/strikes"] for case in recorded(policy(), posted)] == [0, 1, 2, 3]
    assert [case.subject.counts["p/strikes"] for case in recorded(policy(strikes=9), posted)] == [0, 1, 2, 2]
