"""The policy workbench: from sign-in to a changed threshold in force, with a second person, and back."""

from __future__ import annotations

import html
import io
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from moderation.console import policy_pages
from moderation.detection.trying import try_file
from moderation.policies.checking import faults_of
from tests.houses.console import Console, send, words
from tests.waiting import wait_for

Open = Callable[..., Any]
HERE = "/review/policies"


def begun(console: Console, name: str = "paula") -> tuple[Any, str]:
    """A client of a policy owner, and the address of a draft they have begun, without the portal's path."""
    client = console.client(name, "policy_owner")
    made = send(client, "/policies/words/drafts", HERE)
    return client, made.headers["Location"].removeprefix("/review")


def text_of(page: str) -> str:
    found = re.search(r'<textarea[^>]*id="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def act(client: Any, draft: str, name: str, **form: Any) -> Any:
    """Send a draft's form as it stands on its page, with what is changed in it."""
    page = client.get(f"/review{draft}").text
    version = re.search(r'name="version" value="([^"]+)"', page)
    return send(client, draft, HERE, act=name, **{"version": version[1] if version else "", **form})


def change(client: Any, draft: str, old: str = "reject_from: 95", new: str = "reject_from: 90", **form: Any) -> Any:
    text = text_of(client.get(f"/review{draft}").text)
    return act(client, draft, "save", text=text.replace(old, new).replace("\n", "\r\n"), **form)


FIXED = {"95}]}": "90}]}", "94.5": "89.5"}


def sound(client: Any, draft: str) -> None:
    """Change the threshold, and its tests with it."""
    change(client, draft)
    for old, new in FIXED.items():
        change(client, draft, old, new)


def threshold(console: Console) -> float | None:
    return console.api.service.policies.get("words").file.bands["numbers"].reject_from


def test_a_policy_owner_changes_a_threshold_from_sign_in_to_in_force(workbench: Open) -> None:
    console = workbench()
    owner, draft = begun(console)
    assert owner.get("/review/").headers["Location"] == HERE, "nobody lands on an empty page"
    sound(owner, draft)
    assert "numbers: reject_from 95 -> 90" in words(owner.get(f"/review{draft}")) or "90" in words(
        owner.get(f"/review{draft}")
    )
    act(owner, draft, "propose", why="numbers slip through")
    assert threshold(console) == 95

    second = console.client("ines", "policy_owner")
    assert "numbers slip through" in words(second.get(HERE)), "it waits for somebody else"
    act(second, draft, "approve", why="seen")

    wait_for(lambda: threshold(console) == 90)
    page = words(owner.get(f"{HERE}/words"))
    assert "paula, approved by ines" in page
    log = words(console.client("adam", "admin").get("/review/lead/log?subject=policy:words"))
    assert all(entry in log for entry in ("draft begun", "draft proposed", "draft approved", "policy in force"))


def test_nobody_approves_what_they_wrote_and_a_changed_text_needs_approval_anew(workbench: Open) -> None:
    console = workbench(policy_approvals=2)
    owner, draft = begun(console)
    second = console.client("ines", "policy_owner")
    sound(owner, draft)
    act(owner, draft, "propose", why="so")
    refused = act(owner, draft, "approve")
    act(second, draft, "approve")
    change(owner, draft, "A number", "Some number")
    act(owner, draft, "propose", why="so")

    assert refused.status_code == 422
    assert "nobody approves a text that they wrote" in words(refused)
    assert "0 of 2 approved" in words(second.get(f"/review{draft}"))
    assert threshold(console) == 95


def test_what_has_mistakes_or_failing_tests_is_not_proposed(workbench: Open) -> None:
    console = workbench()
    owner, draft = begun(console)
    change(owner, draft)  # its tests say otherwise now
    failing = act(owner, draft, "propose", why="so")
    change(owner, draft, "PII/SSN, review_from", "PII/SSM, review_from")
    wrong = act(owner, draft, "propose", why="so")

    assert [answer.status_code for answer in (failing, wrong)] == [422, 422]
    assert "a test of its own fails" in words(failing)
    assert "did you mean" in words(wrong)


def test_lint_in_the_page_says_what_the_command_says(workbench: Open, tmp_path: Path) -> None:
    console = workbench()
    owner, draft = begun(console)
    text = text_of(owner.get(f"/review{draft}").text).replace("review_from: 60", "review_from: 0.6")
    file = tmp_path / "words.yml"
    file.write_text(text)
    _, faults = faults_of(file, console.api.service.judge.plugins)

    said = words(send(owner, f"{draft}/lint", HERE, text=text))

    assert faults
    for fault in faults:
        assert f"line {fault.line} {fault.code} {fault.message}" in said


def test_an_item_is_tried_against_draft_and_policy_and_nothing_is_stored(workbench: Open) -> None:
    console = workbench()
    owner, draft = begun(console)
    sound(owner, draft)
    change(owner, draft, "reject_from: 90", "reject_from: 100")
    database = console.api.service.database
    before = database.engine.connect().exec_driver_sql("SELECT count(*) FROM items").scalar()

    page = send(owner, f"{draft}/try", HERE, item="my social security number is 123-45-6780", app="shop")
    tried = page.text.partition('id="try"')[2].partition('id="backtest"')[0]

    assert re.findall(r'class="badge (\w+)"', tried)[1:] == ["reject"]
    assert "PII/SSN" in tried
    assert database.engine.connect().exec_driver_sql("SELECT count(*) FROM items").scalar() == before


def test_a_picture_is_tried_without_a_trace_in_the_media_folder(workbench: Open) -> None:
    service = workbench().api.service
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(picture, "PNG")
    policy = service.policies.get("words")
    # One that is for pictures, and asks nobody about them.
    applies = policy.file.applies_to.model_copy(update={"content_type": ("image",)})
    file = policy.file.model_copy(update={"applies_to": applies, "bands": {}})
    asks_nobody = replace(service.policies, policies=(replace(policy, file=file, programs={}),))
    before = sorted(service.settings.data.rglob("*"))

    [judged] = try_file(service.judge, picture.getvalue(), "x.png", None, "shop", [asks_nobody])

    assert judged.parts[0].media is not None
    assert judged.verdict.outcome == "review", "nobody looked at it"
    assert sorted(service.settings.data.rglob("*")) == before
    assert service.judge.elsewhere == {}


def test_a_backtest_says_what_would_move_and_of_which_text(workbench: Open) -> None:
    console = workbench()
    console.post("my social security number is 123-45-6780")
    owner, draft = begun(console)
    change(owner, draft, "review_from: 60, reject_from: 95", "review_from: 100")
    send(owner, f"{draft}/backtest", HERE, days="7")

    wait_for(lambda: "Would move 1" in words(owner.get(f"/review{draft}")))
    page = owner.get(f"/review{draft}").text
    assert re.search(r'badge reject">Rejected</span> → <span class="badge', page)
    change(owner, draft, "A number", "Some number")
    assert "of an older text" in words(owner.get(f"/review{draft}"))


def test_going_back_puts_the_text_before_into_force_and_says_why(workbench: Open) -> None:
    console = workbench(policy_approvals=0)
    owner, draft = begun(console)
    first = console.api.service.policies.get("words").version
    sound(owner, draft)
    act(owner, draft, "propose", why="so")
    wait_for(lambda: threshold(console) == 90)

    assert send(owner, "/policies/words/roll-back", HERE, to=first).status_code == 422
    send(owner, "/policies/words/roll-back", HERE, to=first, why="too strict")

    wait_for(lambda: threshold(console) == 95)
    assert "too strict" in words(console.client("adam", "admin").get("/review/lead/log?kind=policy+taken+back"))


def test_a_draft_that_another_version_has_overtaken_is_not_put_into_force(workbench: Open) -> None:
    console = workbench(policy_approvals=0)
    owner, late = begun(console)
    _, early = begun(console)
    for draft in (late, early):
        sound(owner, draft)
    change(owner, late, "A number", "Some number")
    act(owner, early, "propose", why="so")
    wait_for(lambda: threshold(console) == 90)
    refused = act(owner, late, "propose", why="so")

    assert "another version came into force" in words(refused)
    act(owner, late, "save", rebased="1")
    act(owner, late, "propose", why="so")
    wait_for(lambda: console.api.service.policies.get("words").file.bands["numbers"].why == "Some number")


def test_two_who_write_at_the_same_time_do_not_overwrite_each_other(workbench: Open) -> None:
    console = workbench()
    owner, draft = begun(console)
    other = console.client("ines", "policy_owner")
    seen = re.search(r'name="version" value="([^"]+)"', other.get(f"/review{draft}").text)
    assert seen is not None
    change(owner, draft)

    answer = send(other, draft, HERE, act="save", version=seen[1], text="policy: mine\n")

    assert answer.status_code == 422
    assert "saved another text" in words(answer)
    assert "policy: mine" in answer.text, "what was typed is still there"


def test_where_files_are_the_source_an_approved_draft_gives_a_patch_and_is_done_when_the_file_has_it(
    workbench: Open, tmp_path: Path
) -> None:
    console = workbench(policy_changes="files")
    owner, draft = begun(console)
    sound(owner, draft)
    act(owner, draft, "propose", why="so")
    act(console.client("ines", "policy_owner"), draft, "approve")
    assert threshold(console) == 95
    patch = owner.get(f"/review{draft}/patch").text

    subprocess.run(["git", "apply"], cwd=tmp_path, input=patch, text=True, check=True, capture_output=True)

    wait_for(lambda: threshold(console) == 90)
    wait_for(lambda: "came into force" in words(owner.get(f"/review{draft}")))


def test_the_source_is_the_files_where_their_folder_cannot_be_written(workbench: Open, monkeypatch: Any) -> None:
    console = workbench()
    monkeypatch.setattr(policy_pages.os, "access", lambda path, mode: False)
    in_files = policy_pages.is_in_files(console.api.service)
    monkeypatch.undo()

    assert (in_files, policy_pages.is_in_files(console.api.service)) == (True, False)


def test_reviewers_and_leads_do_not_change_policies(workbench: Open) -> None:
    console = workbench()
    for role in ("reviewer", "lead"):
        client = console.client(role, role)
        assert client.get(HERE).status_code == 403
        assert send(client, "/policies/words/drafts").status_code == 403
    assert console.api.service.drafts.open_drafts() == []
