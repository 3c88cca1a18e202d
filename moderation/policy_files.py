"""Policy files: YAML read with positions, so that every fault is shown at its line and column. All faults at once."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from moderation.core.errors import Fault, PolicyFault
from moderation.core.policies import Path as KeyPath
from moderation.core.policies import Policy, PolicySet
from moderation.core.policy_checks import Problem, parse_policy
from moderation.core.taxonomy import Taxonomy

MAX_BYTES = 262_144
MAX_DEPTH = 30
MAX_NODES = 50_000
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Place:
    """Where something stands: 1-based line and column, and how many characters it has on that line."""

    line: int
    column: int
    length: int = 1


@dataclass
class Document:
    """A YAML file as plain data, with the places of keys and values by key path."""

    path: str
    source: str
    data: Any = None
    values: dict[KeyPath, Place] = field(default_factory=dict)
    keys: dict[KeyPath, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    nodes: int = 0

    def fault(self, place: Place, code: str, message: str, hint: str = "") -> Fault:
        """A fault at `place`, with the line's text."""
        lines = self.source.splitlines()
        text = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
        length = max(1, min(place.length, len(text) - place.column + 1))
        return Fault(self.path, place.line, place.column, code, message, hint, length, text[:200])

    def at(self, path: KeyPath, *, on_key: bool = False) -> Place:
        """The place of a key path, or of the nearest thing above that stands in the file."""
        while path:
            found = (self.keys if on_key else self.values).get(path) or self.keys.get(path)
            if found is not None:
                return found
            path = path[:-1]
        return Place(1, 1)


def shipped_rules() -> Path:
    """The folder of shipped policies: the checkout's, or the installed package's."""
    beside = Path(__file__).resolve().parent.parent
    checkout, installed = beside / "rules", beside / "moderation_data" / "rules"
    return checkout if checkout.is_dir() else installed


def read_document(path: Path, shown: str | None = None) -> Document:
    """Read one YAML file; what is wrong with it as YAML is in `Document.faults`. Never raises for content."""
    name = shown or str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        return Document(name, "", faults=[Fault(name, 0, 0, "E100", f"cannot be read: {error.strerror}")])
    return parse_document(name, data)


def parse_document(name: str, data: bytes) -> Document:
    """As `read_document`, from bytes."""
    if len(data) > MAX_BYTES:
        fault = Fault(name, 0, 0, "E100", f"{len(data):,} bytes; a file has at most {MAX_BYTES:,}", "split it")
        return Document(name, "", faults=[fault])
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Document(name, "", faults=[Fault(name, 0, 0, "E100", f"not UTF-8 (byte {error.start})")])
    document = Document(name, source)
    try:
        _refuse_tricks(document)
        if not document.faults:
            node = yaml.compose(source, Loader=_Loader)
            if node is not None:
                document.data = _plain(node, (), document)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        document.faults.append(document.fault(place, "E100", f"not YAML: {error.problem or error.context}"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        document.faults.append(Fault(name, 0, 0, "E100", f"not YAML: {str(error).splitlines()[0][:200]}"))
    return document


def _refuse_tricks(document: Document) -> None:
    """Anchors, tags and depth are refused from the event stream, before anything is built from them."""
    depth = 0
    events: Iterator[Any] = yaml.parse(document.source, Loader=_Loader)
    for event in events:
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            document.faults.append(
                document.fault(place, "E100", "anchors and aliases are not used here", "write it out")
            )
            return
        if getattr(event, "tag", None):
            document.faults.append(document.fault(place, "E100", f"tag {event.tag!r} is not used here", "remove it"))
            return
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            document.faults.append(document.fault(place, "E100", f"nested deeper than {MAX_DEPTH} levels"))
            return


def _plain(node: Any, path: KeyPath, document: Document) -> Any:
    """The data of a node, noting where each key and value stands."""
    document.nodes += 1
    if document.nodes > MAX_NODES:
        raise ValueError(f"more than {MAX_NODES:,} values")
    place = _place(node)
    document.values[path] = place
    if isinstance(node, yaml.MappingNode):
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node, document) if isinstance(key_node, yaml.ScalarNode) else None
            at = _place(key_node)
            if not isinstance(key, str):
                hint = f"write '{key_node.value}'" if isinstance(key_node, yaml.ScalarNode) else ""
                document.faults.append(document.fault(at, "E101", "a key is a word", hint))
                continue
            if key in result:
                document.faults.append(document.fault(at, "E101", f"key '{key}' stands here twice"))
            document.keys[(*path, key)] = at
            result[key] = _plain(value_node, (*path, key), document)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, number), document) for number, child in enumerate(node.value)]
    return _scalar(node, document)


def _scalar(node: Any, document: Document) -> Any:
    """The value of a scalar by YAML's rules; infinities and NaN are faults."""
    constructor = yaml.SafeLoader("")
    try:
        value = constructor.construct_object(node)
    except (ValueError, OverflowError, yaml.YAMLError):
        document.faults.append(document.fault(_place(node), "E102", f"'{node.value[:60]}' is not a value"))
        return None
    finally:
        constructor.dispose()
    if isinstance(value, float) and not math.isfinite(value):
        document.faults.append(document.fault(_place(node), "E102", "not a number that can be compared"))
        return None
    return value


def _place(node: Any) -> Place:
    start, end = node.start_mark, node.end_mark
    length = end.column - start.column if end.line == start.line else 1
    return Place(start.line + 1, start.column + 1, max(length, 1))


def read_policy(path: Path, taxonomy: Taxonomy, shown: str | None = None) -> tuple[Policy | None, list[Fault]]:
    """One policy file: the policy, or None; and all its faults, in file order."""
    document = read_document(path, shown)
    if document.faults:
        return None, document.faults
    version = hashlib.sha256(document.source.encode()).hexdigest()
    lines = _rule_lines(document)
    policy, problems = parse_policy(
        document.data, taxonomy, version=version, text=document.source, path=document.path, lines=lines
    )
    faults = [_located(problem, document) for problem in problems]
    return policy, sorted(faults, key=lambda fault: (fault.line, fault.column))


def _located(problem: Problem, document: Document) -> Fault:
    place = document.at(problem.path, on_key=problem.on_key)
    return document.fault(place, problem.code, problem.message, problem.hint)


def _rule_lines(document: Document) -> dict[str, int]:
    """1-based line of each band and rule, by id."""
    lines = {str(path[1]): place.line for path, place in document.keys.items() if len(path) == 2 and path[0] == "bands"}
    rules = document.data.get("rules") if isinstance(document.data, dict) else None
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict) and isinstance(rule.get("id"), str):
            lines[rule["id"]] = document.at(("rules", number)).line
    return lines


def policy_paths(paths: Sequence[Path]) -> list[Path]:
    """The policy files among `paths`; of folders, their ``*.yml`` and ``*.yaml``, by name."""
    found: list[Path] = []
    for path in paths:
        found += sorted(p for p in path.iterdir() if p.suffix in (".yml", ".yaml")) if path.is_dir() else [path]
    return found


def load_policies(folder: Path, taxonomy: Taxonomy, detectors: Collection[str]) -> PolicySet:
    """All policies of a folder, ready to be in force.

    Args:
        folder: with ``*.yml`` files.
        taxonomy: with the custom labels that plugins offer.
        detectors: names of the loaded detectors.

    Raises:
        PolicyFault: with every fault of every file.
    """
    faults: list[Fault] = []
    policies: dict[str, Policy] = {}
    waiting: list[tuple[str, str]] = []
    if not folder.is_dir():
        raise PolicyFault([Fault(str(folder), 0, 0, "E100", "no such folder of policies")])
    for path in policy_paths([folder]):
        policy, found = read_policy(path, taxonomy, shown_path(path))
        faults += [fault for fault in found if fault.is_error]
        if policy is None:
            continue
        absent = sorted(set(policy.file.only_with) - set(detectors))
        if absent:
            waiting.append((policy.name, f"needs a plugin with {', '.join(absent)}"))
            continue
        unmet = sorted(set(policy.file.needs) - set(detectors))
        if unmet:
            message = f"needs detector '{unmet[0]}', which no loaded plugin offers"
            hint = "install the plugin, or say only_with: to let the policy wait for it"
            faults.append(Fault(policy.path, 0, 0, "E113", message, hint))
        elif policy.name in policies:
            message = f"policy '{policy.name}' is also in {policies[policy.name].path}"
            faults.append(Fault(policy.path, 0, 0, "E108", message))
        else:
            policies[policy.name] = policy
    if not policies and not faults:
        faults.append(Fault(str(folder), 0, 0, "E113", "no policy here can be in force", "add one"))
    if faults:
        raise PolicyFault(faults)
    return PolicySet(tuple(policies[name] for name in sorted(policies)), tuple(sorted(waiting)))


def shown_path(path: Path) -> str:
    """A path as people say it: from the current folder where that is shorter."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
