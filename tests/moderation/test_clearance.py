"""Clearances of items: how they get them, that nothing takes them off, and every door of the console and of commands."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from moderation.core.clearance import clearances_found
from moderation.core.detections import Detection
from moderation.core.errors import HumanLoopRefused, InputError, InvalidSubmission, NotFound
from moderation.delivery.export import export
from moderation.delivery.export_tables import Decisions, Detections, Items
from moderation.delivery.export_targets import Folder
from moderation.evidence.explaining import stored_evidence
from moderation.evidence.glimpses import glimpses
from moderation.evidence.manifest import decided_parts
from moderation.review.client import HumanLoops, OwnEndpoint, is_private_team
from moderation.settings import Settings
from moderation.storage.clearances import Clearances, need_held
from moderation.storage.tables import audit_records
from review_ui.clearance import grant, revoke
from review_ui.desk.staffing import unstaffed
from review_ui.tables import loop_clearances
from tests.houses.api import NOBODY
from tests.houses.console import Console, send

CANARY = "canaryofthecellar"
POLICY = """\
policy: words
format: 1
applies_to: {content_type: [text, image]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
needs: [text.hashes, vision.hashes]
queues:
  - {name: people, a2i_flow: people}
  - {name: cellar, a2i_flow: cellar, clearance: csam}
bands:
  numbers: {label: PII/SSN, review_from: 50, queue: cellar}
rules:
  - {id: listed, why: listed, when: {content: {in_list: watch}}, then: reject}
  - {id: known, why: known, when: {label: Custom/KNOWN_BAD, at_least: 90}, then: reject}
"""
KNOWN = f"{CANARY} is a text that somebody has put on a list of known texts, because nobody is to read it again"


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 10, 10)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("clearance")
    rules, lists = folder / "rules", folder / "lists"
    rules.mkdir()
    lists.mkdir()
    (rules / "words.yml").write_text(POLICY)
    (lists / "partners.yml").write_text("list: partners\nentries: [partners.csv]\nclearance: extremism\n")
    digest = hashlib.sha256(picture()).hexdigest()
    (lists / "partners.csv").write_text(f'type,value\ntext,"{KNOWN}"\nsha256,{digest}\n')
    console = Console.open(
        Settings(data=folder / "data", rules=rules, hashes=lists, a2i_endpoint_url=NOBODY, workers=2)
    )
    console.api.service.lists.add("watch", [f"{CANARY} watched"], by="me", why="w", now=now(), kind="words")
    clearances(console).put_on_list("watch", "csam", by="me", why="w", now=now())
    for role in ("lead", "policy_owner", "admin"):
        console.client(f"{role}-without", role)
        console.client(f"{role}-cleared", role)
        for each in ("csam", "extremism"):
            grant(console.api.review.database, f"{role}-cleared", each, None, now())
    yield console
    console.close()


@pytest.fixture(scope="module")
def posted(house: Console) -> dict[str, str]:
    """Items that need something, by how they got it."""
    found = {
        "queue": house.post(f"{CANARY}, my social security number is 123-45-6780", metadata={"author": "mallory"}),
        "known": house.post(KNOWN, metadata={"author": "mallory"}),
        "watched": house.post(f"{CANARY} watched by somebody", metadata={"author": "mallory"}),
    }
    part = {"type": "image", "base64": base64.b64encode(picture()).decode()}
    auth = {"Authorization": f"Bearer {house.api.keys['shop']}"}
    answer = house.api.client.post("/v1/items?wait=30", json={"parts": [part]}, headers=auth)
    found["picture"] = str(answer.json["id"])
    house.ask_people(found["queue"])
    return found


def now() -> datetime:
    return datetime.now(UTC)


def clearances(house: Console) -> Clearances:
    return house.api.service.clearances


def test_a_match_and_a_queue_put_it_on_the_item_and_the_chain_says_so(house: Console, posted: dict[str, str]) -> None:
    plain = house.post("two tickets for Saturday")
    records = {name: house.api.service.store.get_item(each).clearances for name, each in posted.items()}

    assert records == {
        "queue": ("csam",),
        "known": ("extremism",),
        "watched": ("csam",),
        "picture": ("extremism",),
    }
    assert house.api.service.store.get_item(plain).clearances == ()
    query = sa.select(audit_records.c.subject, audit_records.c.body).where(audit_records.c.kind == "clearance")
    rows = house.api.service.database.read(lambda c: c.execute(query).all())
    said = {row.subject: json.loads(row.body)["because"] for row in rows}
    assert {name: said[each] for name, each in posted.items()} == {
        "queue": "queue words/cellar",
        "known": "list partners",
        "watched": "list watch",
        "picture": "list partners",
    }


def test_nothing_takes_it_off_again(house: Console, posted: dict[str, str]) -> None:
    service = house.api.service
    service.pipeline.appeal(service.store.get_item(posted["known"]), "look again")
    record = service.store.get_item(posted["known"])

    assert record.status == "in_review"
    assert record.loops[-1].queue == "people"
    assert record.clearances == ("extremism",)


def doors(house: Console, posted: dict[str, str]) -> list[str]:
    """Every page of the console and of the portal under it, with each item and part."""
    values = {
        "item_id": list(posted.values()),
        "part_id": ["p0"],
        "name": ["words", "volume", "labels", "apps", "queues"],
        "flow": ["people"],
    }
    found = []
    for rule in house.api.client.application.url_map.iter_rules():
        if not str(rule).startswith("/review") or "GET" not in (rule.methods or ()) or rule.endpoint in LEFT_OUT:
            continue
        paths = [str(rule)]
        for argument in sorted(rule.arguments):
            paths = [re.sub(rf"<(\w+:)?{argument}>", v, path) for path in paths for v in values.get(argument, ())]
        found += paths
    searches = [
        "?q=canary",
        "?q=author:mallory",
        "?author=mallory",
        "?label=PII",
        "?outcome=reject",
        "?status=in_review",
    ]
    searches += [f"?open={each}" for each in posted.values()] + [f"?q=id:{each}" for each in posted.values()]
    return found + [f"/review/items{each}" for each in searches]


LEFT_OUT = {"portal.static", "portal.sign_in", "portal.style_page", "portal.palette"}


def shows(answer: Any) -> bool:
    """True of an answer that has the text, an item's id among what was found, or the picture."""
    if answer.content_type.startswith("image/"):
        return answer.status_code == 200
    return CANARY in answer.text


@pytest.mark.parametrize("role", ["lead", "policy_owner", "admin"])
def test_no_page_shows_it_to_who_is_not_cleared(house: Console, posted: dict[str, str], role: str) -> None:
    client = house.client(f"{role}-without")
    asked = doors(house, posted)

    for path in asked:
        answer = client.get(path, follow_redirects=True)
        assert not shows(answer), path
        assert answer.status_code < 500 or "Retry-After" in answer.headers, path
    results = client.get("/review/items?author=mallory").text
    assert not any(each in results for each in posted.values()), "it is not even said that there are some"
    for each in posted.values():
        there, gone = (client.get(f"/review/items/{i}/veiled/p0") for i in (each, str(NO_ITEM)))
        assert (there.status_code, there.text.replace(each, "")) == (404, gone.text.replace(str(NO_ITEM), ""))
        assert send(client, f"/items/{each}/unmask").status_code in (403, 404)
    assert len(asked) > 30


NO_ITEM = "00000000-0000-4000-8000-000000000000"


def test_the_same_pages_show_it_to_who_is_cleared(house: Console, posted: dict[str, str]) -> None:
    client = house.client("lead-cleared")
    seen = [path for path in doors(house, posted) if shows(client.get(path, follow_redirects=True))]

    assert f"/review/items/{posted['picture']}/veiled/p0" in seen
    assert {"/review/items", "/review/items?q=canary", f"/review/items?open={posted['known']}"} <= set(seen)
    assert client.get(f"/review/items/{posted['picture']}/veiled/p0").headers["Cache-Control"] == "no-store"


def test_a_clearance_that_is_taken_away_counts_with_the_next_page(house: Console, posted: dict[str, str]) -> None:
    database, client = house.api.review.database, house.client("lead-cleared")
    revoke(database, "lead-cleared", "extremism", None, now())
    try:
        assert client.get(f"/review/items/{posted['picture']}/veiled/p0").status_code == 404
        assert CANARY in client.get(f"/review/items?open={posted['queue']}").text
    finally:
        grant(database, "lead-cleared", "extremism", None, now())


def test_loops_of_before_are_hidden_before_the_next_page_is_shown(house: Console, posted: dict[str, str]) -> None:
    """The portal's database may be another one: it is told before a page is, and once."""
    loop = house.api.service.store.get_item(posted["queue"]).loops[-1].name
    house.client("lead-without").get("/review/lead")
    query = sa.select(loop_clearances.c.clearance).where(loop_clearances.c.loop_name == loop)

    assert house.api.review.database.read(lambda c: list(c.execute(query).scalars())) == ["csam"]
    assert clearances(house).untold() == {}


def test_nobody_cleared_means_that_it_waits_and_readiness_and_attention_say_why(
    house: Console, posted: dict[str, str]
) -> None:
    database = house.api.review.database
    house.client("admin-cleared").get("/review/lead")
    revoked = ("lead-cleared", "admin-cleared")
    for name in revoked:
        revoke(database, name, "csam", None, now())
    try:
        (waits,) = unstaffed(house.api.review)
        assert waits.needed == ("csam",)
        assert any(
            "nobody who reviews there holds csam" in each for each in house.api.client.get("/readyz").json["reasons"]
        )
        page = house.client("lead-without").get("/review/lead").text
        assert "nobody who reviews holds csam" in page
        assert posted["queue"] in page
    finally:
        for name in revoked:
            grant(database, name, "csam", None, now())
    assert unstaffed(house.api.review) == []


def test_an_item_in_a_queue_that_gets_a_clearance_later_gets_it_too(house: Console) -> None:
    from dataclasses import replace

    service = house.api.service
    item_id = house.post("my social security number is 123-45-6780, too")
    (policy,) = service.policies.policies
    queue = policy.queue("cellar").model_copy(update={"clearance": "terror"})
    later = replace(policy, file=policy.file.model_copy(update={"queues": [policy.file.queues[0], queue]}))
    Clearances(service.database).put_on_queues([later], now())

    assert service.store.get_item(item_id).clearances == ("csam", "terror")


def test_exports_leave_it_out_and_say_how_much_until_they_are_told_to(
    house: Console, posted: dict[str, str], tmp_path: Path
) -> None:
    database, today = house.api.service.database, datetime.now(UTC).date()
    for number, held in enumerate(((), ("csam",), ("csam", "extremism", "terror"))):
        for table in (Items(held, with_texts=True), Detections(held), Decisions(held)):
            to = Folder(tmp_path / f"{table.name}{number}")
            (done,) = export(table, database, to, [today], again=True)
            files = "".join(_text(path) for path in sorted((tmp_path / f"{table.name}{number}").rglob("*.gz")))
            there = {name for name, each in posted.items() if each in files}
            if not held:
                assert (there, CANARY in files, done.hidden >= 2) == (set(), False, True)
            elif number == 1:
                assert not there & {"known", "picture"}
            else:
                assert {"known", "picture"} <= there or table.name == "detections"
                assert done.hidden == 0


def _text(path: Path) -> str:
    import gzip

    return gzip.decompress(path.read_bytes()).decode()


def test_other_ways_out_ask_for_it_by_name(house: Console, posted: dict[str, str]) -> None:
    service = house.api.service

    with pytest.raises(InputError, match="1 of these items need a clearance; say --clearance extremism"):
        need_held(clearances(house), [posted["known"]], ["csam"])
    need_held(clearances(house), [posted["known"]], ["extremism"])
    with pytest.raises(InputError, match="--clearance csam"):
        stored_evidence(service.settings, posted["queue"])
    assert glimpses(service.database, list(posted.values())) == {}
    assert not any(CANARY in part.value for part in decided_parts(service.database))


def test_the_app_that_posted_it_reads_its_verdict_as_before(house: Console, posted: dict[str, str]) -> None:
    auth = {"Authorization": f"Bearer {house.api.keys['shop']}"}
    answer = house.api.client.get(f"/v1/items/{posted['known']}", headers=auth)

    assert answer.status_code == 200
    assert answer.json["decision"]["outcome"] == "reject"


def test_a_list_takes_a_clearance_by_a_name_that_is_one(house: Console) -> None:
    with pytest.raises(NotFound):
        clearances(house).put_on_list("no-such", "csam", by="me", why="w", now=now())
    with pytest.raises(InvalidSubmission, match="small letters"):
        clearances(house).put_on_list("watch", "Not A Name", by="me", why="w", now=now())


def test_leads_without_it_find_no_such_list_and_change_nothing_on_it(house: Console) -> None:
    without, cleared = house.client("lead-without"), house.client("lead-cleared")
    (entry,) = house.api.service.lists.entries("watch", now())
    more = {"name": "watch", "value": "one more", "why": "w"}

    assert "/lead/lists/watch" not in without.get("/review/lead/lists").text
    assert without.get("/review/lead/lists/watch").status_code == 404
    assert send(without, f"/lead/lists/watch/entries/{entry.id}", why="w").status_code == 404
    answer = send(without, "/lead/lists", **more)
    assert (answer.status_code, CANARY in answer.text) == (422, False)
    assert "needs a clearance" in answer.text
    assert "/lead/lists/watch" in cleared.get("/review/lead/lists").text
    assert f"{CANARY} watched" in cleared.get("/review/lead/lists/watch").text
    assert send(cleared, "/lead/lists", **more).status_code == 303
    last = house.api.service.lists.entries("watch", now())[0]
    assert send(cleared, f"/lead/lists/watch/entries/{last.id}", why="w").status_code == 303
    assert house.api.service.lists.entries("watch", now()) == [entry]


def test_a_plugins_slip_hides_the_item_in_place_of_showing_it() -> None:
    odd = Detection(label="Weapons", confidence=90, part="p0", attributes={"clearance": {"a": 1}})
    both = Detection(label="Weapons", confidence=90, part="p0", attributes={"clearance": ["a", "b"], "list": "x"})

    assert clearances_found([odd]) == {"{'a': 1}": "label Weapons"}
    assert clearances_found([both]) == {"a": "list x", "b": "list x"}


@pytest.mark.parametrize(
    ("team", "is_private"),
    [("private-crowd/people", True), ("public-crowd/default", False), ("vendor-crowd/x", False), ("", False)],
)
def test_amazon_is_sent_it_only_for_a_private_work_team(tmp_path: Path, team: str, is_private: bool) -> None:
    arn = f"arn:aws:sagemaker:us-east-1:111122223333:workteam/{team}" if team else ""
    settings = Settings(data=tmp_path, a2i_endpoint_url="aws", a2i_workteam_arn=arn or None)
    loops = HumanLoops(settings, OwnEndpoint(NOBODY), None)  # type: ignore[arg-type]
    asked: list[str] = []

    def control(operation: str, **_: Any) -> dict[str, Any]:
        return {"FlowDefinitionArn": "arn:f", "HumanLoopConfig": {"WorkteamArn": arn}}

    def runtime(operation: str, **_: Any) -> dict[str, Any]:
        asked.append(operation)
        return {"HumanLoopArn": "arn:l"}

    loops._control, loops._runtime = control, runtime  # type: ignore[method-assign]

    assert is_private_team(arn) == is_private
    if is_private:
        assert loops.start("n", "f", {"clearance": ["csam"]}) == "arn:l"
    else:
        with pytest.raises(HumanLoopRefused, match="is no private one"):
            loops.start("n", "f", {"clearance": ["csam"]})
        assert asked == []
        loops.start("n", "f", {})
    with pytest.raises(HumanLoopRefused, match="needs csam in a queue without"):
        loops.start_here("n", "f", {"clearance": ["csam"]})
    assert len(asked) == 1
