"""How far a redaction job and each of its files are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from moderation.redacting.windows import Position


@dataclass
class Progress:
    """How far a file is. Bytes of the copy and the index are those that are certain.

    Attributes:
        at: where the next window begins.
        found: entities by label.
        documents: that are finished.
        document_bytes: of the unfinished document.
        undecoded: bytes that were not UTF-8.
        unread: what is in it, as it was, and nobody can look through.
        remarks: what else is to be known of the copy: what was taken out unseen, what another reader still finds in it.
        has_entities: True when the unfinished document has some in the index.
        kinds: how many numbers each kind has in the unfinished document.
        stamps: of the finished copy and index, as they were published.
    """

    at: Position = field(default_factory=Position)
    copy_bytes: int = 0
    index_bytes: int = 0
    documents: int = 0
    document_bytes: int = 0
    undecoded: int = 0
    unread: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    has_entities: bool = False
    found: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, int] = field(default_factory=dict)
    stamps: list[str] = field(default_factory=list)

    def reset(self) -> None:
        """Nothing of the file is done."""
        vars(self).update(vars(Progress()))

    def dump(self) -> str:
        """As JSON."""
        return json.dumps({**vars(self), "at": self.at._asdict()})

    @classmethod
    def load(cls, text: str | None) -> Progress:
        """From JSON, or none yet."""
        if text is None:
            return cls()
        values = json.loads(text)
        return cls(**{**values, "at": Position(**values["at"]), "found": Counter(values["found"])})


@dataclass(frozen=True)
class JobStatus:
    """A job, as it stands.

    Attributes:
        state: ``running``, ``interrupted`` (the same command goes on), ``stopped``, ``failed`` (some files have no
            copy) or ``completed``.
        files_unread: with something in their copies that nobody could look through.
        files_remarked: with something else that is to be known of their copies.
        failures: name and reason of files without a copy, at most 100 of them.
        started_at: seconds since 1970; of the last run.
        ended_at: likewise; None while it runs or when it was killed.
    """

    id: str
    state: str
    files: int
    files_done: int
    files_failed: int
    size_bytes: int
    bytes_done: int
    documents: int
    undecoded: int
    files_unread: int
    files_remarked: int
    entities: Mapping[str, int]
    failures: tuple[tuple[str, str], ...]
    started_at: float
    ended_at: float | None
