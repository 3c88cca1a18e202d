"""Failpoints: processes that end where their setting says, what they leave, and the law that none is forgotten."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ground import failpoints
from ground.errors import SettingsError
from moderation.settings import load_settings
from moderation.storage.accounts import Accounts
from moderation.storage.opening import open_database
from tests.waiting import PATIENCE_SECONDS
from tools.failpoint_law import all_points, points_and_faults


@pytest.fixture(autouse=True)
def _unarmed() -> Iterator[None]:
    yield
    failpoints.arm(None)


def add_key(data: Path, app: str, failpoint: str = "") -> subprocess.CompletedProcess[str]:
    armed = {"MODERATION_FAILPOINT": failpoint} if failpoint else {}
    return subprocess.run(
        [sys.executable, "-m", "moderation", "keys", "add", "--app", app, "--data", str(data)],
        env={**os.environ, **armed},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


@pytest.mark.parametrize(("when", "is_stored"), [("before", False), ("after", True)])
def test_a_process_ends_just_before_or_just_after_its_commit(tmp_path: Path, when: str, is_stored: bool) -> None:
    database = open_database(load_settings(data=tmp_path))
    try:
        ended = add_key(tmp_path, "shop", f"keys.add:{when}")
        again = add_key(tmp_path, "shop")

        assert (ended.returncode, ended.stdout) == (failpoints.EXIT_CODE, "")
        assert ended.stderr == f"failpoint keys.add:{when}\n"
        assert again.returncode == 0
        assert len(Accounts(database).list_keys()) == 1 + is_stored
    finally:
        database.close()


def test_a_failpoint_is_reached_at_its_turn_and_only_once() -> None:
    ended: list[str] = []
    failpoints.arm("items.decide:after:2", lambda armed: ended.append(armed.name))

    for _ in range(3):
        with failpoints.failpoint("items.decide"):
            pass
        with failpoints.failpoint("items.add"):
            pass

    assert ended == ["items.decide"]


def test_an_effect_that_failed_is_not_followed_by_its_failpoint() -> None:
    ended: list[str] = []
    failpoints.arm("blobs.put:after", lambda armed: ended.append(armed.name))

    with pytest.raises(OSError, match="full"), failpoints.failpoint("blobs.put"):
        raise OSError("full")

    assert ended == []


@pytest.mark.parametrize("wrong", ["decide", "items.decide:later", "items.decide:after:0", "items.decide:3:after"])
def test_a_failpoint_that_cannot_be_one_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("MODERATION_FAILPOINT", wrong)

    with pytest.raises(SettingsError, match="MODERATION_FAILPOINT"):
        load_settings()


def test_each_commit_and_each_effect_has_a_failpoint_of_its_own() -> None:
    points, faults = all_points()

    assert faults == []
    assert len(points) > 80


@pytest.mark.parametrize(
    "source",
    [
        "self._db.write(work)",
        "self._db.write(work, step=name)",
        "whatever.write(work, step=name)",
        'self._db.write(work, step=f"items.{verb}")',
        'self._db.write(work, step="decide")',
        "submit(review.database.write, work)",
        "with engine.begin() as connection: pass",
        "connection.commit()",
        'db.execute("COMMIT")',
        'db.executescript(f"BEGIN IMMEDIATE; {schema} COMMIT;")',
        "with failpoint(name): connection.commit()",
        'point = failpoint("items.decide")',
        'with engine.begin() as connection, failpoint("items.decide"): pass',
    ],
)
def test_a_commit_without_one_would_be_seen(source: str) -> None:
    assert points_and_faults(source, "moderation/x.py")[1]


@pytest.mark.parametrize(
    "source",
    [
        'self._db.write(work, step="items.decide")',
        "file.write(data)",
        'with failpoint("journal.commit"): db.execute("COMMIT")',
        'with failpoint("database.migrate"), engine.begin() as connection: pass',
        "journal.begin(files)",
    ],
)
def test_a_commit_with_one_is_let_pass(source: str) -> None:
    assert points_and_faults(source, "moderation/x.py")[1] == []
