"""Backtest and diff, as a policy owner uses them, over what a service has stored."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from moderation.cli import run
from moderation.core.detections import Detection
from moderation.core.items import Item, Part, Span
from moderation.evidence.glimpses import glimpse
from tests.houses.past import OLD, Past

STRICTER = OLD.replace("reject_from: 90", "reject_from: 80")


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_moves_loads_and_agreement_are_those_worked_out_by_hand(
    past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    past.item(None)
    past.item(95)
    past.item(85, "reject", seconds=100)
    past.item(84, "approve", seconds=50)
    past.item(60, "reject", seconds=30)
    past.item(61, "approve", seconds=20, split=True)
    past.item(62, "approve", seconds=10)
    changed = tmp_path / "changed.yml"
    changed.write_text(STRICTER)

    assert past.run("rules", "backtest", str(changed), "--json") == 0
    result = said(capsys)

    assert result["changes"] == ["words: bands.numbers.reject_from: 90 -> 80"]
    assert (result["items"], result["moved"]) == (7, 2)
    assert {(m["was"], m["would_be"]): m["items"] for m in result["moves"]} == {
        ("approve", "approve"): 1,
        ("reject", "reject"): 1,
        ("review", "reject"): 2,
        ("review", "review"): 3,
    }
    assert result["rules"] == {"words/numbers.reject": 2}
    assert (result["was"]["reviews_per_day"], result["would_be"]["reviews_per_day"]) == (5, 3)
    assert result["seconds_per_task"] == 42  # (100 + 50 + 30 + 20 + 10) / 5, two answers each
    assert result["would_be"]["reviewer_hours_per_day"] == pytest.approx(3 * 2 * 42 / 3600)
    reject = result["would_be"]["reject"]
    assert (reject["right"], reject["claimed"], reject["true"]) == (1, 2, 2)
    assert reject["precision"]["low"] == pytest.approx(0.0945, abs=1e-3)
    person = result["would_be"]["needs_a_person"]
    assert (person["right"], person["claimed"], person["true"]) == (2, 3, 2)
    assert result["most_changed"][0]["people"] == "approve", "first what goes against people's answer"


def test_more_reviewers_in_a_queue_are_more_hours(
    past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    past.item(60)
    (tmp_path / "changed.yml").write_text(OLD.replace("reviewers: 2", "reviewers: 3"))

    past.run("rules", "backtest", str(tmp_path / "changed.yml"), "--json")
    result = said(capsys)

    was, would_be = result["was"]["reviewer_hours_per_day"], result["would_be"]["reviewer_hours_per_day"]
    assert would_be == pytest.approx(was * 1.5)


def test_a_stranger_reads_the_table(past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    past.item(85)
    (tmp_path / "changed.yml").write_text(STRICTER)

    past.run("rules", "backtest", str(tmp_path / "changed.yml"))
    shown = capsys.readouterr().out

    assert "[SSN]" in shown, "personal data is masked"
    assert "1 items of 1 day: 1 would move." in shown
    assert re.search(r"<b>shop</b> +text +review +reject +1", shown)
    assert "no task was measured; 60 s is assumed for each" in shown


def test_the_page_needs_no_network_and_runs_nothing(past: Past, tmp_path: Path) -> None:
    past.item(85)
    (tmp_path / "changed.yml").write_text(STRICTER)
    page = tmp_path / "report.html"

    past.run("rules", "backtest", str(tmp_path / "changed.yml"), "--html", str(page))
    html = page.read_text()

    links = re.findall(r'<a href="(http://127.0.0.1:8000/v1/items/[0-9a-f-]+/explanation)" rel="noreferrer">', html)
    assert len(links) == 1
    assert "http" not in html.replace("http-equiv", "").replace(links[0], ""), "a link is followed, never loaded"
    assert "&lt;script&gt;alert(1)" not in html
    assert "[SSN]" in html
    assert "<script" not in html
    assert "<b>shop" not in html
    assert "default-src 'none'" in html
    assert html.count("<svg") == 2


def test_a_glimpse_shows_the_text_without_what_is_personal_and_without_what_moves_a_terminal() -> None:
    text = "Mail me\x1b[2J at a@example.org,\n<b>now</b> " + "x" * 200
    parts = (Part(id="p0", type="text", text=text), Part(id="p1", type="image"))
    item = Item(id="1", app="shop", parts=parts, created_at=datetime.now(UTC))
    start = text.index("a@")
    found = [
        Detection(label="PII/EMAIL", confidence=90, part="p0", span=Span(start=start, end=start + 13)),
        Detection(label="Toxicity/INSULT", confidence=90, part="p0", span=Span(start=0, end=4)),
    ]

    shown = glimpse(item, parts, found)

    assert shown.startswith("Mail me?[2J at [EMAIL], <b>now</b> xxx")
    assert len(shown) == 160


def test_what_nobody_looked_for_is_said_and_not_taken_as_nothing_found(
    past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    past.item(None, tools=("text.blocklist",))
    past.item(None)
    (tmp_path / "changed.yml").write_text(STRICTER)

    past.run("rules", "backtest", str(tmp_path / "changed.yml"), "--json")

    assert said(capsys)["not_looked_for"] == {"PII/SSN": 1}


def test_items_that_the_new_set_does_not_cover_are_a_move_of_their_own(
    past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    past.item(85)
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "words.yml").write_text(OLD.replace("[text]}", "[text], app: [forum]}"))

    past.run("rules", "backtest", str(folder), "--json")

    assert [(m["was"], m["would_be"]) for m in said(capsys)["moves"]] == [("review", "not covered")]


def test_since_leaves_out_what_is_older(past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    past.item(85)
    (tmp_path / "changed.yml").write_text(STRICTER)

    past.run("rules", "backtest", str(tmp_path / "changed.yml"), "--since", "2999-01-01", "--json")
    assert said(capsys)["items"] == 0
    assert past.run("rules", "backtest", str(tmp_path / "changed.yml"), "--since", "soon") == 2
    assert "'soon' is no day: write 2027-01-31, or 30d" in capsys.readouterr().err


def test_a_faulty_file_is_refused_with_its_place(
    past: Past, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "changed.yml").write_text(OLD.replace("PII/SSN", "PII/SNN"))

    assert past.run("rules", "backtest", str(tmp_path / "changed.yml")) == 2
    assert "did you mean 'PII/SSN'" in capsys.readouterr().err


def git(*arguments: str, within: Path) -> None:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments]
    subprocess.run(command, cwd=within, check=True, capture_output=True)


def test_revisions_in_git_are_compared(
    past: Past, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git("init", "-q", within=past.rules)
    git("add", "words.yml", within=past.rules)
    git("commit", "-qm", "first", within=past.rules)
    (past.rules / "words.yml").write_text(STRICTER)
    git("commit", "-qam", "second", within=past.rules)
    monkeypatch.chdir(past.rules)
    past.item(85)

    assert past.run("rules", "diff", "HEAD~1", "HEAD:words.yml", "--json") == 0
    result = said(capsys)

    assert result["changes"] == ["words: bands.numbers.reject_from: 90 -> 80"]
    assert [(m["was"], m["would_be"]) for m in result["moves"]] == [("review", "reject")]


@pytest.mark.parametrize("spec", ["--output=/tmp/x", "nowhere", "HEAD~99:words.yml"])
def test_what_is_neither_a_file_nor_a_revision_is_said(
    past: Past, spec: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git("init", "-q", within=past.rules)
    monkeypatch.chdir(past.rules)

    assert run(["rules", "diff", "--data", str(past.settings.data), "--", spec, "words.yml"]) == 2
    assert "neither a file, nor a folder, nor known to git" in capsys.readouterr().err


def test_without_stored_items_the_difference_is_said_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = tmp_path / "one.yml", tmp_path / "other.yml"
    one.write_text(OLD)
    other.write_text(OLD + "rules:\n  - {id: name, when: {label: PII/NAME, at_least: 60}, then: {review: people}}\n")

    assert run(["rules", "diff", str(one), str(other), "--data", str(tmp_path / "none")]) == 0
    shown = capsys.readouterr().out

    assert "words: rules is new: {name: {id: name, when: {label: PII/NAME, at_least: 60}" in shown
    assert "no stored items" in shown
