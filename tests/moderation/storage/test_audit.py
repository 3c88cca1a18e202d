"""The audit chain: what was decided and changed cannot be changed unseen, and what is erased leaves nothing."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ground.audit_chain import SEALED_AT_ONCE, note, record
from ground.database import Database
from ground.media_store import open_blobs
from moderation.auditing import HEAD_EVERY, Auditing
from moderation.cleaning import Cleaning
from moderation.cli import run
from moderation.settings import Settings
from moderation.storage.audit import open_chain
from moderation.storage.opening import NAME, open_database
from moderation.storage.tables import audit_records
from tests.houses.api import NOBODY, Api

POSTS = 12


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with decisions, an appeal's second decision not among them, keys, lists and policies."""
    folder = tmp_path_factory.mktemp("written")
    settings = Settings(data=folder, a2i_endpoint_url=NOBODY, sweep_seconds=0.2, workers=2)
    api = Api.open(settings)
    api.work()
    for number in range(POSTS):
        api.post("/v1/items?wait=30", json={"parts": [{"type": "text", "text": f"{number}: I mow lawns"}]})
    now = datetime.now(UTC)
    api.service.lists.add("watch", ["ann"], by="olga", why="case 4711", now=now)
    api.service.accounts.revoke(api.service.accounts.add_key("shop", now).id, now)
    api.close()
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "data"))


@pytest.fixture
def verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    def verify(*more: str) -> tuple[int, str]:
        capsys.readouterr()
        code = run(["audit", "verify", "--data", str(folder), *more])
        return code, capsys.readouterr().out

    return verify


def sql(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / NAME)) as connection, connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement


def test_all_that_was_decided_and_changed_is_recorded(folder: Path, verify: Callable[..., tuple[int, str]]) -> None:
    code, said = verify()
    with closing(sqlite3.connect(folder / NAME)) as connection:
        kinds = dict(connection.execute("SELECT kind, count(*) FROM audit_records GROUP BY kind").fetchall())
        bodies = "".join(body for (body,) in connection.execute("SELECT body FROM audit_records"))

    assert code == 0, said
    assert "records are as they were sealed" in said
    assert (kinds["decision"], kinds["key added"], kinds["key revoked"], kinds["list add"]) == (POSTS, 3, 1, 1)
    assert kinds["policy in force"] >= 7
    assert "lawns" not in bodies, "records carry no content"


def edits(chance: random.Random) -> Iterator[tuple[str, ...]]:
    """Ways to change what was written, by somebody who can write to the database."""
    position = f"(SELECT position FROM audit_records ORDER BY id LIMIT 1 OFFSET {chance.randrange(3, 20)})"
    decision = f"(SELECT rowid FROM decisions ORDER BY item_id LIMIT 1 OFFSET {chance.randrange(POSTS)})"
    for column in ("subject", "kind", "body", "hash"):
        yield (f"UPDATE audit_records SET {column} = 'x' || {column} WHERE position = {position}",)
    yield (f"UPDATE audit_records SET at = '2020-01-01 00:00:00.000000' WHERE position = {position}",)
    yield (f"DELETE FROM audit_records WHERE position = {position}",)
    yield (f"UPDATE audit_records SET position = NULL, hash = NULL WHERE position = {position}",)
    yield (
        "UPDATE audit_records SET position = -7 WHERE position = 7",
        "UPDATE audit_records SET position = 7 WHERE position = 9",
        "UPDATE audit_records SET position = 9 WHERE position = -7",
    )
    yield (
        "UPDATE audit_records SET position = -position WHERE position > 10",
        "UPDATE audit_records SET position = -position + 1 WHERE position < 0",
        "INSERT INTO audit_records (kind, subject, at, body, position, hash) "
        "SELECT kind, subject, at, body, 11, hash FROM audit_records WHERE position = 4",
    )
    yield (f"UPDATE decisions SET document = replace(document, 'approve', 'reject') WHERE rowid = {decision}",)
    yield (f"UPDATE decisions SET decided_at = '2020-01-01 00:00:00.000000' WHERE rowid = {decision}",)
    yield (f"DELETE FROM decisions WHERE rowid = {decision}",)
    yield (
        "INSERT INTO decisions (item_id, number, document, decided_at) "
        f"SELECT item_id, 2, document, decided_at FROM decisions WHERE rowid = {decision}",
    )


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_edited_is_found(seed: int, folder: Path, verify: Callable[..., tuple[int, str]]) -> None:
    assert verify()[0] == 0
    whole = (folder / NAME).read_bytes()
    unseen = []
    for edit in edits(random.Random(seed)):
        for journal in ("-wal", "-shm"):
            (folder / f"{NAME}{journal}").unlink(missing_ok=True)
        (folder / NAME).write_bytes(whole)
        sql(folder, *edit)
        code, said = verify()
        if code != 1 or "record" not in said:
            unseen.append((edit, said))

    assert unseen == []


def test_the_place_is_named(folder: Path, verify: Callable[..., tuple[int, str]]) -> None:
    verify()
    sql(
        folder,
        "UPDATE audit_records SET subject = 'other' WHERE position = 5",
        "DELETE FROM audit_records WHERE position = 8",
    )
    code, said = verify("--json")
    found = json.loads(said)["problems"]

    assert code == 1
    assert (found[0]["record"], found[0]["subject"]) == (5, "other")
    assert (8, "1 records are missing before record 9") in [(each["record"], each["what"]) for each in found]


def test_a_signed_head_tells_of_an_end_that_was_cut_off_and_a_chain_that_was_written_anew(
    folder: Path, tmp_path: Path, verify: Callable[..., tuple[int, str]]
) -> None:
    heads = tmp_path / "elsewhere" / "heads.jsonl"
    assert run(["audit", "head", "--to", str(heads), "--data", str(folder)]) == 0
    assert verify("--heads", str(heads))[0] == 0
    last = "(SELECT max(position) FROM audit_records)"
    sql(folder, f"DELETE FROM audit_records WHERE position = {last}")
    cut = verify("--heads", str(heads))
    policy = "(SELECT min(id) FROM audit_records WHERE kind = 'policy in force')"
    sql(
        folder,
        "UPDATE audit_records SET position = NULL, hash = NULL",
        f"DELETE FROM audit_records WHERE id = {policy}",
    )
    assert verify()[0] == 0, "it is whole in itself now"
    anew = verify("--heads", str(heads))
    heads.write_text(heads.read_text().replace('"position":', '"position":1'))
    forged = verify("--heads", str(heads))
    heads.write_text('{"chain": "moderation"}\nno head\n')
    broken = verify("--heads", str(heads))

    assert cut[0] == anew[0] == forged[0] == broken[0] == 1
    assert "its end was cut off" in cut[1]
    assert "cut off" in anew[1] or "written anew" in anew[1]
    assert "the signature is wrong" in forged[1]
    assert broken[1].count("no signed head") == 2


def test_heads_are_written_once_an_hour_where_the_settings_say(folder: Path, tmp_path: Path) -> None:
    settings = Settings(data=folder, audit_heads=str(tmp_path / "heads.jsonl"))
    database, now = open_database(settings), datetime.now(UTC)
    times = iter([now, now + HEAD_EVERY / 2, now + HEAD_EVERY, now + 2 * HEAD_EVERY])
    auditing = Auditing(settings, database, lambda: next(times))
    for _ in range(2):
        auditing.look()
    sql(folder, "INSERT INTO audit_records (kind, subject, at, body) VALUES ('key added', 'k', '2026-01-01', '{}')")
    for _ in range(2):
        auditing.look()
    database.close()

    lines = [json.loads(line) for line in (tmp_path / "heads.jsonl").read_text().splitlines()]
    assert len(lines) == 2, "where nothing came to it, no head is written"
    assert lines[1]["position"] == lines[0]["position"] + 1


def test_what_is_erased_leaves_a_chain_that_holds_and_nothing_to_guess_by(
    folder: Path, verify: Callable[..., tuple[int, str]]
) -> None:
    verify()
    settings = Settings(data=folder, item_keep_days=1)
    database = open_database(settings)
    Cleaning(settings, database, open_blobs(settings)).clean(datetime.now(UTC) + timedelta(days=2))
    database.close()
    code, said = verify()
    with closing(sqlite3.connect(folder / NAME)) as connection:
        left = connection.execute("SELECT count(*) FROM decisions").fetchone()[0]
        erased = connection.execute("SELECT count(*) FROM audit_records WHERE kind = 'erased'").fetchone()[0]

    assert (code, left, erased) == (0, 0, POSTS), said


def test_many_processes_that_seal_at_once_make_one_chain(database: Database) -> None:
    chain, now = open_chain(database), datetime.now(UTC)
    rows = [record("key added", f"key {number}", now) for number in range(3 * SEALED_AT_ONCE)]
    database.write(lambda c: note(c, audit_records, rows), step="test.note")
    with ThreadPoolExecutor(4) as threads:
        sealed = sum(threads.map(lambda _: chain.seal(), range(8)))

    assert sealed == len(rows)
    assert list(chain.problems()) == []
    head = chain.head()
    assert head is not None
    assert head.position == len(rows)
