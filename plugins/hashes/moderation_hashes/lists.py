"""Lists of known content: a YAML file each, which people edit, beside files of hashes.

::

    list: partners            # its name
    kind: bad                 # bad or good
    label: Custom/KNOWN_BAD   # what is found where something of it is; left out, this or Custom/KNOWN_GOOD
    entries: [partners.csv]   # files beside it, of any form that `moderation_hashes.entries` reads
    type: pdq                 # of hashes in them that stand without a type; mostly left out
    distance: 31              # bits in which two pictures may differ, 0 to 31; left out 31, of a good list 8
    text_distance: 3          # and two texts, 0 to 7; left out 3
    keeps_on_machine: true    # of a bad list: what is on it is shown to no service elsewhere, and goes to people
    clearance: csam           # of a bad list: what people have to hold to see an item that is on it; no list beats it
    beats: [vendor]           # of a good list: the bad lists whose matches do not count where it matches as nearly

The hashes are kept ready in ``index/`` beside the lists, under the digest of the file they are from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from moderation.core.clearance import is_clearance
from moderation.core.errors import Fault, InputError, PolicyFault
from moderation.core.nearest import nearest
from moderation.core.policy.codes import Slip
from moderation.core.policy.shape import fit
from moderation.core.policy.terms import PolicyModel, wrong
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy
from moderation.yaml_reader import located, parse_document
from moderation_hashes.entries import TYPES, read_entries
from moderation_hashes.index import LAYOUT, most_distance, read_facts, write_hashes

if TYPE_CHECKING:
    pass

LABELS = {"bad": "Custom/KNOWN_BAD", "good": "Custom/KNOWN_GOOD"}
DISTANCES = {"bad": 31, "good": 8}
"""Of pictures, where a list does not say: what PDQ's description recommends, and what saving anew changes."""
INDEXES = "index"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")


class ListFile(PolicyModel):
    """What a list's file may say; see the module."""

    name: str = Field(alias="list")
    kind: Literal["bad", "good"] = "bad"
    label: str | None = None
    entries: list[str] = Field(min_length=1)
    type: str | None = None
    distance: int | None = Field(None, ge=0, le=most_distance("pdq"))
    text_distance: int = Field(3, ge=0, le=most_distance("text_simhash"))
    keeps_on_machine: bool = False
    clearance: str | None = None
    beats: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> ListFile:
        if not _NAME.fullmatch(self.name):
            raise wrong(f"'{self.name}' is no name", at="list", hint="letters, digits, dots, dashes; 60 at most")
        if self.beats and self.kind == "bad":
            raise wrong("only a list of kind: good beats others", at="beats")
        if self.keeps_on_machine and self.kind == "good":
            hint = "remove it, or write kind: bad"
            raise wrong("what is known to be good does not have to stay here", at="keeps_on_machine", hint=hint)
        if self.clearance is not None and self.kind == "good":
            hint = "remove it, or write kind: bad"
            raise wrong("what is known to be good needs no clearance", at="clearance", hint=hint)
        if self.clearance is not None and not is_clearance(self.clearance):
            hint = "small letters, digits, - and _; 60 at most"
            raise wrong(f"'{self.clearance}' is no name of a clearance", at="clearance", hint=hint)
        taxonomy = Taxonomy([self.label or ""])
        if self.label is not None and self.label not in taxonomy:
            close = taxonomy.suggest(self.label)
            hint = f"did you mean '{close}'?" if close else f"your own begin with '{CUSTOM_PREFIX}'"
            raise wrong(f"unknown label '{self.label}'", at="label", hint=hint)
        if self.type is not None and self.type not in TYPES:
            raise wrong(f"unknown type '{self.type}'", at="type", hint=f"types are {', '.join(sorted(TYPES))}")
        for each in self.entries:
            if Path(each).name != each:
                raise wrong(f"'{each}' is no file beside the list", at="entries", hint="name files of this folder")
        return self


@dataclass(frozen=True)
class HashList:
    """A list in force; travels to the detectors' processes.

    Attributes:
        name: unique.
        indexes: folders of its hashes, one for each file of entries.
        distances: bits in which hashes may differ, by kind.
        beats: names of the bad lists whose matches do not count where this good one matches as nearly.
        keeps_on_machine: whether content that is on it may not leave this machine; no other list beats such a one.
        clearance: what people have to hold to see an item that is on it; no other list beats such a one either.
        digest: of all that it says, in hex: another one when its answers may be others.
    """

    name: str
    kind: Literal["bad", "good"]
    label: str
    indexes: tuple[Path, ...]
    distances: Mapping[str, int]
    beats: tuple[str, ...]
    digest: str
    keeps_on_machine: bool = False
    clearance: str | None = None

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
            if other in found and found[other].keeps_on_machine:
                message = f"list '{other}' keeps content on this machine, and no list beats it"
                sources[name].fault("beats", "E109", message, "remove one of the two")
            elif other in found and found[other].clearance is not None:
                message = f"list '{other}' has a clearance, and no list beats it"
                sources[name].fault("beats", "E109", message, "remove one of the two")
            elif other not in found or found[other].kind == "good":
                close = nearest(other, [n for n, each in found.items() if each.kind == "bad"])
                hint = f"did you mean '{close}'?" if close else "beats: names lists of kind: bad in this folder"
                sources[name].fault("beats", "E106", f"no bad list '{other}'", hint)
    if faults:
        raise PolicyFault(faults)
    return tuple(found[name] for name in sorted(found))


class _Source:
    """One file; notes faults at their places in it."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.path = path
        self._faults = faults

    def read(self) -> HashList | None:
        """The list; None when it has a fault."""
        try:
            self._document = parse_document(str(self.path), self.path.read_bytes())
        except OSError as error:
            self._faults.append(Fault(str(self.path), 0, 0, "E100", f"cannot be read: {error.strerror}"))
            return None
        self._faults += self._document.faults
        if self._document.faults:
            return None
        file, slips = fit(ListFile, self._document.data)
        self._faults += [located(slip, self._document) for slip in slips]
        if file is None:
            return None
        indexes = [self._index(name, file.type) for name in file.entries]
        if not all(indexes):
            return None
        label = file.label or LABELS[file.kind]
        distance = DISTANCES[file.kind] if file.distance is None else file.distance
        distances = {"pdq": distance, "text_simhash": file.text_distance}
        said: list[object] = [file.name, file.kind, label, distances, sorted(file.beats)]
        said += [[each.name for each in indexes if each], *(["keeps_on_machine"] if file.keeps_on_machine else [])]
        said += [f"clearance {file.clearance}"] if file.clearance is not None else []
        return HashList(
            name=file.name,
            kind=file.kind,
            label=label,
            indexes=tuple(each for each in indexes if each),
            distances=distances,
            beats=tuple(sorted(file.beats)),
            digest=hashlib.sha256(repr(said).encode()).hexdigest(),
            keeps_on_machine=file.keeps_on_machine,
            clearance=file.clearance,
        )

    def fault(self, key: str, code: str, message: str, hint: str = "") -> None:
        """Note a fault of a key's value."""
        self._faults.append(located(Slip((key,), code, message, hint), self._document))

    def _index(self, name: str, given_type: str | None) -> Path | None:
        """The index of a file of entries, made when it is not there."""
        path = self.path.parent / name
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
