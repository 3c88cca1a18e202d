"""Where reviewers disagree, others judge: whoever caused the disagreement is given no task that settles it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moderation.core.loops import Answer
from tests.houses.service import NUMBER, REVIEWS, House
from tests.waiting import wait_for

SPLITS = REVIEWS.replace(
    "  - {name: people, a2i_flow: people}",
    "  - {name: people, a2i_flow: people, reviewers: 2, agree: 2, if_no_agreement: {review: quality}}",
)


def test_a_juror_who_caused_the_disagreement_is_not_its_judge(open_house: Callable[[str], House]) -> None:
    house = open_house(SPLITS)
    jury = {"ann": "approve", "bob": "reject"}

    def answers(name: str, uri: str) -> list[Answer]:
        given = jury if name.endswith("-1") else {"cleo": house.people.said[name]}
        return [_answer(who, said) for who, said in given.items()]

    house.people.answers = answers  # type: ignore[method-assign]
    record = house.post(NUMBER)
    first, second = (f"{record.item.id}-{n}" for n in (1, 2))
    wait_for(lambda: first in house.people.started)
    house.people.said[first] = "split"
    wait_for(lambda: second in house.people.started)

    shown = house.people.started[second]
    assert (shown["queue"], shown["not_for"]) == ("quality", ["ann", "bob"])
    assert "not_for" not in house.people.started[first]
    house.people.said[second] = "reject"
    assert house.wait(record.item.id, lambda r: r.status == "decided").decision.outcome == "reject"  # type: ignore[union-attr]


def _answer(who: str, said: Any) -> Answer:
    return Answer(reviewer=who, outcome=said, submitted_at=datetime.now(UTC))
