"""Files of ours are for their owner's eyes, whatever the umask says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ground.blobs import FolderBlobs
from ground.private_files import private_file, private_folder


@pytest.fixture(autouse=True)
def lax() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_folders_are_made_for_the_owner_and_those_there_stay_as_they_are(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir(mode=0o755)
    made = private_folder(there / "a" / "b")

    assert (mode(there), mode(there / "a"), mode(made)) == (0o755, 0o700, 0o700)
    assert private_folder(made) == made


def test_a_file_is_closed_to_others_from_its_first_byte_on_and_later_too(tmp_path: Path) -> None:
    made, old = private_file(tmp_path / "new"), tmp_path / "old"
    old.write_bytes(b"content")
    private_file(old)

    assert (mode(made), mode(old), old.read_bytes()) == (0o600, 0o600, b"content")


def test_stored_media_is_closed_to_others(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "media", "moderation")
    blobs.put("media/aa/x", b"bytes", "image/png")

    for path in (tmp_path / "media").rglob("*"):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path
