"""Makes the data folder of an older program, which `test_data_folder.py` opens with the program of today.

The fixture ``data-1d3ac6d.zip`` was made with the program of commit 1d3ac6d, and has to be made with that one, because
what it proves is that a folder of that time still opens. In a checkout of that commit, with its virtual environment,
``git rev-parse HEAD`` says 1d3ac6d...; from the root of this checkout then::

    .venv/bin/python -m tests.upgrade.make_data_folder /path/to/that/checkout/.venv/bin/moderation 1d3ac6d

It writes ``data-COMMIT.zip`` (the data folder, and the rule files that were in force) and ``expected-COMMIT.json``
beside itself: what the program said of each item, and the keys and passwords, which open nothing else. Only the
program's own doors are used: its command line, HTTP, the portal's forms, boto3.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import sqlite3
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.upgrade.doors import App, Portal, Program, aws_client, text, wait_until

HERE = Path(__file__).parent
EXAMPLES = HERE.parent.parent / "examples"
NOBODY = "http://127.0.0.1:9"
"""Nothing listens there, so a decision that it should be told of stays due."""
USERS = {"rita": "reviewer", "lee": "lead", "paula": "policy_owner", "ada": "admin", "gus": "reviewer", "dora": "lead"}
PASSWORDS = {name: f"the old password of {name}" for name in USERS}
ROLE = "arn:aws:iam::000000000000:role/moderation"

POSTS = """\
# What people write to each other.
policy: posts
format: 1
description: Be civil, and keep numbers to yourselves.
applies_to: {content_type: [text]}
needs: [pii.text, text.blocklist]
if_nothing_matches: approve
if_a_detector_fails: {review: people}

queues:
  - {name: people, a2i_flow: posts-people}
  - {name: two-people, a2i_flow: posts-two-people, reviewers: 2}
  - {name: experts, a2i_flow: posts-experts}

scores:
  heat:
    combine: noisy_or
    of:
      - {label: Toxicity/INSULT, weight: 0.5}
      - {label: Toxicity/PROFANITY, weight: 0.5}

bands:
  numbers: {label: PII/SSN, reject_from: 50, why: A social security number}
  insults: {label: Toxicity/INSULT, review_from: 80, queue: people, why: An insult; context decides}
  phones: {label: PII/PHONE, reject_from: 50, mode: {shadow_until: 2099-12-31}, why: A telephone number; on trial}

rules:
  - id: mails
    why: Addresses are taken out
    when: {label: PII/EMAIL, at_least: 50}
    then: approve
    redact: [PII/EMAIL]
  - id: politics
    why: Two people look at politics
    when: {metadata: {key: topic, is: politics}}
    then: {review: two-people}
  - id: law
    why: A question of law
    when: {metadata: {key: topic, is: law}}
    then: {review: experts}
  - id: heated
    why: A heated text; for some only
    when: {score: heat, at_least: 30}
    then: {review: people}
    mode: {percent: 50}
"""
PICTURES = """\
policy: pictures
format: 1
description: No faces without consent, no places.
applies_to: {content_type: [image]}
needs: [vision.exif, vision.faces]
if_nothing_matches: approve
if_a_detector_fails: {review: pictures}

queues:
  - {name: pictures, a2i_flow: pictures}

bands:
  faces: {label: Face, review_from: 70, queue: pictures, why: The picture shows a face}

rules:
  - id: places
    why: The place where it was taken is taken out
    when: {label: PII/GPS_POSITION, at_least: 50}
    then: approve
    redact: [PII/GPS_POSITION]
"""
FORUM = """\
policy: forum
format: 1
description: People look at all that is approved in the forum.
applies_to: {content_type: [text], app: [forum]}
if_nothing_matches: approve
if_a_detector_fails: {review: samples}

queues:
  - {name: samples, a2i_flow: forum-samples}

sampling:
  - {id: all-of-it, of: approve, percent: 100, queue: samples}
"""
MAIL = "Thank you for your letter. You can write to ann@example.org, or call 206-555-0100 on any working day.\n" * 8


class Folder:
    """The folder in the making, and what is to be expected of it."""

    def __init__(self, program: Program, commit: str) -> None:
        self.program = program
        self.apps: dict[str, App] = {}
        self.ids: dict[str, str] = {}
        self.expected: dict[str, Any] = {"commit": commit, "passwords": PASSWORDS, "api_keys": {}}

    def prepare(self) -> None:
        """Rules, people and keys, before anything is served."""
        (self.program.folder / "rules").mkdir()
        for name, policy in (("posts", POSTS), ("pictures", PICTURES), ("forum", FORUM)):
            self.write_rules(name, policy)
        for name, role in USERS.items():
            self.program.run("users", "add", name, "--role", role, "--password-stdin", given=f"{PASSWORDS[name]}\n")
        self.program.run("users", "groups", "gus", "night")
        self.program.run("users", "disable", "dora")
        keys = self.expected["api_keys"]
        for name in ("shop", "forum", "gone"):
            keys[name] = json.loads(self.program.run("keys", "add", "--app", name, "--json"))
        self.program.run("keys", "revoke", keys["gone"]["id"])
        self.expected["access_key"] = json.loads(self.program.run("a2i", "keys", "add", "--json"))

    def write_rules(self, name: str, policy: str) -> None:
        (self.program.folder / "rules" / f"{name}.yml").write_text(policy)

    def reach(self, url: str) -> None:
        """The service answers here from now on."""
        self.apps = {name: App(url, key["key"]) for name, key in self.expected["api_keys"].items()}

    def post(self, name: str, *parts: Any, status: str = "decided", app: str = "shop", **more: Any) -> str:
        """Post an item under a name of ours, and wait until it has this status."""
        self.ids[name] = item_id = self.apps[app].post(*parts, content_id=name, **more)
        self.apps[app].wait(item_id, status)
        return item_id

    def answer(self, portal: Portal, name: str, flow: str, decision: str, note: str = "", status: str = "") -> None:
        """Have somebody answer the next task of a queue, which is about this item, and wait for its status."""
        portal.answer(portal.take(flow, name), decision, note)
        if status:
            self.apps["shop"].wait(self.ids[name], status)

    def version_of(self, policy: str) -> str:
        return str(self.apps["shop"].get(f"/v1/policies/{policy}")["version"])

    def change_policy(self, policy: str) -> None:
        """Write the policy of posts anew, and wait until that text is in force."""
        before = self.version_of("posts")
        self.write_rules("posts", policy)
        wait_until(lambda: self.version_of("posts") != before)


def first_days(folder: Folder, url: str) -> None:
    """All that happens while workers run."""
    folder.reach(url)
    shop = folder.apps["shop"]
    rita, lee = Portal(url, "rita", PASSWORDS["rita"]), Portal(url, "lee", PASSWORDS["lee"])

    folder.post("approved by rules", text("Have a nice day, everybody"), metadata={"seller": {"age_days": 12}})
    folder.post("rejected by rules", text("my social security number is 123-45-6780"))
    folder.post(
        "rejected, to be told", text("her social security number is 123-45-6781"), callback_url=f"{NOBODY}/hook"
    )
    folder.post("on trial", text("call me any time, 206-555-0100"))
    folder.post("redacted text", text("write to ann@example.org about the blue bicycle"))
    folder.post("redacted picture", picture("gps.jpg"))
    folder.post("text and picture", text("My holidays by the sea"), picture("landscape.jpg"))

    folder.post("rejected by people", text("you are an idiot and you know it"), status="in_review")
    folder.answer(rita, "rejected by people", "posts-people", "reject", "aimed at a person", "decided")
    golden = shop.get(f"/v1/items/{folder.ids['rejected by people']}")["human_loop"]["name"]
    folder.program.run(
        "quality", "golden", "add", golden, "--answer", "reject", "--because", "It is aimed at somebody."
    )
    folder.post("approved by people", text("the clown in the circus said: what a moron!"), status="in_review")
    folder.answer(lee, "approved by people", "posts-people", "approve", status="decided")

    folder.post("appealed and overturned", text("order number 123-45-6782 has not arrived"))
    appeal(folder, "appealed and overturned", "it is the number of an order")
    folder.answer(rita, "appealed and overturned", "posts-people", "approve", "an order", "decided")

    answered = {"Idempotency-Key": "order-4711"}
    body = {"content_id": "posted once", "parts": [text("Is this still for sale?")]}
    status, document = shop.call("POST", "/v1/items?wait=30", body, **answered)
    assert status == 200, document
    folder.ids["posted once"] = document["id"]
    folder.expected["idempotency"] = {"headers": answered, "body": body, "status": status, "answer": document}

    sampled(folder, lee)
    foreign_loops(folder, url, rita)
    redaction_job(folder, url)

    # The same policy in three versions; the third is withdrawn, though its file is still there.
    folder.change_policy(POSTS.replace("review_from: 80", "review_from: 60, reject_from: 95"))
    folder.post("reviewed by the second version", text("oh do shut up about it"), status="in_review")
    folder.answer(rita, "reviewed by the second version", "posts-people", "approve", status="decided")
    folder.change_policy(POSTS.replace("reject_from: 50, why: A social", "reject_from: 99.5, why: A social"))
    folder.post("approved by the third version", text("your number is 123-45-6783"))
    withdrawn = folder.version_of("posts")
    folder.program.run("rules", "rollback", "posts", "--by", "paula")
    wait_until(lambda: folder.version_of("posts") != withdrawn)

    # What stays open.
    folder.post("half answered", text("vote for the blue party"), status="in_review", metadata={"topic": "politics"})
    folder.answer(rita, "half answered", "posts-two-people", "approve")
    folder.post("a face", picture("face.jpg"), status="in_review")
    folder.post("escalated", text("this contract is void"), status="in_review", metadata={"topic": "law"})
    rita.escalate(rita.take("posts-experts", "escalated"), "ask a lawyer")
    rita.open("/wellbeing")
    rita.send("/wellbeing/veil", blur="1", grey="0")
    folder.post("in hand", text("such an idiot, this neighbour of mine"), status="in_review")
    rita.take("posts-people", "in hand")
    folder.post("waiting for people", text("only a moron would paint a house green"), status="in_review")
    folder.post("appealed", picture("gps.jpg"))
    appeal(folder, "appealed", "nobody may know where I live")
    folder.expected["policies"] = {name: folder.version_of(name) for name in ("posts", "pictures", "forum")}


def sampled(folder: Folder, lee: Portal) -> None:
    """Two samples of approved items: people overturn one, and have not seen the other."""
    for name in ("overturned sample", "open sample"):
        folder.post(name, text(f"this is about gardens, an {name}"), app="forum")
        if name == "overturned sample":
            folder.answer(lee, name, "forum-samples", "reject")

    def overturned() -> bool:
        words = folder.apps["forum"].get(f"/v1/items/{folder.ids['overturned sample']}/explanation")["words"]
        return any("A reviewer chose reject" in sentence for sentence in words)

    wait_until(overturned)


def foreign_loops(folder: Folder, url: str, rita: Portal) -> None:
    """Human loops of another program, which knows the A2I endpoint only: one is answered, one is open."""
    control = aws_client("sagemaker", f"{url}/a2i", folder.expected["access_key"])
    runtime = aws_client("sagemaker-a2i-runtime", f"{url}/a2i", folder.expected["access_key"])
    ui = control.create_human_task_ui(HumanTaskUiName="plain", UiTemplate={"Content": "<p>{{ task.input.words }}</p>"})
    team = control.describe_workteam(WorkteamName="reviewers")["Workteam"]["WorkteamArn"]
    flow = control.create_flow_definition(
        FlowDefinitionName="translations",
        HumanLoopConfig={
            "WorkteamArn": team,
            "HumanTaskUiArn": ui["HumanTaskUiArn"],
            "TaskTitle": "Translations",
            "TaskDescription": "Is it right?",
            "TaskCount": 1,
        },
        OutputConfig={"S3OutputPath": "s3://translations/out"},
        RoleArn=ROLE,
    )["FlowDefinitionArn"]
    for name in ("translation-1", "translation-2"):
        content = json.dumps({"words": f"{name}: good morning, buenos dias"})
        runtime.start_human_loop(HumanLoopName=name, FlowDefinitionArn=flow, HumanLoopInput={"InputContent": content})
        if name == "translation-1":
            rita.answer(rita.take("translations", "translation-1"), "approve")
            wait_until(
                lambda: runtime.describe_human_loop(HumanLoopName="translation-1")["HumanLoopStatus"] == "Completed"
            )
    folder.expected["foreign"] = {"flow": flow, "completed": "translation-1", "open": "translation-2"}


def redaction_job(folder: Folder, url: str) -> None:
    """A job of another program, which speaks Amazon Comprehend."""
    given = folder.program.folder / "data" / "media" / "letters" / "in"
    given.mkdir(parents=True)
    (given / "a.txt").write_text(MAIL)
    comprehend = aws_client("comprehend", f"{url}/comprehend", folder.expected["access_key"])
    job = comprehend.start_pii_entities_detection_job(
        InputDataConfig={"S3Uri": "s3://letters/in/", "InputFormat": "ONE_DOC_PER_FILE"},
        OutputDataConfig={"S3Uri": "s3://letters/out/"},
        Mode="ONLY_REDACTION",
        RedactionConfig={"PiiEntityTypes": ["EMAIL"], "MaskMode": "REPLACE_WITH_PII_ENTITY_TYPE"},
        DataAccessRoleArn=ROLE,
        LanguageCode="en",
        JobName="letters",
        ClientRequestToken="once",
    )["JobId"]

    def properties() -> Any:
        return comprehend.describe_pii_entities_detection_job(JobId=job)["PiiEntitiesDetectionJobProperties"]

    wait_until(lambda: properties()["JobStatus"] == "COMPLETED")
    copy = next((given.parent / "out").rglob("a.txt.out"))
    folder.expected["redaction_job"] = {
        "id": job,
        "name": "letters",
        "copy": copy.relative_to(folder.program.folder).as_posix(),
        "text": copy.read_text(),
    }


def last_hour(folder: Folder, url: str) -> None:
    """All that happens while no worker runs and answers can be undone for long: it ends half way."""
    folder.reach(url)
    for name, words in (
        ("pending, to be approved", "Good morning to all of you"),
        ("pending, to be rejected", "his social security number is 123-45-6784"),
        ("pending, to be reviewed", "an idiot wrote this manual"),
    ):
        folder.post(name, text(words), status="pending")
    lee = Portal(url, "lee", PASSWORDS["lee"])
    folder.answer(lee, "a face", "pictures", "reject", "not without consent")
    folder.expected["foreseen"] = {
        "pending, to be approved": ["decided", "approve"],
        "pending, to be rejected": ["decided", "reject"],
        "pending, to be reviewed": ["in_review", None],
        "a face": ["decided", "reject"],  # its answer was given, and counts once it can no longer be undone
    }


def look_at_all(folder: Folder) -> None:
    """What the program says of each item, just before it ends."""
    items = {}
    for name, item_id in folder.ids.items():
        app = next(app for app in ("shop", "forum") if folder.apps[app].call("GET", f"/v1/items/{item_id}")[0] == 200)
        document = folder.apps[app].get(f"/v1/items/{item_id}")
        explanation = folder.apps[app].get(f"/v1/items/{item_id}/explanation")
        items[name] = {"id": item_id, "app": app, "document": document, "explanation": explanation}
    folder.expected["items"] = items
    (copy,) = items["redacted picture"]["document"]["redacted"]
    folder.expected["redacted_sha256"] = hashlib.sha256(folder.apps["shop"].get_bytes(copy["path"])).hexdigest()


def look_at_lists(folder: Folder) -> None:
    """What its commands list, after its end."""
    for name, command in (
        ("users", ("users", "list")),
        ("keys", ("keys", "list")),
        ("history", ("rules", "history")),
        ("golden", ("quality", "golden", "list")),
        ("overturns", ("quality", "overturns", "--days", "3650")),
    ):
        folder.expected[name] = json.loads(folder.program.run(*command, "--json"))


def appeal(folder: Folder, name: str, reason: str) -> None:
    """Have the app appeal against a decision."""
    status, document = folder.apps["shop"].call("POST", f"/v1/items/{folder.ids[name]}/appeal", {"reason": reason})
    assert status == 202, document
    folder.apps["shop"].wait(folder.ids[name], "in_review")


def picture(name: str) -> dict[str, str]:
    """A part with one of the examples."""
    return {"type": "image", "base64": base64.b64encode((EXAMPLES / name).read_bytes()).decode(), "name": name}


def pack(folder: Path, archive: Path) -> None:
    """The data folder and the rules in one archive, with each database in one file."""
    for path in sorted((folder / "data").glob("*.db")):
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    left = [path.name for path in (folder / "data").iterdir() if path.name.endswith(("-wal", "-shm"))]
    assert not left, left
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for top in ("data", "rules"):
            for path in sorted(path for path in (folder / top).rglob("*") if path.is_file()):
                packed.write(path, path.relative_to(folder))


def main(program: str, commit: str) -> None:
    """Make the fixture with this program, of this commit."""
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Program([program], Path(place)), commit)
        folder.prepare()
        with folder.program.serve() as url:
            first_days(folder, url)
        with folder.program.serve(WORKERS="0", UNDO_SECONDS="300") as url:
            last_hour(folder, url)
            look_at_all(folder)
        look_at_lists(folder)
        folder.expected["made_at"] = datetime.now(UTC).isoformat()
        pack(Path(place), HERE / f"data-{commit}.zip")
    # In the order it came: an idempotency key stands for the very bytes of a body.
    (HERE / f"expected-{commit}.json").write_text(f"{json.dumps(folder.expected, indent=1)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
