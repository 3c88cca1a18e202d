"""Policy files: found, read with positions, checked, put into force. All faults of all files at once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from moderation.core.coverage import Tools
from moderation.core.errors import Fault, PolicyFault
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import Policy, PolicySet
from moderation.core.shipped import SHIPPED_TOOLS
from moderation.core.taxonomy import Taxonomy
from moderation.yaml_reader import MAX_BYTES, Document, located, parse_document

__all__ = ["Document", "load_policies", "parse_document", "policy_paths", "read_document", "read_policy"]


def shipped_rules() -> Path:
    """The folder of shipped policies: the checkout's, or the installed package's."""
    beside = Path(__file__).resolve().parents[2]
    checkout, installed = beside / "rules", beside / "moderation_data" / "rules"
    return checkout if checkout.is_dir() else installed


def read_document(path: Path, shown: str | None = None) -> Document:
    """Read one YAML file; what is wrong with it as YAML is in `Document.faults`. Never raises for content."""
    return _read(path, shown or str(path))[0]


def _read(path: Path, name: str) -> tuple[Document, bytes]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        return Document(name, "", faults=[Fault(name, 0, 0, "E100", f"cannot be read: {error.strerror}")]), b""
    return parse_document(name, data), data


def read_policy(
    path: Path, taxonomy: Taxonomy, shown: str | None = None, detectors: Collection[str] = ()
) -> tuple[Policy | None, list[Fault]]:
    """One policy file: the policy, or None; and all its faults, in file order.

    Args:
        path: the file.
        taxonomy: with the custom labels that plugins offer.
        shown: the path as faults and explanations name it; None for `path` as given.
        detectors: names of the loaded detectors.
    """
    document, data = _read(path, shown or str(path))
    policy, faults = _policy_of(document, data, taxonomy, detectors)
    return policy, faults


def policy_of_bytes(
    name: str, data: bytes, taxonomy: Taxonomy, detectors: Collection[str] = ()
) -> tuple[Policy | None, list[Fault]]:
    """The policy in the bytes of a file, as `read_policy` gives it; `name` is the path that is shown."""
    return _policy_of(parse_document(name, data), data, taxonomy, detectors)


def _policy_of(
    document: Document, data: bytes, taxonomy: Taxonomy, detectors: Collection[str]
) -> tuple[Policy | None, list[Fault]]:
    if document.faults:
        return None, _in_order(document.faults)
    policy, slips = parse_policy(
        document.data,
        taxonomy,
        version=hashlib.sha256(data).hexdigest(),
        text=document.source,
        path=document.path,
        lines=_rule_lines(document),
        detectors=detectors,
    )
    return policy, _in_order([located(slip, document) for slip in slips])


def _in_order(faults: Sequence[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: (fault.line, fault.column, fault.code))


def _rule_lines(document: Document) -> Mapping[str, int]:
    """1-based line of each band and rule by id, and of each test as ``tests.NAME``."""
    lines = {str(path[1]): place.line for path, place in document.keys.items() if len(path) == 2 and path[0] == "bands"}
    rules = document.data.get("rules") if isinstance(document.data, dict) else None
    for number, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict) and isinstance(rule.get("id"), str):
            lines[rule["id"]] = document.at(("rules", number)).line
    tests = document.data.get("tests") if isinstance(document.data, dict) else None
    for number, test in enumerate(tests if isinstance(tests, list) else ()):
        if isinstance(test, dict):
            lines[f"tests.{test.get('name')}"] = document.at(("tests", number)).line
    return lines


def policy_paths(paths: Sequence[Path]) -> list[Path]:
    """The policy files among `paths`; of folders, their ``*.yml`` and ``*.yaml``, by name."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.iterdir() if p.suffix in (".yml", ".yaml") and not p.name.startswith("."))
        else:
            found.append(path)
    return found


def load_policies(folder: Path, taxonomy: Taxonomy, tools: Tools) -> PolicySet:
    """All policies of a folder, ready to be in force.

    Args:
        folder: with ``*.yml`` files.
        taxonomy: with the custom labels that plugins offer.
        tools: what is loaded.

    Raises:
        PolicyFault: with every fault of every file.
    """
    if not folder.is_dir():
        raise PolicyFault([Fault(str(folder), 0, 0, "E100", "no such folder of policies")])
    faults: list[Fault] = []
    policies: dict[str, Policy] = {}
    waiting: list[tuple[Policy, tuple[str, ...]]] = []
    for path in policy_paths([folder]):
        document, data = _read(path, shown_path(path))
        policy, found = _policy_of(document, data, taxonomy, tools.names)
        faults += found
        if policy is None:
            continue
        absent = sorted(set(policy.file.only_with) - tools.names)
        if absent:
            waiting.append((policy, tuple(absent)))
            continue
        faults += cannot_act(policy, document, tools)
        if policy.name in policies:
            message = f"policy '{policy.name}' is also in {policies[policy.name].path}"
            faults.append(document.fault(document.at(("policy",)), "E108", message, "rename one"))
        policies[policy.name] = policy
    if not policies and not faults:
        faults.append(Fault(str(folder), 0, 0, "E113", "no policy here can be in force", "add one"))
    if faults:
        raise PolicyFault(faults)
    waiting.sort(key=lambda each: each[0].name)
    reasons = tuple((policy.name, f"needs a plugin with {', '.join(absent)}") for policy, absent in waiting)
    return PolicySet(tuple(policies[name] for name in sorted(policies)), reasons, tuple(waiting))


def cannot_act(policy: Policy, document: Document, tools: Tools) -> list[Fault]:
    """What the policy asks for that this installation does not have."""
    faults = []
    for number, name in enumerate(policy.file.needs):
        if name not in tools.names:
            plugin = SHIPPED_TOOLS.get(name)
            hint = f"install {plugin or 'its plugin'}, or say only_with: to let the policy wait for it"
            message = f"needs detector '{name}', which no loaded plugin offers"
            faults.append(document.fault(document.at(("needs", number)), "E113", message, hint))
    return faults


def shown_path(path: Path) -> str:
    """A path as people say it: from the current folder where that is shorter."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
