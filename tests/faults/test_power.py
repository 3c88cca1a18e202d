"""F-10: the power goes; what was promised before is on the disk."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.installation import Installation
from tests.faults.people import App
from tests.faults.power import Call, Disk, calls, cuts, under_strace
from tests.faults.report import Row, keep

CUTS = 500
CLIENTS, POSTS = 4, 30
"""Each client posts so often: four texts and a picture."""
LONG = " ".join(["so that the journal is written back now and then"] * 60)

pytestmark = pytest.mark.faults
Start = Callable[..., Installation]


def posted_until_the_end(installation: Installation, log: Path) -> list[str]:
    """Ids that were accepted, while every call of the service was written down."""
    installation.serve(behind=under_strace(log))
    installation.wait_up()
    app = App(lambda: installation.url, installation.key)

    def post(client: int) -> None:
        for number in range(POSTS):
            app.text(*(f"{client} {number} {each} {LONG}" for each in range(4)))
            app.picture(16, client * POSTS + number)

    clients = [threading.Thread(target=post, args=(client,)) for client in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    installation.stop()
    return list(app.accepted)


def answered_at(log: list[Call], ids: list[str]) -> dict[str, int]:
    """The line at which each id was first sent to the app."""
    found: dict[str, int] = {}
    for call in log:
        if call.name == "sendto":
            said = b"".join(call.strings)
            for item_id in ids:
                if item_id not in found and item_id.encode() in said:
                    found[item_id] = call.began
    return found


def lost(files: Mapping[str, bytes], promised: list[str], folder: Path) -> list[str]:
    """Of what was promised, what is not there when the power comes back."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("moderation.db", "moderation.db-wal"):
        if name in files:
            (folder / name).write_bytes(files[name])
    with closing(sqlite3.connect(folder / "moderation.db")) as database:
        (health,) = database.execute("PRAGMA integrity_check").fetchone()
        assert health == "ok"
        documents = dict(database.execute("SELECT id, document FROM items").fetchall())
    there = {hashlib.sha256(data).hexdigest() for name, data in files.items() if not name.startswith("moderation.db")}
    media = {
        item_id: [part["media"]["sha256"] for part in json.loads(said)["parts"] if part.get("media")]
        for item_id, said in documents.items()
    }
    return [item_id for item_id in promised if item_id not in media or not there.issuperset(media[item_id])]


def losses(start: Start, chance: random.Random, tmp_path: Path, **given: Any) -> list[str]:
    """What was lost over all cuts."""
    installation = start(**given)
    disk, written = Disk(installation.folder / "data"), tmp_path / "calls"
    ids = posted_until_the_end(installation, written)
    log = list(calls(written))
    answered = answered_at(log, ids)
    assert answered.keys() == set(ids)
    assert any(call.name == "pwrite64" and call.path.endswith("moderation.db") for call in log), (
        "nothing was written back"
    )
    at = [chance.randrange(log[0].began, log[-1].ended + 2) for _ in range(CUTS)]
    found = []
    for line in cuts(disk, log, at):
        promised = [item_id for item_id, answer in answered.items() if answer < line]
        found += lost(disk.after_a_cut(chance), promised, tmp_path / "cut")
    return found


def test_what_was_answered_before_the_power_went_is_there_after_it(
    start: Start, chance: random.Random, tmp_path: Path, record_property: Any
) -> None:
    found = losses(start, chance, tmp_path)

    keep(record_property, Row("F-10 power", CUTS, lost=len(set(found))))
    assert found == []


def test_the_cuts_find_commits_that_are_not_flushed(start: Start, chance: random.Random, tmp_path: Path) -> None:
    assert losses(start, chance, tmp_path, without="flush")
