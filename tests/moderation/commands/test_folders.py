"""Folders and files: which commands make a data folder, and who may read what they write. And a Postgres that is away."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from PIL import Image

from ground.database import wait_until_reached
from moderation import cli
from moderation.backup.making import make_backup
from moderation.backup.restoring import restore_backup
from moderation.core.errors import StoreUnavailable
from moderation.settings import Settings
from moderation.storage.opening import wait_for_databases
from tests.databases import PostgresServer
from tests.houses.api import Api
from tests.waiting import PATIENCE_SECONDS, free_port, wait_for

MAKE_ONE = {"serve", "demo", "a2i serve"}
"""Commands that serve: they make a data folder."""
GIVEN = {
    "check": ["-"],
    "intake sqs": ["https://sqs.us-east-1.amazonaws.com/111122223333/q", "--app", "shop"],
    "intake retry": ["--all"],
    "export decisions": ["out"],
    "export items": ["out"],
    "export detections": ["out"],
    "export manifest": ["-"],
    "backup": ["out.tar"],
    "restore": ["nothing.tar"],
    "redact": ["in.txt", "-o", "out.txt"],
    "rules lint": [],
    "rules test": [],
    "rules schema": [],
    "rules explain": ["0198c0de-0000-7000-8000-000000000000"],
    "rules fmt": ["--check"],
    "rules watch": ["nothing.yml"],
    "rules backtest": ["words.yml"],
    "rules diff": ["words.yml", "words.yml"],
    "rules tune": ["words"],
    "rules suggest-tests": ["words"],
    "rules rollback": ["words"],
    "rules replay": ["0198c0de-0000-7000-8000-000000000000"],
    "rules import-a2i": ["words.json"],
    "rules import-automod": ["nothing.yml", "--out", "rules"],
    "keys add": ["--app", "shop"],
    "keys revoke": ["x"],
    "users add": ["ann", "--role", "reviewer", "--password-stdin"],
    "users disable": ["ann"],
    "a2i keys revoke": ["x"],
    "quality golden add": ["loop", "--answer", "reject"],
    "quality golden retire": ["loop"],
    "worker": [],
}
"""What commands are given; a command that wants more fails before it looks, and makes nothing either."""


def commands(group: click.Group, above: str = "") -> Iterator[str]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")
        elif command is not None:
            yield f"{above}{name}"


ALL = sorted(commands(cli.cli))


def test_every_command_is_looked_at_below() -> None:
    assert {"serve", "worker", "keys add", "a2i keys add", "quality golden add"} <= set(ALL)
    assert set(GIVEN) <= set(ALL)


@pytest.mark.parametrize("command", [command for command in ALL if command not in MAKE_ONE])
def test_no_command_but_those_that_serve_makes_a_data_folder(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MODERATION_REDIS_URL", "redis://127.0.0.1:9/0")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a long enough password\n")))
    (tmp_path / "in.txt").write_text("hello")
    (tmp_path / "words.yml").write_text("policy: words\n")

    code = cli.run([*command.split(), *GIVEN.get(command, []), "--data", "typed-wrongly"])

    assert code in (0, 1, 2)
    assert not (tmp_path / "typed-wrongly").exists()
    assert not (tmp_path / "data").exists()


# Modes


def open_to_others(root: Path) -> list[str]:
    """Files and folders that others than their owner may read."""
    return [
        f"{path.relative_to(root)} {path.stat().st_mode & 0o777:o}"
        for path in root.rglob("*")
        if path.stat().st_mode & 0o077 and not path.is_symlink()
    ]


def test_whatever_the_umask_says_all_that_is_written_is_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    old = os.umask(0)
    try:
        settings = Settings(data=tmp_path / "data", a2i_endpoint_url="http://127.0.0.1:9")
        api = Api.open(settings)
        picture = io.BytesIO()
        Image.effect_noise((40, 30), 60).convert("RGB").save(picture, "PNG")
        form = {"item": json.dumps({}), "file": (io.BytesIO(picture.getvalue()), "a.png", "image/png")}
        assert api.post("/v1/items", data=form).status_code == 202
        api.post("/v1/items", json={"parts": [{"type": "text", "text": "Have a nice day"}]})
        api.service.work_once()
        api.close()
        today = datetime.now(UTC).date().isoformat()
        data = ["--data", str(settings.data)]
        assert cli.run(["export", str(tmp_path / "lake"), "--until", today, *data]) in (0, 2)
        (tmp_path / "in").mkdir(mode=0o700)
        os.close(os.open(tmp_path / "in" / "a.txt", os.O_CREAT | os.O_WRONLY, 0o600))
        (tmp_path / "in" / "a.txt").write_text("me@example.org")
        assert cli.run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out"), *data]) == 0
        assert (
            cli.run(["redact", str(tmp_path / "in"), "-o", str(tmp_path / "out2"), "--data", str(tmp_path / "x")]) == 0
        )
        assert cli.run(["redact", "--new-key", str(tmp_path / "key"), *data]) == 0
        make_backup(settings, tmp_path / "backups" / "one")
        make_backup(settings, tmp_path / "backups" / "one.tar")
        restore_backup(settings.model_copy(update={"data": tmp_path / "new"}), tmp_path / "backups" / "one.tar")
    finally:
        os.umask(old)

    assert {"data", "out", "out2", "key", "backups", "new", "home"} <= {path.name for path in tmp_path.iterdir()}
    assert len(list((tmp_path / "data").rglob("*"))) > 6
    assert open_to_others(tmp_path) == []


# A Postgres that is away


@pytest.mark.postgres
@pytest.mark.slow
def test_a_start_waits_for_a_postgres_that_comes_later(
    postgres_server: PostgresServer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    given = settings.model_copy(update={"database_url": postgres_server.url, "database_wait_seconds": PATIENCE_SECONDS})
    postgres_server.stop()
    done: list[bool] = []
    waiting = threading.Thread(target=lambda: done.append(wait_for_databases(given)))
    with caplog.at_level(logging.WARNING):
        waiting.start()
        wait_for(lambda: "does not answer, waiting up to" in caplog.text)
        assert done == []
        postgres_server.start()
        waiting.join()
    assert done == [True]


def test_a_start_waits_no_longer_than_is_set_and_then_names_the_database(settings: Settings) -> None:
    pauses: list[float] = []
    url = f"postgresql+psycopg://me:geheim@127.0.0.1:{free_port()}/x"
    with pytest.raises(StoreUnavailable, match=r"postgresql\+psycopg://me:\*\*\*@127\.0\.0\.1:\d+/x cannot be reached"):
        wait_for_databases(
            settings.model_copy(update={"database_url": url, "database_wait_seconds": 0.0}), pauses.append
        )
    assert pauses == []
    with pytest.raises(StoreUnavailable):
        wait_until_reached(url, 0.2, lambda seconds: pauses.append(seconds) or threading.Event().wait(seconds))  # type: ignore[func-returns-value]
    assert sum(pauses) <= 0.3


def test_who_is_told_to_end_waits_no_more(settings: Settings) -> None:
    given = {"database_url": f"postgresql+psycopg://127.0.0.1:{free_port()}/x", "database_wait_seconds": 3600.0}
    stop = threading.Event()
    stop.set()

    assert wait_for_databases(settings.model_copy(update=given), stop.wait) is False


@pytest.mark.postgres
def test_what_waiting_does_not_mend_is_said_at_once(postgres_url: str) -> None:
    with pytest.raises(StoreUnavailable, match='database "nowhere" does not exist'):
        wait_until_reached(postgres_url.replace("/postgres", "/nowhere"), 30.0)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_command_that_waited_in_vain_says_which_database_and_ends_with_2(command: str, tmp_path: Path) -> None:
    given = {
        "MODERATION_DATABASE_URL": f"postgresql+psycopg://me:geheim@127.0.0.1:{free_port()}/x",
        "MODERATION_DATABASE_WAIT_SECONDS": "0.6",
        "MODERATION_REDIS_URL": "redis://127.0.0.1:9/0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "moderation", command, "--data", str(tmp_path)],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )

    assert done.returncode == 2
    assert "does not answer, waiting up to" in done.stderr
    assert "error: the database postgresql+psycopg://me:***@127.0.0.1" in done.stderr
    assert "geheim" not in done.stderr
    assert "Traceback" not in done.stderr
