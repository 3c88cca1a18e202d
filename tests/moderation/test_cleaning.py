"""Cleaning: what was kept long enough goes, and nothing else does, whatever fails meanwhile."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from ground.database import Database
from ground.media_store import open_blobs
from moderation.cleaning import BATCH, Cleaning
from moderation.core.errors import StoreUnavailable
from moderation.redacting.journal import FILE, Journal
from moderation.service import Service
from moderation.settings import Settings
from moderation.storage.processes import Heart, known_processes
from moderation.storage.tables import (
    deliveries,
    delivery_attempts,
    idempotency_keys,
    items,
    metadata,
    processes,
    redaction_jobs,
    s3_objects,
    score_suggestions,
)
from tests.houses.api import Api
from tests.waiting import wait_for

NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def insert(database: Database, table: sa.Table, *rows: dict[str, Any]) -> None:
    database.write(lambda c: c.execute(sa.insert(table), list(rows)), step="test.insert")


def left(database: Database, column: sa.Column[Any]) -> list[Any]:
    return database.read(lambda c: sorted(c.execute(sa.select(column)).scalars()))


def item(item_id: str, created_at: datetime) -> dict[str, Any]:
    return {
        "id": item_id,
        "app": "shop",
        "status": "decided",
        "lane": "texts",
        "created_at": created_at,
        "document": {},
    }


def clean(database: Database, tmp_path: Path, **settings: Any) -> dict[str, int]:
    given = Settings(data=tmp_path / "data", **settings)
    return {each.what: each.count for each in Cleaning(given, database, open_blobs(given)).clean(NOW)}


# Rows


def test_idempotency_keys_go_after_their_days_and_young_ones_stay(database: Database, tmp_path: Path) -> None:
    rows = [
        {"app": "shop", "key": str(days), "body_sha256": "", "response": {"x": 1}, "created_at": ago(days)}
        for days in (0, 0.9, 6.9, 7.1, 400)
    ]
    insert(database, idempotency_keys, *rows)

    assert clean(database, tmp_path) == {"idempotency keys": 2}
    assert left(database, idempotency_keys.c.key) == ["0", "0.9", "6.9"]
    assert clean(database, tmp_path, idempotency_keep_days=1) == {"idempotency keys": 1}
    assert left(database, idempotency_keys.c.key) == ["0", "0.9"]


def test_many_go_in_transactions_of_few(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"app": "shop", "key": str(n), "body_sha256": "", "created_at": ago(30)} for n in range(2 * BATCH + 7)]
    insert(database, idempotency_keys, *rows)
    counts: list[int] = []
    write = database.write

    def counting(work: Callable[..., Any], *, step: str) -> Any:
        result = write(work, step=step)
        counts.append(result)
        return result

    monkeypatch.setattr(database, "write", counting)
    assert clean(database, tmp_path) == {"idempotency keys": 2 * BATCH + 7}
    assert counts[:3] == [BATCH, BATCH, 7]


def test_deliveries_that_are_over_go_with_their_attempts_and_waiting_ones_never(
    database: Database, tmp_path: Path
) -> None:
    insert(database, items, item("i", ago(500)))
    states = {"old": ("delivered", 91), "gave-up": ("given_up", 91), "waits": ("due", 500), "young": ("delivered", 89)}
    states["sent-again"] = ("delivered", 300)
    insert(
        database,
        deliveries,
        *(
            {
                "id": name,
                "item_id": "i",
                "number": number,
                "app": "shop",
                "url": "",
                "payload": b"",
                "state": state,
                "created_at": ago(days),
            }
            for number, (name, (state, days)) in enumerate(states.items())
        ),
    )
    tries = [{"delivery_id": name, "attempted_at": ago(days), "reason": ""} for name, (_, days) in states.items()]
    insert(database, delivery_attempts, *tries, {"delivery_id": "sent-again", "attempted_at": ago(1), "reason": ""})

    assert clean(database, tmp_path) == {"deliveries": 2}
    assert left(database, deliveries.c.id) == ["sent-again", "waits", "young"]
    assert set(left(database, delivery_attempts.c.delivery_id)) == {"sent-again", "waits", "young"}
    assert clean(database, tmp_path, delivery_keep_days=30) == {"deliveries": 1}


def test_decided_items_go_with_all_that_was_known_of_them(api: Api, tmp_path: Path) -> None:
    service = api.service
    posted = {}
    for name in ("old", "delivered", "under appeal", "with media", "young"):
        body: dict[str, Any] = {"parts": [{"type": "text", "text": f"{name}: my card is 4111 1111 1111 1111"}]}
        if name == "with media":
            body["parts"].append({"type": "image", "base64": base64.b64encode(picture(1)).decode()})
        posted[name] = api.post("/v1/items?wait=30", json=body).json["id"]
        wait_for(lambda item_id=posted[name]: service.store.get_item(item_id).status == "decided")
    api.post(f"/v1/items/{posted['under appeal']}/appeal", json={"reason": "it was another"})

    def cleaned(days: float, **settings: Any) -> int:
        given = service.settings.model_copy(update=settings)
        found = Cleaning(given, service.database, service.blobs).clean(datetime.now(UTC) + timedelta(days=days))
        return next((each.count for each in found if each.what == "items"), 0)

    assert cleaned(400) == 0, "they are kept for good unless somebody says otherwise"
    assert cleaned(29, item_keep_days=30) == 0
    assert cleaned(31, item_keep_days=30) == 3
    assert {name for name in posted if api.get(f"/v1/items/{posted[name]}").status_code == 200} == {
        "under appeal",
        "with media",
    }
    for table in metadata.sorted_tables:
        if "item_id" in table.c:
            assert set(left(service.database, table.c.item_id)) <= {posted["under appeal"], posted["with media"]}
    list(service.retention.delete_due(datetime.now(UTC) + timedelta(days=31)))
    assert cleaned(31, item_keep_days=30) == 0, "its media is kept for good here"


def test_objects_told_of_long_ago_are_forgotten(database: Database, tmp_path: Path) -> None:
    insert(database, items, item("old", ago(91)), item("young", ago(89)))
    insert(
        database,
        s3_objects,
        *({"app": "shop", "name": name, "sequencer": "1", "etag": "", "item_id": name} for name in ("old", "young")),
    )

    assert clean(database, tmp_path) == {"states of objects": 1}
    assert left(database, s3_objects.c.name) == ["young"]
    assert left(database, items.c.id) == ["old", "young"], "items stay"
    assert clean(database, tmp_path, intake_keep_days=30) == {"states of objects": 1}


def test_redaction_jobs_that_ended_go_and_open_ones_stay(database: Database, tmp_path: Path) -> None:
    ends = {"ended": ago(31), "lately": ago(29), "open": None}
    insert(
        database,
        redaction_jobs,
        *(
            {
                "id": name,
                "state": "COMPLETED" if at else "IN_PROGRESS",
                "request": {},
                "message": "",
                "attempts": 1,
                "submitted_at": ago(400),
                "ended_at": at,
            }
            for name, at in ends.items()
        ),
    )

    assert clean(database, tmp_path) == {"redaction jobs": 1}
    assert left(database, redaction_jobs.c.id) == ["lately", "open"]
    assert clean(database, tmp_path, redaction_keep_days=7) == {"redaction jobs": 1}


def test_verdicts_on_comments_are_kept_as_long_as_items(database: Database, tmp_path: Path) -> None:
    row = {"app": "forum", "confidences": {}, "said": []}
    insert(database, score_suggestions, {"key": "old", "at": ago(31), **row}, {"key": "new", "at": ago(29), **row})

    assert clean(database, tmp_path) == {}
    assert clean(database, tmp_path, item_keep_days=30) == {"verdicts on comments": 1}
    assert left(database, score_suggestions.c.key) == ["new"]


def test_processes_that_died_are_forgotten_after_a_day(database: Database, tmp_path: Path) -> None:
    heart = Heart(database, [], lambda: NOW)
    heart.start("serve")
    wait_for(lambda: known_processes(database, NOW))
    row = {"role": "worker", "place": "x:1", "started_at": ago(9)}
    insert(
        database, processes, {"id": "dead", "seen_at": ago(1.1), **row}, {"id": "lately", "seen_at": ago(0.9), **row}
    )

    assert clean(database, tmp_path) == {"processes": 1}
    assert len(left(database, processes.c.id)) == 2
    heart.close()
    assert left(database, processes.c.id) == ["lately"]


def test_a_fault_with_one_kind_leaves_the_others_cleaned(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    insert(database, idempotency_keys, {"app": "a", "key": "k", "body_sha256": "", "created_at": ago(30)})
    insert(database, processes, {"id": "d", "role": "worker", "place": "", "started_at": ago(9), "seen_at": ago(9)})

    def away(*_: object) -> int:
        raise StoreUnavailable("away")

    monkeypatch.setattr(Cleaning, "idempotency_keys", away)
    assert clean(database, tmp_path) == {"processes": 1}
    assert "idempotency keys are left for the next pass" in caplog.text


# Files


def ended_job(root: Path, job: str, days: float | None) -> Path:
    with Journal(root / job) as journal:
        journal.begin([])
        journal.end(None)
        if days is not None:
            journal._set(ended_at=str(ago(days).timestamp()))
        else:
            journal._set(state="running", ended_at="")
    return root / job


def test_folders_of_jobs_that_ended_go_unless_somebody_works_on_them(settings: Settings, tmp_path: Path) -> None:
    root = settings.data / "redactions"
    old, busy, lately, interrupted = (
        ended_job(root, name, days) for name, days in (("a", 31), ("b", 31), ("c", 29), ("d", None))
    )
    (root / "notes").mkdir()
    cleaner = Cleaning(settings, None, open_blobs(settings))  # type: ignore[arg-type]
    with Journal(busy):
        assert cleaner.job_folders(NOW) == 1
    assert sorted(path.name for path in root.iterdir()) == ["b", "c", "d", "notes"]
    assert not old.exists()
    assert (lately.exists(), interrupted.exists()) == (True, True)
    assert (lately / FILE).stat().st_mode & 0o777 == 0o600


def test_keys_of_new_uids_go_with_time(settings: Settings) -> None:
    keys = settings.data / "redactions" / "dicom"
    keys.mkdir(parents=True)
    for name, days in (("old", 31.0), ("new", 29.0)):
        (keys / f"{name}.key").write_bytes(b"k" * 32)
        at = (NOW - timedelta(days=days)).timestamp()
        os.utime(keys / f"{name}.key", (at, at))

    assert Cleaning(settings, None, open_blobs(settings)).job_folders(NOW) == 1  # type: ignore[arg-type]

    assert [path.name for path in keys.iterdir()] == ["new.key"]


def picture(seed: int) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((20, 20), 50 + seed).convert("RGB").save(out, "PNG")
    return out.getvalue()


def post(api: Api, data: bytes) -> str:
    form = {"item": json.dumps({}), "file": (io.BytesIO(data), "a.png", "image/png")}
    answer = api.post("/v1/items", data=form)
    assert answer.status_code == 202, answer.text
    return str(answer.json["id"])


def age(path: Path, days: float) -> None:
    at = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))


def media(api: Api) -> Path:
    return api.service.settings.data / "media" / "moderation" / "media"


def orphans(api: Api) -> int:
    service = api.service
    return Cleaning(service.settings, service.database, service.blobs).orphaned_media(datetime.now(UTC))


def test_media_that_no_item_names_goes_after_a_day(idle_api: Api) -> None:
    post(idle_api, picture(1))
    [named] = (path for path in media(idle_api).rglob("*.png"))
    stray = [named.parent / f"{n:064x}.png" for n in range(3)]
    for path in stray:
        path.write_bytes(b"x")
    elsewhere = named.parent / "notes.txt"
    elsewhere.write_text("not ours")
    for path in (named, elsewhere, *stray[:2]):
        age(path, 1.1)

    assert orphans(idle_api) == 2
    assert sorted(path.name for path in named.parent.iterdir()) == sorted([named.name, stray[2].name, "notes.txt"])


def test_an_orphan_that_is_posted_while_it_is_removed_stays(idle_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes are posted at each step of the removal in turn; each time the item has its media."""
    data, rename = picture(7), Path.rename
    post(idle_api, data)
    [path] = (path for path in media(idle_api).rglob("*.png"))
    service = idle_api.service
    for moment in ("before it is put aside", "after it was put aside"):
        with service.database.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM item_media")
        age(path, 2)
        posted: list[str] = []

        def renaming(self: Path, to: Path, moment: str = moment, posted: list[str] = posted) -> Path:
            is_removal = self == path and not posted
            if is_removal and moment.startswith("before"):
                posted.append(post(idle_api, data))
            moved = rename(self, to)
            if is_removal and moment.startswith("after"):
                posted.append(post(idle_api, data))
            return moved

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", renaming)
            orphans(idle_api)
        assert posted, moment
        assert path.read_bytes() == data, moment
        assert [each.name for each in path.parent.iterdir()] == [path.name], moment


def test_files_that_a_killed_process_was_writing_go_after_a_day(idle_api: Api) -> None:
    post(idle_api, picture(1))
    [named] = (path for path in media(idle_api).rglob("*.png"))
    old, young = (named.with_name(f".{named.name}.{n:012x}") for n in range(2))
    for path in (old, young):
        path.write_bytes(b"half")
    age(old, 1.1)
    age(named, 50)
    service = idle_api.service

    assert Cleaning(service.settings, service.database, service.blobs).unfinished_files(datetime.now(UTC)) == 1
    assert {named.name, young.name} == {path.name for path in named.parent.iterdir()}


# While the service runs


def test_serve_cleans_now_and_then(settings: Settings) -> None:
    service = Service.open(settings.model_copy(update={"clean_seconds": 0.05}))
    try:
        row = {"app": "a", "key": "k", "body_sha256": "", "created_at": datetime.now(UTC) - timedelta(days=30)}
        insert(service.database, idempotency_keys, row)
        service._cleaning.start()
        wait_for(lambda: not left(service.database, idempotency_keys.c.key))
    finally:
        service.close()
