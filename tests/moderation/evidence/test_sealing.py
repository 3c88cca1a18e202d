"""A sealed case has all that is held under it, and every change to the file shows."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation import cli
from moderation.auditing import signer_of
from moderation.core.errors import InputError
from moderation.evidence.sealing import case_problems
from tests.houses.notices import give, photo, post_picture, saved
from tests.houses.service import HEAD, House

POLICY = HEAD.replace("[text]", "[text, image]") + "needs: [pii.text]\n"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Path, list[str]]]:
    """A case of two items, exported, and the installation that it is from."""
    from moderation.settings import Settings

    folder = tmp_path_factory.mktemp("sealed")
    (folder / "data").mkdir()
    house = House(Settings(data=folder / "data", detector_processes=0), folder / "rules", POLICY)
    now = datetime.now(UTC)
    ids = [house.post("hello").item.id, post_picture(house, saved(photo()))]
    give(house, ids[0], reason="look at this")
    for each in ids:
        house.service.holds.add("item", each, case="C-12", why="a letter", by="lea", now=now)
    path = folder / "C-12.zip"
    code = cli.run(["holds", "export", "C-12", "--to", str(path), "--by", "lea", "--data", str(folder / "data")])
    assert code == 0
    yield house, path, ids
    house.service.close()


def key(house: House) -> str:
    return signer_of(house.settings).public_key


def test_it_has_items_media_and_audit_records_and_not_who_gave_notices(sealed: Any) -> None:
    house, path, ids = sealed
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        document = json.loads(archive.read(f"items/{ids[0]}/item.json"))
        everything = b"".join(archive.read(name) for name in archive.namelist())

        assert manifest["items"] == sorted(ids)
        assert b'"kind":"decision"' in archive.read(f"items/{ids[0]}/audit.jsonl")
        assert archive.read(f"items/{ids[1]}/media/p0.png") == saved(photo())
        assert document["item"]["parts"][0]["text"] == "hello"
        assert document["notices"][0]["reason"] == "look at this"
        assert b"ann@example.org" not in everything
        assert manifest["audit_head"]["position"] > 0
    assert path.stat().st_mode & 0o077 == 0
    assert list(case_problems(path, key(house))) == []
    said = house.service.database.read(lambda c: c.exec_driver_sql("SELECT kind, body FROM audit_records").all())
    assert any(row.kind == "case exported" and "manifest" in row.body for row in said)


def test_it_is_not_written_over_and_an_empty_case_is_none(sealed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    house, path, _ = sealed

    def run(*words: str) -> int:
        return cli.run(["holds", *words, "--data", str(house.settings.data)])

    assert run("export", "C-12", "--to", str(path)) == 2
    assert run("export", "C-99", "--to", str(path.with_name("none.zip"))) == 2
    assert run("verify", str(path)) == 0
    assert run("verify", str(path), "--key", "AAAA") == 1
    assert not path.with_name("none.zip").exists()


def copied(path: Path, to: Path, change: Callable[[str, bytes], bytes | None], more: str = "") -> Path:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        if more:
            new.writestr(more, b"x")
    return to


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("item.json", b"{}", ""),
        ("item.json", None, ""),
        ("audit.jsonl", b"", ""),
        ("p0.png", b"x", ""),
        ("manifest.json", b"", ""),
        ("", b"", "items/more.json"),
    ],
)
def test_every_change_shows(sealed: Any, tmp_path: Path, name: str, content: bytes | None, more: str) -> None:
    house, path, _ = sealed

    def change(at: str, said: bytes) -> bytes | None:
        if name and at.endswith(name):
            return said.replace(b"C-12", b"C-13") if name == "manifest.json" else content
        return said

    assert list(case_problems(copied(path, tmp_path / "changed.zip", change, more), key(house)))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 1_000_000), bits=st.integers(1, 255))
def test_a_byte_that_is_another_shows_or_is_no_part_of_what_is_sealed(
    sealed: Any, tmp_path: Path, at: int, bits: int
) -> None:
    house, path, _ = sealed
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= bits
    changed = tmp_path / "changed.zip"
    changed.write_bytes(data)
    try:
        problems = list(case_problems(changed, key(house)))
    except InputError:
        return
    if not problems:  # a byte of the container's own, such as a time: all that is sealed is as it was
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed) as new:
            assert [old.read(name) for name in old.namelist()] == [new.read(name) for name in new.namelist()]


@given(st.binary(max_size=200))
def test_what_is_no_case_is_refused_in_words(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "odd.zip"
    path.write_bytes(data)

    with pytest.raises(InputError, match="no sealed case"):
        list(case_problems(path, "x"))
