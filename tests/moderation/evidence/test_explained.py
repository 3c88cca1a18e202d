"""A ruling is stored; the whole verdict is worked out when somebody asks, and is never another one than was acted upon."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa

from moderation.core.rulings import Ruling
from moderation.evidence.explained import explained
from moderation.policies.versions import PolicyVersions
from moderation.storage.tables import items
from tests.houses.service import HEAD, NUMBER, REJECTS, REVIEWS, House
from tests.waiting import wait_for

MANY_RULES = (
    HEAD
    + "rules:\n"
    + "".join(
        f"  - {{id: rule-{n}, why: Reason number {n} of many, when: {{label: PII, at_least: {50 + n % 50}}}, then: reject}}\n"
        for n in range(60)
    )
)


def test_the_verdict_is_explained_by_the_text_of_its_time_after_that_is_gone(
    open_house: Callable[[str], House],
) -> None:
    house = open_house(REJECTS)
    record = house.post(NUMBER)
    house.file.write_text(REVIEWS)
    wait_for(lambda: not house.service.policies.get("words").file.bands["numbers"].reject_from)

    verdict = explained(record, PolicyVersions(house.service.database))

    assert record.ruling is not None
    assert verdict is not None
    [said] = verdict.policies
    assert (verdict.outcome, said.policy) == ("reject", record.ruling.policy)
    [rule] = said.deciding
    assert (rule.rule, rule.place) == ("numbers.reject", f"{house.file}:10")
    assert [(each.detection.label, each.threshold) for each in rule.evidence] == [("PII/SSN", 50)]


def test_what_is_stored_names_the_rules_and_repeats_neither_their_words_nor_what_was_found(
    open_house: Callable[[str], House],
) -> None:
    house = open_house(MANY_RULES)
    record = house.post(NUMBER)

    query = sa.select(sa.cast(items.c.verdict, sa.Text)).where(items.c.id == record.item.id)
    stored = house.service.database.read(lambda c: c.execute(query).scalar_one())

    fired = json.loads(stored)["policies"][0]["deciding"]
    verdict = explained(record, house.service.versions)
    assert verdict is not None
    assert len(fired) > 30
    assert fired == [rule.rule for rule in verdict.policies[0].deciding]
    assert len(stored) < 2048 < len(verdict.model_dump_json())


def test_a_verdict_whose_text_is_not_kept_is_shown_as_far_as_it_was_stored(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    record = house.post(NUMBER)
    assert record.ruling is not None
    policies = tuple(
        each.model_copy(update={"policy": each.policy.model_copy(update={"version": "lost"})})
        for each in record.ruling.policies
    )
    lost = record.ruling.model_copy(update={"policies": policies})

    verdict = explained(replace(record, ruling=lost), house.service.versions)

    assert verdict is not None
    assert (verdict.outcome, verdict.reason, verdict.labels) == ("reject", record.ruling.reason, ("PII/SSN",))
    assert [(rule.rule, rule.evidence) for rule in verdict.policies[0].deciding] == [("numbers.reject", ())]


def test_what_was_acted_upon_is_shown_where_the_rules_say_something_else_by_now(
    open_house: Callable[[str], House],
) -> None:
    house = open_house(REJECTS)
    record = house.post(NUMBER)
    assert record.ruling is not None
    other = Ruling.model_validate({**record.ruling.model_dump(), "outcome": "review", "queue": "people"})

    verdict = explained(replace(record, ruling=other), house.service.versions)

    assert verdict is not None
    assert (verdict.outcome, verdict.queue) == ("review", "people")


def test_nothing_is_explained_of_an_item_that_the_rules_were_not_asked_about(
    open_house: Callable[[str], House],
) -> None:
    house = open_house(REJECTS)
    record = replace(house.post(NUMBER), ruling=None)

    assert explained(record, house.service.versions) is None
