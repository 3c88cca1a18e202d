"""Golden items, accuracy and agreement: through the portal, the command line and the endpoint that must not show them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ground.awswire.errors import ApiError
from moderation import cli
from moderation.core.errors import InputError, NotFound
from review_ui.a2i import loops
from review_ui.a2i.outputs import sweep
from review_ui.desk.answers import submit_answer
from review_ui.desk.preferences import choose_severe
from review_ui.desk.tasks import get_task, next_task, release_task, waiting
from review_ui.quality.agreement import queue_agreement
from review_ui.quality.golden import QueueQuality, accuracy, add_golden, list_golden, retire_golden, set_quality
from tests.content import found, text
from tests.houses.desk import Desk, answer, person, post, words_of


def always(desk: Desk, flow: str = "general", *, feedback: bool = False) -> None:
    """Give a golden item whenever there is one."""
    set_quality(desk.review, flow, QueueQuality(50.0, gives_feedback=feedback))
    desk.review.chance = lambda: 0.0


def golden(desk: Desk, words: str = "known", outcome: str = "reject", because: str = "", **more: Any) -> str:
    """A golden item made from a loop that somebody else decided."""
    source = desk.start_item(text(words), **more)
    maker = person(desk, f"maker-{source[-6:]}")
    choose_severe(desk.review, maker, takes_severe=True)
    answer(desk, maker, outcome)
    return add_golden(desk.review, source, outcome, because, "lea")


@pytest.mark.parametrize(("chance", "is_golden"), [(0.249, True), (0.25, False)])
def test_golden_items_are_as_frequent_as_the_setting_says(tmp_path: Path, chance: float, is_golden: bool) -> None:
    desk = Desk(tmp_path, golden_percent=25)
    try:
        known, waits = golden(desk), desk.start_item(text("new"))
        desk.review.chance = lambda: chance
        task = answer(desk, person(desk, "ann"), "approve")
    finally:
        desk.review.close()

    assert task.loop_name == (known if is_golden else waits)


def test_a_golden_item_comes_as_any_task_and_gives_no_output(desk: Desk) -> None:
    name = golden(desk)
    always(desk)
    waits = desk.start_item(text("new"))
    ann = person(desk, "ann")
    files = set(desk.settings.data.rglob("output.json"))
    first = answer(desk, ann, "reject")
    second = answer(desk, ann, "approve")
    sweep(desk.review)

    assert (first.loop_name, second.loop_name) == (name, waits)
    assert first.content["parts"][0]["text"] == "known"
    assert (first.title, first.flow) == (second.title, second.flow)
    assert {path.parent.name for path in set(desk.settings.data.rglob("output.json")) - files} == {waits}
    assert [(a.name, a.answered, a.right) for a in accuracy(desk.review, ["general"], 28)] == [("ann", 1, 1)]
    assert [(g.answered, g.right) for g in list_golden(desk.review)] == [(1, 1)]


def test_the_endpoint_does_not_speak_of_golden_items(desk: Desk) -> None:
    name = golden(desk)
    arn = desk.review.arn("flow-definition", "general")
    listed = loops.list_loops(desk.review, {"FlowDefinitionArn": arn})["HumanLoopSummaries"]

    assert name not in [loop["HumanLoopName"] for loop in listed]
    for operation in (loops.describe, loops.stop, loops.delete):
        with pytest.raises(ApiError, match="Could not find"):
            operation(desk.review, {"HumanLoopName": name})


def test_nobody_gets_one_twice_and_who_answered_its_source_never(desk: Desk) -> None:
    source = desk.start_item(text("known"))
    knows, ann = person(desk, "knows"), person(desk, "ann")
    answer(desk, knows, "reject")
    name = add_golden(desk.review, source, "reject", "", "lea")
    always(desk)
    for _ in range(3):
        desk.start_item(text("new"))

    assert next_task(desk.review, knows).loop_name != name  # type: ignore[union-attr]
    assert answer(desk, ann, "approve").loop_name == name
    assert answer(desk, ann, "approve").loop_name != name
    assert accuracy(desk.review, ["general"], 28)[0].right == 0


def test_they_come_at_the_rate_that_is_set(desk: Desk) -> None:
    name = golden(desk)
    desk.start_item(text("new"))
    set_quality(desk.review, "general", QueueQuality(20.0, gives_feedback=False))
    given = []
    for chance in (0.2, 0.199, 0.99):
        desk.review.chance = lambda chance=chance: chance  # type: ignore[misc]
        user = person(desk, f"r{len(given)}")
        task = next_task(desk.review, user)
        assert task is not None
        given.append(task.loop_name == name)
        release_task(desk.review, task.id, user)
        sweep(desk.review)

    assert given == [False, True, False]


def test_without_other_work_there_is_none_and_a_queue_gives_only_its_own(desk: Desk) -> None:
    golden(desk)
    desk.add_flow("other")
    always(desk)
    always(desk, "other")
    ann = person(desk, "ann")

    assert next_task(desk.review, ann) is None
    waits = desk.start_item(text("new"), flow="other")
    assert answer(desk, ann, "approve").loop_name == waits


def test_one_that_is_skipped_waits_for_nobody(desk: Desk) -> None:
    name = golden(desk)
    always(desk)
    waits = desk.start_item(text("new"))
    ann, bea = person(desk, "ann"), person(desk, "bea")
    task = next_task(desk.review, ann)
    assert task is not None
    release_task(desk.review, task.id, ann)

    assert task.loop_name == name
    assert [queue.waiting for queue in waiting(desk.review, bea)] == [1]
    desk.review.chance = lambda: 0.99
    assert next_task(desk.review, bea).loop_name == waits  # type: ignore[union-attr]
    sweep(desk.review)
    retire_golden(desk.review, name)
    desk.review.chance = lambda: 0.0
    assert next_task(desk.review, ann) is None


def test_a_severe_one_is_for_those_who_opted_in(desk: Desk) -> None:
    name = golden(desk, detections=[found("Explicit", "p0")])
    always(desk)
    for _ in range(2):
        desk.start_item(text("new"))
    ann, bea = person(desk, "ann"), person(desk, "bea")
    choose_severe(desk.review, bea, takes_severe=True)

    assert next_task(desk.review, ann).loop_name != name  # type: ignore[union-attr]
    assert next_task(desk.review, bea).loop_name == name  # type: ignore[union-attr]


def test_only_decided_tasks_that_ask_to_approve_or_reject_become_golden(desk: Desk) -> None:
    fresh = desk.start_item(text("new"))
    with pytest.raises(InputError, match="is InProgress"):
        add_golden(desk.review, fresh, "approve", "", "lea")
    with pytest.raises(NotFound):
        add_golden(desk.review, "nothing", "approve", "", "lea")
    with pytest.raises(InputError, match="not 'maybe'"):
        add_golden(desk.review, fresh, "maybe", "", "lea")
    answer(desk, person(desk, "ann"), "approve")
    name = add_golden(desk.review, fresh, "approve", "", "lea")
    with pytest.raises(InputError, match="already"):
        add_golden(desk.review, fresh, "approve", "", "lea")
    with pytest.raises(NotFound):
        add_golden(desk.review, name, "approve", "", "lea")
    other = desk.start({"question": "how many?"})
    bea = person(desk, "bea")
    task = next_task(desk.review, bea)
    assert task is not None
    submit_answer(desk.review, task.id, bea, {"count": 3}, 1)
    with pytest.raises(InputError, match="does not ask"):
        add_golden(desk.review, other, "approve", "", "lea")


def test_a_lead_makes_one_and_reviewers_are_told_kindly_if_the_queue_says_so(desk: Desk) -> None:
    desk.review.undo_seconds = 10
    source = desk.start_item(text("known words"))
    maker = person(desk, "maker")
    answer(desk, maker, "reject")
    desk.review.undo_seconds = 0
    desk.start_item(text("settles the one before"))
    answer(desk, maker, "approve")
    lead, ann = desk.client("lead"), desk.client(name="ann")

    page = words_of(lead, "/lead/quality/general")
    assert "known words 1 × reject" in page
    made = post(lead, "/lead/quality/general", source=source, outcome="reject", because="It names <b>somebody</b>.")
    assert made.status_code == 303
    assert post(lead, "/lead/quality/general", source=source, outcome="reject").status_code == 422
    assert post(lead, "/lead/quality/general", golden_percent="60").status_code == 422
    assert post(lead, "/lead/quality/general", golden_percent="50", feedback="1").status_code == 303
    desk.review.chance = lambda: 0.0
    desk.review.undo_seconds = 10
    desk.start_item(text("new"))
    desk.start_item(text("new, too"))
    task = ann.get("/review/next").headers["Location"]
    answered = post(ann, task.removeprefix("/review"), decision="approve")
    told = ann.get(answered.headers["Location"]).get_data(as_text=True)

    assert "We see this one differently" in told
    assert "It is “reject”. You chose “approve”." in told
    assert "It names &lt;b&gt;somebody&lt;/b&gt;." in told
    undone = post(ann, f"{task.removeprefix('/review')}/undo")
    assert undone.status_code == 409, "whoever was told cannot take the answer back"
    next_page = post(ann, ann.get("/review/next").headers["Location"].removeprefix("/review"), decision="approve")
    assert next_page.status_code == 303, "an ordinary task tells nothing"
    assert re.search(r"ann 1 0 0 % 0 – 79", words_of(lead, "/lead/quality"))
    (item,) = list_golden(desk.review)
    assert post(lead, "/lead/quality/general", retire=item.loop_name).status_code == 303
    assert "retired" in words_of(lead, "/lead/quality/general")
    assert post(lead, "/lead/quality/general", retire=item.loop_name).status_code == 404


def test_reviewers_are_told_nothing_unless_the_queue_says_so(desk: Desk) -> None:
    golden(desk)
    always(desk)
    desk.start_item(text("new"))
    ann = desk.client()
    task = ann.get("/review/next").headers["Location"]

    assert post(ann, task.removeprefix("/review"), decision="approve").status_code == 303
    assert "known answer" not in words_of(ann, "/history")


def test_agreement_is_that_of_the_published_example(desk: Desk) -> None:
    """Krippendorff (2011), example A: two observers, ten items, alpha 0.095; here 1 is reject."""
    desk.add_flow("pair", answers=2)
    meg, owen = person(desk, "meg"), person(desk, "owen")
    for one, other in zip("0100000010", "1110010000", strict=True):
        desk.start_item(text("t"), flow="pair")
        for user, said in ((meg, one), (owen, other)):
            answer(desk, user, "reject" if said == "1" else "approve", "pair", Odd=said == "1", Dull=False)
    desk.start_item(text("open still"), flow="pair")
    answer(desk, meg, "approve", "pair")
    found = queue_agreement(desk.review, "pair", 28)

    assert found.decision.alpha == pytest.approx(0.095, abs=0.0005)
    assert (found.decision.units, found.decision.answers) == (10, 20)
    assert {label: value.alpha for label, value in found.labels.items()} == {"Odd": found.decision.alpha}
    lead = desk.client("lead")
    assert "0.10" in words_of(lead, "/lead/quality")
    assert re.search(
        r"approve or reject 0\.10 -0\.\d\d – 0\.\d\d few items 10 Odd 0\.10", words_of(lead, "/lead/quality/pair")
    )
    desk.pass_time(days=29)
    assert queue_agreement(desk.review, "pair", 28).decision.units == 0


def test_the_command_line_tells_the_same(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    source = desk.start_item(text("known"))
    answer(desk, person(desk, "ann"), "reject")
    desk.start_item(text("new"))

    def run(*arguments: str) -> tuple[int, str]:
        code = cli.run(["quality", *arguments, "--data", str(desk.settings.data)])
        return code, capsys.readouterr().out

    assert run("golden", "add", source, "--answer", "reject")[0] == 0
    assert run("golden", "add", source, "--answer", "reject")[0] == 2
    always(desk)
    bea = person(desk, "bea")
    answer(desk, bea, "approve")
    (item,) = json.loads(run("golden", "list", "--json")[1])
    assert (item["source"], item["outcome"], item["answered"], item["right"]) == (source, "reject", 1, 0)
    assert run("accuracy") == (0, f"{'bea':24}  0 of 1  0% to 79%\n")
    assert json.loads(run("accuracy", "--json")[1])[0]["interval"]["low"] == 0
    assert run("golden", "retire", item["loop_name"]) == (0, f"golden item {item['loop_name']} is retired\n")
    assert run("golden", "list")[1].endswith("0 of 1 right  retired\n")
    assert run("agreement") == (0, f"{'general':40}  no answers\n")
    assert json.loads(run("agreement", "--json")[1])[0]["decision"]["alpha"] is None
    assert run("agreement", "--queue", "nothing")[0] == 2


def test_a_held_golden_task_is_shown_like_any_other(desk: Desk) -> None:
    golden(desk)
    always(desk)
    desk.start_item(text("new"))
    client = desk.client()
    page = client.get(client.get("/review/next").headers["Location"]).get_data(as_text=True)

    assert "known" in page
    assert "olden" not in page
    assert get_task(desk.review, desk.held()[0], _holder(desk, client.user_name)).content["queue"] == "general"


def _holder(desk: Desk, name: str) -> str:
    return next(user.id for user in desk.people.list() if user.name == name)
