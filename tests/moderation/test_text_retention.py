"""Retention of texts: what decided items said is nowhere any more when its time is over, and the decision stays."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import urllib3
from click.testing import CliRunner

from ground.database import Database
from moderation.cleaning import Cleaning
from moderation.cli import cli
from moderation.core.decisions import Decision, PolicyRef
from moderation.core.items import Item, Part
from moderation.core.policy.file import PolicyFile
from moderation.core.policy.policies import Policy, PolicySet
from moderation.service import Service
from moderation.serving.server import Server
from moderation.settings import Settings
from moderation.storage.audit import open_chain, unrecorded_decisions
from moderation.storage.holds import Holds
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.tables import audit_records, erasures, item_loops, items
from moderation.storage.text_retention import FORGOTTEN, forget_texts, without_texts
from moderation.text_keeping import TextKeeping
from review_ui.people.people import People
from tests.houses.api import Api
from tests.houses.desk import PASSWORD
from tests.houses.service import NUMBER, REVIEWS
from tests.reviewers import Reviewer
from tests.waiting import wait_for

DAYS = 30
CANARIES = (b"zyxtext", b"zyxappeal")
NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)


def later(days: float = DAYS + 1) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def clean(service: Service, now: datetime) -> int:
    return TextKeeping(service.database, lambda: service.policies, None).forget(now)


def hits(folder: Path) -> set[tuple[str, bytes]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {(path.name, each) for path in files for each in CANARIES if each in path.read_bytes()}


def test_no_file_holds_anything_of_a_forgotten_text(settings: Settings, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "words.yml").write_text(f"{REVIEWS}\nkeep_text_days: {{reject: {DAYS}}}\n")
    with Server(settings.model_copy(update={"rules": rules})) as server:
        server.start()
        service, store = server.service, server.service.store
        key = service.accounts.add_key("shop", datetime.now(UTC)).key
        People(server.review.database).add("noor", "reviewer", PASSWORD)
        People(server.review.database).add("mia", "reviewer", PASSWORD)

        def call(method: str, path: str, **more: Any) -> Any:
            headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": path}
            return urllib3.request(method, server.url + path, headers=headers, timeout=60, **more)

        def review(name: str, choice: Any) -> None:
            person = Reviewer(lambda: server.url, name, PASSWORD, threading.Event(), choice)
            person.sign_in()
            person.work()

        item = {"parts": [{"type": "text", "text": f"zyxtext {NUMBER}"}], "author": "ann"}
        item_id = call("POST", "/v1/items?wait=30", json=item).json()["id"]
        wait_for(lambda: [loop.state for loop in store.get_item(item_id).loops] == ["open"])
        review("noor", "reject")
        wait_for(lambda: store.get_item(item_id).status == "decided")
        assert call("POST", f"/v1/items/{item_id}/appeal", json={"reason": "zyxappeal"}).status == 202
        assert clean(service, later()) == 0  # somebody looks at it
        wait_for(lambda: [loop.state for loop in store.get_item(item_id).loops] == ["ended", "open"])
        review("mia", "reject")
        wait_for(lambda: store.get_item(item_id).status == "decided")
        service.word_index.fill(datetime.now(UTC))
        before = store.get_item(item_id)
        assert {canary for _, canary in hits(settings.data)} == set(CANARIES)

        assert clean(service, later()) == 1
        erasing = service.erasing
        for minutes in range(0, 60, 10):
            erasing.clock = lambda minutes=minutes: later(DAYS + 2) + timedelta(minutes=minutes)  # type: ignore[misc]
            wait_for(lambda: erasing.look() or not _due(service, erasing.clock()))
        wait_for(service.database.truncate_journal)
        wait_for(server.review.database.truncate_journal)

        assert hits(settings.data) == set()
        after, document = store.get_item(item_id), call("GET", f"/v1/items/{item_id}").json()
        assert after.decisions == before.decisions
        assert [loop.outcome for loop in after.loops] == [loop.outcome for loop in before.loops]
        assert [(each.label, each.span) for each in after.detections] == [
            (each.label, each.span) for each in before.detections
        ]
        assert document["status"] == "decided"
        assert document["text_erased_at"] is not None
        assert [part["text"] for part in document["parts"]] == [""]
        assert document["author"] == "ann"
        again = call("POST", "/v1/items?wait=30", json=item)
        assert (again.json()["id"], "zyxtext" in again.data.decode()) == (item_id, False)
        refused = call("POST", f"/v1/items/{item_id}/appeal", json={"reason": "again"})
        assert refused.status == 409
        assert "texts are not kept" in refused.json()["detail"]
        chain = open_chain(service.database)
        chain.seal()
        assert list(chain.problems()) == []
        assert list(unrecorded_decisions(service.database, chain)) == []


def _due(service: Service, now: datetime) -> bool:
    return bool(service.erasing.erasures.due(now, 10))


def test_texts_are_kept_as_long_as_is_set_and_their_decisions_for_good(open_api: Callable[..., Api]) -> None:
    api = open_api(text_keep_days=DAYS)
    api.work()
    item_id = api.post_text("have a nice day")["id"]
    cleaning = Cleaning(api.service.settings, api.service.database, api.service.blobs)

    cleaning.clean(later(DAYS - 1))
    kept = api.get(f"/v1/items/{item_id}").json
    done = cleaning.clean(later())

    gone = api.get(f"/v1/items/{item_id}").json
    assert kept["parts"][0]["text"] == "have a nice day"
    assert ("texts of items", 1) in [(each.what, each.count) for each in done]
    assert gone["parts"][0]["text"] == ""
    assert gone["decision"] == kept["decision"]
    assert gone["verdict"]["outcome"] == kept["verdict"]["outcome"]
    assert [each["id"] for each in api.get("/v1/items?words=nice").json["items"]] == []
    assert api.get(f"/v1/items/{item_id}/explanation").status_code == 200


def decided(database: Database, now: datetime = NOW, **more: Any) -> str:
    """An item of one text that was decided 40 days ago."""
    at, store = now - timedelta(days=40), Store(database)
    item = Item(
        id=new_item_id(at),
        app="shop",
        parts=(Part(id="p0", type="text", text="zyxtext"),),
        metadata={"author": "ann"},
        created_at=at,
    )
    store.add_items([item])
    policy = PolicyRef(name="p", version="1")
    decision = Decision(outcome="approve", decided_by="rules", labels=(), reason="fine", policy=policy, decided_at=at)
    assert store.decide(item.id, decision.model_copy(update=more), None, None) is not None
    return item.id


def forget(database: Database) -> int:
    return TextKeeping(database, PolicySet, DAYS).forget(NOW)


def stored(database: Database, item_id: str) -> str:
    return str(database.read(lambda c: c.execute(sa.select(items).where(items.c.id == item_id)).one()))


def loop_row(item_id: str, state: str) -> dict[str, Any]:
    row = {"name": f"l-{state}", "item_id": item_id, "round": 1, "policy": "p", "policy_version": "1", "queue": "q"}
    return row | {"flow": "f", "state": state, "arn": "arn:l", "created_at": NOW - timedelta(days=40)}


@pytest.mark.parametrize("kept_by", ["nothing", "a hold", "a hold on its author", "a look", "a later decision"])
def test_only_texts_that_nobody_needs_are_forgotten(database: Database, kept_by: str) -> None:
    more = {"decided_at": NOW - timedelta(days=1)} if kept_by == "a later decision" else {}
    item_id = decided(database, **more)
    if kept_by == "a hold":
        Holds(database).add("item", item_id, why="a case", by="ann", now=NOW)
    if kept_by == "a hold on its author":
        Holds(database).add("author", "ann", app="shop", why="a case", by="ann", now=NOW)
    if kept_by == "a look":
        row = loop_row(item_id, "open")
        database.write(lambda c: c.execute(sa.insert(item_loops).values(row)), step="test.loop")

    count = forget(database)

    assert count == (kept_by == "nothing")
    assert ("zyxtext" in stored(database, item_id)) == (kept_by != "nothing")


def policy(name: str, **more: Any) -> Policy:
    head = {"format": 1, "applies_to": {"content_type": ["text"]}, "if_nothing_matches": "approve"}
    head |= {"if_a_detector_fails": {"approve": "nothing looks at these"}}
    return Policy(PolicyFile.model_validate({"policy": name, **head, **more}), "0" * 64)


DAYS_OF_PASSES = (0, 9, 10, 29, 30, 49, 50, 59, 60, 69, 70)
LONG, SHORT = {"approve": 60, "reject": 60}, {"approve": 30}


@pytest.mark.parametrize(
    ("said", "default", "gone_after"),
    [
        ([], 30, 30),
        ([], None, None),
        ([{"keep_text_days": SHORT}], None, 30),
        ([{"keep_text_days": SHORT}], 50, 30),
        ([{"keep_text_days": {"reject": 10}}], 50, 50),
        ([{"keep_text_days": {"reject": 10}}], None, None),
        ([{"keep_text_days": SHORT}, {"keep_text_days": LONG}], 10, 60),
        ([{"keep_text_days": SHORT}, {"keep_text_days": LONG, "applies_to": {"content_type": ["image"]}}], 10, 30),
        ([{"keep_text_days": SHORT}, {"keep_text_days": LONG, "applies_to": {"content_type": ["text"], "app": ["x"]}}], 70, 30),
        ([{"keep_text_days": {"approve": 0}}], None, 0),
    ],
)  # fmt: skip
def test_the_policies_for_an_item_say_how_long_its_texts_are_kept_and_the_longest_wins(
    database: Database, said: list[dict[str, Any]], default: int | None, gone_after: int | None
) -> None:
    decided(database)
    policies = PolicySet(tuple(policy(f"p{number}", **more) for number, more in enumerate(said)))
    keeping, decided_at = TextKeeping(database, lambda: policies, default), NOW - timedelta(days=40)

    passes = [day for day in DAYS_OF_PASSES for _ in range(keeping.forget(decided_at + timedelta(days=day, hours=1)))]

    assert passes == ([] if gone_after is None else [gone_after])


def test_changed_policies_act_on_what_is_stored_and_another_outcome_within_a_day(database: Database) -> None:
    ids = [decided(database) for _ in range(3)]
    in_force = PolicySet((policy("p", keep_text_days={"approve": 60, "reject": 35}),))
    keeping = TextKeeping(database, lambda: in_force, None, batch=2)
    before = keeping.forget(NOW)
    again = Decision(
        outcome="reject",
        decided_by="rules",
        labels=(),
        reason="after all",
        policy=PolicyRef(name="p", version="1"),
        decided_at=NOW - timedelta(days=37),
    )
    Store(database).decide(ids[0], again, None, None, is_anew=True)

    superseded = keeping.forget(NOW + timedelta(days=1, minutes=1))
    in_force = PolicySet((policy("p", keep_text_days={"approve": 1}),))
    changed = keeping.forget(NOW + timedelta(days=1, minutes=1))

    assert (before, superseded, changed) == (0, 1, 2)
    assert not any("zyxtext" in stored(database, each) for each in ids)


def test_what_was_decided_again_while_it_was_looked_for_is_kept(database: Database) -> None:
    item_id = decided(database)
    keeping = TextKeeping(database, PolicySet, DAYS)
    [due] = keeping.due(NOW)
    again = Decision(
        outcome="approve",
        decided_by="rules",
        labels=(),
        reason="again",
        policy=PolicyRef(name="p", version="1"),
        decided_at=NOW,
    )
    Store(database).decide(item_id, again, None, None, is_anew=True)

    count = database.write(lambda c: forget_texts(c, due, NOW), step="test.forget")

    assert count == 0
    assert "zyxtext" in stored(database, item_id)


def test_what_is_forgotten_is_a_record_and_its_human_loops_are_to_be_erased(database: Database) -> None:
    item_id = decided(database)
    row = loop_row(item_id, "ended")
    database.write(lambda c: c.execute(sa.insert(item_loops).values(row)), step="test.loop")

    assert (forget(database), forget(database)) == (1, 0)

    kinds = sa.select(erasures.c.kind).where(erasures.c.item_id == item_id).order_by(erasures.c.kind)
    records = sa.select(audit_records.c.subject).where(audit_records.c.kind == FORGOTTEN)
    assert database.read(lambda c: list(c.execute(kinds).scalars())) == ["loop", "words"]
    assert database.read(lambda c: list(c.execute(records).scalars())) == [item_id]


def test_what_was_quoted_of_a_text_goes_and_what_is_said_of_a_picture_stays() -> None:
    of_text = {"label": "Custom/X", "part": "p0", "span": [0, 4], "attributes": {"phrase": "zyxtext"}}
    of_picture = {"label": "Weapons", "part": "p1", "attributes": {"name": "rifle"}}
    found = {"parts": [{"id": "p0", "type": "text", "text": "zyxtext"}], "detections": [of_text, of_picture]}

    made = without_texts(found, {"p0"})

    assert made["parts"] == [{"id": "p0", "type": "text", "text": ""}]
    assert made["detections"] == [{**of_text, "attributes": {}}, of_picture]


@pytest.mark.parametrize("by", ["the setting", "a policy", "a policy that was rolled back to"])
def test_an_operator_sees_what_is_due_and_forgets_it(settings: Settings, tmp_path: Path, by: str) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    keeps = f"{REVIEWS}\nkeep_text_days: {{approve: {DAYS}}}\n"
    (rules / "words.yml").write_text(REVIEWS if by == "the setting" else keeps)
    with Server(settings.model_copy(update={"rules": rules})) as server:
        item_id = decided(server.service.database, now=datetime.now(UTC))
        version = server.service.policies.get("words").version
    if by == "a policy that was rolled back to":
        (rules / "words.yml").write_text(REVIEWS)
        with Server(settings.model_copy(update={"rules": rules})):
            pass
        back = ["rules", "rollback", "words", "--to", version, "--data", str(settings.data)]
        assert CliRunner().invoke(cli, back, env={"MODERATION_RULES": str(rules)}).exit_code == 0

    def run(*more: str) -> tuple[int, list[Any]]:
        env = {"MODERATION_RULES": str(rules)}
        result = CliRunner().invoke(
            cli,
            ["retention", "--data", str(settings.data), "--json", *more],
            env=env | ({"MODERATION_TEXT_KEEP_DAYS": str(DAYS)} if by == "the setting" else {}),
            standalone_mode=False,
        )
        return result.return_value, [json.loads(line) for line in result.output.splitlines()]

    due = [{"item": item_id, "texts": True}]
    assert [run(), run("--yes"), run()] == [(1, due), (0, due), (0, [])]
