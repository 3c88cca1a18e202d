"""Media goes when the last item that needs it does, as policies say; what apps hold themselves stays."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ground.database import ENVIRONMENT
from moderation import cli
from moderation.core.coverage import Coverage
from moderation.core.decisions import Decision, FinalOutcome
from moderation.core.errors import AppealRefused
from moderation.core.items import Item
from moderation.core.policy.file import PolicyFile
from moderation.core.policy.policies import Policy, PolicySet
from moderation.core.retention import expiry_days, media_until
from moderation.core.rulings import Ruling
from moderation.detection.judgement import Judgement
from moderation.media.retention import Retention, retain
from moderation.storage import tables
from moderation.storage.holds import Holds
from moderation.storage.records import LoopEnd
from tests.houses.api import Api
from tests.houses.aws import Aws
from tests.leases import end_leases
from tests.paths import MIGRATIONS
from tests.pictures import PICTURE, picture

Open = Callable[..., Api]
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BASE = {
    "format": 1,
    "applies_to": {"content_type": ["image"]},
    "if_nothing_matches": "approve",
    "if_a_detector_fails": {"approve": "nothing looks at these"},
}


def policy(name: str, **more: Any) -> Policy:
    return Policy(PolicyFile.model_validate({"policy": name, **BASE, **more}), "0" * 64)


@pytest.mark.parametrize(
    ("said", "default", "outcome", "days"),
    [
        ([None], None, "approve", None),
        ([None], 7, "approve", 7),
        ([{"approve": 30}], 7, "approve", 30),
        ([{"approve": 30}], 7, "reject", 7),
        ([{"approve": 0}], 7, "approve", 0),
        ([{"reject": 1}, {"reject": 90}, None], None, "reject", 90),
    ],
)
def test_the_policy_that_keeps_it_longest_has_its_way(
    said: list[dict[str, int] | None], default: int | None, outcome: FinalOutcome, days: int | None
) -> None:
    policies = [policy(f"p{n}", **({"keep_media_days": each} if each else {})) for n, each in enumerate(said)]

    until = media_until(policies, outcome, NOW, default)

    assert until == (None if days is None else NOW + timedelta(days=days))


@pytest.mark.parametrize(("hours", "days"), [(0, 1), (24, 1), (25, 7), (24 * 30, 30), (24 * 31, 90), (24 * 3651, None)])
def test_a_lifecycle_rule_is_never_earlier_than_the_policy(hours: int, days: int | None) -> None:
    assert expiry_days(NOW, NOW + timedelta(hours=hours)) == days


@dataclass
class Kept:
    """The application, and a clock of its own."""

    api: Api

    def post(self, *pictures: bytes, app: str = "shop", outcome: FinalOutcome | None = "approve") -> str:
        parts = [{"type": "image", "base64": base64.b64encode(data).decode()} for data in pictures]
        answer = self.api.post("/v1/items", json={"parts": parts}, app=app)
        assert answer.status_code == 202, answer.text
        item: str = answer.json["id"]
        # Held, as by a worker, until it is to be decided.
        self.api.service.store.claim("media", 1, 3600, datetime.now(UTC))
        if outcome is not None:
            self.decide(item, outcome)
        return item

    def decide(self, item: str, outcome: FinalOutcome) -> None:
        """By the pipeline, with a judge that does not look at pictures."""
        service = self.api.service

        def judge(found: Item) -> Judgement:
            made = service.judge.conclude(found, found.parts, [], [], service.policies, Coverage((), ()))
            ruling = Ruling.model_validate({**made.ruling.model_dump(), "outcome": outcome, "samples": ()})
            return replace(made, ruling=ruling)

        end_leases(service, item)
        service.judge.judge = judge  # type: ignore[method-assign, assignment]
        assert service.work_once() == 1

    def decision(self, item: str) -> Decision:
        found = self.api.service.store.get_item(item).decision
        assert found is not None
        return found

    def sweep(self, days: float) -> list[str]:
        """Retention, so long from now; says whose media went."""
        return [due.item_id for due in self.api.service.retention.delete_due(datetime.now(UTC) + timedelta(days=days))]

    def has(self, data: bytes) -> bool:
        digest = hashlib.sha256(data).hexdigest()
        uri = f"s3://{self.api.service.blobs.bucket}/media/{digest[:2]}/{digest}.jpg"
        return self.api.service.blobs.stored_at(uri) is not None


@pytest.fixture
def kept(open_api: Open) -> Kept:
    return opened(open_api)


def opened(open_api: Open, **settings: Any) -> Kept:
    kept = Kept(open_api(**settings))
    policies = PolicySet((policy("pictures", keep_media_days={"approve": 30, "reject": 0}),))
    kept.api.service.judge.policies = policies
    return kept


def test_media_is_deleted_as_many_days_after_the_decision_as_the_policy_says(kept: Kept) -> None:
    first, second = picture(10), picture(60)
    approved, rejected = kept.post(first), kept.post(second, outcome="reject")

    assert kept.sweep(1) == [rejected]
    assert (kept.has(first), kept.has(second)) == (True, False)
    assert kept.sweep(29.9) == []
    assert kept.sweep(30.1) == [approved]
    assert not kept.has(first)
    assert kept.sweep(31) == [], "each goes once"
    shown = kept.api.get(f"/v1/items/{approved}").json
    assert shown["media_deleted_at"] is not None
    assert shown["decision"]["outcome"] == "approve"
    assert shown["parts"][0]["sha256"] == hashlib.sha256(first).hexdigest(), "what was decided stays"


def test_what_was_found_in_media_that_is_deleted_is_forgotten(kept: Kept) -> None:
    service = kept.api.service
    findings = service.judge.runner._recent
    kept.post(PICTURE, outcome="approve")

    def keeps_after(days: float) -> bool:
        findings.find("a look", list)
        later = datetime.now(UTC) + timedelta(days=days)
        retain(service.retention, service.uploads, lambda: later, service.judge.runner.forget_findings)._work()
        return bool(findings._kept)

    assert keeps_after(29), "nothing was deleted"
    assert not keeps_after(31)


def test_the_same_bytes_stay_as_long_as_anybody_needs_them(kept: Kept) -> None:
    first = kept.post(PICTURE, outcome="reject")
    waiting = kept.post(PICTURE, outcome=None)
    assert kept.sweep(1) == [first]
    assert kept.has(PICTURE), "an item that is not decided has them too"

    kept.decide(waiting, "reject")
    assert kept.sweep(1) == [waiting]
    assert not kept.has(PICTURE)


def test_items_that_are_due_together_take_their_bytes_with_them(kept: Kept) -> None:
    items = {kept.post(PICTURE, outcome="reject") for _ in range(3)}

    assert set(kept.sweep(1)) == items
    assert not kept.has(PICTURE)


def test_what_was_stored_lately_may_be_that_of_a_post_under_way(kept: Kept) -> None:
    item = kept.post(PICTURE, outcome="reject")

    assert kept.sweep(0.02) == []
    assert kept.has(PICTURE)
    assert kept.sweep(0.05) == [item]


def test_what_people_still_look_at_stays(kept: Kept) -> None:
    item = kept.post(PICTURE, outcome="reject")
    loop = {"name": f"{item}-s1", "item_id": item, "round": 1, "policy": "p", "policy_version": "0", "queue": "q"}
    loop |= {"flow": "f", "state": "open", "purpose": "sample", "looks": 0, "created_at": NOW}
    kept.api.service.database.write(lambda c: c.execute(sa.insert(tables.item_loops).values(loop)), step="test.write")

    assert kept.sweep(1) == []
    kept.api.service.store.end_loop(LoopEnd(f"{item}-s1"))
    assert kept.sweep(1) == [item]


def test_an_item_whose_media_is_gone_cannot_be_appealed(kept: Kept) -> None:
    item = kept.post(PICTURE, outcome="reject")
    kept.sweep(1)

    with pytest.raises(AppealRefused, match="not kept any longer"):
        kept.api.service.pipeline.appeal(kept.api.service.store.get_item(item), "look again")


def test_texts_and_media_that_nobody_limits_stay(open_api: Open) -> None:
    kept = opened(open_api)
    kept.api.service.judge.policies = PolicySet((policy("pictures"),))
    item = kept.post(PICTURE)

    assert kept.sweep(10_000) == []
    assert kept.api.service.store.get_item(item).media_deleted_at is None


def test_the_setting_speaks_where_no_policy_does(open_api: Open) -> None:
    kept = opened(open_api, media_keep_days=2)
    kept.api.service.judge.policies = PolicySet((policy("pictures"),))
    item = kept.post(PICTURE)

    assert (kept.sweep(1.9), kept.sweep(2.1)) == ([], [item])


def test_objects_of_apps_are_theirs_to_delete(aws: Aws, open_api: Open) -> None:
    aws.bucket("cameras")
    aws.put("cameras", "media/a.jpg", PICTURE)
    kept = opened(open_api, media_in_place="shop=s3://cameras/")
    named = {"parts": [{"type": "image", "s3": "s3://cameras/media/a.jpg"}]}
    item = kept.api.post("/v1/items", json=named).json["id"]
    kept.decide(item, "reject")

    assert kept.sweep(1) == []
    assert aws.keys("cameras") == ["media/a.jpg"]


def tags(aws: Aws, data: bytes) -> dict[str, str]:
    digest = hashlib.sha256(data).hexdigest()
    found = aws.client("s3").get_object_tagging(Bucket="media", Key=f"media/{digest[:2]}/{digest}.jpg")
    return {tag["Key"]: tag["Value"] for tag in found["TagSet"]}


def test_objects_in_s3_are_tagged_with_when_they_go(aws: Aws, open_api: Open) -> None:
    aws.bucket("media")
    kept = opened(open_api, media_s3=True, media_bucket="media")
    mine, shared = picture(10), picture(60)
    item = kept.post(mine, shared)
    waiting = kept.post(shared, outcome=None)
    retention: Retention = kept.api.service.retention

    assert retention.tag_decided(NOW) == 1
    day = kept.decision(item).decided_at + timedelta(days=30)
    expected = {
        "moderation-outcome": "approve",
        "moderation-delete-on": f"{day:%Y-%m-%d}",
        "moderation-expire-days": "90",
    }
    found = tags(aws, mine)
    assert found.pop("moderation-expire-days") in ("30", "90"), "by the second in which it was stored"
    assert found.items() <= expected.items()
    assert tags(aws, shared) == {}, "an item that is not decided needs it"
    assert retention.tag_decided(NOW) == 0, "each is dealt with once"

    kept.decide(waiting, "reject")
    assert retention.tag_decided(NOW) == 1
    assert tags(aws, shared)["moderation-outcome"] == "approve", "the one that keeps it longest"
    assert set(kept.sweep(31)) == {item, waiting}
    assert aws.keys("media") == []


def test_media_on_hold_stays_and_loses_the_tags_by_which_its_bucket_would_delete_it(aws: Aws, open_api: Open) -> None:
    aws.bucket("media")
    kept = opened(open_api, media_s3=True, media_bucket="media")
    mine, shared = picture(10), picture(60)
    item, other = kept.post(mine, shared), kept.post(shared, outcome="reject")
    retention, holds = kept.api.service.retention, Holds(kept.api.service.database)
    retention.tag_decided(NOW)
    before = tags(aws, mine)

    hold = holds.add("item", item, why="a letter", by="lea", now=NOW)
    retention.tag_decided(NOW)
    assert before
    assert (tags(aws, mine), tags(aws, shared)) == ({}, {})
    assert kept.sweep(400) == [other]
    assert kept.has(shared), "the one on hold needs it"

    holds.release(hold_id=hold.id, by="lea", why="settled", now=NOW)
    retention.tag_decided(NOW)
    assert tags(aws, mine) == before
    assert kept.sweep(400) == [item]
    assert aws.keys("media") == []


def test_s3_takes_the_lifecycle_rules_that_the_command_prints(
    aws: Aws, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.run(["retention", "--lifecycle", "--data", str(tmp_path)]) == 0
    rules = json.loads(capsys.readouterr().out)

    aws.client("s3").put_bucket_lifecycle_configuration(Bucket=aws.bucket("media"), LifecycleConfiguration=rules)
    stored = aws.client("s3").get_bucket_lifecycle_configuration(Bucket="media")["Rules"]

    assert [rule["ID"] for rule in stored] == [rule["ID"] for rule in rules["Rules"]]


def test_the_command_shows_what_is_due_and_deletes_it_when_told(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    item = kept.post(PICTURE, outcome="reject")
    data = kept.api.service.settings.data
    for path in data.rglob("*.jpg"):
        os.utime(path, (0, 0))  # stored long ago

    assert cli.run(["retention", "--data", str(data)]) == 1
    assert f"{item}  until" in capsys.readouterr().out
    assert kept.has(PICTURE)
    assert cli.run(["retention", "--yes", "--json", "--data", str(data)]) == 0
    assert json.loads(capsys.readouterr().out)["item"] == item
    assert not kept.has(PICTURE)
    assert cli.run(["retention", "--data", str(data)]) == 0


def test_uploads_that_became_nothing_are_removed_after_a_day(open_api: Open) -> None:
    api = open_api()
    folder = api.service.settings.data / "media" / "moderation" / "uploads" / "shop"
    folder.mkdir(parents=True)
    for name, age in (("old", 86_401), ("new", 86_000)):
        (folder / name).write_bytes(b"x")
        at = datetime.now(UTC).timestamp() - age
        os.utime(folder / name, (at, at))

    assert api.service.uploads.forget_old(datetime.now(UTC)) == 1
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_items_from_before_are_known_to_need_their_media(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    from ground.database import Database

    database = Database(f"sqlite:///{tmp_path / 'x.db'}", MIGRATIONS, tables.metadata)
    config = Config()
    config.set_main_option("path_separator", "newline")
    config.set_main_option("script_location", str(ENVIRONMENT))
    config.set_main_option("version_locations", str(MIGRATIONS / "versions"))
    config.attributes |= {"engine": database.engine, "metadata": tables.metadata, "version_table": "alembic_version"}
    command.upgrade(config, "0006")
    given = {"parts": [{"id": "p0", "media": {"uri": "s3://m/media/a"}}, {"id": "p1", "text": "x"}]}
    made = {"parts": [*given["parts"], {"id": "p0.0", "media": {"uri": "s3://m/media/b"}}]}
    insert = "INSERT INTO items (id, app, status, created_at, document, findings, attempts) VALUES "
    rows = [("i1", json.dumps(given), json.dumps(made)), ("i2", json.dumps(given), None)]
    with database.engine.begin() as c:
        for row in rows:
            c.exec_driver_sql(insert + "(?, 'shop', 'pending', '2026-01-01', ?, ?, 0)", row)

    database.migrate()

    found = database.read(lambda c: sorted((row.item_id, row.uri) for row in c.execute(sa.select(tables.item_media))))
    assert found == [("i1", "s3://m/media/a"), ("i1", "s3://m/media/b"), ("i2", "s3://m/media/a")]
    database.close()
