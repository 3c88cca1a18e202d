"""What is different between two versions of policies, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moderation.core.policy.file import PolicyFile
from moderation.core.policy.policies import PolicySet

_NAMED = {"rules": "id", "queues": "name", "sampling": "id", "tests": "name"}
"""Lists whose entries have names, and the key of the name."""


def set_changes(old: PolicySet, new: PolicySet) -> Iterator[str]:
    """The changes from one set of policies to another, policy by policy."""
    before = {policy.name: policy.file for policy in old.policies}
    after = {policy.name: policy.file for policy in new.policies}
    for name in sorted({*before, *after}):
        if name not in after:
            yield f"{name}: the policy is gone"
        elif name not in before:
            yield f"{name}: a new policy"
        else:
            for change in policy_changes(before[name], after[name]):
                yield f"{name}: {change}"


def policy_changes(old: PolicyFile, new: PolicyFile) -> Iterator[str]:
    """The changes from one text of a policy to another; tests and descriptions are left out."""
    yield from _changes("", _plain(old), _plain(new))


def _plain(file: PolicyFile) -> Mapping[str, Any]:
    """The file with its lists of named things as mappings by name, so that order does not matter."""
    document = file.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"tests", "description"})
    for key, name in _NAMED.items():
        if key in document:
            document[key] = {str(entry[name]): entry for entry in document[key]}
    return document


def _changes(path: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            below = f"{path}.{key}" if path else str(key)
            if key not in new:
                yield f"{below} is gone (was {said(old[key])})"
            elif key not in old:
                yield f"{below} is new: {said(new[key])}"
            else:
                yield from _changes(below, old[key], new[key])
    else:
        yield f"{path}: {said(old)} -> {said(new)}"


def said(value: Any) -> str:
    """A value as a policy file would say it, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {said(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(said(each) for each in value) + "]"
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
