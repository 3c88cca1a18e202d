"""Policies that change while the service runs: reload, roll-back, replay, samples, trials, roll-outs, daily caps."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from moderation.cli import run
from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import PolicySet
from moderation.core.rules.engine import evaluate
from moderation.core.rules.scene import Subject
from moderation.core.taxonomy import Taxonomy
from moderation.evidence.replaying import replay
from moderation.pipeline.intake import Submission
from moderation.policies import versions
from moderation.service import Service
from moderation.settings import Settings
from moderation.storage.item_ids import new_item_id
from moderation.storage.records import ItemRecord
from tests.houses.service import HEAD, NUMBER, REJECTS, REVIEWS, House, People
from tests.waiting import wait_for


def test_a_changed_file_comes_into_force_while_the_service_runs(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    first = house.version
    before = house.post(NUMBER)
    house.file.write_text(REVIEWS)
    wait_for(lambda: house.version != first)

    after = house.post(NUMBER)

    assert before.decision is not None
    assert (before.decision.outcome, after.status) == ("reject", "in_review")
    assert [(a.how, a.version) for a in house.service.versions.history()] == [
        ("start", first),
        ("reload", house.version),
    ]


def test_a_file_that_changes_while_it_is_read_comes_into_force_too(
    open_house: Callable[[str], House], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(REJECTS)
    house.service._watching.close()
    read, changes = versions.load_policies, [REVIEWS]

    def read_and_change(*given: Any) -> PolicySet:
        policies = read(*given)
        if changes:
            house.file.write_text(changes.pop())
        return policies

    monkeypatch.setattr(versions, "load_policies", read_and_change)
    house.file.write_text(REJECTS + "# the first change\n")
    first, second, third = (house.service.in_force.look(datetime.now(UTC)) for _ in range(3))

    assert first is None
    assert second is not None
    assert second.get("words").text == REVIEWS
    assert third is None
    assert [each.how for each in house.service.versions.history()] == ["start", "reload"]


def test_a_file_that_is_being_written_comes_into_force_when_it_is_whole(
    open_house: Callable[[str], House], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first half of this file is a policy that lets everything pass."""
    house = open_house(REJECTS)
    house.service._watching.close()
    house.file.write_text(HEAD)

    def write_the_rest(_seconds: float) -> None:
        house.file.write_text(REVIEWS)
        monkeypatch.undo()

    monkeypatch.setattr(versions, "time", SimpleNamespace(sleep=write_the_rest))
    first, second = (house.service.in_force.look(datetime.now(UTC)) for _ in range(2))

    assert first is None
    assert house.service.in_force.faults == ()
    assert second is not None
    assert second.get("words").text == REVIEWS


def test_a_faulty_file_leaves_the_last_good_one_in_force_and_is_shown(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    good = house.version
    house.file.write_text(REJECTS.replace("reject_from: 50", "reject_from: 0.5"))

    wait_for(lambda: [(fault.line, fault.code) for fault in house.service.in_force.faults] == [(10, "E102")])

    assert house.version == good
    assert house.post(NUMBER).status == "decided"
    house.file.write_text(REVIEWS)
    wait_for(lambda: not house.service.in_force.faults and house.version != good)


def test_a_roll_back_acts_at_once_and_until_the_file_changes(
    open_house: Callable[[str], House], capsys: pytest.CaptureFixture[str]
) -> None:
    house = open_house(REJECTS)
    first = house.version
    house.file.write_text(REVIEWS)
    wait_for(lambda: house.version != first)
    second = house.version

    assert run(["rules", "rollback", "words", "--by", "olga", "--data", str(house.settings.data)]) == 0
    wait_for(lambda: house.version == first)
    assert house.post(NUMBER).status == "decided"
    house.file.write_text(REVIEWS + "# looked at again\n")
    wait_for(lambda: house.version not in (first, second))

    assert "is withdrawn" in capsys.readouterr().out
    history = house.service.versions.history("words")
    assert [(a.how, a.version[:6]) for a in history] == [
        ("start", first[:6]),
        ("reload", second[:6]),
        ("rollback", first[:6]),
        ("reload", house.version[:6]),
    ]
    assert history[2].by == "olga"


def test_a_roll_back_outlasts_a_restart(settings: Settings, tmp_path: Path) -> None:
    house = House(settings, tmp_path / "rules", REJECTS)
    first = house.version
    house.file.write_text(REVIEWS)
    wait_for(lambda: house.version != first)
    assert run(["rules", "rollback", "words", "--to", first[:8], "--data", str(house.settings.data)]) == 0
    house.service.close()

    again = Service.open(house.settings, human_loops=People())  # type: ignore[arg-type]

    assert again.policies.get("words").version == first
    again.close()


def test_nothing_to_go_back_to_is_said(open_house: Callable[[str], House], capsys: pytest.CaptureFixture[str]) -> None:
    house = open_house(REJECTS)

    assert run(["rules", "rollback", "words", "--data", str(house.settings.data)]) == 2
    assert "one version only" in capsys.readouterr().err
    assert run(["rules", "rollback", "words", "--to", "0000", "--data", str(house.settings.data)]) == 2
    assert "no version of policy 'words' begins with 0000" in capsys.readouterr().err


def test_a_verdict_is_replayed_byte_by_byte_after_its_rule_is_gone(
    open_house: Callable[[str], House], capsys: pytest.CaptureFixture[str]
) -> None:
    house = open_house(REJECTS)
    record = house.post(NUMBER)
    house.file.write_text(HEAD + "needs: [pii.text]\n")
    wait_for(lambda: not house.service.policies.get("words").file.bands)

    code = run(["rules", "replay", record.item.id, "--data", str(house.settings.data), "--json"])
    said = json.loads(capsys.readouterr().out)

    assert code == 0
    assert said["identical"]
    assert said["stored_sha256"] == said["again_sha256"]
    assert said["policies"] == [{"name": "words", "version": record.ruling.policy.version, "path": str(house.file)}]  # type: ignore[union-attr]


def test_a_replay_of_other_evidence_is_not_identical(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    record = house.post(NUMBER)
    weaker = [d.model_copy(update={"confidence": 51.0}) for d in record.detections]

    done = replay(ItemRecord(**{**vars(record), "detections": tuple(weaker)}), house.service.versions)

    assert not done.is_identical
    assert any(line.startswith("reason: ") and "at 51 %" in line for line in done.differences())


def test_a_sample_is_looked_at_after_the_decision_and_changes_nothing(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS + "sampling:\n  - {id: qa, of: reject, percent: 100, queue: quality, blind: true}\n")
    record = house.post(NUMBER)
    name = f"{record.item.id}-s1"
    wait_for(lambda: name in house.people.started)
    house.people.said[name] = "approve"

    ended = house.wait(record.item.id, lambda r: any(loop.state == "ended" for loop in r.loops))

    assert record.status == "decided"
    assert [(d.outcome, d.decided_by) for d in ended.decisions] == [("reject", "rules")]
    loop = ended.loops[0]
    assert (loop.purpose, loop.sampling, loop.queue, loop.outcome) == ("sample", "qa", "quality", "approve")
    assert [a.outcome for a in loop.answers] == ["approve"]


def test_a_blind_reviewer_does_not_see_what_was_found_or_wanted(open_house: Callable[[str], House]) -> None:
    sampling = "sampling:\n  - {id: qa, of: reject, percent: 100, queue: quality, blind: true}\n"
    house = open_house(REJECTS + sampling)
    record = house.post(NUMBER)
    wait_for(lambda: house.people.started)

    shown = house.people.started[f"{record.item.id}-s1"]

    assert (shown["detections"], shown["failures"]) == ([], [])
    assert "reject" not in json.dumps(shown["why"])
    assert shown["parts"][0]["text"] == NUMBER


def test_a_sample_that_is_held_waits_for_people_who_decide(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS + "sampling:\n  - {id: qa, of: reject, percent: 100, queue: quality, hold: true}\n")
    record = house.post(NUMBER)
    name = f"{record.item.id}-1"
    wait_for(lambda: name in house.people.started)
    house.people.said[name] = "approve"

    decided = house.wait(record.item.id, lambda r: r.status == "decided")

    assert record.status == "in_review"
    assert decided.decision is not None
    assert (decided.decision.outcome, decided.decision.decided_by) == ("approve", "people")


def test_people_cannot_undo_a_locked_reject(open_house: Callable[[str], House]) -> None:
    text = REJECTS.replace("reject_from: 50}", "reject_from: 50, locked: true}")
    house = open_house(text + "sampling:\n  - {id: qa, of: reject, percent: 100, queue: quality, hold: true}\n")
    record = house.post(NUMBER)
    name = f"{record.item.id}-1"
    wait_for(lambda: name in house.people.started)
    house.people.said[name] = "approve"

    decided = house.wait(record.item.id, lambda r: r.status == "decided")

    assert decided.decision is not None
    assert decided.decision.outcome == "reject"
    assert "locked rule" in decided.decision.reason


def test_a_rule_over_its_daily_cap_asks_people(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS.replace("reject_from: 50}", "reject_from: 50, at_most_per_day: 2}"))
    records = [house.post(NUMBER) for _ in range(4)]

    assert [record.status for record in records] == ["decided", "decided", "in_review", "in_review"]
    last = records[-1]
    assert last.ruling is not None
    assert last.ruling.spent == ("words/numbers.reject",)
    assert "used up" in last.ruling.reason
    rate = house.service.hit_rates()["words", "numbers.reject"]
    assert (rate.items, rate.fired, rate.rejected) == (4, 4, 2)
    assert replay(last, house.service.versions).is_identical


def test_many_workers_reject_exactly_as_many_as_the_cap_allows(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS.replace("reject_from: 50}", "reject_from: 50, at_most_per_day: 5}"))
    pipeline = house.service.pipeline
    items = [pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text=NUMBER),))) for _ in range(30)]
    pipeline.intake(items)

    records = [house.wait(item.id, lambda record: record.status != "pending") for item in items]

    assert sum(record.status == "decided" for record in records) == 5


TAXONOMY = Taxonomy()


def policy_with(**parts: Any) -> Any:
    document = {
        "policy": "p",
        "format": 1,
        "applies_to": {"content_type": ["image"]},
        "if_nothing_matches": "approve",
        "if_a_detector_fails": {"review": "q"},
        "queues": [{"name": "q", "a2i_flow": "q"}],
        "rules": [{"id": "weapons", "when": {"label": "Weapons"}, "then": "reject", **parts.pop("rule", {})}],
        **parts,
    }
    policy, problems = parse_policy(document, TAXONOMY)
    assert policy is not None, problems
    return policy


def verdicts_on(policy: Any, number: int = 10_000) -> dict[str, Any]:
    """The verdicts on many items with a weapon in them."""
    found = [Detection(label="Weapons", parents=TAXONOMY.parents("Weapons"), confidence=90, part="p0")]
    ids = [f"0190-{n:08}" for n in range(number)]
    return {i: evaluate([policy], Subject("a", frozenset({"image"}), i), found, TAXONOMY) for i in ids}


def test_over_ten_thousand_items_a_roll_out_acts_on_its_share_and_keeps_them_when_it_grows() -> None:
    few = verdicts_on(policy_with(rule={"mode": {"percent": 10}}))
    many = verdicts_on(policy_with(rule={"mode": {"percent": 25}}))
    acting = {i for i, verdict in few.items() if verdict.outcome == "reject"}

    assert 900 <= len(acting) <= 1100
    assert acting <= {i for i, verdict in many.items() if verdict.outcome == "reject"}
    waiting = next(verdict for i, verdict in few.items() if i not in acting)
    assert [rule.rule for rule in waiting.policies[0].shadow] == ["weapons"]
    assert waiting.policies[0].shadow_outcome == "reject"


def test_over_ten_thousand_items_a_trial_never_acts_and_is_always_recorded() -> None:
    verdicts = verdicts_on(policy_with(rule={"mode": {"shadow_until": "2030-01-01"}})).values()

    assert {verdict.outcome for verdict in verdicts} == {"approve"}
    assert all(verdict.policies[0].shadow_outcome == "reject" for verdict in verdicts)


def test_over_ten_thousand_items_a_sampling_takes_its_share_and_never_changes_the_outcome() -> None:
    sampled = policy_with(sampling=[{"id": "qa", "of": "reject", "percent": 2, "queue": "q"}])
    verdicts = verdicts_on(sampled).values()

    assert {verdict.outcome for verdict in verdicts} == {"reject"}
    assert 150 <= sum(bool(verdict.samples) for verdict in verdicts) <= 250


def test_a_loop_whose_queue_is_gone_from_the_file_is_still_answered(open_house: Callable[[str], House]) -> None:
    house = open_house(REVIEWS)
    record = house.post(NUMBER)
    name = f"{record.item.id}-1"
    wait_for(lambda: name in house.people.started)
    first = house.version
    house.file.write_text(REJECTS.replace("name: people", "name: crowd").replace("review: people", "review: crowd"))
    wait_for(lambda: house.version != first)
    house.people.said[name] = "approve"

    decided = house.wait(record.item.id, lambda r: r.status == "decided")

    assert decided.decision is not None
    assert decided.decision.outcome == "approve"


def test_ids_of_items_made_in_one_millisecond_are_sampled_evenly() -> None:
    policy = policy_with(sampling=[{"id": "qa", "of": "approve", "percent": 50, "queue": "q"}])
    now = datetime(2027, 1, 1, tzinfo=UTC)
    ids = [new_item_id(now) for _ in range(2000)]

    picked = [evaluate([policy], Subject("a", frozenset({"image"}), i), (), TAXONOMY).samples for i in ids]

    assert 850 <= sum(map(bool, picked)) <= 1150
