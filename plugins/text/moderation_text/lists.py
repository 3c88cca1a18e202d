"""Block lists: YAML files that policy owners edit.

::

    list: insults
    label: Toxicity/INSULT
    severity: strong            # of entries that say nothing: mild 60, strong 85, severe 97, or a number
    entries:
      - idiot
      - {text: shut your mouth, severity: mild}
    allow: [idiot proof]        # where these stand, nothing inside them counts
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from moderation.core.errors import Fault, PolicyFault
from moderation.core.taxonomy import Taxonomy

SEVERITIES = {"mild": 60.0, "strong": 85.0, "severe": 97.0}
"""Names for confidences, percent."""

_MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Entry:
    """One word or phrase.

    Attributes:
        confidence: percent.
        source: the list's name.
    """

    text: str
    label: str
    confidence: float
    source: str


@dataclass(frozen=True)
class Lists:
    """All lists together."""

    entries: tuple[Entry, ...]
    allow: tuple[str, ...]


def shipped_lists() -> Path:
    """The lists that come with the service: the checkout's, or the installed package's."""
    import moderation

    beside = Path(moderation.__file__).resolve().parent.parent
    checkout, installed = beside / "rules" / "lists", beside / "moderation_data" / "rules" / "lists"
    return checkout if checkout.is_dir() else installed


def read_lists(folder: Path) -> Lists:
    """Read every ``*.yml`` of a folder.

    Raises:
        PolicyFault: with all faults of all lists.
    """
    faults: list[Fault] = []
    entries: dict[tuple[str, str], Entry] = {}
    allow: list[str] = []
    if not folder.is_dir():
        raise PolicyFault([Fault(str(folder), 0, 0, "E100", "no such folder of block lists")])
    for path in sorted(folder.glob("*.yml")):
        reader = _Reader(path, faults)
        for entry in reader.entries():
            key = (entry.label, entry.text.casefold())
            if key in entries:
                reader.fault(entry.text, f"'{entry.text}' stands in list '{entries[key].source}' already")
            entries[key] = entry
        allow += reader.allow
    if faults:
        raise PolicyFault(faults)
    return Lists(tuple(entries.values()), tuple(allow))


class _Reader:
    """One file; notes faults with the line they stand on."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.path, self.faults = path, faults
        self.allow: list[str] = []
        self.lines: list[str] = []
        self.data: Mapping[str, Any] = {}
        try:
            source = path.read_text(encoding="utf-8")
            self.lines = source.splitlines()
            if len(source) > _MAX_BYTES:
                raise ValueError(f"more than {_MAX_BYTES:,} characters")
            if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(source)):
                raise ValueError("aliases are not used here")
            data = yaml.safe_load(source)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 0
            faults.append(Fault(str(path), line, 1, "E100", f"not YAML: {error.problem}"))
            return
        except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
            faults.append(Fault(str(path), 0, 0, "E100", f"cannot be read: {error}"))
            return
        if not isinstance(data, Mapping):
            faults.append(Fault(str(path), 1, 1, "E102", "a list file is a mapping with list, label and entries"))
            return
        self.data = data

    def fault(self, near: str, message: str, hint: str = "") -> None:
        """A fault at the first line that has `near` in it."""
        for number, line in enumerate(self.lines, start=1):
            if near and near in line:
                column = line.index(near) + 1
                self.faults.append(Fault(str(self.path), number, column, "E102", message, hint, len(near), line))
                return
        self.faults.append(Fault(str(self.path), 0, 0, "E102", message, hint))

    def entries(self) -> list[Entry]:
        """The entries of the file; faulty ones are left out and noted."""
        if not self.data:
            return []
        known = ("list", "label", "severity", "entries", "allow")
        for key in self.data:
            if key not in known:
                close = difflib.get_close_matches(str(key), known, n=1)
                self.fault(str(key), f"unknown key '{key}'", f"did you mean '{close[0]}'?" if close else "")
        name, label = str(self.data.get("list", self.path.stem)), self.data.get("label")
        taxonomy = Taxonomy([label] if isinstance(label, str) else [])
        if not isinstance(label, str) or label not in taxonomy:
            close_label = taxonomy.suggest(str(label))
            self.fault(str(label), f"unknown label '{label}'", f"did you mean '{close_label}'?" if close_label else "")
            return []
        default = self._severity(self.data.get("severity", "strong"))
        listed, allow = self.data.get("entries"), self.data.get("allow", [])
        if not isinstance(listed, list) or not isinstance(allow, list):
            self.fault("entries", "entries and allow are lists")
            return []
        self.allow = [str(text) for text in allow]
        found = []
        for raw in listed:
            text = raw.get("text") if isinstance(raw, Mapping) else raw
            if not isinstance(text, str) or sum(c.isalpha() for c in text) < 2 or len(text) > 200:
                self.fault(
                    str(text), f"an entry is a word or phrase of 2 to 200 characters, not {text!r}", "put it in quotes"
                )
                continue
            own = self._severity(raw["severity"]) if isinstance(raw, Mapping) and "severity" in raw else default
            found.append(Entry(text, label, own, name))
        return found

    def _severity(self, value: Any) -> float:
        if value in SEVERITIES:
            return SEVERITIES[value]
        if isinstance(value, int | float) and not isinstance(value, bool) and 1 < value <= 100:
            return float(value)
        self.fault(str(value), f"severity {value!r} is none of {', '.join(SEVERITIES)} and no number over 1 up to 100")
        return SEVERITIES["strong"]
