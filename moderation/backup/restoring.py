"""Putting a backup back: checked whole before anything is written, and written beside before it takes its place."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from ground.database import known_revisions
from ground.private_files import private_file, private_folder
from moderation.backup.containers import CHUNK, Backup, bytes_of, open_backup
from moderation.backup.databases import (
    Source,
    is_same,
    need_room,
    note_deleted,
    restore_postgres,
    sources_of,
)
from moderation.backup.manifest import MANIFEST, MEDIA, SECRET, SUMS, BackupRefused, Manifest, read_sums
from moderation.settings import Settings

_BESIDE = ".restoring"


def check_backup(settings: Settings, place: Path) -> Manifest:
    """See that the backup at `place` is whole, and that this program can read it; nothing is written.

    Raises:
        BackupRefused: names what is wrong with it.
    """
    with open_backup(place) as backup:
        manifest, _ = _checked(settings, backup)
    return manifest


def restore_backup(settings: Settings, place: Path) -> Manifest:
    """Put the backup at `place` where the settings say that databases and media are.

    Raises:
        BackupRefused: it is damaged, of a later version, or of another kind of database; or something is there already.
    """
    with open_backup(place) as backup:
        manifest, sums = _checked(settings, backup)
        service, review = sources_of(settings)
        for source, dumped in ((service, manifest.service), (review, manifest.review)):
            if source.kind != dumped.kind:
                raise BackupRefused(
                    f"the backup has the {source.name} database in {dumped.kind}, and the settings name {source.kind}; "
                    "set MODERATION_DATABASE_URL and MODERATION_REVIEW_DATABASE_URL as they were"
                )
        if (manifest.service.file == manifest.review.file) != is_same(service, review):
            raise BackupRefused("service and portal shared one database, or have one each: set their URLs as they were")
        if bool(manifest.media) != settings.media_s3:
            raise BackupRefused(
                f"the backup's media is in {manifest.media or 'it'}; set MODERATION_MEDIA_S3 accordingly"
            )
        for source in (service, review):
            need_room(source)
        if settings.data.is_dir() and (there := sorted(settings.data.iterdir())):
            raise BackupRefused(f"{settings.data} is not empty: it has {there[0].name}; name a new folder with --data")
        beside = private_folder(private_folder(settings.data) / _BESIDE)
        try:
            _write(backup, sums, beside)
            _place(manifest, beside, service, review, settings.data)
        except OSError as error:
            raise BackupRefused(f"{settings.data} cannot be written: {error.strerror or error}") from error
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return manifest


def _checked(settings: Settings, backup: Backup) -> tuple[Manifest, Mapping[str, str]]:
    manifest = Manifest.read(bytes_of(backup, MANIFEST))
    data = bytes_of(backup, SUMS)
    if hashlib.sha256(data).hexdigest() != manifest.sums_sha256:
        raise BackupRefused(f"{SUMS} is damaged: its digest is not the manifest's")
    sums = read_sums(data)
    needed = {manifest.service.file, manifest.review.file}
    if missing := needed - sums.keys():
        raise BackupRefused(f"{SUMS} does not name {min(missing)}")
    for source, dumped in zip(sources_of(settings), (manifest.service, manifest.review), strict=True):
        if dumped.revision not in known_revisions(source.migrations):
            raise BackupRefused(
                f"the {source.name} database in the backup has schema {dumped.revision}, which is later than this "
                f"program's; restore it with version {manifest.program} or a later one"
            )
    for name, digest in sums.items():
        with backup.open(name) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:  # type: ignore[arg-type]
                raise BackupRefused(f"{name} is damaged: its digest is not the one in {SUMS}")
    return manifest, sums


def _write(backup: Backup, sums: Mapping[str, str], beside: Path) -> None:
    """All files, each for the owner alone."""
    for name, digest in sums.items():
        path = beside / name
        private_folder(path.parent)
        written = hashlib.sha256()
        with backup.open(name) as file, private_file(path).open("wb") as out:
            while data := file.read(CHUNK):
                written.update(data)
                out.write(data)
        if written.hexdigest() != digest:
            raise BackupRefused(f"{name} was changed while it was restored")


def _place(manifest: Manifest, beside: Path, service: Source, review: Source, data: Path) -> None:
    """Into their places, the service's database last: without it there is no installation."""
    for name in (MEDIA.rstrip("/"), SECRET):
        if (beside / name).exists():
            (beside / name).rename(data / name)
    dumps = [(service, beside / manifest.service.file)]
    if not is_same(service, review):
        dumps.insert(0, (review, beside / manifest.review.file))
    for source, path in dumps:
        if source.path is None:
            restore_postgres(source, path)
    note_at = service.url if service.path is None else f"sqlite:///{beside / manifest.service.file}"
    note_deleted(note_at, manifest.deleted_meanwhile, manifest.made_at)
    for source, path in dumps:
        if source.path is not None:
            private_folder(source.path.parent)
            path.rename(source.path)
