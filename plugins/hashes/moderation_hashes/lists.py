"""Lists of known content: a YAML file each, which people edit, beside files of hashes.

::

    list: partners            # its name
    kind: bad                 # bad or good
    label: Custom/KNOWN_BAD   # what is found where something of it is; left out, this or Custom/KNOWN_GOOD
    entries: [partners.csv]   # files beside it, of any form that `moderation_hashes.entries` reads
    type: pdq                 # of hashes in them that stand without a type; mostly left out
    distance: 31              # bits in which two pictures may differ, 0 to 31; left out 31, of a good list 8
    text_distance: 3          # and two texts, 0 to 7; left out 3
    beats: [vendor]           # of a good list: the bad lists whose matches do not count where it matches as nearly

The hashes are kept ready in ``index/`` beside the lists, under the digest of the file they are from.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from moderation.core.errors import Fault, InputError, PolicyFault
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy
from moderation_hashes.entries import TYPES, read_entries
from moderation_hashes.index import LAYOUT, most_distance, read_facts, write_hashes

if TYPE_CHECKING:
    from moderation.settings import Settings

LABELS = {"bad": "Custom/KNOWN_BAD", "good": "Custom/KNOWN_GOOD"}
DISTANCES = {"bad": 31, "good": 8}
"""Of pictures, where a list does not say: what PDQ's description recommends, and what saving anew changes."""
INDEXES = "index"


class ListFile(BaseModel):
    """What a list's file may say; see the module."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$", alias="list")]
    kind: Literal["bad", "good"] = "bad"
    label: str | None = None
    entries: Annotated[list[str], Field(min_length=1)]
    type: str | None = None
    distance: Annotated[int, Field(ge=0, le=most_distance("pdq"))] | None = None
    text_distance: Annotated[int, Field(ge=0, le=most_distance("text_simhash"))] = 3
    beats: list[str] = []

    @model_validator(mode="after")
    def _fits(self) -> ListFile:
        if self.beats and self.kind == "bad":
            raise ValueError("only a list of kind: good beats others")
        return self


KEYS = tuple(field.alias or name for name, field in ListFile.model_fields.items())


@dataclass(frozen=True)
class HashList:
    """A list in force; travels to the detectors' processes.

    Attributes:
        name: unique.
        indexes: folders of its hashes, one for each file of entries.
        distances: bits in which hashes may differ, by kind.
        beats: names of the bad lists whose matches do not count where this good one matches as nearly.
        digest: of all that it says, in hex: another one when its answers may be others.
    """

    name: str
    kind: Literal["bad", "good"]
    label: str
    indexes: tuple[Path, ...]
    distances: Mapping[str, int]
    beats: tuple[str, ...]
    digest: str

    @property
    def counts(self) -> dict[str, int]:
        """How many hashes it has, by kind; twice those that stand in two of its files."""
        return self._sums("counts")

    @property
    def left_out(self) -> dict[str, int]:
        """What its files have and it does not compare, in words, with how often."""
        return self._sums("left_out")

    def _sums(self, name: str) -> dict[str, int]:
        sums: dict[str, int] = {}
        for folder in self.indexes:
            for key, number in read_facts(folder)[name].items():
                sums[key] = sums.get(key, 0) + number
        return sums


def lists_folder(settings: Settings) -> Path:
    """Where the lists are: what is set, or ``hashes`` in the data folder."""
    return settings.hashes or settings.data.absolute() / "hashes"


def read_lists(folder: Path, is_needed: bool = False) -> tuple[HashList, ...]:
    """The lists of a folder, by name; none when there is no such folder. Indexes that are missing are made.

    Args:
        is_needed: whether the folder has to be there.

    Raises:
        PolicyFault: with all faults of all lists.
        SettingsError: an index cannot be written.
    """
    if not folder.is_dir():
        if not is_needed:
            return ()
        remedy = "mend the setting 'hashes', or make the folder"
        raise PolicyFault([Fault(str(folder), 0, 0, "E100", "no such folder of lists of hashes", remedy)])
    faults: list[Fault] = []
    found: dict[str, HashList] = {}
    sources: dict[str, _Source] = {}
    for path in sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml")):
        source = _Source(path, faults)
        made = source.read()
        if made is None:
            continue
        if made.name in found:
            remedy = "give each list a name of its own"
            source.fault("list", "E108", f"list '{made.name}' is in {sources[made.name].path.name} already", remedy)
            continue
        found[made.name], sources[made.name] = made, source
    for name, made in found.items():
        for other in made.beats:
            if other not in found or found[other].kind == "good":
                close = difflib.get_close_matches(other, [n for n, each in found.items() if each.kind == "bad"], n=1)
                hint = f"did you mean '{close[0]}'?" if close else "beats: names lists of kind: bad in this folder"
                sources[name].fault("beats", "E106", f"no bad list '{other}'", hint)
    if faults:
        raise PolicyFault(faults)
    return tuple(found[name] for name in sorted(found))


class _Source:
    """One file; notes faults at the line of the key they are about."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.path = path
        self._faults = faults
        self._nodes: dict[str, yaml.Node] = {}
        self._lines: list[str] = []

    def read(self) -> HashList | None:
        """The list; None when it has a fault."""
        content = self._content()
        if content is None:
            return None
        try:
            file = ListFile.model_validate(content)
        except ValidationError as error:
            for each in error.errors():
                key = str(each["loc"][0]) if each["loc"] else "kind"
                if each["type"] == "extra_forbidden":
                    close = difflib.get_close_matches(key, KEYS, n=1)
                    hint = f"did you mean '{close[0]}'?" if close else f"keys are {', '.join(KEYS)}"
                    self.fault(key, "E101", f"unknown key '{key}'", hint)
                elif each["type"] == "missing":
                    self.fault(key, "E103", f"'{key}' is missing", "a list has the keys list and entries")
                else:
                    self.fault(key, "E102", f"{key}: {each['msg']}", "see docs/known-content.md")
            return None
        label = file.label or LABELS[file.kind]
        taxonomy = Taxonomy([label])
        if label not in taxonomy:
            close_label = taxonomy.suggest(label)
            hint = f"did you mean '{close_label}'?" if close_label else f"your own begin with '{CUSTOM_PREFIX}'"
            self.fault("label", "E104", f"unknown label '{label}'", hint)
            return None
        if file.type is not None and file.type not in TYPES:
            self.fault("type", "E102", f"unknown type '{file.type}'", f"types are {', '.join(sorted(TYPES))}")
            return None
        indexes = [self._index(name, file.type) for name in file.entries]
        if not all(indexes):
            return None
        distance = DISTANCES[file.kind] if file.distance is None else file.distance
        distances = {"pdq": distance, "text_simhash": file.text_distance}
        said = [file.name, file.kind, label, distances, sorted(file.beats), [each.name for each in indexes if each]]
        return HashList(
            name=file.name,
            kind=file.kind,
            label=label,
            indexes=tuple(each for each in indexes if each),
            distances=distances,
            beats=tuple(sorted(file.beats)),
            digest=hashlib.sha256(repr(said).encode()).hexdigest(),
        )

    def fault(self, key: str, code: str, message: str, hint: str = "") -> None:
        """Note a fault at a key's value, or at the beginning of the file."""
        node = self._nodes.get(key)
        line, column = (node.start_mark.line + 1, node.start_mark.column + 1) if node else (1, 1)
        shown = self._lines[line - 1][:200] if line <= len(self._lines) else ""
        self._faults.append(Fault(str(self.path), line, column, code, message, hint, 1, shown))

    def _content(self) -> dict[str, Any] | None:
        try:
            source = self.path.read_text(encoding="utf-8-sig")
            self._lines = source.splitlines()
            top = yaml.compose(source, Loader=yaml.SafeLoader)
            if isinstance(top, yaml.MappingNode):
                self._nodes = {str(key.value): value for key, value in top.value}
            content = yaml.safe_load(source)
        except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
            self.fault("", "E100", f"cannot be read as YAML: {str(error).splitlines()[0]}", "see docs/known-content.md")
            return None
        if not isinstance(content, dict):
            self.fault("", "E100", "a list is a mapping with the keys list and entries")
            return None
        return {str(key): value for key, value in content.items()}

    def _index(self, name: str, given_type: str | None) -> Path | None:
        """The index of a file of entries, made when it is not there."""
        path = self.path.parent / name
        if Path(name).name != name:
            self.fault("entries", "E102", f"'{name}' is no file beside the list", "name files of this folder")
            return None
        try:
            folder = index_of(path, given_type)
            if not folder.is_dir():
                entries = read_entries(path, given_type)
                write_hashes(folder, entries.found, entries.left_out)
        except (InputError, OSError) as error:
            reason = f"{name}: {error.strerror}" if isinstance(error, OSError) else str(error)
            self.fault("entries", "E102", reason)
            return None
        return folder


def index_of(path: Path, given_type: str | None) -> Path:
    """Where the index of a file of entries is, or would be: under the digest of what it holds. Raises `OSError`."""
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256")
    digest.update(f"\0{LAYOUT}\0{given_type or ''}\0{path.name if path.suffix == '.te' else path.suffix}".encode())
    return path.parent / INDEXES / digest.hexdigest()[:32]


def version_of(lists: Sequence[HashList]) -> str:
    """Says which lists a detector compares with, so that a verdict does."""
    return hashlib.sha256("".join(each.digest for each in lists).encode()).hexdigest()[:12]
