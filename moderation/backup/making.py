"""Making a backup of an installation that may be at work: databases first, then the media they name.

Whoever stores an item stores its media before, so all that the copied rows name is there when media is copied, unless
its time was over meanwhile; that is noted. The service's database is copied before the portal's: a human loop that the
first knows is then in the second, and one that only the second knows is asked for again by the same name.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from ground.private_files import private_file
from moderation.backup.containers import Target, add_bytes, open_target
from moderation.backup.databases import Source, dump, is_same, revision_of, sources_of
from moderation.backup.manifest import FORMAT, MANIFEST, MEDIA, SECRET, SUMS, Manifest, sum_line
from moderation.settings import Settings
from moderation.storage.opening import need_data_folder
from moderation.storage.tables import item_media, items

_BESIDE = re.compile(r"\..+\.[0-9a-f]{12}")
"""A file that is just being written, or that a killed process left."""
_BY_DIGEST = re.compile(r"media/[0-9a-f]{2}/([0-9a-f]{64})\.[a-z0-9]+")
"""Keys of media that the service stored: they say what the bytes must be."""


def make_backup(settings: Settings, place: Path) -> Manifest:
    """Make a backup at `place`: one file where the name ends in ``.tar``, else a folder.

    Raises:
        NotFound: there is no such installation.
        BackupRefused: see `open_target` and `dump`.
    """
    need_data_folder(settings, settings.database_url)
    service, review = sources_of(settings)
    with open_target(place) as target, _Sums(target) as sums:
        made_at = datetime.now(UTC)
        first = dump(service, target.scratch)
        if is_same(service, review):
            second = first.database.model_copy(update={"revision": revision_of(review)})
        else:
            dumped = dump(review, target.scratch)
            second = dumped.database
            sums.add_path(second.file, dumped.path)
        sums.add_path(first.database.file, first.path)
        media = _bucket_of(settings)
        found = _add_media(settings.data / "media", sums) if not media else frozenset()
        secret = settings.data / SECRET
        if secret.is_file():
            sums.add_file(SECRET, secret)
        deleted, missing = _lost(settings, service, first.media - found) if not media else ((), ())
        manifest = Manifest(
            format=FORMAT,
            made_at=made_at,
            program=version("moderation"),
            service=first.database,
            review=second,
            media=media,
            deleted_meanwhile=deleted,
            missing=missing,
            files=sums.files,
            total_bytes=sums.total_bytes,
            sums_sha256=sums.finish(),
        )
        add_bytes(target, MANIFEST, manifest.model_dump_json(indent=1).encode())
    return manifest


class _Sums:
    """Adds files to a backup and writes down their digests.

    Attributes:
        files: how many were added.
        total_bytes: how long they were together.
    """

    def __init__(self, target: Target) -> None:
        self.files = self.total_bytes = 0
        self._target, self._path = target, private_file(target.scratch / SUMS)
        self._lines = self._path.open("w", encoding="utf-8")

    def add_path(self, name: str, path: Path) -> None:
        """Add a file of the scratch folder."""
        size = path.stat().st_size
        self._note(name, size, self._target.add_path(name, path))

    def add_file(self, name: str, path: Path) -> str | None:
        """Add a file that others may delete meanwhile; gives its digest, or None when it is gone."""
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                digest = self._target.add(name, file, size)
        except FileNotFoundError:
            return None
        self._note(name, size, digest)
        return digest

    def finish(self) -> str:
        """Add the digests themselves; gives theirs."""
        self._lines.close()
        return self._target.add_path(SUMS, self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()

    def _note(self, name: str, size: int, digest: str) -> None:
        self._lines.write(sum_line(digest, name))
        self.files, self.total_bytes = self.files + 1, self.total_bytes + size


def _add_media(root: Path, sums: _Sums) -> frozenset[str]:
    """Add all media of a folder; gives the ``s3://`` names of those whose bytes are what their names say."""
    found = set()
    for folder, below, names in os.walk(root):
        below.sort()
        for name in sorted(names):
            path = Path(folder) / name
            if _BESIDE.fullmatch(name) or path.is_symlink():
                continue
            key = path.relative_to(root).as_posix()
            digest = sums.add_file(MEDIA + key, path)
            wanted = _BY_DIGEST.fullmatch(key.partition("/")[2])
            if digest is not None and (wanted is None or wanted[1] == digest):
                found.add(f"s3://{key}")
    return frozenset(found)


def _lost(settings: Settings, service: Source, uris: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of own media that was not found: what was deleted because its time was over, and what should be there."""
    ours = sorted(uri for uri in uris if uri.startswith(f"s3://{settings.media_bucket}/"))
    deleted: list[str] = []
    missing: list[str] = []
    engine = sa.create_engine(service.url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        for uri in ours:
            needed = sa.select(item_media.c.uri).join(items, items.c.id == item_media.c.item_id)
            needed = needed.where(item_media.c.uri == uri, items.c.media_deleted_at.is_(None)).limit(1)
            (deleted if connection.execute(needed).first() is None else missing).append(uri)
    return tuple(deleted), tuple(missing)


def _bucket_of(settings: Settings) -> str:
    """Where media is when it is in S3, which keeps it by itself; empty when it is in the data folder."""
    return f"s3://{settings.media_bucket}" if settings.media_s3 else ""
