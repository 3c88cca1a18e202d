"""Block lists: YAML files that policy owners edit.

::

    list: insults
    label: Toxicity/INSULT
    severity: strong            # of entries that say nothing: mild 60, strong 85, severe 97, or a number
    entries:
      - idiot
      - {text: shut your mouth, severity: mild}
      - {text: retard, language: en}    # elsewhere it is a delay
    allow: [idiot proof]        # where these stand, nothing inside them counts
    softened_by: quoting        # of entries that say nothing: at most strong where the words are quoted or reported
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from moderation.core.errors import Fault, PolicyFault
from moderation.core.nearest import nearest
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy
from moderation_text.languages import LANGUAGES

SEVERITIES = {"mild": 60.0, "strong": 85.0, "severe": 97.0}
"""Names for confidences, percent."""

MAX_FILE_BYTES = 2_000_000
MAX_ENTRY_WORDS = 16
MAX_ENTRY_CHARS = 200

SOFTENERS = ("quoting", "nothing")
"""What ``softened_by`` may say."""

_KEYS = ("list", "label", "severity", "softened_by", "language", "entries", "allow")
_ENTRY_KEYS = ("text", "severity", "softened_by", "language")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Entry(NamedTuple):
    """One word or phrase.

    Attributes:
        text: as the list has it.
        label: taxonomy name.
        severity: as the list has it: a name of `SEVERITIES` or a number.
        confidence: percent.
        source: the list's name.
        softened_by: ``quoting`` when it is at most strong where it is quoted or reported; else ``nothing``.
        language: what it is a word of, so that it does not count in texts of another; "" for a word of any.
    """

    text: str
    label: str
    severity: str | float
    confidence: float
    source: str
    softened_by: str = "nothing"
    language: str = ""


class Lists(NamedTuple):
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
    """Read every ``*.yml`` and ``*.yaml`` of a folder.

    Raises:
        PolicyFault: with all faults of all lists.
    """
    if not folder.is_dir():
        raise PolicyFault(
            [Fault(str(folder), 0, 0, "E100", "no such folder of block lists", "mend the setting 'lists'")]
        )
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml"))
    if not paths:
        raise PolicyFault([Fault(str(folder), 0, 0, "E100", "no block list (*.yml) in this folder", "add one")])
    faults: list[Fault] = []
    entries: list[Entry] = []
    allow: list[str] = []
    seen: dict[tuple[str, str], str] = {}
    names: dict[str, str] = {}
    for path in paths:
        reader = _Reader(path, faults)
        entries += reader.read(seen, names)
        allow += reader.allow
    if faults:
        raise PolicyFault(faults)
    return Lists(tuple(entries), tuple(allow))


class _Manner(NamedTuple):
    """How an entry counts; see `Entry`."""

    severity: str | float
    confidence: float
    softened_by: str = "nothing"
    language: str = ""


class _Reader:
    """One file; notes faults at the line and column they stand on."""

    def __init__(self, path: Path, faults: list[Fault]) -> None:
        self.path, self.allow = path, list[str]()
        self._faults = faults
        self._lines: list[str] = []

    def read(self, seen: dict[tuple[str, str], str], names: dict[str, str]) -> list[Entry]:
        """The entries of the file; faulty ones are left out and noted.

        Args:
            seen: where each (label, entry) of the files before stands; added to.
            names: which file has which list name; added to.
        """
        top = self._parse()
        if top is None:
            return []
        values = self._mapping(top, _KEYS, "a list file has the keys list, label and entries")
        missing = [key for key in ("list", "label", "entries") if key not in values]
        if missing:
            self._fault(top, "E103", f"'{missing[0]}' is missing", "a list file has the keys list, label and entries")
            return []
        name = self._name(values["list"], names)
        label = self._label(values["label"])
        default = self._manner(values, _Manner("strong", SEVERITIES["strong"]))
        self.allow = [
            text for node in self._sequence(values.get("allow"), "allow") if (text := self._words(node)) is not None
        ]
        entries = []
        for node in self._sequence(values["entries"], "entries"):
            found = self._entry(node, default)
            if found is None:
                continue
            text, manner, place = found
            key = (label, " ".join(text.casefold().split()))
            if key in seen:
                self._fault(place, "E108", f"'{text}' stands in {seen[key]} already", "remove one")
                continue
            seen[key] = f"{self.path.name}:{place.start_mark.line + 1}"
            entries.append(
                Entry(text, label, manner.severity, manner.confidence, name, manner.softened_by, manner.language)
            )
        return entries

    def _parse(self) -> yaml.MappingNode | None:
        try:
            data = self.path.read_bytes()
            if len(data) > MAX_FILE_BYTES:
                self._file_fault(f"{len(data):,} bytes; a list has at most {MAX_FILE_BYTES:,}", "split it")
                return None
            source = data.decode("utf-8-sig")
            self._lines = source.splitlines()
            top = yaml.compose(source, Loader=_LOADER)
        except UnicodeDecodeError as error:
            self._file_fault(f"not UTF-8 (byte {error.start})", "save it as UTF-8")
        except OSError as error:
            self._file_fault(f"cannot be read: {error.strerror}")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            # A word that begins with a sign of YAML's own is the common mistake in these files.
            hint = "put a word that begins with a sign, or has a colon in it, in quotes"
            shown = self._line(line)
            self._faults.append(
                Fault(
                    str(self.path), line, column, "E100", f"not YAML: {error.problem or error.context}", hint, 1, shown
                )
            )
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            self._file_fault(f"not YAML: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
        else:
            if isinstance(top, yaml.MappingNode):
                return top
            self._file_fault("a list file is a mapping with the keys list, label and entries")
        return None

    def _mapping(self, node: yaml.MappingNode, known: tuple[str, ...], hint: str) -> dict[str, yaml.Node]:
        values: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name not in known:
                close = nearest(name, known)
                self._fault(key, "E101", f"unknown key '{name}'", f"did you mean '{close}'?" if close else hint)
            elif name in values:
                self._fault(key, "E101", f"key '{name}' stands here twice", "remove one")
            else:
                values[name] = value
        return values

    def _sequence(self, node: yaml.Node | None, key: str) -> list[yaml.Node]:
        if node is None or _is_empty(node):
            return []
        if not isinstance(node, yaml.SequenceNode):
            self._fault(node, "E102", f"'{key}' is a list", "write each entry on a line of its own behind '- '")
            return []
        return list(node.value)

    def _name(self, node: yaml.Node, names: dict[str, str]) -> str:
        name = node.value if isinstance(node, yaml.ScalarNode) else ""
        if not name or len(name) > 100:
            self._fault(node, "E102", "'list' is the list's name", "write list: insults, say")
        elif name in names:
            self._fault(node, "E108", f"list '{name}' is in {names[name]} already", "give each list a name of its own")
        names.setdefault(name, self.path.name)
        return name

    def _label(self, node: yaml.Node) -> str:
        label = node.value if isinstance(node, yaml.ScalarNode) else ""
        taxonomy = Taxonomy([label])
        if label not in taxonomy:
            close = taxonomy.suggest(label)
            hint = f"did you mean '{close}'?" if close else f"labels of your own begin with '{CUSTOM_PREFIX}'"
            self._fault(node, "E104", f"unknown label '{label}'", hint)
        return label

    def _entry(self, node: yaml.Node, default: _Manner) -> tuple[str, _Manner, yaml.Node] | None:
        """Text, manner and place of one entry."""
        manner = default
        if isinstance(node, yaml.MappingNode):
            values = self._mapping(node, _ENTRY_KEYS, f"an entry has the keys {', '.join(_ENTRY_KEYS)}")
            if "text" not in values:
                self._fault(node, "E103", "'text' is missing", "write {text: a word, severity: mild}")
                return None
            manner = self._manner(values, default)
            node = values["text"]
        text = self._words(node)
        return None if text is None else (text, manner, node)

    def _manner(self, values: dict[str, yaml.Node], default: _Manner) -> _Manner:
        """How an entry counts: what is said here, and `default` for what is not."""
        severity, confidence = default.severity, default.confidence
        if "severity" in values:
            severity, confidence = self._severity(values["severity"])
        softened_by, language = default.softened_by, default.language
        if "softened_by" in values:
            softened_by = self._one_of(values["softened_by"], "softened_by", SOFTENERS)
        if "language" in values:
            language = self._one_of(values["language"], "language", LANGUAGES)
        return _Manner(severity, confidence, softened_by, language)

    def _one_of(self, node: yaml.Node, key: str, known: tuple[str, ...]) -> str:
        """The word that a node is; the first of `known` where it is none of them."""
        word = node.value if isinstance(node, yaml.ScalarNode) else ""
        if word not in known:
            close = nearest(word, known)
            hint = f"did you mean '{close}'?" if close else f"write one of {', '.join(known)}"
            self._fault(node, "E102", f"{key} '{word[:60]}' is not known", hint)
            return known[0]
        return str(word)

    def _words(self, node: yaml.Node) -> str | None:
        """The word or phrase that a node is."""
        text = node.value if isinstance(node, yaml.ScalarNode) else ""
        if not any(c.isalnum() for c in text) or (len(text) < 2 and text.isascii()):
            self._fault(
                node, "E102", f"'{text[:60]}' is no word or phrase of two characters or more", "put it in quotes"
            )
            return None
        if len(text) > MAX_ENTRY_CHARS or len(text.split()) > MAX_ENTRY_WORDS:
            limits = f"{MAX_ENTRY_CHARS} characters or {MAX_ENTRY_WORDS} words"
            self._fault(node, "E102", f"longer than {limits}", "list the telling words of it")
            return None
        return str(text)

    def _severity(self, node: yaml.Node) -> tuple[str | float, float]:
        text = node.value if isinstance(node, yaml.ScalarNode) else ""
        if text in SEVERITIES:
            return text, SEVERITIES[text]
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        if 1 < number <= 100:
            return number, number
        close = nearest(text, SEVERITIES)
        hint = f"did you mean '{close}'?" if close else ""
        if 0 < number <= 1:
            hint = f"did you mean {number * 100:g}?"
        self._fault(
            node, "E102", f"severity '{text}' is none of {', '.join(SEVERITIES)}, nor a number over 1 to 100", hint
        )
        return "strong", SEVERITIES["strong"]

    def _fault(self, node: yaml.Node, code: str, message: str, hint: str = "") -> None:
        mark = node.start_mark
        shown = self._line(mark.line + 1)
        length = node.end_mark.column - mark.column if node.end_mark.line == mark.line else len(shown) - mark.column
        self._faults.append(
            Fault(str(self.path), mark.line + 1, mark.column + 1, code, message, hint, max(1, length), shown)
        )

    def _file_fault(self, message: str, hint: str = "") -> None:
        self._faults.append(Fault(str(self.path), 0, 0, "E100", message, hint))

    def _line(self, number: int) -> str:
        return self._lines[number - 1][:200] if 0 < number <= len(self._lines) else ""


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value in ("", "~", "null")
