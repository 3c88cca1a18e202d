"""Signed heads kept where nobody here can change them: a bucket with object lock, and an address that takes them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ground.audit_chain import note, record
from moderation.auditing import HEAD_AGAIN, Auditing
from moderation.cli import run
from moderation.settings import Settings
from moderation.storage.opening import NAME, open_database
from moderation.storage.tables import audit_records
from tests.houses.aws import Aws
from tests.receiver import Receiver, status

NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, blank: Path) -> Path:
    """A data folder with a key that was added."""
    data = Path(shutil.copytree(blank, tmp_path / "data"))
    database = open_database(Settings(data=data))
    database.write(lambda c: note(c, audit_records, [record("key added", "k1", NOW)]), step="test.note")
    database.close()
    return data


@pytest.fixture
def auditing(folder: Path) -> Iterator[Callable[..., Auditing]]:
    opened = []

    def open_(clock: Callable[[], datetime] = lambda: NOW, **given: Any) -> Auditing:
        settings = Settings(data=folder, **given)
        opened.append(open_database(settings))
        return Auditing(settings, opened[-1], clock)

    yield open_
    for each in opened:
        each.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    running.start()
    yield running
    running.stop()


def test_heads_in_a_bucket_are_locked_as_set_and_compared(
    aws: Aws, folder: Path, auditing: Callable[..., Auditing], capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="heads", ObjectLockEnabledForBucket=True)
    auditing(audit_heads="s3://heads/site", audit_lock_days=30).look()
    (key,) = aws.keys("heads")
    lock = s3.head_object(Bucket="heads", Key=key)
    version = s3.list_object_versions(Bucket="heads", Prefix=key)["Versions"][0]["VersionId"]

    assert (lock["ObjectLockMode"], lock["ObjectLockRetainUntilDate"]) == ("COMPLIANCE", NOW + timedelta(days=30))
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket="heads", Key=key, VersionId=version)

    verify = ["audit", "verify", "--data", str(folder), "--heads", "s3://heads/site"]
    assert run(verify) == 0
    with sqlite3.connect(folder / NAME) as connection:
        connection.execute("UPDATE audit_records SET position = NULL, hash = NULL")
        connection.execute("UPDATE audit_records SET subject = 'k2'")
    connection.close()
    assert run(verify) == 1, "the chain was written anew"
    assert "written anew" in capsys.readouterr().out


def test_an_address_is_posted_the_heads_and_asked_again_when_it_takes_none(
    auditing: Callable[..., Auditing], receiver: Receiver
) -> None:
    receiver.answers["/heads"] = status(500)
    times = iter([NOW, NOW + HEAD_AGAIN / 2, NOW + HEAD_AGAIN])
    opened = auditing(lambda: next(times), audit_heads=f"{receiver.url}/heads", allow_private_urls=True)

    opened.look()
    opened.look()
    assert len(receiver.got("/heads")) == 1
    receiver.answers["/heads"] = status(204)
    opened.look()

    line = json.loads(receiver.got("/heads")[-1].body)
    assert (line["chain"], len(receiver.got("/heads"))) == ("moderation", 2)
    assert line["signature"]


def test_a_place_that_takes_no_heads_is_named(folder: Path, aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "head", "--to", "s3://nobodys/heads", "--data", str(folder)]) == 2
    assert run(["audit", "head", "--to", "http://127.0.0.1:9/", "--data", str(folder)]) == 2
    assert run(["audit", "verify", "--heads", "/nowhere/heads.jsonl", "--data", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "s3://nobodys/heads" in said
    assert "/nowhere/heads.jsonl cannot be read" in said
