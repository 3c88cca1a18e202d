"""Lists at run time, by the whole path of items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from moderation import cli
from moderation.core.errors import StoreUnavailable
from moderation.evidence.replaying import replay
from moderation.settings import Settings
from moderation.storage.lists import ListsInForce
from tests.houses.idle import IdleHouse
from tests.houses.service import HEAD

POLICY = (
    HEAD
    + """\
needs: [text.blocklist]
rules:
  - {id: watched, when: {metadata: {key: author, in_list: watch}}, then: {review: people}, why: On the watch list}
  - {id: link, when: {content: {in_list: bad-links}}, then: reject, why: A listed link}
"""
)


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Iterator[IdleHouse]:
    opened = IdleHouse(settings, tmp_path / "rules", POLICY)
    yield opened
    opened.service.close()


def outcome(record: Any) -> tuple[str, str]:
    return record.ruling.outcome, record.ruling.reason


def test_an_entry_acts_from_the_next_item_on_and_a_replay_has_the_list_as_it_was(house: IdleHouse) -> None:
    before = house.post("have a nice day", "ann")
    (entry,) = house.service.lists.add("watch", ["ann"], by="olga", why="case 4711", now=datetime.now(UTC))
    version = house.service.lists.state("watch", datetime.now(UTC))[0].version
    during = house.post("have a nice day", "ann")
    house.service.lists.remove("watch", entry.id, by="olga", why="closed", now=datetime.now(UTC))
    after = house.post("have a nice day", "ann")

    assert [outcome(each)[0] for each in (before, during, after)] == ["approve", "review", "approve"]
    assert outcome(during)[1] == f"On the watch list. (on list watch {version[:12]})"
    assert during.basis["listed"]["watch metadata.author"] == [True, version]
    assert all(replay(each, house.service.versions).is_identical for each in (before, during, after))


def test_texts_that_are_judged_together_are_looked_for_too(house: IdleHouse) -> None:
    house.service.lists.add("bad-links", ["evil.example"], by="o", why="w", now=datetime.now(UTC), kind="domains")
    posted = [house.add(text, "bob") for text in ("see http://www.evil.example/x", "see http://good.example")]

    records = [house.judged(item) for item in posted]

    assert [outcome(each)[0] for each in records] == ["reject", "approve"]


def test_lists_that_cannot_be_read_are_unknown(house: IdleHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: Any) -> Any:
        raise StoreUnavailable("the database did not answer")

    with monkeypatch.context() as patched:
        patched.setattr(ListsInForce, "lists", away)
        record = house.post("have a nice day", "ann")

    assert outcome(record) == ("review", "No answer from lists, which could have changed the outcome.")
    assert [failure.detector.name for failure in record.failures] == ["lists"]
    assert replay(record, house.service.versions).is_identical


@pytest.fixture
def run(house: IdleHouse, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def call(*words: str) -> tuple[int, str]:
        code = cli.run(["lists", *words, "--data", str(house.service.settings.data)])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return call


def test_the_command_keeps_lists(house: IdleHouse, run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    file = tmp_path / "links.txt"
    file.write_text("# from the police\nevil.example\n\nworse.example\n")
    assert run("add", "watch", "ann", "--why", "case 4711", "--expires", "30d", "--by", "olga")[0] == 0
    assert run("import", "bad-links", str(file), "--kind", "domains", "--why", "phishing") == (
        0,
        "2 entries stand on bad-links\n",
    )

    assert outcome(house.post("have a nice day", "ann"))[0] == "review"
    assert outcome(house.post("http://worse.example", "bob"))[0] == "reject"
    code, shown = run("show", "watch")
    assert (code, "ann" in shown, "olga" in shown, "case 4711" in shown) == (0, True, True, True)
    assert run("remove", "watch", shown.split()[0], "--why", "closed")[0] == 0
    assert outcome(house.post("have a nice day", "ann"))[0] == "approve"
    assert "the list is whole" in run("show", "watch", "--changes")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "watch", "ann", "--why", "x", "--expires", "soon"], "--expires: 'soon' is no time"),
        (["add", "Watch", "ann", "--why", "x"], "name: a list's name has small letters"),
        (["show", "nothing"], "there is no list 'nothing'"),
        (["remove", "watch", "1", "--why", "x"], "list 'watch' has no entry 1"),
    ],
)
def test_what_is_wrong_is_said(run: Callable[..., tuple[int, str]], words: list[str], said: str) -> None:
    code, shown = run(*words)

    assert code == 2
    assert said in shown
