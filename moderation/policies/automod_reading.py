"""AutoModerator's files, read with the line of each key: several YAML documents, each a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from moderation.core.errors import Fault, PolicyFault
from moderation.yaml_remedies import Complaint, Place, remedy

MAX_BYTES = 1_048_576
MAX_DEPTH = 20
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Said:
    """Something about a line of the file."""

    line: int
    words: str


@dataclass(frozen=True)
class Node:
    """A value of the file, as text: what is a number or a truth value there is compared as people wrote it.

    Attributes:
        line: where it begins.
        key_line: of the key that it belongs to; `line` where it belongs to none.
    """

    value: str | Mapping[str, Node] | tuple[Node, ...]
    line: int
    key_line: int

    def mapping(self) -> Mapping[str, Node] | None:
        """Its keys and values; None for what is no mapping."""
        return self.value if isinstance(self.value, Mapping) else None

    def text(self) -> str:
        """A single value, without blanks around; empty for what is none."""
        return self.value.strip() if isinstance(self.value, str) else ""

    def texts(self) -> list[str]:
        """One value or several, all that are texts."""
        if isinstance(self.value, tuple):
            return [text for each in self.value for text in each.texts()]
        return [self.text()] if self.text() else []


def read_rules(name: str, data: bytes) -> list[Node]:
    """The rules of a file, in its order.

    Raises:
        PolicyFault: it is too large, no YAML, or uses anchors or nests as no such file does.
    """
    if len(data) > MAX_BYTES:
        raise _fault(name, 0, f"{len(data):,} bytes; a file has at most {MAX_BYTES:,}", "split it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _fault(name, data[: error.start].count(b"\n") + 1, "not UTF-8", "save the file as UTF-8") from error
    try:
        _look_through(name, text)
        documents = list(yaml.compose_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Place(mark.line, mark.column) if mark else Place(0, 0)
        opened = Place(error.context_mark.line, error.context_mark.column) if error.context_mark else at
        found = remedy(Complaint(str(error.problem or error.context), at, opened), text.splitlines())
        raise _fault(name, found.place.line + 1, f"not YAML: {found.message}", found.hint) from error
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise _fault(name, line, "a character that YAML does not allow", "remove it; retype the line") from error
    return [_node(name, document, None) for document in documents if not _is_nothing(document)]


def _look_through(name: str, text: str) -> None:
    """Refuse what could make a small file large, before anything is built of it."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        mark: Any = event.start_mark
        line = mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _fault(name, line, "anchors and aliases are not used here", "write it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _fault(name, line, f"nested deeper than {MAX_DEPTH} levels", "no rule is")


def _is_nothing(node: Any) -> bool:
    return node is None or (isinstance(node, yaml.ScalarNode) and not node.value)


def _node(name: str, node: Any, key_line: int | None) -> Node:
    line = node.start_mark.line + 1
    at = key_line if key_line is not None else line
    if isinstance(node, yaml.ScalarNode):
        return Node(node.value, line, at)
    if isinstance(node, yaml.SequenceNode):
        return Node(tuple(_node(name, each, at) for each in node.value), line, at)
    found: dict[str, Node] = {}
    for key, value in node.value:
        key_at = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise _fault(name, key_at, "a key is a word", "write KEY: VALUE")
        if key.value in found:
            raise _fault(name, key_at, f"key '{key.value[:60]}' stands twice in one rule", "remove one, or write key#2")
        found[key.value] = _node(name, value, key_at)
    return Node(found, line, at)


def _fault(name: str, line: int, message: str, hint: str) -> PolicyFault:
    return PolicyFault([Fault(name, line, 0, "E100", message, hint)])
