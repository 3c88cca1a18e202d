"""Packs in a folder of policies: added as a whole or not at all, and pinned by digest in ``packs.lock`` beside them."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from moderation.core.errors import InputError, NotFound
from moderation.packs.reading import Pack
from moderation.plugins import Plugins
from moderation.policies.files import load_policies, policy_paths

LOCK = "packs.lock"


class Pinned(BaseModel):
    """A pack that was added.

    Attributes:
        digest: of the pack, ``Pack.digest``.
        policies: SHA-256 of each of its policy files, by name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    digest: str = Field(pattern=r"[0-9a-f]{64}")
    source: str
    added_at: datetime
    policies: dict[str, str]


class Lock(BaseModel):
    """The lock file's content: packs by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    packs: dict[str, Pinned] = Field(default_factory=dict)


@dataclass(frozen=True)
class Drift:
    """A policy file that is not as its pack was pinned: ``changed`` or ``missing``."""

    pack: str
    file: str
    how: str


def read_lock(rules: Path) -> Lock:
    """What is pinned in a folder of policies; nothing where there is no lock file.

    Raises:
        InputError: the lock file cannot be read.
    """
    path = rules / LOCK
    try:
        return Lock.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Lock()
    except (OSError, ValidationError) as error:
        raise InputError(f"{path}: is no lock file of packs ({type(error).__name__}); take it from a backup") from error


def drifts(rules: Path, lock: Lock) -> list[Drift]:
    """Policy files that somebody changed or took away since their packs were added."""
    found = []
    for name, pinned in sorted(lock.packs.items()):
        for file, digest in sorted(pinned.policies.items()):
            try:
                now = hashlib.sha256((rules / file).read_bytes()).hexdigest()
            except OSError:
                found.append(Drift(name, file, "missing"))
                continue
            if now != digest:
                found.append(Drift(name, file, "changed"))
    return found


def add(pack: Pack, rules: Path, plugins: Plugins, now: datetime, *, replaces_changes: bool = False) -> Pinned:
    """Put a pack's policies into a folder, or those of its new version in place of the old ones.

    Args:
        rules: the folder; the service takes up what changes there.
        replaces_changes: also where somebody changed a file of the pack that is there.

    Raises:
        InputError: a policy of that name is not the pack's, or was changed since. Nothing is written.
        PolicyFault: the folder's policies would have faults with it. Nothing is written.
    """
    lock = read_lock(rules)
    before = lock.packs.get(pack.name)
    _check_files(pack, rules, lock, before, replaces_changes=replaces_changes)
    gone = sorted(set(before.policies if before else ()) - set(pack.policies))
    _check_together(pack.policies, gone, rules, plugins)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(pack.policies.items())}
    pinned = Pinned(
        version=pack.manifest.version, digest=pack.digest, source=pack.source, added_at=now, policies=digests
    )
    # The lock comes last: after a kill in between, adding the pack again finds its own files and goes on.
    for name, data in pack.policies.items():
        _write(rules / name, data)
    for name in gone:
        (rules / name).unlink(missing_ok=True)
    _write(rules / LOCK, _text(Lock(packs={**lock.packs, pack.name: pinned})))
    return pinned


def remove(name: str, rules: Path, plugins: Plugins, *, removes_changes: bool = False) -> Pinned:
    """Take a pack's policies out of a folder.

    Raises:
        NotFound: it is not there.
        InputError: somebody changed a file of it since. Nothing is removed.
        PolicyFault: what is left cannot be in force. Nothing is removed.
    """
    lock = read_lock(rules)
    pinned = lock.packs.get(name)
    if pinned is None:
        raise NotFound(f"pack '{name}' was not added to {rules}")
    changed = [each.file for each in drifts(rules, lock) if each.pack == name and each.how == "changed"]
    if changed and not removes_changes:
        raise InputError(f"{rules / changed[0]} was changed since; say --force to remove it all the same")
    _check_together({}, list(pinned.policies), rules, plugins)
    for file in pinned.policies:
        (rules / file).unlink(missing_ok=True)
    _write(rules / LOCK, _text(Lock(packs={key: each for key, each in lock.packs.items() if key != name})))
    return pinned


def _check_files(pack: Pack, rules: Path, lock: Lock, before: Pinned | None, *, replaces_changes: bool) -> None:
    """Nobody's file is written over who did not say so."""
    others = {file: name for name, each in lock.packs.items() if name != pack.name for file in each.policies}
    changed = {each.file for each in drifts(rules, lock) if each.pack == pack.name and each.how == "changed"}
    for file, data in pack.policies.items():
        path = rules / file
        if file in others:
            raise InputError(f"{path} is of pack '{others[file]}'; remove that one first")
        is_same = path.exists() and path.read_bytes() == data
        if path.exists() and (before is None or file not in before.policies) and not is_same:
            raise InputError(f"{path} is there already, and not the pack's: rename yours, or move it away")
        if file in changed and not is_same and not replaces_changes:
            raise InputError(f"{path} was changed since the pack was added; say --force to lose the changes")


def _check_together(new: Mapping[str, bytes], gone: list[str], rules: Path, plugins: Plugins) -> None:
    """All policies of the folder as they would be, loaded as the service loads them."""
    with TemporaryDirectory(prefix="moderation-packs-") as folder:
        for path in policy_paths([rules]):
            if path.name not in gone:
                shutil.copyfile(path, Path(folder) / path.name)
        for name, data in new.items():
            (Path(folder) / name).write_bytes(data)
        load_policies(Path(folder), plugins.taxonomy, plugins.tools)


def _text(lock: Lock) -> bytes:
    return (json.dumps(lock.model_dump(mode="json"), indent=2, sort_keys=True) + "\n").encode()


def _write(path: Path, data: bytes) -> None:
    """Write a file so that whoever reads it sees the old or the new one."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    with beside.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
