"""Where a backup lies: a folder, or one file (tar, uncompressed: media does not get smaller). For the owner alone."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from ground.private_files import private_file, private_folder
from moderation.backup.manifest import MANIFEST, BackupRefused

CHUNK = 2**20


class Target(Protocol):
    """Takes the files of a backup, one after the other."""

    scratch: Path
    """A folder for what has to be made as a file before it is added."""

    def add(self, name: str, file: IO[bytes], size: int) -> str:
        """Add a file; gives its SHA-256. Of one that is longer than `size`, the beginning."""
        ...

    def add_path(self, name: str, path: Path) -> str:
        """Add a file of `scratch`, which is gone afterwards; gives its SHA-256."""
        ...


class _Hashing:
    """Reads a file, and knows the digest of what was read."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left, self._digest = file, size, hashlib.sha256()

    def read(self, size: int = CHUNK) -> bytes:
        data = self._file.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(data)
        self._digest.update(data)
        return data

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class FolderTarget:
    """A folder; see `Target`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.scratch = private_folder(folder / ".scratch")

    def add(self, name: str, file: IO[bytes], size: int) -> str:
        """See `Target.add`."""
        reader = _Hashing(file, size)
        path = self._folder / name
        private_folder(path.parent)
        with private_file(path).open("wb") as out:
            while data := reader.read():
                out.write(data)
            out.flush()
            os.fsync(out.fileno())
        return reader.hexdigest()

    def add_path(self, name: str, path: Path) -> str:
        """See `Target.add_path`."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        path.rename(self._folder / name)
        return digest


class TarTarget:
    """A tar file; see `Target`."""

    def __init__(self, archive: tarfile.TarFile, scratch: Path) -> None:
        self._archive, self.scratch = archive, scratch

    def add(self, name: str, file: IO[bytes], size: int) -> str:
        """See `Target.add`."""
        reader, member = _Hashing(file, size), tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._archive.addfile(member, reader)
        return reader.hexdigest()

    def add_path(self, name: str, path: Path) -> str:
        """See `Target.add_path`."""
        with path.open("rb") as file:
            digest = self.add(name, file, path.stat().st_size)
        path.unlink()
        return digest


@contextmanager
def open_target(place: Path) -> Iterator[Target]:
    """A new backup at `place`: one file where the name ends in ``.tar``, else a folder.

    It has its name only once all of it is there; what an error leaves behind is removed.

    Raises:
        BackupRefused: something is there already, or it cannot be written there.
    """
    partial = place.with_name(f".{place.name}.part")
    if place.exists() and not (place.is_dir() and place.suffix != ".tar" and not any(place.iterdir())):
        raise BackupRefused(f"{place} is there already; name a new file (.tar) or folder")
    if partial.exists():
        raise BackupRefused(f"{partial} is of a backup that runs, or was killed; remove it when none runs")
    try:
        private_folder(place.parent)
        with _open_tar(partial) if place.suffix == ".tar" else _open_folder(partial) as target:
            yield target
        partial.rename(place)
    except OSError as error:
        raise BackupRefused(f"the backup cannot be written to {place}: {error.strerror or error}") from error
    finally:
        if partial.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
        else:
            partial.unlink(missing_ok=True)


@contextmanager
def _open_tar(path: Path) -> Iterator[Target]:
    with (
        tempfile.TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as scratch,
        private_file(path).open("wb") as file,
    ):
        with tarfile.open(fileobj=file, mode="w") as archive:
            yield TarTarget(archive, Path(scratch))
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _open_folder(path: Path) -> Iterator[Target]:
    target = FolderTarget(private_folder(path))
    yield target
    shutil.rmtree(target.scratch)


class Backup(Protocol):
    """Gives the files of a backup."""

    def open(self, name: str) -> IO[bytes]:
        """A file. Raises `BackupRefused` when it is not there."""
        ...


class FolderBackup:
    """In a folder; see `Backup`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, name: str) -> IO[bytes]:
        """See `Backup.open`."""
        path = self._folder / name
        if not path.is_file() or path.is_symlink():
            raise BackupRefused(f"{name} is missing in {self._folder}")
        return path.open("rb")


class TarBackup:
    """In a tar file; see `Backup`."""

    def __init__(self, archive: tarfile.TarFile, place: Path) -> None:
        self._archive, self._place = archive, place
        self._members = {member.name: member for member in archive.getmembers() if member.isfile()}

    def open(self, name: str) -> IO[bytes]:
        """See `Backup.open`."""
        member = self._members.get(name)
        file = self._archive.extractfile(member) if member is not None else None
        if file is None:
            raise BackupRefused(f"{name} is missing in {self._place}")
        return file


@contextmanager
def open_backup(place: Path) -> Iterator[Backup]:
    """The backup at `place`.

    Raises:
        BackupRefused: there is none, or it was not finished.
    """
    if place.is_dir():
        if not (place / MANIFEST).is_file():
            raise BackupRefused(f"{place} has no {MANIFEST}: it is no backup, or one that was not finished")
        yield FolderBackup(place)
        return
    try:
        with tarfile.open(place, mode="r:") as archive:
            yield TarBackup(archive, place)
    except FileNotFoundError as error:
        raise BackupRefused(f"there is no backup {place}") from error
    except (tarfile.TarError, EOFError) as error:
        raise BackupRefused(f"{place} is no backup, or is damaged: {error}") from error
    except OSError as error:
        raise BackupRefused(f"{place} cannot be read: {error.strerror or error}") from error


def bytes_of(backup: Backup, name: str, most: int = 2**30) -> bytes:
    """A whole small file of a backup."""
    with backup.open(name) as file:
        return file.read(most)


def add_bytes(target: Target, name: str, data: bytes) -> str:
    """Add a small file; gives its SHA-256."""
    return target.add(name, io.BytesIO(data), len(data))
