"""What is in a backup: the manifest, and the digests of its files in the form that ``sha256sum -c`` reads."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from moderation.core.errors import InputError

FORMAT = 1
MANIFEST, SUMS, SECRET = "manifest.json", "SHA256SUMS", "media.secret"
MEDIA = "media/"
Kind = Literal["sqlite", "postgres"]


class BackupRefused(InputError):
    """A backup cannot be made there, is damaged, or does not fit where it is to be put; says what to do."""


class DumpedDatabase(BaseModel):
    """One database in a backup.

    Attributes:
        file: its name in the backup; two databases that are one have the same.
        revision: of its schema.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    kind: Kind
    revision: str


class Manifest(BaseModel):
    """What a backup says of itself. It is written last: a backup without one was not finished.

    Attributes:
        made_at: when the databases were as they are in it.
        program: version of the program that made it.
        service: the service's database.
        review: that of the A2I endpoint and the portal.
        media: the ``s3://`` bucket that media stays in; empty when it is in the backup.
        deleted_meanwhile: media whose time was over while the backup was made; its items no longer have it.
        missing: media that items need and that was not there, or had other bytes than it should.
        sums_sha256: of the file with the digests of all others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    made_at: datetime
    program: str
    service: DumpedDatabase
    review: DumpedDatabase
    media: str
    deleted_meanwhile: tuple[str, ...]
    missing: tuple[str, ...]
    files: int
    total_bytes: int
    sums_sha256: str

    @classmethod
    def read(cls, data: bytes) -> Manifest:
        """Raises `BackupRefused` for what is none that this program understands."""
        try:
            manifest = cls.model_validate_json(data)
        except ValidationError as error:
            found = error.errors()[0]
            where = ".".join(map(str, found["loc"])) or "the whole"
            raise BackupRefused(f"{MANIFEST} is damaged, or of another program: {where}: {found['msg']}") from error
        if manifest.format > FORMAT:
            raise BackupRefused(
                f"the backup is of a later version ({manifest.program}); restore it with that one or a later one"
            )
        return manifest


def sum_line(digest: str, name: str) -> str:
    """A line of the digests."""
    return f"{digest}  {name}\n"


def read_sums(data: bytes) -> dict[str, str]:
    """Digests by file name. Raises `BackupRefused`."""
    found: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        pieces = name.split("/")
        if len(digest) != 64 or any(piece in ("", ".", "..") for piece in pieces) or "\\" in name:
            raise BackupRefused(f"{SUMS} has a line that is none: {line[:80]!r}")
        found[name] = digest
    return found
