"""Withdrawal: what an app takes back is nowhere any more, and the records of it still hold."""

from __future__ import annotations

import io
import json
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import urllib3
from click.testing import CliRunner, Result
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ground.database import Database, UTCDateTime
from moderation.cli import cli, run
from moderation.core.decisions import Decision, PolicyRef
from moderation.core.items import Item, Media, Part
from moderation.erasing import Erasing
from moderation.evidence.history import cases
from moderation.serving.server import Server
from moderation.settings import Settings
from moderation.storage.audit import open_chain, unrecorded_decisions
from moderation.storage.film_jobs import FilmJobRows, ShownPicture
from moderation.storage.flags import Flags
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.remnants import Remnants
from moderation.storage.tables import (
    dead_letters,
    erasures,
    film_jobs,
    film_pictures,
    flags,
    policy_backtests,
    policy_drafts,
)
from moderation.storage.withdrawing import Erasures
from review_ui.people.people import People
from tests.houses.api import NOBODY, Api
from tests.houses.desk import PASSWORD
from tests.houses.service import NUMBER, REVIEWS, House
from tests.reviewers import Reviewer
from tests.waiting import wait_for

CANARIES = ("zyxtext", "zyxmetadata", "zyxnote", "zyxpicture", "zyxauthor", "zyxcontentid")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def picture(said: str) -> bytes:
    out, info = io.BytesIO(), PngInfo()
    info.add_text("comment", said)
    Image.linear_gradient("L").convert("RGB").save(out, "PNG", pnginfo=info)
    return out.getvalue()


def hits(folder: Path) -> set[tuple[str, str]]:
    """Files, and which canary each holds."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {(path.name, each) for path in files for each in CANARIES if each.encode() in path.read_bytes()}


def kinds_left(erasing: Erasing) -> set[str]:
    return {each.kind for each in erasing.erasures.due(datetime.max.replace(tzinfo=UTC), 100)}


class Shop:
    """An app at a server, and a reviewer who gives its items a note."""

    def __init__(self, server: Server) -> None:
        self.server, self.service = server, server.service
        self.key = self.service.accounts.add_key("shop", datetime.now(UTC)).key
        People(server.review.database).add("noor", "reviewer", PASSWORD)

    def call(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": "one"}
        return urllib3.request(method, self.server.url + path, headers=headers, timeout=60, **more)

    def review(self, note: str) -> None:
        noor = Reviewer(lambda: self.server.url, "noor", PASSWORD, threading.Event(), "reject")
        noor.sign_in()
        noor.name_ = note
        noor.work()


def test_no_file_holds_anything_of_a_withdrawn_item(settings: Settings, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "words.yml").write_text(REVIEWS.replace("[text]", "[text, image]"))
    item = {
        "content_id": "zyxcontentid",
        "metadata": {"said": "zyxmetadata", "author": "zyxauthor"},
        "parts": [{"type": "text", "text": f"zyxtext {NUMBER}"}],
    }
    with Server(settings.model_copy(update={"rules": rules})) as server:
        server.start()
        shop, store = Shop(server), server.service.store
        fields = {"item": json.dumps(item), "file": ("a.png", picture("zyxpicture"))}
        item_id = shop.call("POST", "/v1/items?wait=30", fields=fields).json()["id"]
        wait_for(lambda: [loop.state for loop in store.get_item(item_id).loops] == ["open"])
        shop.review("zyxnote")
        wait_for(lambda: store.get_item(item_id).status == "decided")
        server.service.word_index.fill(datetime.now(UTC))
        assert {canary for _, canary in hits(settings.data)} == set(CANARIES)

        erasing = server.service.erasing
        erasing.clock = lambda: datetime.now(UTC) + timedelta(minutes=10)
        answer = shop.call("DELETE", f"/v1/items/{item_id}")
        wait_for(lambda: erasing.look() or kinds_left(erasing) <= {"output"})
        erasing.clock = lambda: datetime.now(UTC) + timedelta(minutes=20)
        wait_for(lambda: erasing.look() or not kinds_left(erasing))
        wait_for(server.service.database.truncate_journal)
        wait_for(server.review.database.truncate_journal)

        assert answer.status == 202
        assert answer.json()["status"] == "withdrawn"
        assert hits(settings.data) == set()
        chain = open_chain(server.service.database)
        chain.seal()
        assert list(chain.problems()) == []
        assert list(unrecorded_decisions(server.service.database, chain)) == []


def test_withdrawn_twice_an_item_is_as_after_the_first_time(api: Api) -> None:
    item_id = api.post_text("have a nice day", content_id="post-7", metadata={"author": "ann"})["id"]

    first = api.call("DELETE", f"/v1/items/{item_id}")
    second = api.call("DELETE", f"/v1/items/{item_id}")

    assert first.json == second.json == api.get(f"/v1/items/{item_id}").json
    assert first.json["parts"] == []
    assert first.json["metadata"] == {}
    assert first.json["decision"] is None
    assert first.json["withdrawn_at"] is not None
    assert api.get("/v1/items?content_id=post-7").json["items"] == []
    assert [each["id"] for each in api.get("/v1/items?status=withdrawn").json["items"]] == [item_id]
    assert "withdrawn" in api.get(f"/v1/items/{item_id}/explanation").json["words"][0]


def test_a_withdrawn_item_is_in_no_backtest(api: Api) -> None:
    item_id = api.post_text("have a nice day")["id"]
    assert item_id in {case.item_id for case in cases(api.service.database)}

    api.call("DELETE", f"/v1/items/{item_id}")

    assert item_id not in {case.item_id for case in cases(api.service.database)}


def test_only_its_own_app_withdraws_an_item(api: Api) -> None:
    item_id = api.post_text("have a nice day")["id"]

    assert api.call("DELETE", f"/v1/items/{item_id}", app="forum").status_code == 404
    assert api.get(f"/v1/items/{item_id}").json["status"] == "decided"


def test_a_withdrawn_item_cannot_be_appealed(api: Api) -> None:
    item_id = api.post_text("have a nice day")["id"]
    api.call("DELETE", f"/v1/items/{item_id}")

    assert api.post(f"/v1/items/{item_id}/appeal", json={"reason": "why"}).status_code == 409


def test_a_repeated_post_is_answered_without_what_was_withdrawn(api: Api) -> None:
    headers = {"Idempotency-Key": "again"}
    item = {"parts": [{"type": "text", "text": "my number is 536-90-4399"}], "content_id": "post-8"}
    first = api.post("/v1/items?wait=30", json=item, headers=headers)
    api.call("DELETE", f"/v1/items/{first.json['id']}")

    again = api.post("/v1/items?wait=30", json=item, headers=headers)

    assert again.json["id"] == first.json["id"]
    assert again.json["status"] == "withdrawn"
    assert "536-90" not in again.text
    assert "post-8" not in again.text


def test_a_withdrawn_item_is_asked_of_nobody(open_house: Callable[[str], House]) -> None:
    house = open_house(REVIEWS)
    record = house.post(NUMBER)
    (loop,) = record.loops
    wait_for(lambda: loop.name in house.people.started)

    house.service.erasing.withdraw([record.item.id], "test")
    wait_for(lambda: loop.name not in house.people.started)
    house.people.said[loop.name] = "approve"
    house.service.loop_changed({"detail": {"humanLoopName": loop.name}})

    assert house.service.store.get_item(record.item.id).status == "withdrawn"


def test_a_loop_that_opens_while_its_item_is_withdrawn_is_erased(database: Database) -> None:
    store, erasing = Store(database), Erasures(database)
    posted = item()
    store.add_items([posted])
    erasing.withdraw([posted.id], NOW, "test")

    store.started_in_vain(posted.id, "loop-1", "arn:loop-1", NOW)

    assert [(each.kind, each.name) for each in erasing.due(NOW, 10)] == [("loop", "loop-1")]


@pytest.mark.parametrize("state", ["pending", "claimed"])
def test_who_works_on_a_withdrawn_item_finds_it_gone(database: Database, state: str) -> None:
    store, erasing = Store(database), Erasures(database)
    posted = item()
    store.add_items([posted])
    if state == "claimed":
        store.claim("texts", 1, 60, NOW)

    erasing.withdraw([posted.id], NOW, "test")

    assert store.claim("texts", 1, 60, NOW) == []
    assert store.decide(posted.id, decision(), None, None) is None
    assert store.get_item(posted.id).status == "withdrawn"


def test_media_that_another_item_has_stays(api: Api) -> None:
    data = picture("shared")
    ids = []
    for _ in range(2):
        answer = api.post("/v1/items?wait=30", data={"file": (io.BytesIO(data), "a.png")})
        ids.append(answer.json["id"])
    uri = api.service.store.get_item(ids[0]).parts[0].media.uri  # type: ignore[union-attr]
    erasing = api.service.erasing
    erasing.clock = lambda: datetime.now(UTC) + timedelta(hours=2)

    api.call("DELETE", f"/v1/items/{ids[0]}")
    erasing.look()
    assert api.service.blobs.get(uri) == data

    api.call("DELETE", f"/v1/items/{ids[1]}")
    erasing.look()
    assert api.service.blobs.stored_at(uri) is None


def test_media_stored_anew_just_now_may_be_another_posts_and_waits(api: Api) -> None:
    data = picture("just now")
    item_id = api.post("/v1/items?wait=30", data={"file": (io.BytesIO(data), "a.png")}).json["id"]
    media = api.service.store.get_item(item_id).parts[0].media
    assert media is not None
    api.service.blobs.put_uri(media.uri, data, "image/png")  # a post that is not committed yet
    erasing = api.service.erasing
    erasing.clock = lambda: datetime.now(UTC) + timedelta(minutes=5)

    api.call("DELETE", f"/v1/items/{item_id}")
    erasing.look()

    assert api.service.blobs.get(media.uri) == data
    query = sa.select(erasures.c.kind).where(erasures.c.item_id == item_id)
    assert api.service.database.read(lambda c: c.execute(query).scalars().all())[-1:] == ["media"]


def test_an_operator_erases_all_items_of_an_author_after_a_look(tmp_path: Path, blank: Path) -> None:
    shutil.copytree(blank, tmp_path, dirs_exist_ok=True)
    api = Api.open(Settings(data=tmp_path, a2i_endpoint_url=NOBODY))
    posted = [
        api.post("/v1/items", app=app, json={"parts": [{"type": "text", "text": "hi"}], "author": author}).json["id"]
        for app, author in (("shop", "ann"), ("forum", "ann"), ("shop", "bob"))
    ]

    def erase(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["erase", "--data", str(tmp_path), "--json", *arguments], standalone_mode=False)

    looked = erase("--author", "ann")
    one = erase("--author", "ann", "--app", "forum", "--yes")
    rest = erase("--author", "ann", "--yes")
    nothing = erase("--author", "ann")

    tried = erase("--author", "bob", "--dry-run")

    def told(result: Result) -> tuple[list[str], int]:
        said = json.loads(result.output)
        return said["items"], said["erased"]

    assert (looked.return_value, told(looked)) == (1, (posted[:2], 0))
    assert told(one) == ([posted[1]], 1)
    assert told(rest) == ([posted[0]], 1)
    assert (nothing.return_value, told(nothing)) == (0, ([], 0))
    assert (tried.return_value, told(tried)) == (0, (posted[2:], 0))
    assert [api.service.store.get_item(each).status for each in posted] == ["withdrawn", "withdrawn", "pending"]
    api.close()


FILM = Media(uri="s3://moderation/media/ab/film.mp4", sha256="ab" * 32, content_type="video/mp4", size_bytes=1)


def film_job(database: Database, app: str, said: str) -> None:
    """A job over the film, done, with something that was read in it."""
    rows = FilmJobRows(database, 9, 60.0, lambda: NOW)
    place = {"Video": {"S3Object": {"Bucket": "b", "Name": f"{said}.mp4"}}}
    rows.add(app, "TextDetection", place, tools=[], unseen=[], token=None, is_told=True)
    held = rows.claim()
    assert held is not None
    held = rows.keep(held, film={"sha256": FILM.sha256})
    assert held is not None
    held = rows.advance(held, [ShownPicture(0.0, 1.0, [], [{"text": said}])], 1.0)
    assert held is not None
    rows.give_back(held, state="SUCCEEDED", ended_at=NOW)


def stored(database: Database) -> str:
    """All that is in the rows that may have something of an item beside the item."""
    tables = (film_jobs, film_pictures, policy_backtests, dead_letters, flags)
    return str(database.read(lambda c: [c.execute(sa.select(table)).all() for table in tables]))


def backtest(c: sa.Connection, shown: list[dict[str, str]]) -> None:
    """A stored backtest that shows these items."""
    draft = {"id": "d", "name": "p", "text": "", "version": "1", "summary": "", "state": "draft", "by": "ann"}
    wanted = {column.name: column.type for column in policy_drafts.c if not column.nullable}
    filled = {name: NOW if isinstance(kind, UTCDateTime) else draft.get(name, "") for name, kind in wanted.items()}
    c.execute(sa.insert(policy_drafts).values(filled))
    row = {"id": "b", "draft_id": "d", "version": "1", "days": 7, "done": 1, "total": 1, "by": "ann", "state": "done"}
    report = {"items": len(shown), "most_changed": shown}
    c.execute(sa.insert(policy_backtests).values({**row, "report": report, "began_at": NOW, "seen_at": NOW}))


def test_what_film_jobs_and_backtests_have_of_an_item_goes_with_it(database: Database) -> None:
    store, erasing = Store(database), Erasures(database)
    posted = Item(id=new_item_id(NOW), app="shop", parts=(Part(id="p0", type="video", media=FILM),), created_at=NOW)
    store.add_items([posted])
    film_job(database, "shop", "zyxtext")
    film_job(database, "forum", "another app's")
    shown = [{"item": posted.id, "content": "zyxtext"}, {"item": "another", "content": "another item's"}]
    database.write(lambda c: backtest(c, shown), step="test.backtest")

    erasing.withdraw([posted.id], NOW, "test")

    assert "zyxtext" not in stored(database)
    assert "another app's" in stored(database)
    assert "another item's" in stored(database)


def test_of_an_author_and_an_app_goes_what_lies_beside_their_items(database: Database) -> None:
    store, remnants = Store(database), Remnants(database)
    posted = item()
    store.add_items([posted])
    Flags(database).add("shop", posted.id, "ann", "zyxtext", NOW)
    Flags(database).add("shop", posted.id, "bob", "the other reason", NOW)
    film_job(database, "shop", "zyxfilm")
    letter = {"app": "shop", "reason": "no item", "created_at": NOW, "uri": None}
    bodies = ['{"metadata": {"author": "ann"}}', '{"metadata": {"author": "anna"}}']
    rows = [{**letter, "id": str(number), "body": body} for number, body in enumerate(bodies)]
    database.write(lambda c: c.execute(sa.insert(dead_letters), rows), step="test.letters")

    looked = remnants.counts(author="ann", app=None)
    done = remnants.erase(NOW, "test", author="ann", app=None)

    assert looked == done == {"reports that they made": 1, "messages that became no items": 1}
    assert "zyxtext" not in stored(database)
    assert "anna" in stored(database)
    assert "the other reason" in stored(database)

    done = remnants.erase(NOW, "test", author=None, app="shop")

    assert done == {"jobs over films": 1, "messages that became no items": 1}
    assert "zyxfilm" not in stored(database)
    chain = open_chain(database)
    chain.seal()
    assert chain.records("erased beside items") == {"an author", "app shop"}


def test_what_cannot_be_erased_holds_up_nothing_behind_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    posted = [
        api.post("/v1/items?wait=30", data={"file": (io.BytesIO(picture(said)), "a.png")}).json["id"]
        for said in ("poisoned", "sound")
    ]
    uris = [api.service.store.get_item(each).parts[0].media.uri for each in posted]  # type: ignore[union-attr]
    erasing, blobs = api.service.erasing, api.service.blobs
    erasing.clock = lambda: datetime.now(UTC) + timedelta(hours=2)
    stored_at = type(blobs).stored_at

    def poisoned(self: Any, uri: str) -> Any:
        if uri == uris[0]:
            raise RuntimeError("nobody thought of this")
        return stored_at(self, uri)

    monkeypatch.setattr(type(blobs), "stored_at", poisoned)
    for each in posted:
        api.call("DELETE", f"/v1/items/{each}")
    erasing.look()
    monkeypatch.undo()

    assert blobs.stored_at(uris[0]) is not None
    assert blobs.stored_at(uris[1]) is None


@pytest.mark.parametrize("arguments", [[], ["--item", "x", "--author", "ann"], ["--item", "x"]])
def test_what_is_to_be_erased_has_to_be_said(tmp_path: Path, blank: Path, arguments: list[str]) -> None:
    shutil.copytree(blank, tmp_path, dirs_exist_ok=True)

    assert run(["erase", "--data", str(tmp_path), *arguments]) == 2


def item() -> Item:
    return Item(id=new_item_id(NOW), app="shop", parts=(Part(id="p0", type="text", text="hi"),), created_at=NOW)


def decision() -> Decision:
    policy = PolicyRef(name="p", version="1")
    return Decision(outcome="approve", decided_by="rules", reason="because", policy=policy, decided_at=NOW)
