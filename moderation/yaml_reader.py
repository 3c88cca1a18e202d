"""YAML as policies use it, and files of models: plain data with the place of each key and value, and each fault there.

The text is parsed by PyYAML's C parser into events, and never into objects. Left out on purpose, as faults that say
so: anchors and aliases (they can explode), tags, several documents, values that are not finite numbers. Plain words
mean what YAML 1.2 says: ``yes``, ``no`` and ``12:30`` are texts; only ``true`` and ``false`` are truth values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel

from moderation.core.errors import Fault, ModerationError, PolicyFault
from moderation.core.policy.codes import Slip
from moderation.core.policy.shape import fit
from moderation.core.policy.terms import Path as KeyPath
from moderation.yaml_remedies import Complaint, Place, curly_quotes, remedy

Model = TypeVar("Model", bound=BaseModel)
MAX_BYTES = 1_048_576
MAX_DEPTH = 30
MAX_FAULTS = 100
"""Faults shown of one file; who has more mends these first."""
REMEMBERED, REMEMBERED_BYTES = 64, 65_536
"""Files that were read lately, and the bytes of the largest that is remembered."""
MAX_SHOWN = 200
"""Characters of a line that are shown."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_COMMENT = re.compile(r"[ \t]+(#.*)")
_NUMBER_AND_COMMA = re.compile(r"(?<![\w.,])(\d+),$")
_NOTHING = {"", "~", "null", "Null", "NULL"}
_NO_ANCHORS = "write it out, or make a list under lists:; a text that begins with & or * is put in quotes"
_LINE_BREAKS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What the parser counts as the end of a line (YAML 1.1, section 5.4)."""


class Spot(NamedTuple):
    """Where something stands: 1-based line and column, and how many characters it has on that line."""

    line: int
    column: int
    length: int = 1


@dataclass
class Document:
    """A YAML file as plain data, with the places of keys and values by key path.

    Attributes:
        data: mappings, lists, texts, numbers, truth values, days, None; None too when there are faults.
        cut: texts without quotes that a comment ends, with the place of its ``#``.
    """

    path: str
    source: str
    data: Any = None
    values: dict[KeyPath, Spot] = field(default_factory=dict)
    keys: dict[KeyPath, Spot] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    cut: list[tuple[KeyPath, Spot]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines = _LINE_BREAKS.split(self.source)

    def fault(self, place: Spot, code: str, message: str, hint: str = "") -> Fault:
        """A fault at `place`, with the line's text."""
        text = self.lines[place.line - 1] if 0 < place.line <= len(self.lines) else ""
        text = text[:MAX_SHOWN].replace("\t", " ")
        length = max(1, min(place.length, len(text) - place.column + 1))
        if place.column > len(text) + 1:
            text = ""  # a caret beside the text would mislead
        return Fault(self.path, place.line, place.column, code, message, hint, length, text)

    def at(self, path: KeyPath, *, on_key: bool = False) -> Spot:
        """The place of a key path, or of the nearest thing above that stands in the file."""
        first, second = (self.keys, self.values) if on_key else (self.values, self.keys)
        while path:
            found = first.get(path) or second.get(path)
            if found is not None:
                return found
            path = path[:-1]
        return Spot(1, 1)

    def complain(self, place: Spot, code: str, message: str, hint: str = "") -> None:
        """Note a fault."""
        self.faults.append(self.fault(place, code, message, hint))


def parse_document(name: str, data: bytes) -> Document:
    """Read YAML; what is wrong with it as YAML is in `Document.faults`. Never raises for content.

    Policies are read again and again while few of their files change, so what was read lately is not parsed again.
    """
    if len(data) > REMEMBERED_BYTES:
        return _parsed(name, data)
    found = _remembered(name, data)
    return replace(found, data=_copied(found.data), faults=list(found.faults))


def _copied(data: Any) -> Any:
    """Plain data in mappings and lists of its own; `copy.deepcopy`, which allows for more, takes ten times as long."""
    if isinstance(data, dict):
        return {key: _copied(value) for key, value in data.items()}
    return [_copied(value) for value in data] if isinstance(data, list) else data


@lru_cache(maxsize=REMEMBERED)
def _remembered(name: str, data: bytes) -> Document:
    return _parsed(name, data)


def _parsed(name: str, data: bytes) -> Document:
    if len(data) > MAX_BYTES:
        fault = Fault(name, 0, 0, "E100", f"{len(data):,} bytes; a file has at most {MAX_BYTES:,}", "split it")
        return Document(name, "", faults=[fault])
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return Document(name, "", faults=[Fault(name, line, 0, "E100", "not UTF-8", "save the file as UTF-8")])
    document = Document(name, source)
    builder = _Builder(document)
    try:
        data_or_none = builder.build()
        if not document.faults:
            document.data = data_or_none
    except _TooMuch:
        pass
    except yaml.MarkedYAMLError as error:
        _syntax_fault(document, error, builder.quoted)
    except yaml.reader.ReaderError as error:
        document.faults.append(_unreadable(document, error))
    return document


def _unreadable(document: Document, error: yaml.reader.ReaderError) -> Fault:
    """A character that YAML does not allow, such as a control character."""
    before = document.source[: error.position]
    line = len(_LINE_BREAKS.findall(before)) + 1
    return Fault(document.path, line, 0, "E100", "a character that YAML does not allow", "remove it; retype the line")


def _syntax_fault(document: Document, error: yaml.MarkedYAMLError, quoted: tuple[Place, Place] | None) -> None:
    """Note what the parser could not read, where the mistake most likely is."""
    mark = error.problem_mark or error.context_mark
    at = Place(mark.line, mark.column) if mark else Place(0, 0)
    opened = Place(error.context_mark.line, error.context_mark.column) if error.context_mark else at
    found = remedy(Complaint(str(error.problem or error.context), at, opened, quoted), document.lines)
    place = Spot(found.place.line + 1, found.place.column + 1)
    document.complain(place, "E100", f"not YAML: {found.message}", found.hint)


def read_model(path: Path, model: type[Model], hint: str) -> Model:
    """What a file says, as a model.

    Args:
        hint: what to do where there is no such file, such as the setting to mend.

    Raises:
        PolicyFault: with every fault of it, at its line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PolicyFault([Fault(str(path), 0, 0, "E100", f"cannot be read: {error.strerror}", hint)]) from error
    return model_of(parse_document(str(path), data), model)


def model_of(document: Document, model: type[Model]) -> Model:
    """What a document says, as a model.

    Raises:
        PolicyFault: with every fault of it, at its line.
    """
    if document.faults:
        raise PolicyFault(document.faults)
    found, slips = fit(model, document.data)
    if found is None:
        raise PolicyFault([located(slip, document) for slip in slips])
    return found


def located(slip: Slip, document: Document) -> Fault:
    """A slip at its place in the file."""
    return document.fault(document.at(slip.path, on_key=slip.on_key), slip.code, slip.message, slip.hint)


_SENTENCES = ("why", "description", "name", "approve")
"""Keys of texts for people."""


def cut_sentences(document: Document) -> list[Fault]:
    """Sentences without quotes that a ``#`` cuts off, where the rest may have been meant as well."""
    message = "what follows the # is a comment, and no part of the sentence"
    hint = "put the sentence in quotes; a comment goes on a line of its own"
    return [
        document.fault(place, "W211", message, hint)
        for path, place in document.cut
        if path[-1:] and path[-1] in _SENTENCES
    ]


class _TooMuch(ModerationError):
    """Reading goes no further; why is among the document's faults."""


@dataclass
class _Open:
    """A mapping or list that is being read."""

    path: KeyPath
    container: Any
    key: KeyPath | None = None
    skipping: bool = False

    def wants_key(self) -> bool:
        """True when the next thing is a key."""
        return isinstance(self.container, dict) and self.key is None and not self.skipping


class _Builder:
    """Builds the data of a document from the parser's events, without recursion."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._open: list[_Open] = []
        self._root: Any = None
        self._documents = 0
        self.quoted: tuple[Place, Place] | None = None
        """The last text in quotes: its first, and behind its last character."""

    def build(self) -> Any:
        """The data; faults go into the document."""
        events: Iterator[Any] = yaml.parse(self._document.source, Loader=_Loader)
        for event in events:
            if isinstance(event, yaml.AliasEvent):
                self._stop(event, "anchors and aliases are not used here", _NO_ANCHORS)
            elif isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    self._stop(event, "a second document begins here", "one policy a file; remove the ---")
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                self._close(event)
        return self._root

    def _node(self, event: Any) -> None:
        if event.anchor:
            self._stop(event, "anchors and aliases are not used here", _NO_ANCHORS)
        if event.tag:
            self._stop(event, f"tag {event.tag[:40]!r} is not used here", "put a text that begins with ! in quotes")
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
            return
        if len(self._open) >= MAX_DEPTH:
            self._stop(event, f"nested deeper than {MAX_DEPTH} levels")
        if self._open and self._open[-1].wants_key():
            self._complain(event, "E101", "a key is a word, not a mapping or a list", "write KEY: VALUE")
            # What belongs to it is read, for its own faults, and goes nowhere.
            self._open[-1].skipping = True
            self._open.append(_Open((), {} if isinstance(event, yaml.MappingStartEvent) else []))
            return
        container: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._open.append(_Open(self._add(event, container), container))

    def _close(self, event: Any) -> None:
        done = self._open.pop()
        place = self._document.values.get(done.path)
        if place is not None and place.line == event.end_mark.line + 1:
            self._document.values[done.path] = Spot(place.line, place.column, event.end_mark.column + 1 - place.column)

    def _scalar(self, event: Any) -> None:
        if event.implicit[0]:
            self._check_plain(event)
        else:
            start, end = event.start_mark, event.end_mark
            self.quoted = (Place(start.line, start.column), Place(end.line, end.column))
        if not (self._open and self._open[-1].wants_key()):
            path = self._add(event, self._value(event))
            self._note_comment(event, path)
            return
        mapping = self._open[-1]
        if event.implicit[0] and not isinstance(_plain(event.value), str):
            self._wrong_key(event)
        key = event.value
        path = (*mapping.path, key)
        if key in mapping.container:
            first = self._document.keys.get(path)
            since = f"; the first is in line {first.line}" if first is not None else ""
            self._complain(event, "E116", f"key '{key}' stands here twice{since}", "remove one")
            mapping.skipping = True
            return
        self._document.keys[path] = _place(event)
        mapping.key = path

    def _check_plain(self, event: Any) -> None:
        """Curly quotes are letters to YAML: what stands in them would never equal what is meant."""
        if (inner := curly_quotes(event.value)) is not None:
            message = "curly quotes are letters of the text here, and quote nothing"
            self._complain(
                event, "E102", message, f'write "{inner[:60]}" with straight quotes; who wants both writes both'
            )

    def _wrong_key(self, event: Any) -> None:
        """A number where a key is wanted, which a comma inside a number makes of its end."""
        number, column = event.value[:40], event.start_mark.column
        before = self._document.lines[event.start_mark.line][:column]
        if (start := _NUMBER_AND_COMMA.search(before)) and number.isdigit():
            hint = f"write {start[1]}.{number}" + (f", or {start[1]}{number}" if len(number) == 3 else "")
            place = Spot(event.start_mark.line + 1, start.start(1) + 1, len(start[1]) + 1 + len(number))
            self._document.complain(place, "E102", "a number is written with a point, not a comma", hint)
            return
        self._complain(event, "E101", f"a key is a word, not {number}", f"write '{number}'")

    def _note_comment(self, event: Any, path: KeyPath) -> None:
        """Remember a text that a comment ends; a comment in the place of a text is a fault."""
        mark = event.end_mark
        if not event.implicit[0] or mark.line >= len(self._document.lines):
            return
        found = _COMMENT.match(self._document.lines[mark.line], mark.column)
        if found is None:
            return
        place = Spot(mark.line + 1, found.start(1) + 1, len(found[1]))
        if event.value:
            self._document.cut.append((path, place))
        elif len(found[1]) > 1 and not found[1][1].isspace():
            text = found[1].rstrip(" ,]}")[:60]
            self._document.complain(
                place, "E102", "what follows a # is a comment, so that nothing stands here", f'write "{text}"'
            )

    def _add(self, event: Any, value: Any) -> KeyPath:
        """Put a value where it belongs; returns its path."""
        if not self._open:
            self._root = value
            self._document.values[()] = _place(event)
            return ()
        into = self._open[-1]
        if into.skipping:
            into.skipping = False
            return ("", *into.path)  # a path that nothing asks for
        if into.key is not None:
            path, into.key = into.key, None
            into.container[path[-1]] = value
        else:
            path = (*into.path, len(into.container))
            into.container.append(value)
        self._document.values[path] = _place(event)
        return path

    def _value(self, event: Any) -> Any:
        if not event.implicit[0]:
            return event.value
        value = _plain(event.value)
        if isinstance(value, float) and not math.isfinite(value):
            self._complain(event, "E102", f"{event.value} is not a number that can be compared", "write a number")
            return None
        if isinstance(value, _NoDay):
            self._complain(event, "E102", f"there is no day {event.value}", "look at its month and day")
            return None
        return value

    def _complain(self, event: Any, code: str, message: str, hint: str = "") -> None:
        self._document.complain(_place(event), code, message, hint)
        if len(self._document.faults) >= MAX_FAULTS:
            raise _TooMuch

    def _stop(self, event: Any, message: str, hint: str = "") -> None:
        self._document.complain(_place(event), "E100", message, hint)
        raise _TooMuch


class _NoDay:
    """Stands for what looks like a day and is none, such as 2027-02-30."""


def _plain(text: str) -> Any:
    """The value of a word without quotes (YAML 1.2 core schema, and days)."""
    if text in _WORDS:
        return _WORDS[text]
    if text in _NOTHING:
        return None
    first = text[0]
    if first in "0123456789+-.":
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
        if _DATE.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                return _NoDay()
        if text.lstrip("+-").lower() in (".nan", ".inf"):
            return math.nan
    return text


def _place(event: Any) -> Spot:
    start, end = event.start_mark, event.end_mark
    length = end.column - start.column if end.line == start.line else 1
    return Spot(start.line + 1, start.column + 1, length or 1)
