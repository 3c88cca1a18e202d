"""A pack as it is read: from a folder, or from an archive of one (tar, gzip'd or not, or zip), wholly in memory.

Nothing of an archive is written anywhere by its own name, so that none can climb out of where it belongs.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, model_validator

from moderation.core.errors import Fault, InputError, PolicyFault
from moderation.core.items import PartType
from moderation.core.policy.terms import PolicyModel, wrong
from moderation.yaml_reader import model_of, parse_document

Model = TypeVar("Model", bound=PolicyModel)
MANIFEST, EXAMPLES, POLICIES = "pack.yml", "examples.yml", "policies/"
MOST_FILES, MOST_BYTES = 200, 30_000_000
"""Of a pack, and bytes of all its files together."""
NAME = re.compile(r"[a-z][a-z0-9-]{1,59}")
_PATH = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}/){0,3}[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_DROSS = (".git/", "__pycache__/", ".DS_Store", ".gitignore", ".gitattributes")


class Measured(PolicyModel):
    """What came of the pack's own examples, looked at by the real detectors.

    Attributes:
        examples: how many there are.
        as_said: whose outcome is the one that is said.
        let_through: approved, where something else is said.
        held_up: not approved, where that is said.
    """

    examples: int = Field(ge=0)
    as_said: int = Field(ge=0)
    let_through: int = Field(ge=0)
    held_up: int = Field(ge=0)


class Manifest(PolicyModel):
    """``pack.yml``.

    Attributes:
        description: for people who choose a pack.
        does_not_see: what gets past it; a pack says so.
        needs: detectors that its policies rely on, with the versions they were measured with.
        measured: on its own examples.
    """

    pack: str = Field(pattern=NAME.pattern, max_length=60)
    format: Literal[1]
    version: str = Field(pattern=r"\d{1,6}(\.\d{1,6}){0,3}")
    title: str = Field(min_length=1, max_length=100)
    description: str = Field(min_length=1)
    does_not_see: str = Field(min_length=1)
    languages: list[str] = Field(default_factory=list)
    licence: str = Field(min_length=1)
    needs: dict[str, str] = Field(min_length=1)
    measured: Measured


class Sample(PolicyModel):
    """An example of the pack: a text, or a file of it, with the outcome that people want.

    Attributes:
        app: as which it is posted; None for one that no policy names.
        expect: the outcome, whatever the queue.
    """

    text: str | None = Field(None, min_length=1)
    file: str | None = Field(None, min_length=1)
    type: PartType = "text"
    app: str | None = None
    expect: Literal["approve", "reject", "review"]

    @model_validator(mode="after")
    def _has_one_content(self) -> Sample:
        if (self.text is None) == (self.file is None):
            raise wrong("an example has a text or a file", hint="text: .., or file: examples/.. and type: image")
        if self.text is not None and self.type != "text":
            raise wrong("a text is of type text", at="type")
        return self


class Samples(PolicyModel):
    """``examples.yml``."""

    examples: list[Sample] = Field(min_length=1, max_length=2000)


@dataclass(frozen=True)
class Pack:
    """A pack.

    Attributes:
        source: where it was read from, for people.
        files: content by path within the pack.
    """

    source: str
    manifest: Manifest
    samples: tuple[Sample, ...]
    files: Mapping[str, bytes]

    @property
    def name(self) -> str:
        """Its name."""
        return self.manifest.pack

    @property
    def digest(self) -> str:
        """SHA-256, in hex, over the paths of its files and the SHA-256 of each, by path."""
        whole = hashlib.sha256()
        for path in sorted(self.files):
            whole.update(f"{path}\0{hashlib.sha256(self.files[path]).hexdigest()}\n".encode())
        return whole.hexdigest()

    @property
    def policies(self) -> Mapping[str, bytes]:
        """Its policy files, by the name that they have in the folder of policies."""
        return {path.removeprefix(POLICIES): data for path, data in self.files.items() if path.startswith(POLICIES)}


def shipped_packs() -> Path:
    """The folder of shipped packs: the checkout's, or the installed package's."""
    beside = Path(__file__).resolve().parents[2]
    checkout, installed = beside / "packs", beside / "moderation_data" / "packs"
    return checkout if checkout.is_dir() else installed


def read_pack(source: str) -> Pack:
    """A pack by the path of its folder or archive, or a shipped one by its name.

    Raises:
        InputError: there is none, or it is larger than packs are, or has files that packs do not have.
        PolicyFault: its ``pack.yml`` or ``examples.yml`` has faults.
    """
    source = source.rstrip("/") or source
    path = Path(source)
    if not path.exists() and NAME.fullmatch(source) and (shipped_packs() / source).is_dir():
        path = shipped_packs() / source
    if not path.exists():
        shipped = ", ".join(sorted(each.name for each in shipped_packs().iterdir())) if shipped_packs().is_dir() else ""
        raise InputError(f"there is no pack {source!r}; name a folder or an archive, or a shipped one: {shipped}")
    files = dict(_checked(_of_folder(path) if path.is_dir() else _of_archive(path), source))
    files = _without_top(files)
    manifest = _read(Manifest, MANIFEST, files, source)
    samples = _read(Samples, EXAMPLES, files, source).examples
    pack = Pack(source, manifest, tuple(samples), files)
    if not pack.policies:
        raise InputError(f"{source}: a pack has a policy at least, in {POLICIES}")
    for name in pack.policies:
        if "/" in name or not name.endswith(".yml"):
            raise InputError(f"{source}: {POLICIES}{name}: policies are files *.yml right in {POLICIES}")
    if absent := [each.file for each in samples if each.file is not None and each.file not in files]:
        raise InputError(f"{source}: {EXAMPLES} names {absent[0]}, which is not in the pack")
    return pack


def _of_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise InputError(f"{folder}: {name} is a link; a pack has files of its own")
        if path.is_file() and not _is_dross(name):
            if path.stat().st_size > MOST_BYTES:
                raise InputError(f"{folder}: {name} is larger than a pack may be")
            yield name, path.read_bytes()


def _of_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: larger than a pack may be ({MOST_BYTES:,} bytes)")
        data = path.read_bytes()
        yield from (_of_zip if zipfile.is_zipfile(io.BytesIO(data)) else _of_tar)(path, data)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise InputError(f"{path}: is no folder, tar or zip that can be read ({type(error).__name__})") from error


def _of_tar(path: Path, data: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
        for number, member in enumerate(archive):
            if number >= 2 * MOST_FILES:
                raise InputError(f"{path}: more entries than a pack has")
            if member.isdir() or _is_dross(member.name):
                continue
            file = archive.extractfile(member) if member.isreg() else None
            if file is None:
                raise InputError(f"{path}: {member.name[:100]} is no plain file")
            yield member.name, file.read(MOST_BYTES + 1)


def _of_zip(path: Path, data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for number, member in enumerate(archive.infolist()):
            if number >= 2 * MOST_FILES:
                raise InputError(f"{path}: more entries than a pack has")
            if member.flag_bits & 1:
                raise InputError(f"{path}: {member.filename[:100]} is encrypted")
            if not member.is_dir() and not _is_dross(member.filename):
                with archive.open(member) as file:
                    yield member.filename, file.read(MOST_BYTES + 1)


def _is_dross(name: str) -> bool:
    """True of what tools leave in folders, at any depth."""
    return any(f"/{each}" in f"/{name}" for each in _DROSS) or name == "pax_global_header"


def _checked(files: Iterator[tuple[str, bytes]], source: str) -> Iterator[tuple[str, bytes]]:
    total, seen = 0, set[str]()
    for name, data in files:
        name = name.removeprefix("./")
        if not _PATH.fullmatch(name):
            raise InputError(f"{source}: {name[:100]!r} is no path that a pack has (letters, digits, - _ . and /)")
        if name.lower() in seen:
            raise InputError(f"{source}: {name} is there twice")
        seen.add(name.lower())
        total += len(data)
        if len(seen) > MOST_FILES or total > MOST_BYTES:
            raise InputError(f"{source}: more than {MOST_FILES} files, or {MOST_BYTES:,} bytes")
        yield name, data


def _without_top(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same without the folder that all lie in, as archives of repositories have them."""
    tops = {name.partition("/")[0] for name in files}
    if MANIFEST in files or len(tops) != 1:
        return dict(files)
    (top,) = tops
    return {name.removeprefix(f"{top}/"): data for name, data in files.items()}


def _read(model: type[Model], name: str, files: Mapping[str, bytes], source: str) -> Model:
    shown = f"{source}/{name}"
    if name not in files:
        raise PolicyFault([Fault(shown, 0, 0, "E100", "is missing", f"a pack has {MANIFEST}, {EXAMPLES} and policies")])
    return model_of(parse_document(shown, files[name]), model)
