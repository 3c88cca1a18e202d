"""The data folder of an older program opens with the program of today, and all that was under way in it goes on.

``make_data_folder.py`` says how the folder was made and what lies in it. Everything goes through the doors that apps,
reviewers, operators and other programs use, so that this holds wherever the parts of the program are.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import sqlite3
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from standardwebhooks import Webhook

from tests.receiver import Receiver
from tests.upgrade.doors import App, Portal, Program, Refused, aws_client, text, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HERE = Path(__file__).parent
COMMIT = "1d3ac6d"
EXPECTED: dict[str, Any] = json.loads((HERE / f"expected-{COMMIT}.json").read_text())
ITEMS: dict[str, Any] = EXPECTED["items"]
FORESEEN: dict[str, Any] = EXPECTED["foreseen"]
"""Items that move on by themselves once the service runs, and what becomes of them."""
MADE_FOR = "http://127.0.0.1:9"
"""Where the folder's due delivery goes to; nothing listens there."""


@dataclass(frozen=True)
class House:
    """The service of today on the old folder.

    Attributes:
        read: each item's document and explanation, read as soon as the service was there.
        receiver: listens where the folder's due delivery goes to.
    """

    folder: Path
    url: str
    shop: App
    forum: App
    read: dict[str, tuple[Any, Any]]
    receiver: Receiver

    def enter(self, name: str) -> Portal:
        """Sign in with the password of old."""
        return Portal(self.url, name, EXPECTED["passwords"][name])

    def aws(self, service: str, mount: str) -> Any:
        return aws_client(service, f"{self.url}/{mount}", EXPECTED["access_key"])

    def decided(self, name: str) -> Any:
        """The item's decision, once there is one, and by whom."""
        decision = self.shop.wait(ITEMS[name]["id"], "decided")["decision"]
        return decision["outcome"], decision["decided_by"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("upgrade")
    with zipfile.ZipFile(HERE / f"data-{COMMIT}.zip") as packed:
        packed.extractall(folder)
    receiver = Receiver()
    receiver.start()
    make_it_new(folder / "data", receiver.url)
    with Program([sys.executable, "-m", "moderation"], folder).serve() as url:
        apps = {name: App(url, EXPECTED["api_keys"][name]["key"]) for name in ("shop", "forum")}
        read = {}
        for name, item in ITEMS.items():
            path = f"/v1/items/{item['id']}"
            read[name] = apps[item["app"]].get(path), apps[item["app"]].get(f"{path}/explanation")
        yield House(folder, url, apps["shop"], apps["forum"], read, receiver)
    receiver.stop()


def make_it_new(data: Path, receiver: str) -> None:
    """Put the folder where it would be had it been made just now, for a receiver that listens by now.

    The times at which open work lapses move along with the time since: a human loop is open for ten days. The tables
    are those of the old program, which never change.
    """
    since = datetime.now(UTC) - datetime.fromisoformat(EXPECTED["made_at"])
    with contextlib.closing(sqlite3.connect(data / "review.db")) as review, review:
        move(review, "human_loops", "expires_at", since)
        move(review, "tasks", "lease_until", since)
        move(review, "tasks", "settles_at", since - timedelta(minutes=10))  # the time to undo the last answer is over
    with contextlib.closing(sqlite3.connect(data / "moderation.db")) as moderation, moderation:
        move(moderation, "deliveries", "next_attempt_at", since - timedelta(minutes=10))
        moderation.execute("UPDATE deliveries SET url = replace(url, ?, ?)", (MADE_FOR, receiver))


def move(database: sqlite3.Connection, table: str, column: str, by: timedelta) -> None:
    rows = database.execute(f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()
    for row, stored in rows:
        moved = (datetime.fromisoformat(stored) + by).strftime("%Y-%m-%d %H:%M:%S.%f")
        database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (moved, row))


@pytest.fixture
def run(house: House, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs the installed command ``moderation`` on the folder, in this process, and gives what it printed."""
    (installed,) = entry_points(group="console_scripts", name="moderation")
    main = installed.load()

    def run_(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--data", str(house.folder / "data")])
        printed = capsys.readouterr()
        assert ended.value.code == 0, f"{arguments}: {printed.out}{printed.err}"
        return printed.out

    return run_


def missing(expected: Any, found: Any, place: str = "") -> list[str]:
    """Where `found` is not what was expected; fields that are new do no harm."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return [line for name in expected for line in missing(expected[name], found.get(name), f"{place}.{name}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            line
            for n, (e, f) in enumerate(zip(expected, found, strict=True))
            for line in missing(e, f, f"{place}[{n}]")
        ]
    return [] if expected == found else [f"{place}: {expected!r} was expected, {found!r} is there"]


def test_every_item_reads_back_as_it_was(house: House) -> None:
    for name, item in ITEMS.items():
        document = item["document"]
        if name in FORESEEN:
            document = {
                field: document[field] for field in ("id", "app", "content_id", "created_at", "metadata", "parts")
            }

        assert missing(document, house.read[name][0], name) == []


def test_every_item_is_explained_as_it_was(house: House) -> None:
    for name, item in ITEMS.items():
        if name not in FORESEEN:
            assert missing(item["explanation"], house.read[name][1], name) == []


def test_every_item_is_found_by_its_name_and_no_item_was_added(house: House) -> None:
    for app_name, app in (("shop", house.shop), ("forum", house.forum)):
        for name, item in ITEMS.items():
            found = app.get(f"/v1/items?content_id={name.replace(' ', '%20').replace(',', '%2C')}")["items"]
            assert [each["id"] for each in found] == ([item["id"]] if item["app"] == app_name else [])


def test_stored_verdicts_are_worked_out_again_byte_by_byte(run: Callable[..., str]) -> None:
    judged = [name for name, item in ITEMS.items() if item["document"]["verdict"] is not None]

    for name in judged:
        replayed = json.loads(run("rules", "replay", ITEMS[name]["id"], "--json"))
        assert (name, replayed["identical"], replayed["differences"]) == (name, True, [])

    versions = {
        policy["version"]
        for name in judged
        for policy in policies_of(ITEMS[name]["document"])
        if policy["name"] == "posts"
    }
    assert len(versions) == 3


def policies_of(document: Any) -> list[Any]:
    return [each["policy"] for each in document["verdict"]["policies"]]


def test_what_was_pending_is_decided_now(house: House) -> None:
    for name, (status, outcome) in FORESEEN.items():
        item = house.shop.wait(ITEMS[name]["id"], status)
        assert (name, (item["decision"] or {}).get("outcome")) == (name, outcome)


def test_an_answer_that_could_still_be_undone_counts_after_all(house: House) -> None:
    assert house.decided("a face") == ("reject", "people")
    decision = house.shop.get(f"/v1/items/{ITEMS['a face']['id']}")["decision"]
    assert "not without consent" in decision["reason"]


def test_the_same_post_is_answered_the_same_and_another_one_is_refused(house: House) -> None:
    kept = EXPECTED["idempotency"]

    again = house.shop.call("POST", "/v1/items?wait=30", kept["body"], **kept["headers"])
    other = house.shop.call("POST", "/v1/items?wait=30", {**kept["body"], "content_id": "x"}, **kept["headers"])

    assert again == (kept["status"], kept["answer"])
    assert other[0] == 422


def test_keys_and_their_ends_are_known(house: House, run: Callable[..., str]) -> None:
    added = {"is_operator": False, "scopes": ["manage", "post", "read"], "expires_at": None}
    assert json.loads(run("keys", "list", "--json")) == [{**key, **added} for key in EXPECTED["keys"]]
    assert App(house.url, EXPECTED["api_keys"]["gone"]["key"]).call("GET", "/v1/items")[0] == 401
    assert house.forum.call("GET", f"/v1/items/{ITEMS['approved by rules']['id']}")[0] == 404


def test_people_their_groups_and_their_ends_are_known(house: House, run: Callable[..., str]) -> None:
    known = [{**user, "clearances": []} for user in EXPECTED["users"]]  # which nobody held then
    assert json.loads(run("users", "list", "--json")) == known
    for name in ("paula", "ada", "gus"):
        house.enter(name)
    for name, password in (("dora", EXPECTED["passwords"]["dora"]), ("gus", "another password")):
        with pytest.raises(Refused) as refused:
            Portal(house.url, name, password)
        assert refused.value.status == 401


def test_a_reviewer_goes_on_with_the_task_in_hand(house: House) -> None:
    rita = house.enter("rita")

    task = rita.take("posts-people", "in hand")
    assert "blur-1 grey-0" in rita.page
    rita.answer(task, "reject", "a neighbour reads this")

    assert house.decided("in hand") == ("reject", "people")
    assert "a neighbour reads this" in house.shop.get(f"/v1/items/{ITEMS['in hand']['id']}")["decision"]["reason"]


def test_a_task_that_waited_is_given_out_and_decided(house: House) -> None:
    lee = house.enter("lee")

    lee.answer(lee.take("posts-people", "waiting for people"), "approve")

    assert house.decided("waiting for people") == ("approve", "people")


def test_an_answer_given_then_counts_beside_one_given_now(house: House) -> None:
    lee = house.enter("lee")

    lee.answer(lee.take("posts-two-people", "half answered"), "approve")

    assert house.decided("half answered") == ("approve", "people")
    answers = house.shop.get(f"/v1/items/{ITEMS['half answered']['id']}/explanation")["answers"]
    assert [answer["outcome"] for answer in answers] == ["approve", "approve"]


def test_a_lead_gets_what_was_escalated_and_reads_why(house: House) -> None:
    lee = house.enter("lee")

    task = lee.take("posts-experts", "escalated")
    assert "ask a lawyer" in lee.page
    lee.answer(task, "reject")

    assert house.decided("escalated") == ("reject", "people")


def test_an_appeal_goes_on_and_its_picture_is_shown(house: House) -> None:
    rita = house.enter("rita")

    task = rita.take("pictures", "nobody may know where I live")
    picture = re.search(r"/review(/media/[^\"]+)", rita.page)
    assert picture
    content_type, data = rita.load(picture[1])
    assert (content_type, data[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    rita.answer(task, "reject")

    wait_until(lambda: house.shop.get(f"/v1/items/{ITEMS['appealed']['id']}")["status"] == "decided")
    explained = house.shop.get(f"/v1/items/{ITEMS['appealed']['id']}/explanation")
    assert [(each["outcome"], each["decided_by"]) for each in explained["decisions"]] == [
        ("approve", "rules"),
        ("reject", "people"),
    ]


def test_an_open_sample_is_looked_at_and_counts(house: House, run: Callable[..., str]) -> None:
    (then,) = EXPECTED["overturns"]
    lee = house.enter("lee")

    lee.answer(lee.take("forum-samples", "open sample"), "approve")

    def counted() -> Any:
        (now,) = json.loads(run("quality", "overturns", "--days", "3650", "--json"))
        return now["looked_at"] == then["looked_at"] + 1 and now

    assert wait_until(counted)["overturned"] == then["overturned"]


def test_golden_items_are_kept(run: Callable[..., str]) -> None:
    assert missing(EXPECTED["golden"], json.loads(run("quality", "golden", "list", "--json"))) == []


def test_reviewers_are_told_what_was_decided_of_nearly_the_same(house: House) -> None:
    item = house.shop.post(text("Have a nice day, everybody!"), metadata={"topic": "law"})
    house.shop.wait(item, "in_review")

    house.enter("rita").take("posts-experts", "Nearly the same, decided before")


def test_redacted_copies_and_texts_are_there(house: House) -> None:
    (picture,) = house.read["redacted picture"][0]["redacted"]
    (words,) = house.read["redacted text"][0]["redacted"]

    assert words["text"] == "write to [EMAIL] about the blue bicycle"
    assert hashlib.sha256(house.shop.get_bytes(picture["path"])).hexdigest() == EXPECTED["redacted_sha256"]


def test_the_policy_that_was_rolled_back_to_stays_in_force(house: House, run: Callable[..., str]) -> None:
    history = json.loads(run("rules", "history", "--json"))

    assert missing(EXPECTED["history"], history) == []
    assert [row["how"] for row in history if row["name"] == "posts"] == ["start", "reload", "reload", "rollback"]
    in_force = house.shop.get("/v1/policies")
    assert {policy["name"]: policy["version"] for policy in in_force["policies"]} == EXPECTED["policies"]
    assert in_force["faults"] == []
    assert "review_from: 60" in house.shop.get("/v1/policies/posts")["text"]
    assert "review_from: 60" not in (house.folder / "rules" / "posts.yml").read_text()


def test_what_was_due_is_delivered_with_the_signature_of_old(house: House) -> None:
    wait_until(lambda: house.receiver.got("/hook"))

    (request,) = house.receiver.got("/hook")
    told = Webhook(EXPECTED["api_keys"]["shop"]["webhook_secret"]).verify(request.body, request.headers)
    assert told["data"]["id"] == ITEMS["rejected, to be told"]["id"]
    assert told["data"]["decision"]["outcome"] == "reject"


def test_another_program_finds_its_human_loops_with_its_old_key(house: House) -> None:
    foreign, runtime = EXPECTED["foreign"], house.aws("sagemaker-a2i-runtime", "a2i")
    listed = runtime.list_human_loops(FlowDefinitionArn=foreign["flow"])["HumanLoopSummaries"]
    done = runtime.describe_human_loop(HumanLoopName=foreign["completed"])
    output = house.folder / "data" / "media" / done["HumanLoopOutput"]["OutputS3Uri"].removeprefix("s3://")

    assert {loop["HumanLoopName"]: loop["HumanLoopStatus"] for loop in listed} == {
        foreign["completed"]: "Completed",
        foreign["open"]: "InProgress",
    }
    assert json.loads(output.read_text())["humanAnswers"][0]["answerContent"]["decision"]["approve"] is True
    rita = house.enter("rita")
    rita.answer(rita.take("translations", foreign["open"]), "reject")
    wait_until(lambda: runtime.describe_human_loop(HumanLoopName=foreign["open"])["HumanLoopStatus"] == "Completed")
    with pytest.raises(ClientError, match=r"InvalidSignature|UnrecognizedClient"):
        aws_client(
            "sagemaker", f"{house.url}/a2i", {**EXPECTED["access_key"], "secret_access_key": "x"}
        ).list_workteams()


def test_another_program_finds_its_redaction_job(house: House) -> None:
    job, comprehend = EXPECTED["redaction_job"], house.aws("comprehend", "comprehend")

    found = comprehend.describe_pii_entities_detection_job(JobId=job["id"])["PiiEntitiesDetectionJobProperties"]

    assert (found["JobName"], found["JobStatus"]) == (job["name"], "COMPLETED")
    assert (house.folder / job["copy"]).read_text() == job["text"]


def test_the_service_is_ready_and_takes_new_items(house: House) -> None:
    def is_ready() -> bool:
        with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(f"{house.url}/readyz", timeout=30):
            return True
        return False

    wait_until(is_ready)
    new = house.shop.wait(house.shop.post(text("What a lovely garden")), "decided")

    assert (new["decision"]["outcome"], new["verdict"]["policies"][0]["policy"]["version"]) == (
        "approve",
        EXPECTED["policies"]["posts"],
    )
