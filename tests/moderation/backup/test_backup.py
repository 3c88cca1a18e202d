"""Backups: taken at any time under load, whole and checked, and put back only where nothing is."""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
import sqlite3
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
import urllib3
from PIL import Image

from moderation.backup import databases, making
from moderation.backup.making import make_backup
from moderation.backup.manifest import MANIFEST, SUMS, BackupRefused
from moderation.backup.restoring import check_backup, restore_backup
from moderation.cli import run
from moderation.core.errors import NotFound
from moderation.serving.server import Server
from moderation.settings import Settings
from moderation.storage.tables import items
from tests.houses.api import Api
from tests.houses.service import NUMBER, REVIEWS
from tests.waiting import wait_for

PICTURES = """\
policy: pictures
format: 1
applies_to: {content_type: [image]}
needs: [vision.quality]
if_nothing_matches: approve
if_a_detector_fails: reject
"""
PLACES = ["backup", "backup.tar"]


def picture(number: int) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((40, 40), 60 + number).convert("RGB").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def installation(open_api: Callable[..., Api], tmp_path: Path) -> Settings:
    """Two items, one with a picture, and nobody at work."""
    api = open_api(data=tmp_path / "data")
    api.post("/v1/items", json={"parts": [{"type": "text", "text": "Have a nice day"}]})
    form = {"item": json.dumps({"content_id": "photo"}), "file": (io.BytesIO(picture(1)), "a.png", "image/png")}
    api.post("/v1/items", data=form)
    return api.service.settings


def into(settings: Settings, folder: Path) -> Settings:
    return settings.model_copy(update={"data": folder})


def everything(folder: Path) -> dict[str, bytes]:
    """Files by name; of databases, what is in them."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".db-wal", ".db-shm") or path.is_dir():
            continue
        if path.suffix == ".db":
            with closing(sqlite3.connect(path)) as connection:
                found[path.name] = "\n".join(connection.iterdump()).encode()
        else:
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


# Whole and back


@pytest.mark.parametrize("name", PLACES)
def test_what_is_restored_is_what_was_backed_up(installation: Settings, tmp_path: Path, name: str) -> None:
    manifest = make_backup(installation, tmp_path / name)
    assert check_backup(installation, tmp_path / name) == manifest
    restored = into(installation, tmp_path / "new")
    assert restore_backup(restored, tmp_path / name) == manifest

    assert everything(restored.data) == everything(installation.data)
    assert (manifest.missing, manifest.deleted_meanwhile) == ((), ())
    with Api.open(restored).service.database.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(items)).scalar_one() == 2


@pytest.mark.parametrize("name", PLACES)
def test_backups_and_what_is_restored_are_for_their_owner_alone(
    installation: Settings, tmp_path: Path, name: str
) -> None:
    make_backup(installation, tmp_path / name)
    restore_backup(into(installation, tmp_path / "new"), tmp_path / name)

    for root in (tmp_path / name, tmp_path / "new"):
        for path in (root, *root.rglob("*")):
            assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    if name.endswith(".tar"):
        with tarfile.open(tmp_path / name) as archive:
            assert {member.mode for member in archive} == {0o600}


def test_digests_are_in_the_form_that_sha256sum_checks(installation: Settings, tmp_path: Path) -> None:
    make_backup(installation, tmp_path / "backup")

    done = subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=tmp_path / "backup", capture_output=True)
    assert done.returncode == 0, done.stderr
    listed = {line.split("  ")[1] for line in (tmp_path / "backup" / SUMS).read_text().splitlines()}
    there = {
        path.relative_to(tmp_path / "backup").as_posix() for path in (tmp_path / "backup").rglob("*") if path.is_file()
    }
    assert there == listed | {SUMS, MANIFEST}


def test_the_commands_back_up_check_and_restore(
    installation: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(tmp_path / "b.tar")
    assert run(["backup", place, "--data", str(installation.data), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["missing"] == []
    assert run(["restore", place, "--check", "--data", str(tmp_path / "new")]) == 0
    assert "is whole" in capsys.readouterr().out
    assert not (tmp_path / "new").exists(), "a check writes nothing"
    assert run(["restore", place, "--data", str(tmp_path / "new")]) == 0
    assert run(["restore", place, "--data", str(tmp_path / "new")]) == 2
    assert "already; restore into a new data folder" in capsys.readouterr().err
    assert run(["backup", place, "--data", str(installation.data)]) == 2
    assert "is there already" in capsys.readouterr().err


# Refused


def test_a_backup_of_nothing_is_refused_and_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no data folder"):
        make_backup(settings, tmp_path / "b.tar")
    settings.data.mkdir()
    with pytest.raises(BackupRefused, match="no database"):
        make_backup(settings, tmp_path / "b.tar")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_nothing_is_put_over_what_is_there(installation: Settings, tmp_path: Path) -> None:
    make_backup(installation, tmp_path / "backup")
    before = everything(installation.data)
    with pytest.raises(BackupRefused, match=r"moderation\.db already"):
        restore_backup(installation, tmp_path / "backup")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "notes").touch()
    with pytest.raises(BackupRefused, match="not empty: it has notes"):
        restore_backup(into(installation, tmp_path / "new"), tmp_path / "backup")

    assert everything(installation.data) == before
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["notes"]


def test_every_kind_of_damage_is_found_before_anything_is_written(installation: Settings, tmp_path: Path) -> None:
    made = tmp_path / "backup"
    make_backup(installation, made)
    names = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
    assert len(names) >= 5
    for number, name in enumerate(names):
        for how in ("changed", "shortened", "gone"):
            copy = tmp_path / f"{number}-{how}"
            shutil.copytree(made, copy)
            data = bytearray((copy / name).read_bytes())
            if how == "changed":
                data[len(data) // 2] ^= 1
                (copy / name).write_bytes(data)
            elif how == "shortened":
                (copy / name).write_bytes(data[:-1])
            else:
                (copy / name).unlink()
            with pytest.raises(BackupRefused, match=name if name != MANIFEST else "manifest|digest"):
                restore_backup(into(installation, tmp_path / "new"), copy)
            assert not (tmp_path / "new").exists(), (name, how)


def test_a_tar_that_ends_early_is_refused(installation: Settings, tmp_path: Path) -> None:
    make_backup(installation, tmp_path / "b.tar")
    data = (tmp_path / "b.tar").read_bytes()
    for part in (0.1, 0.5, 0.9):
        (tmp_path / "c.tar").write_bytes(data[: int(len(data) * part)])
        with pytest.raises(BackupRefused, match=r"c\.tar"):
            check_backup(installation, tmp_path / "c.tar")
    with pytest.raises(BackupRefused, match="no backup"):
        check_backup(installation, tmp_path / "nothing.tar")


@pytest.mark.parametrize("name", ["../outside", "media/../../outside", "/tmp/outside", "media//x"])
def test_a_backup_writes_nowhere_but_into_its_folder(installation: Settings, tmp_path: Path, name: str) -> None:
    made = tmp_path / "backup"
    make_backup(installation, made)
    sums = (made / SUMS).read_text() + f"{'0' * 64}  {name}\n"
    (made / SUMS).write_text(sums)
    manifest = json.loads((made / MANIFEST).read_text())
    manifest["sums_sha256"] = hashlib.sha256(sums.encode()).hexdigest()
    (made / MANIFEST).write_text(json.dumps(manifest))

    with pytest.raises(BackupRefused, match="a line that is none"):
        restore_backup(into(installation, tmp_path / "new"), made)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 2}, "of a later version"),
        ({"service": {"file": "service.db", "kind": "sqlite", "revision": "9999"}}, "schema 9999, which is later"),
        ({"review": {"file": "review.db", "kind": "sqlite", "revision": "9999"}}, "schema 9999, which is later"),
        ({"service": {"file": "service.db", "kind": "postgres", "revision": "0001"}}, "in postgres, and the settings"),
        ({"media": "s3://moderation"}, "MODERATION_MEDIA_S3"),
    ],
)
def test_a_backup_of_a_later_version_or_another_set_up_is_refused(
    installation: Settings, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    made = tmp_path / "backup"
    make_backup(installation, made)
    manifest = json.loads((made / MANIFEST).read_text()) | change
    (made / MANIFEST).write_text(json.dumps(manifest))

    with pytest.raises(BackupRefused, match=words):
        restore_backup(into(installation, tmp_path / "new"), made)
    assert not (tmp_path / "new").exists()


def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(installation: Settings, tmp_path: Path) -> None:
    shutil.copytree(installation.data, tmp_path / "broken")
    path = tmp_path / "broken" / "moderation.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_items_status_id'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)

    with pytest.raises(BackupRefused, match=r"damaged|malformed"):
        make_backup(into(installation, tmp_path / "broken"), tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()


# Media


def media_of(settings: Settings) -> Path:
    [found] = (path for path in (settings.data / "media" / "moderation" / "media").rglob("*") if path.is_file())
    return found


def test_media_that_is_missing_or_has_other_bytes_is_named(
    installation: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    media = media_of(installation)
    media.write_bytes(b"other bytes")
    assert run(["backup", str(tmp_path / "one.tar"), "--data", str(installation.data)]) == 1
    media.unlink()
    assert run(["backup", str(tmp_path / "two.tar"), "--data", str(installation.data)]) == 1

    assert capsys.readouterr().err.count(f"missing or damaged: s3://moderation/media/{media.parent.name}") == 2


def test_items_whose_media_went_while_the_backup_was_made_do_not_need_it_in_the_copy(
    installation: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, media = making._add_media, media_of(installation)

    def retention_comes_first(*given: object) -> object:
        media.unlink()
        with closing(sqlite3.connect(installation.data / "moderation.db")) as connection:
            connection.execute("UPDATE items SET media_deleted_at = '2030-01-01' WHERE content_id = 'photo'")
            connection.commit()
        return add(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(making, "_add_media", retention_comes_first)
    manifest = make_backup(installation, tmp_path / "backup")
    restore_backup(into(installation, tmp_path / "new"), tmp_path / "backup")

    assert (len(manifest.deleted_meanwhile), manifest.missing) == (1, ())
    with closing(sqlite3.connect(tmp_path / "new" / "moderation.db")) as connection:
        rows = connection.execute("SELECT content_id, media_deleted_at IS NOT NULL FROM items ORDER BY id").fetchall()
    assert rows == [(None, 0), ("photo", 1)]


# Under load


def keep_posting(server: Server, key: str, stop: threading.Event, accepted: list[str]) -> None:
    pool, choose = urllib3.PoolManager(), random.Random()
    headers = {"Authorization": f"Bearer {key}"}
    while not stop.wait(0.03):
        number = choose.randrange(10_000)
        if choose.random() < 0.4:
            fields = {"item": json.dumps({}), "file": ("a.png", picture(number), "image/png")}
            answer = pool.request("POST", f"{server.url}/v1/items", fields=fields, headers=headers)
        else:
            text = NUMBER if choose.random() < 0.3 else f"hello {number}"
            body = {"parts": [{"type": "text", "text": text}], "callback_url": "http://127.0.0.1:9/"}
            answer = pool.request("POST", f"{server.url}/v1/items", json=body, headers=headers)
        if answer.status == 202:
            accepted.append(answer.json()["id"])


def check_invariants(folder: Path, accepted: set[str]) -> None:
    """What F-29 asks of a copy: nothing lost, nothing doubled, each loop known, media whole."""
    with closing(sqlite3.connect(folder / "moderation.db")) as service, sqlite3.connect(folder / "review.db") as review:
        states = dict(service.execute("SELECT id, status FROM items"))
        assert accepted <= states.keys(), "what was accepted before the backup began is in it"
        decided = [row[0] for row in service.execute("SELECT item_id FROM decisions")]
        assert len(decided) == len(set(decided))
        assert set(decided) == {item_id for item_id, status in states.items() if status == "decided"}
        told = [row[0] for row in service.execute("SELECT item_id FROM deliveries")]
        assert len(told) == len(set(told))
        assert set(told) <= set(decided)
        known = {row[0] for row in review.execute("SELECT name FROM human_loops")}
        opened = {row[0] for row in service.execute("SELECT name FROM item_loops WHERE state = 'open'")}
        assert opened <= known
        asked = {row[0] for row in service.execute("SELECT item_id FROM item_loops")}
        assert {item_id for item_id, status in states.items() if status == "in_review"} <= asked
        for (uri,) in service.execute("SELECT DISTINCT uri FROM item_media"):
            path = folder / "media" / uri.removeprefix("s3://")
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem


@pytest.mark.slow
def test_a_backup_at_any_time_under_load_is_whole_and_the_service_goes_on_from_it(
    settings: Settings, tmp_path: Path
) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "words.yml").write_text(REVIEWS)
    (rules / "pictures.yml").write_text(PICTURES)
    settings = settings.model_copy(update={"rules": rules})
    stop, choose = threading.Event(), random.Random()
    accepted: list[str] = []
    with Server(settings) as server:
        server.start()
        key = server.service.accounts.add_key("shop", datetime.now(UTC)).key
        threads = [threading.Thread(target=keep_posting, args=(server, key, stop, accepted)) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            wait_for(lambda: len(accepted) > 20)
            for number in range(3):
                time.sleep(choose.uniform(0.0, 0.6))
                before = set(accepted)
                place = tmp_path / (f"backup-{number}" + (".tar" if number % 2 else ""))
                manifest = make_backup(settings, place)
                assert (manifest.missing, manifest.deleted_meanwhile) == ((), ())
                copy = into(settings, tmp_path / f"copy-{number}")
                restore_backup(copy, place)
                check_invariants(copy.data, before)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    with Server(copy) as restored:
        restored.start()
        store = restored.service.store
        wait_for(lambda: store.backlog()[0] == 0)
        wait_for(lambda: not [each for each in store.due_loops(datetime.now(UTC), 100) if each.state == "starting"])
        known = {
            row.name
            for row in restored.review.database.read(lambda c: c.execute(sa.text("SELECT name FROM human_loops")).all())
        }
        opened = restored.service.database.read(
            lambda c: [row.name for row in c.execute(sa.text("SELECT name FROM item_loops WHERE state = 'open'"))]
        )
        assert len(opened) == len(set(opened)) > 0
        assert set(opened) <= known
    check_invariants(copy.data, before)


# Postgres


@pytest.fixture
def fresh_database(postgres_url: str) -> Iterator[Callable[[str], str]]:
    """Makes databases in a cluster, by name; gives the URL."""
    admin = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    made: list[str] = []

    def make(name: str) -> str:
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        made.append(name)
        return sa.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)

    yield make
    with admin.connect() as connection:
        for name in made:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.mark.postgres
@pytest.mark.parametrize("shared", [True, False])
def test_postgres_is_backed_up_and_restored_whole(
    settings: Settings, tmp_path: Path, fresh_database: Callable[[str], str], shared: bool
) -> None:
    def over(folder: Path, names: tuple[str, str]) -> Settings:
        urls = [fresh_database(name) for name in (names[:1] if shared else names)]
        return settings.model_copy(update={"data": folder, "database_url": urls[0], "review_database_url": urls[-1]})

    old = over(tmp_path / "data", ("one", "two"))
    api = Api.open(old)
    try:
        item = api.post("/v1/items", json={"parts": [{"type": "text", "text": "Have a nice day"}]}).json["id"]
        manifest = make_backup(old, tmp_path / "b.tar")
        api.post("/v1/items", json={"parts": [{"type": "text", "text": "later"}]})
    finally:
        api.close()
    new = over(tmp_path / "new", ("three", "four"))
    restore_backup(new, tmp_path / "b.tar")

    assert (manifest.service.kind, manifest.service.file == manifest.review.file) == ("postgres", shared)
    restored = Api.open(new)
    try:
        ids = restored.service.database.read(lambda c: list(c.execute(sa.select(items.c.id)).scalars()))
        assert ids == [item]
        assert restored.client.get("/readyz").status_code == 200
    finally:
        restored.close()
    with pytest.raises(BackupRefused, match="is not empty: it has a table"):
        restore_backup(into(new, tmp_path / "another"), tmp_path / "b.tar")


@pytest.mark.postgres
def test_without_the_programs_of_postgres_it_is_said_what_to_install(
    settings: Settings, tmp_path: Path, fresh_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = fresh_database("five")
    given = settings.model_copy(update={"database_url": url, "review_database_url": url})
    Api.open(given).close()
    monkeypatch.setattr(databases, "_DEBIAN", tmp_path)
    monkeypatch.setattr(databases.shutil, "which", lambda _: None)

    with pytest.raises(
        BackupRefused, match=r"pg_dump for Postgres \d+ is not installed; install .*postgresql-client-\d+"
    ):
        make_backup(given, tmp_path / "b.tar")
    assert not list(tmp_path.glob("*b.tar*"))


def test_a_password_is_neither_an_argument_nor_in_what_is_said() -> None:
    url = sa.make_url("postgresql+psycopg://me:geheim@127.0.0.1:9/x?sslmode=disable")
    source = databases.Source("service", url, "alembic_version", Path(), sa.MetaData())

    assert databases._environment(url)["PGPASSWORD"] == "geheim"
    assert databases._environment(url)["PGSSLMODE"] == "disable"
    with pytest.raises(BackupRefused) as refused:
        databases.need_room(source)
    assert "geheim" not in str(refused.value)
