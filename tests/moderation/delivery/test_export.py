"""Decisions exported by day, to a folder and to S3."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ground.database import Database
from moderation import cli
from moderation.core.decisions import Decision, PolicyRef
from moderation.core.items import Item, Part
from moderation.delivery.export import days_over, export
from moderation.delivery.export_sql import athena_table
from moderation.delivery.export_tables import Decisions
from moderation.delivery.export_targets import Bucket, Folder
from moderation.settings import Settings
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.opening import open_database
from tests.houses.aws import Aws

DECISIONS = Decisions()
FIRST = date(2026, 3, 29)
NOW = datetime(2026, 4, 1, 2, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(Settings(data=tmp_path / "data"))
    yield opened
    opened.close()


def decide(database: Database, at: datetime, outcome: str = "approve", **more: Any) -> str:
    part = Part(id="p0", type="text", text="Nobody should read this")
    item = Item(
        id=new_item_id(at), app="shop", content_id="Zürich\n1", parts=(part,), created_at=at - timedelta(seconds=5)
    )
    policy = PolicyRef(name="text", version="0" * 64)
    decision = Decision(outcome=outcome, decided_by="rules", reason="fine", policy=policy, decided_at=at, **more)  # type: ignore[arg-type]
    store = Store(database)
    store.add_items([item])
    assert store.decide(item.id, decision, None, None) is not None
    return item.id


def of(day: date, seconds: float = 0) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def rows(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(data).splitlines()]


def test_each_decision_is_a_row_in_the_partition_of_its_day(database: Database, tmp_path: Path) -> None:
    early = decide(database, of(FIRST), labels=("PII/SSN",), outcome="reject")
    late = decide(database, of(FIRST, 86_399.999))
    next_day = decide(database, of(FIRST, 86_400))
    days = days_over(DECISIONS, database, None, None, NOW)

    done = list(export(DECISIONS, database, Folder(tmp_path / "out"), days))

    assert [(each.day.isoformat(), each.rows) for each in done] == [
        ("2026-03-29", 2),
        ("2026-03-30", 1),
        ("2026-03-31", 0),
    ]
    written = files(tmp_path / "out")
    assert sorted(written) == [
        "decisions/dt=2026-03-29/_SUCCESS",
        "decisions/dt=2026-03-29/decisions-00000.jsonl.gz",
        "decisions/dt=2026-03-30/_SUCCESS",
        "decisions/dt=2026-03-30/decisions-00000.jsonl.gz",
        "decisions/dt=2026-03-31/_SUCCESS",
    ]
    first = rows(written["decisions/dt=2026-03-29/decisions-00000.jsonl.gz"])
    assert {row["item_id"] for row in first} == {early, late}
    assert first[0] == {
        "item_id": early,
        "number": 1,
        "app": "shop",
        "content_id": "Zürich\n1",
        "content_types": ["text"],
        "created_at": "2026-03-28T23:59:55Z",
        "decided_at": "2026-03-29T00:00:00Z",
        "outcome": "reject",
        "decided_by": "rules",
        "labels": ["PII/SSN"],
        "reasons": [],
        "reason": "fine",
        "policy": "text",
        "policy_version": "0" * 64,
        "actions": "[]",
        "supersedes": None,
    }
    assert list(first[0]) == list(DECISIONS.columns)
    [other] = rows(written["decisions/dt=2026-03-30/decisions-00000.jsonl.gz"])
    assert other["item_id"] == next_day


def test_a_day_that_is_there_is_left_alone_and_comes_out_the_same_again(database: Database, tmp_path: Path) -> None:
    for number in range(25):
        decide(database, of(FIRST, number))
    to, days = Folder(tmp_path / "out"), [FIRST]
    list(export(DECISIONS, database, to, days, rows_per_file=10))
    before = files(tmp_path / "out")

    assert [len(rows(data)) for name, data in before.items() if name.endswith(".gz")] == [10, 10, 5]
    assert [each.rows for each in export(DECISIONS, database, to, days, rows_per_file=10)] == [None]
    assert [each.rows for each in export(DECISIONS, database, to, days, rows_per_file=10, again=True)] == [25]
    assert files(tmp_path / "out") == before


def test_an_export_that_was_cut_off_is_made_anew(database: Database, tmp_path: Path) -> None:
    decide(database, of(FIRST))
    list(export(DECISIONS, database, Folder(tmp_path / "out"), [FIRST]))
    (tmp_path / "out/decisions/dt=2026-03-29/_SUCCESS").unlink()

    assert [each.rows for each in export(DECISIONS, database, Folder(tmp_path / "out"), [FIRST])] == [1]


def test_more_rows_than_a_page_are_each_exported_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.delivery.export_tables.PAGE", 3)
    ids = {decide(database, of(FIRST, number)) for number in range(10)}

    [done] = export(DECISIONS, database, Folder(tmp_path / "out"), [FIRST])
    [data] = [data for name, data in files(tmp_path / "out").items() if name.endswith(".gz")]

    assert done.rows == 10
    assert {row["item_id"] for row in rows(data)} == ids


@pytest.mark.parametrize(
    ("now", "since", "until", "expected"),
    [
        ("2026-03-31T00:30", None, None, ["2026-03-29"]),
        ("2026-03-31T01:00", None, None, ["2026-03-29", "2026-03-30"]),
        ("2026-04-01T02:00", "2026-03-30", None, ["2026-03-30", "2026-03-31"]),
        ("2026-04-01T02:00", "2020-01-01", "2026-03-29", ["2026-03-29"]),
        ("2026-04-01T02:00", None, "2030-01-01", ["2026-03-29", "2026-03-30", "2026-03-31"]),
        ("2026-03-29T12:00", None, None, []),
        ("2026-04-01T02:00", "2026-05-01", None, []),
    ],
)
def test_days_are_exported_once_they_are_over(
    database: Database, now: str, since: str | None, until: str | None, expected: list[str]
) -> None:
    assert days_over(DECISIONS, database, None, None, NOW) == [], "nothing was decided yet"
    decide(database, of(FIRST))
    first, last = (date.fromisoformat(day) if day else None for day in (since, until))

    found = days_over(DECISIONS, database, first, last, datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert [day.isoformat() for day in found] == expected


def test_the_same_goes_to_s3(database: Database, tmp_path: Path, aws: Aws) -> None:
    decide(database, of(FIRST))
    aws.bucket("lake")
    to = Bucket("lake", "a/b/", aws.client("s3"), {"ServerSideEncryption": "AES256"})

    assert [each.rows for each in export(DECISIONS, database, to, [FIRST])] == [1]
    assert [each.rows for each in export(DECISIONS, database, to, [FIRST])] == [None]

    list(export(DECISIONS, database, Folder(tmp_path / "out"), [FIRST]))
    local = files(tmp_path / "out")
    assert aws.keys("lake") == sorted(f"a/b/{name}" for name in local)
    body = aws.client("s3").get_object(Bucket="lake", Key="a/b/decisions/dt=2026-03-29/decisions-00000.jsonl.gz")
    assert body["Body"].read() == local["decisions/dt=2026-03-29/decisions-00000.jsonl.gz"]
    assert body["ServerSideEncryption"] == "AES256"


def test_the_table_has_the_columns_of_the_rows_and_lies_where_they_are() -> None:
    text = athena_table(DECISIONS, "s3://lake/a/b/", FIRST)

    assert dict(re.findall(r"^  `(\w+)` (\S+?),?$", text, re.M)) == DECISIONS.columns
    assert "LOCATION 's3://lake/a/b/decisions/'" in text
    assert "'storage.location.template' = 's3://lake/a/b/decisions/dt=${dt}/'" in text
    assert "'projection.dt.range' = '2026-03-29,NOW'" in text


def test_the_command_exports_says_what_and_prints_the_table(
    database: Database, tmp_path: Path, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    decide(database, of(FIRST))
    aws.bucket("lake")
    data = ["--data", str(tmp_path / "data")]
    until = ["--until", "2026-03-30"]

    assert cli.run(["export", str(tmp_path / "out"), *until, *data]) == 0
    assert "1 decisions of 2 days" in capsys.readouterr().out
    assert cli.run(["export", str(tmp_path / "out"), *until, *data]) == 0
    assert "2 days were there already" in capsys.readouterr().out
    assert cli.run(["export", "s3://lake", "--json", *until, *data]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0]) == {"day": "2026-03-29", "rows": 1}
    assert cli.run(["export", "s3://lake/x", "--table", *data]) == 0
    assert "s3://lake/x/decisions/" in capsys.readouterr().out
    assert cli.run(["export", "s3://nowhere", *until, *data]) == 2
    assert "NoSuchBucket" in capsys.readouterr().err
    assert cli.run(["export", "s3://a/../b", *data]) == 2
    assert cli.run(["export", str(tmp_path / "data/moderation.db/x"), *until, *data]) == 2
    assert cli.run(["export", str(tmp_path), "--since", "yesterday", *data]) == 2
