"""Nothing waits unseen: an undecided item that does not get on is asked about again, or says that somebody must look."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from moderation.api.views import item_view
from moderation.cli import run
from moderation.core.errors import HumanLoopsUnavailable
from moderation.core.policy.policies import PolicySet
from moderation.pipeline.sweeping import sweep
from moderation.review.client import LoopState
from moderation.storage.records import NO_LOOP
from moderation.storage.tables import item_loops, items
from tests.houses.service import NUMBER, REVIEWS, House
from tests.waiting import wait_for


@pytest.fixture
def house(open_house: Callable[[str], House]) -> House:
    opened = open_house(REVIEWS)
    opened.service._sweeping.close()
    return opened


def change(house: House, statement: Any) -> None:
    house.service.database.write(lambda c: c.execute(statement), step="test.write")


def reason(house: House, item_id: str) -> str | None:
    """As the API, and as the list of all of them say it: they agree, once nothing changes between the two."""
    said: list[str | None] = []

    def agree() -> bool:
        shown = item_view(house.service.store.get_item(item_id), house.service.versions).needs_attention
        listed = {each.item_id: each.reason for each in house.service.store.need_attention()}
        said[:] = [shown, listed.get(item_id)]
        return said[0] == said[1]

    wait_for(agree)
    return said[0]


def test_an_item_that_people_are_asked_about_gets_on(house: House) -> None:
    record = house.post(NUMBER)
    wait_for(lambda: f"{record.item.id}-1" in house.people.started)

    assert reason(house, record.item.id) is None
    assert sweep(house.service.pipeline.ports) == 0


def test_an_item_in_review_that_nobody_is_asked_about_is_asked_about_again(house: House) -> None:
    record = house.post(NUMBER)
    lost, ended = record.item.id, house.post(NUMBER).item.id
    wait_for(lambda: {f"{lost}-1", f"{ended}-1"} <= set(house.people.started))
    change(house, sa.delete(item_loops).where(item_loops.c.item_id == lost))
    change(house, sa.update(item_loops).where(item_loops.c.item_id == ended).values(state="ended"))
    del house.people.started[f"{lost}-1"]
    assert reason(house, lost) == reason(house, ended) == NO_LOOP

    assert sweep(house.service.pipeline.ports) == 2

    wait_for(lambda: {f"{lost}-1", f"{ended}-2"} <= set(house.people.started))
    assert sweep(house.service.pipeline.ports) == 0
    house.people.said |= {f"{lost}-1": "approve", f"{ended}-2": "reject"}
    for item_id, outcome in ((lost, "approve"), (ended, "reject")):
        decided = house.wait(item_id, lambda record: record.status == "decided")
        assert decided.decision is not None
        assert decided.decision.outcome == outcome


def test_loops_that_come_to_nothing_again_and_again_wait_for_somebody_to_say_ask_again(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(house.people, "describe", lambda name: LoopState("Failed", "Expired"))
    item_id = house.post(NUMBER).item.id
    house.wait(item_id, lambda record: record.loops[-1].state == "stuck")
    data = ["--data", str(house.settings.data)]
    said = reason(house, item_id)
    assert said is not None
    assert "came to nothing: Expired" in said
    assert sweep(house.service.pipeline.ports) == 0, "it would come to nothing once more"

    assert run(["attention", "--json", *data]) == 1
    [row] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (row["item"], row["reason"]) == (item_id, said)
    assert run(["attention", "--ask-again", "nothing", *data]) == 2
    assert "no human loop of item nothing is stuck" in capsys.readouterr().err
    assert run(["attention", "--ask-again", item_id, *data]) == 0
    monkeypatch.undo()
    sweep(house.service.pipeline.ports)
    house.people.said[f"{item_id}-7"] = "approve"

    assert house.wait(item_id, lambda record: record.status == "decided").needs_attention is None


def test_an_outage_of_a2i_is_told_once_it_lasts(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> str:
        raise HumanLoopsUnavailable("A2I did not answer")

    monkeypatch.setattr("moderation.pipeline.people.SHORTEST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(house.people, "start", away)
    item_id = house.post(NUMBER).item.id
    wait_for(lambda: reason(house, item_id) is not None)

    assert reason(house, item_id) == "A2I did not answer"
    assert house.service.store.loop_problems() == ["A2I did not answer"]
    monkeypatch.undo()
    wait_for(lambda: reason(house, item_id) is None)


def test_a_fault_with_one_loop_keeps_no_other_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    poisoned, fine = house.post(NUMBER).item.id, house.post(NUMBER).item.id
    wait_for(lambda: {f"{poisoned}-1", f"{fine}-1"} <= set(house.people.started))
    describe = house.people.describe

    def faulty(name: str) -> LoopState:
        return {}[name] if name.startswith(poisoned) else describe(name)  # type: ignore[return-value]

    monkeypatch.setattr(house.people, "describe", faulty)
    house.people.said[f"{fine}-1"] = "approve"

    house.wait(fine, lambda record: record.status == "decided")
    wait_for(lambda: reason(house, poisoned) is not None)
    assert reason(house, poisoned) == f"human loop {poisoned}-1 cannot be followed (KeyError)"


def test_a_loop_of_a_queue_that_was_renamed_goes_on_in_the_policys_first(house: House) -> None:
    item_id = house.post(NUMBER).item.id
    wait_for(lambda: f"{item_id}-1" in house.people.started)
    first = house.version
    house.file.write_text(REVIEWS.replace("{name: people,", "{name: others,").replace("people}", "others}"))
    wait_for(lambda: house.version != first)
    house.people.ended = {f"{item_id}-1": "Stopped"}

    record = house.wait(item_id, lambda record: len(record.loops) == 2)

    assert [loop.queue for loop in record.loops] == ["people", "others"]
    house.people.said[f"{item_id}-2"] = "approve"
    house.wait(item_id, lambda record: record.status == "decided")


def test_an_item_that_no_policy_is_for_any_more_says_so_and_is_judged_when_one_is(house: House) -> None:
    policies = house.service.judge.policies
    house.service._watching.close()
    house.service.judge.policies = PolicySet()
    pipeline = house.service.pipeline
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.service.judge, "policies", policies)
        item = pipeline.prepare(house.submission("hello"))
    pipeline.intake([item])
    wait_for(lambda: reason(house, item.id) is not None)
    said = reason(house, item.id)
    house.service.judge.policies = policies
    change(house, sa.update(items).where(items.c.id == item.id).values(lease_until=None))
    house.service.doorbell.ring()

    decided = house.wait(item.id, lambda record: record.status == "decided")

    assert said is not None
    assert "no policy in force covers content of type text" in said
    assert decided.needs_attention is None
