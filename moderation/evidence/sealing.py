"""Sealed cases: all that is held under a case, in one file whose every change shows, for a registered reporter.

A ZIP file: for each item its document, what was found and decided, who answered, notices without who gave them, the
audit chain's records of it, and its media as they were posted; ``manifest.json`` with the SHA-256 of each; and
``seal.json``, which signs the manifest with the key of the audit chain's heads (Ed25519, RFC 8032). Nothing is sent
anywhere: reporting to an authority is a person's act.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from ground.audit_chain import Head, canonical
from ground.blobs import Blobs
from ground.chain_heads import Signer, is_signed
from ground.errors import StoreUnavailable
from moderation.core.errors import InputError, NotFound
from moderation.storage.holds import Hold
from moderation.storage.public_notices import PublicNotice
from moderation.storage.records import ItemRecord

FORMAT = "moderation-case/1"
MANIFEST, SEAL = "manifest.json", "seal.json"
_AT = (1980, 1, 1, 0, 0, 0)
"""Of all entries: what is the same is the same file. Times are in the documents."""


@dataclass(frozen=True)
class CaseItem:
    """An item of a case, with what others know of it.

    Attributes:
        audit: the audit chain's records of it, as they were sealed.
    """

    record: ItemRecord
    notices: Sequence[PublicNotice]
    audit: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Case:
    """What is exported.

    Attributes:
        head: where the audit chain stood.
        by: who exports it.
    """

    name: str
    holds: Sequence[Hold]
    items: Sequence[CaseItem]
    head: Head | None
    by: str
    at: datetime


def write_case(case: Case, blobs: Blobs, signer: Signer, to: BinaryIO) -> str:
    """Write a sealed case; gives the SHA-256 of its manifest.

    Media that is not there any more is named in the manifest as missing: a gap is part of the record.

    Raises:
        StoreUnavailable: the media store does not answer; what was written is of no use.
    """
    entries, missing = [], []
    with zipfile.ZipFile(to, "w", zipfile.ZIP_STORED) as archive:
        for path, content in _files(case, blobs):
            if content is None:
                missing.append(path)
                continue
            archive.writestr(zipfile.ZipInfo(path, _AT), content)
            entries.append({"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
        head = None if case.head is None else {"position": case.head.position, "hash": case.head.hash}
        manifest = canonical(
            {
                "format": FORMAT,
                "case": case.name,
                "exported_at": case.at.isoformat(),
                "exported_by": case.by,
                "holds": [_plain(asdict(each)) for each in case.holds],
                "items": [each.record.item.id for each in case.items],
                "entries": entries,
                "missing": missing,
                "audit_head": head,
            }
        ).encode()
        archive.writestr(zipfile.ZipInfo(MANIFEST, _AT), manifest)
        digest = hashlib.sha256(manifest).hexdigest()
        archive.writestr(zipfile.ZipInfo(SEAL, _AT), signer.sealed({"format": FORMAT, "manifest_sha256": digest}))
    return digest


def case_problems(path: Path, key: str) -> Iterator[str]:
    """What is wrong with a sealed case, in words; nothing when it is as it was written.

    Args:
        key: the public key that it must be signed by, in base64.

    Raises:
        InputError: it is no sealed case.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest, seal = archive.read(MANIFEST), json.loads(archive.read(SEAL))
            said = json.loads(manifest)
            if said["format"] != FORMAT:
                raise InputError(f"{path} is a case of another format than {FORMAT}")
            if not is_signed(seal, key):
                yield f"{SEAL}: not signed by this key, or changed since"
            if seal.get("manifest_sha256") != hashlib.sha256(manifest).hexdigest():
                yield f"{MANIFEST}: not the one that was signed"
            named = {each["path"]: each for each in said["entries"]}
            names = archive.namelist()
            yield from (f"{name}: it stands there twice" for name in sorted(set(names)) if names.count(name) > 1)
            yield from (f"{name}: no entry of the manifest" for name in sorted({*names} - {*named, MANIFEST, SEAL}))
            for name, entry in named.items():
                if name not in names:
                    yield f"{name}: it is gone"
                elif _digest(archive, name, int(entry["bytes"])) != entry["sha256"]:
                    yield f"{name}: not as it was written"
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, OSError, NotImplementedError) as error:
        raise InputError(f"{path} is no sealed case of `moderation holds export` ({type(error).__name__})") from error


def _digest(archive: zipfile.ZipFile, name: str, size: int) -> str:
    """The SHA-256 of an entry; of no more bytes than the manifest says, and one."""
    with archive.open(name) as file:
        return hashlib.sha256(file.read(size + 1)).hexdigest()


def _files(case: Case, blobs: Blobs) -> Iterator[tuple[str, bytes | None]]:
    """Each file by its path; None for media that is not there any more."""
    for each in case.items:
        folder, record = f"items/{each.record.item.id}", each.record
        yield f"{folder}/item.json", _document(each)
        lines = "".join(f"{canonical(dict(row))}\n" for row in each.audit)
        yield f"{folder}/audit.jsonl", lines.encode()
        for part in record.item.parts:
            if part.media is None:
                continue
            ending = part.media.uri.rpartition(".")[2] if "." in part.media.uri.rpartition("/")[2] else "bin"
            try:
                content: bytes | None = blobs.get(part.media.uri)
            except NotFound:
                content = None
            except OSError as error:
                raise StoreUnavailable(
                    f"the media of part {part.id} of item {record.item.id} cannot be read"
                ) from error
            yield f"{folder}/media/{part.id}.{ending[:10]}", content


def _document(each: CaseItem) -> bytes:
    record = each.record
    document = {
        "item": record.item.model_dump(mode="json"),
        "status": record.status,
        "detections": [found.model_dump(mode="json") for found in record.detections],
        "failures": [failure.model_dump(mode="json") for failure in record.failures],
        "decisions": [decision.model_dump(mode="json") for decision in record.decisions],
        "ruling": record.ruling.model_dump(mode="json") if record.ruling is not None else None,
        "human_loops": [
            {
                "name": loop.name,
                "purpose": loop.purpose,
                "queue": loop.queue,
                "policy": {"name": loop.policy, "version": loop.policy_version},
                "outcome": loop.outcome,
                "created_at": loop.created_at.isoformat(),
                "answers": [answer.model_dump(mode="json") for answer in loop.answers],
            }
            for loop in record.loops
        ],
        "notices": [
            {name: value for name, value in _plain(vars(notice)).items() if name not in _NOT_TOLD}
            for notice in each.notices
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8", "backslashreplace")


_NOT_TOLD = ("name", "mail", "signature", "notifier")
"""Of a notice: who gave it is nobody's evidence."""


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
