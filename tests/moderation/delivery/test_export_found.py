"""Items and detections exported by place and time: a building site whose sums are known, asked in SQL."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest

from ground.database import Database
from moderation import cli
from moderation.console.dashboard import read_places
from moderation.console.periods import period_of
from moderation.core.decisions import Decision, PolicyRef
from moderation.core.detections import Detection
from moderation.core.egress import kept_failure
from moderation.core.errors import InputError
from moderation.core.items import Box, Extraction, Item, Media, Part, Tool
from moderation.core.rulings import PolicyRuling, Ruling
from moderation.delivery.export import Day, Format, export, folder_of
from moderation.delivery.export_sql import _DUCKDB_TYPES, athena_table, duckdb_view, to_parquet
from moderation.delivery.export_tables import Decisions, Detections, Items, Table
from moderation.delivery.export_targets import Bucket, ExportTarget, Folder
from moderation.settings import Settings
from moderation.storage.findings import Findings
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.opening import open_database
from moderation.storage.withdrawing import Erasures
from tests.houses.aws import Aws
from tests.paths import DOCS

FIRST, NEXT = date(2026, 3, 29), date(2026, 3, 30)
POLICY = PolicyRef(name="site-ppe", version="0" * 64)
PPE, FILM = Tool(name="vision.ppe", version="3"), Tool(name="film.frames", version="1")
BOX = Box(left=0.25, top=0.5, width=0.125, height=0.25)
PERSON = {"id": 0, "parts": {"head": {"head_cover": 99.5}}}


@dataclass
class Site:
    """A building site: what was posted from it, and the sums of it.

    Attributes:
        found: how often each label was found, by place and hour.
        refused: items, and those refused, by place.
    """

    database: Database
    found: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    refused: dict[str, Counter[str]] = field(default_factory=dict)

    def picture(self, place: str, at: datetime, helmets: int, outcome: str | None, **more: Any) -> str:
        """Post a picture with so many people in helmets; returns the item's id."""
        taken_at = at.isoformat() if "taken_at" not in more else more.pop("taken_at")
        metadata = {"place": place, "taken_at": taken_at, **more.pop("metadata", {})}
        found = [
            Detection(label=label, parents=parents, confidence=99.5, detector=PPE, part="p0", box=BOX, attributes=about)
            for _ in range(helmets)
            for label, parents, about in (("Person", (), PERSON), ("PPE/HEAD_COVER", ("PPE",), {"covers": True}))
        ]
        return self.post("image", metadata, at, found, outcome, **more)

    def post(
        self,
        kind: Any,
        metadata: dict[str, Any],
        at: datetime,
        found: list[Detection],
        outcome: str | None,
        *,
        parts: tuple[Part, ...] = (),
        failures: tuple[Any, ...] = (),
    ) -> str:
        """Post an item and judge it; None for one that nobody has looked at."""
        text = "Call 555-0100 „now“" if kind == "text" else None
        media = Media(uri="s3://m/x", sha256="0" * 64, content_type="x/y", size_bytes=1, seconds=8.5)
        given = Part(id="p0", type=kind, text=text, media=None if text else media)
        item = Item(id=new_item_id(at), app="site", parts=(given,), metadata=metadata, created_at=at)
        store = Store(self.database)
        store.add_items([item])
        if outcome is not None:
            ruling = Ruling(
                form=2,
                outcome=outcome,
                policy=POLICY,
                reason="as it is",
                policies=(PolicyRuling(policy=POLICY, outcome=outcome, because="as it is"),),
            )
            decision = Decision(outcome=outcome, decided_by="rules", reason="as it is", policy=POLICY, decided_at=at)  # type: ignore[arg-type]
            assert store.decide(item.id, decision, Findings((given, *parts), tuple(found), failures), ruling)
        if "place" in metadata:
            self.refused.setdefault(metadata["place"], Counter()).update(["items", *([outcome] if outcome else [])])
            hour = f"{datetime.fromisoformat(metadata['taken_at']).astimezone(UTC):%H}"
            self.found.update((metadata["place"], hour, each.label) for each in found if "PPE" in each.parents)
        return item.id


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    opened = open_database(Settings(data=tmp_path / "data"))
    yield Site(opened)
    opened.close()


@pytest.fixture
def anywhere(database: Database) -> Site:
    """A site on SQLite, then on Postgres."""
    return Site(database)


def at(hour: int, minute: int = 0, day: date = FIRST) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def a_day_of_pictures(site: Site) -> None:
    for hour, minute, place, helmets, outcome in (
        (0, 0, "gate-1", 3, "approve"),
        (6, 10, "gate-1", 1, "approve"),
        (6, 20, "gate-1", 0, "reject"),
        (6, 30, "O'Hara; DROP", 2, "reject"),
        (23, 59, "O'Hara; DROP", 5, "approve"),
    ):
        site.picture(place, at(hour, minute), helmets, outcome)
    site.picture("gate-1", at(6, 0, NEXT), 4, "approve")


def rows(root: Path, table: Table) -> list[dict[str, Any]]:
    files = sorted(root.glob(f"{table.name}/dt=*/*.jsonl.gz"))
    return [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def write(site: Site, table: Table, to: ExportTarget, **more: Any) -> list[Day]:
    return list(export(table, site.database, to, [FIRST, NEXT], **more))


def queries() -> list[str]:
    return re.findall(r"^```sql\n(.*?)^```", (DOCS / "export.md").read_text(encoding="utf-8"), re.M | re.S)


@pytest.mark.parametrize("form", get_args(Format))
def test_the_sql_of_the_docs_gives_the_sums_of_what_was_posted(anywhere: Site, tmp_path: Path, form: Format) -> None:
    site = anywhere
    a_day_of_pictures(site)
    to = Folder(tmp_path / "it's a lake")
    tables: list[Table] = [Decisions(), Items(), Detections()]
    lake = duckdb.connect()
    for table in tables:
        write(site, table, to, to_parquet=to_parquet if form == "parquet" else None)
        lake.execute(duckdb_view(table, str(tmp_path / "it's a lake"), form))
        if form == "parquet":
            lake.execute(f"CREATE VIEW {table.name} AS SELECT * FROM {folder_of(table, form)}")

    by_hour, by_place, _seconds, by_outcome = (lake.execute(query).fetchall() for query in queries())

    assert {tuple(row[:3]): row[4] for row in by_hour} == site.found
    assert {row[0]: (row[1], row[2]) for row in by_place} == {
        place: (counts["items"], counts["reject"]) for place, counts in site.refused.items()
    }
    assert by_outcome == [
        ("vision.ppe", label, outcome, items)
        for label in ("PPE/HEAD_COVER", "Person")
        for outcome, items in (("approve", 4), ("reject", 1))
    ]
    shown = read_places(site.database, period_of({"from": str(FIRST), "to": str(NEXT)}, at(12, day=NEXT)), None, ())
    assert {place.name: place.items for place in shown} == {row[0]: row[1] for row in by_place}


def test_a_row_says_of_a_detection_where_when_and_by_whom(site: Site, tmp_path: Path) -> None:
    item_id = site.picture("gate-1", at(6), 1, "approve", taken_at="2026-03-29T07:59:58+02:00")

    write(site, Detections(), Folder(tmp_path / "out"))

    person, helmet = rows(tmp_path / "out", Detections())
    assert list(helmet) == list(Detections.columns)
    assert helmet == {
        "item_id": item_id,
        "app": "site",
        "place": "gate-1",
        "created_at": "2026-03-29T06:00:00Z",
        "taken_at": "2026-03-29T05:59:58Z",
        "number": 1,
        "part": "p0",
        "part_type": "image",
        "given_part": "p0",
        "label": "PPE/HEAD_COVER",
        "parents": ["PPE"],
        "confidence": 99.5,
        "box_left": 0.25,
        "box_top": 0.5,
        "box_width": 0.125,
        "box_height": 0.25,
        "starts_seconds": None,
        "ends_seconds": None,
        "person": None,
        "detector": "vision.ppe",
        "detector_version": "3",
    }
    assert json.loads(person["person"]) == PERSON


def test_what_is_seen_in_a_frame_has_the_seconds_of_the_frame_and_what_spans_a_film_its_own(
    site: Site, tmp_path: Path
) -> None:
    frame = Part(
        id="p0.0",
        type="image",
        media=Media(uri="s3://m/f", sha256="1" * 64, content_type="image/png", size_bytes=1),
        extraction=Extraction(part="p0", extractor=FILM, time_range=(2.0, 4.0)),  # type: ignore[arg-type]
    )
    in_frame = Detection(label="Weapons", confidence=80, detector=PPE, part="p0.0")
    over_time = Detection(label="Weapons", confidence=80, detector=PPE, part="p0", time_range=(5.5, 7.0))  # type: ignore[arg-type]
    film = site.post("video", {}, at(6), [in_frame, over_time], "reject", parts=(frame,))

    write(site, Detections(), Folder(tmp_path / "out"))
    write(site, Items(), Folder(tmp_path / "out"))

    first, second = rows(tmp_path / "out", Detections())
    assert [
        (row["part_type"], row["given_part"], row["starts_seconds"], row["ends_seconds"]) for row in (first, second)
    ] == [
        ("image", "p0", 2.0, 4.0),
        ("video", "p0", 5.5, 7.0),
    ]
    assert first["place"] is None
    lake = duckdb.connect()
    lake.execute(duckdb_view(Detections(), str(tmp_path / "out")))
    assert lake.execute(queries()[2]).fetchall() == [(film, "Weapons", 3.5)]
    [item] = rows(tmp_path / "out", Items())
    assert (item["seconds"], item["detections"], item["outcome"]) == (8.5, 2, "reject")


@pytest.mark.parametrize("said", ["yesterday", "2026-03-29T05:00:00", 7, None, "0001-01-01T00:00:00+14:00"])
def test_where_an_app_says_no_time_with_a_zone_it_is_that_of_the_post(site: Site, tmp_path: Path, said: object) -> None:
    site.post("image", {"taken_at": said}, at(6), [], "approve")

    write(site, Items(), Folder(tmp_path / "out"))

    assert [row["taken_at"] for row in rows(tmp_path / "out", Items())] == ["2026-03-29T06:00:00Z"]


def test_texts_leave_only_when_they_are_asked_for(site: Site, tmp_path: Path) -> None:
    heard = Part(id="p0.0", type="text", text="heard", extraction=Extraction(part="p0", extractor=FILM))
    site.post("text", {"author": "ann"}, at(6), [], "approve", parts=(heard,))

    write(site, Items(), Folder(tmp_path / "without"))
    write(site, Items(with_texts=True), Folder(tmp_path / "with"))

    [without] = rows(tmp_path / "without", Items())
    [row] = rows(tmp_path / "with", Items())
    assert "555-0100" not in json.dumps(without)
    assert without["texts"] is None
    assert json.loads(without["metadata"]) == {"author": "ann"}
    assert json.loads(row["texts"]) == [
        {"part": "p0", "extractor": None, "text": "Call 555-0100 „now“"},
        {"part": "p0.0", "extractor": "film.frames", "text": "heard"},
    ]


def test_a_day_with_an_undecided_item_is_written_anew_until_it_is_decided(site: Site, tmp_path: Path) -> None:
    site.picture("gate-1", at(6), 1, "approve")
    waits = site.picture("gate-1", at(7), 0, None)
    to = Folder(tmp_path / "out")

    assert [(day.rows, day.undecided) for day in write(site, Items(), to)] == [(2, 1), (0, 0)]
    decision = Decision(outcome="reject", decided_by="rules", reason="late", policy=POLICY, decided_at=at(9, day=NEXT))
    assert Store(site.database).decide(waits, decision, None, None)
    assert [(day.rows, day.undecided) for day in write(site, Items(), to)] == [(2, 0), (None, 0)]
    assert [row["outcome"] for row in rows(tmp_path / "out", Items())] == ["approve", "reject"]
    assert [day.rows for day in write(site, Items(), to)] == [None, None]


@pytest.mark.parametrize("table", [Decisions(), Items(), Detections()], ids=lambda table: table.name)
def test_a_withdrawn_item_is_in_no_table_and_leaves_those_that_are_written_again(
    site: Site, tmp_path: Path, table: Table
) -> None:
    stays, goes = (site.picture("gate-1", at(6, minute), 2, "approve") for minute in (0, 1))
    to = Folder(tmp_path / "out")
    write(site, table, to, rows_per_file=1)
    assert {row["item_id"] for row in rows(tmp_path / "out", table)} == {stays, goes}

    Erasures(site.database).withdraw([goes], at(9), "asked")
    write(site, table, to, rows_per_file=1, again=True)

    assert {row["item_id"] for row in rows(tmp_path / "out", table)} == {stays}


@pytest.mark.parametrize("table", [Decisions(), Items(), Detections()], ids=lambda table: table.name)
def test_what_has_to_stay_on_this_machine_is_in_no_bucket(site: Site, tmp_path: Path, aws: Aws, table: Table) -> None:
    kept = site.picture("gate-1", at(6), 1, "reject", failures=(kept_failure("p0", "it is on list 'x'", ()),))
    other = site.picture("gate-1", at(7), 1, "approve")
    aws.bucket("lake")

    first, _next = write(site, table, Bucket("lake", "", aws.client("s3"), {}))
    assert first.kept == 1
    key = f"{table.name}/dt=2026-03-29/{table.name}-00000.jsonl.gz"
    written = gzip.decompress(aws.client("s3").get_object(Bucket="lake", Key=key)["Body"].read()).decode()
    assert other in written
    assert kept not in written
    assert [day.kept for day in write(site, table, Folder(tmp_path / "out"))] == [0, 0]
    assert {row["item_id"] for row in rows(tmp_path / "out", table)} == {kept, other}


def test_parquet_comes_out_the_same_again_and_is_the_same_rows(site: Site, tmp_path: Path) -> None:
    a_day_of_pictures(site)
    for to in ("a", "b"):
        write(site, Detections(), Folder(tmp_path / to), to_parquet=to_parquet, rows_per_file=10)
    write(site, Detections(), Folder(tmp_path / "a"))

    made = [sorted((tmp_path / to).rglob("*.parquet")) for to in ("a", "b")]
    assert len(made[0]) == 4
    assert [file.read_bytes() for file in made[0]] == [file.read_bytes() for file in made[1]]
    lake = duckdb.connect()
    for form in get_args(Format):
        lake.execute(duckdb_view(Detections(), str(tmp_path / "a"), form))
    assert lake.execute("SELECT * FROM detections EXCEPT SELECT * FROM detections_parquet").fetchall() == []
    assert lake.execute("SELECT count(*) FROM detections_parquet").fetchone() == (30,)


@pytest.mark.parametrize("form", get_args(Format))
@pytest.mark.parametrize("table", [Items(), Detections()], ids=lambda table: table.name)
def test_each_table_has_the_columns_of_its_rows_in_athena(table: Table, form: Format) -> None:
    text = athena_table(table, "s3://lake/a", FIRST, form)

    assert dict(re.findall(r"^  `(\w+)` (\S+?),?$", text, re.M)) == table.columns
    assert f"LOCATION 's3://lake/a/{folder_of(table, form)}/'" in text
    assert ("STORED AS PARQUET" in text) is (form == "parquet")


def test_what_cannot_be_made_parquet_is_said_without_what_is_in_it(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_DUCKDB_TYPES, "string", "INTEGER")
    site.post("text", {"author": "ann"}, at(6), [], "approve")

    with pytest.raises(InputError, match=r"items as Parquet \(\w+\): a row is over 67,108,864 bytes") as caught:
        write(site, Items(), Folder(tmp_path / "out"), to_parquet=to_parquet)
    assert "ann" not in str(caught.value)


def test_items_that_come_by_pages_are_each_there_once(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.delivery.export_tables.FOUND_PAGE", 2)
    ids = [site.picture("gate-1", at(6, minute), 1, "approve") for minute in range(5)]
    site.picture("gate-1", at(0) - timedelta(microseconds=1), 1, "approve")

    write(site, Items(), Folder(tmp_path / "out"))

    assert [row["item_id"] for row in rows(tmp_path / "out", Items())] == ids


def test_the_commands_export_each_table_and_print_its_sql(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    a_day_of_pictures(site)
    site.picture("gate-1", at(9, day=NEXT), 0, None)
    out, more = str(tmp_path / "out"), ["--until", str(NEXT), "--data", str(tmp_path / "data")]

    assert cli.run(["export", "detections", out, *more]) == 0
    assert "30 detections of 2 days" in capsys.readouterr().out
    assert cli.run(["export", "items", out, "--json", "--texts", *more]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert said == [{"day": "2026-03-29", "rows": 5}, {"day": "2026-03-30", "rows": 2, "undecided": 1}]
    assert cli.run(["export", "items", out, *more]) == 0
    assert "1 items undecided: written anew next time" in capsys.readouterr().out
    assert cli.run(["export", "items", out, "--table", *more]) == 0
    assert "EXTERNAL TABLE IF NOT EXISTS items (" in capsys.readouterr().out
    assert cli.run(["export", "items", out, "--view", "--parquet", *more]) == 0
    assert f"read_parquet('{out}/items_parquet/dt=*/items-*.parquet'" in capsys.readouterr().out
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    assert cli.run(["export", "items", out, "--parquet", *more]) == 2
    assert "moderation[parquet]" in capsys.readouterr().err
