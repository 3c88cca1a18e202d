"""Which policies are in force: the files, unless somebody rolled one back; reloaded when they change.

Every text that was ever in force is kept by its digest, with who put it into force and when. A roll-back names the text
that it withdraws: it holds until the file says something else. All processes on one database see it.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from moderation.core.errors import Fault, NotFound, PolicyFault, StoreUnavailable
from moderation.core.policy.policies import Policy, PolicySet
from moderation.core.rules.making import prepare
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy
from moderation.plugins import Plugins
from moderation.policies.files import load_policies, policy_of_bytes, policy_paths
from moderation.storage.audit import note_change
from moderation.storage.tables import policy_activations, policy_texts

logger = logging.getLogger(__name__)

SETTLED_SECONDS = 0.1
"""How long changed files stay the same before they are taken for whole."""

MOST_READY = 64
"""Texts that were read are kept ready, because a verdict is explained by the text of its time."""


@dataclass(frozen=True)
class Enactment:
    """A policy's text came into force.

    Attributes:
        version: SHA-256 of the text that is in force, in hex.
        file_version: of the text that the file had; another one after a roll-back.
        how: ``start``, ``reload``, ``rollback``, or ``portal`` where a draft of the portal came into force.
        by: who owns the file, who rolled back, or who wrote the draft and who approved it.
    """

    name: str
    version: str
    file_version: str
    path: str
    how: str
    by: str
    at: datetime


class PolicyVersions:
    """The texts of policies over time, in the database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._taxonomies: dict[tuple[str, ...], Taxonomy] = {}
        self._ready: dict[tuple[str, Taxonomy, str], Policy] = {}

    def history(self, name: str | None = None) -> list[Enactment]:
        """All activations, or those of one policy; oldest first."""
        query = sa.select(policy_activations).order_by(policy_activations.c.id)
        if name is not None:
            query = query.where(policy_activations.c.name == name)
        return self._db.read(lambda c: [_enactment(row) for row in c.execute(query)])

    def changes(self) -> int:
        """How many activations there were. None is ever taken away, so it grows with each, whoever commits first."""
        query = sa.select(sa.func.count()).select_from(policy_activations)
        return self._db.read(lambda c: c.execute(query).scalar_one())

    def text(self, version: str) -> str:
        """The text of a version. Raises `NotFound`."""
        query = sa.select(policy_texts.c.text).where(policy_texts.c.version == version)
        text = self._db.read(lambda c: c.execute(query).scalar())
        if text is None:
            raise NotFound(f"no policy text of version {version[:12]} was ever in force here")
        return str(text)

    def policy(self, version: str, taxonomy: Taxonomy, path: str = "") -> Policy:
        """The policy of a version, as it was; `path` is the file that explanations name.

        Raises:
            NotFound: no such text is stored.
            PolicyFault: this program cannot read the text any more.
        """
        policy = self._ready.get((version, taxonomy, path or version[:12]))
        if policy is None:
            policy = self._policy(version, taxonomy, path)
            self.keep_ready([policy], taxonomy)
        return policy

    def keep_ready(self, policies: Iterable[Policy], taxonomy: Taxonomy) -> None:
        """Spare `policy` the reading of these."""
        self._taxonomies.setdefault(tuple(each for each in taxonomy.labels if each.startswith(CUSTOM_PREFIX)), taxonomy)
        for policy in policies:
            if len(self._ready) >= MOST_READY:
                self._ready.pop(next(iter(self._ready), ("", taxonomy, "")), None)
            self._ready[policy.version, taxonomy, policy.path] = policy

    def taxonomy(self, custom: Iterable[str]) -> Taxonomy:
        """The taxonomy with these labels of detectors; the same object for the same labels, as `policy` likes it."""
        labels = tuple(custom)
        known = self._taxonomies.get(labels)
        if known is None:
            if len(self._taxonomies) >= MOST_READY:
                self._taxonomies.clear()
            known = self._taxonomies[labels] = Taxonomy(labels)
        return known

    def _policy(self, version: str, taxonomy: Taxonomy, path: str) -> Policy:
        text = self.text(version)
        policy, faults = policy_of_bytes(path or version[:12], text.encode(), taxonomy)
        if policy is None:
            raise PolicyFault(faults)
        return replace(policy, version=version)

    def find(self, version: str, taxonomy: Taxonomy) -> Policy | None:
        """The policy of a version; None when it is not stored, or this program cannot read it any more."""
        try:
            return self.policy(version, taxonomy)
        except (NotFound, PolicyFault):
            return None

    def record(self, policies: Sequence[Policy], files: Sequence[Policy], how: str, now: datetime) -> int:
        """Note what came into force, and keep the texts. Nothing is noted of what was in force already.

        Args:
            policies: in force.
            files: what the files say, in the same order.
            how: ``start`` or ``reload``.

        Returns:
            How many activations were noted.
        """

        def work(c: Connection) -> int:
            noted = 0
            for policy, file in zip(policies, files, strict=True):
                for each in (policy, file):
                    values = {"version": each.version, "name": each.name, "text": each.text, "first_seen_at": now}
                    c.execute(insert_or_nothing(c, policy_texts).values(values))
                last = _last(c, policy.name)
                if last is None or (last.version, last.file_version) != (policy.version, file.version):
                    row = Enactment(policy.name, policy.version, file.version, file.path, how, _owner(file.path), now)
                    enact(c, row)
                    noted += 1
            return noted

        return self._db.write(work, step="policies.record")

    def plan_roll_back(self, name: str, to: str | None, by: str, now: datetime) -> Enactment:
        """What would put an earlier text into force; `roll_back` does it.

        Args:
            to: the beginning of a version; None for the one before the one in force.

        Raises:
            NotFound: there is no such policy or version, or none before.
        """
        history = self.history(name)
        if not history:
            raise NotFound(f"no policy '{name}' was ever in force here")
        current = history[-1]
        known = [each.version for each in history] + [each.file_version for each in history]
        if to is None:
            earlier = [each.version for each in history if each.version != current.version]
            if not earlier:
                raise NotFound(f"policy '{name}' has had one version only; there is nothing to go back to")
            version = earlier[-1]
        else:
            found = sorted({each for each in known if each.startswith(to)})
            if len(found) != 1:
                what = "no version" if not found else f"{len(found)} versions"
                raise NotFound(f"{what} of policy '{name}' begins with {to}; `moderation rules history {name}` lists")
            version = found[0]
        return Enactment(name, version, current.file_version, current.path, "rollback", by, now)

    def roll_back(self, row: Enactment) -> None:
        """Put a text into force, in place of what the file says, until the file says something else."""
        self._db.write(lambda c: enact(c, row), step="policies.roll_back")

    def instead_of(self, name: str, file_version: str) -> str:
        """The version that is to be in force where the file has `file_version`."""
        last = self._db.read(lambda c: _last(c, name))
        return last.version if last is not None and last.file_version == file_version else file_version


def _last(c: Connection, name: str) -> Enactment | None:
    query = sa.select(policy_activations).where(policy_activations.c.name == name)
    row = c.execute(query.order_by(policy_activations.c.id.desc()).limit(1)).first()
    return None if row is None else _enactment(row)


def _enactment(row: sa.Row[Any]) -> Enactment:
    return Enactment(row.name, row.version, row.file_version, row.path, row.how, row.by, row.at)


def _owner(path: str) -> str:
    try:
        return f"owner of the file: {Path(path).owner()}"
    except (OSError, KeyError):
        return "unknown"


def enact(c: Connection, row: Enactment) -> None:
    """Note that a text, which is kept already, is in force, and seal that in the audit chain."""
    c.execute(sa.insert(policy_activations).values(vars(row)))
    note_change(c, "policy in force", row.name, row.at, version=row.version, how=row.how, by=row.by)


class PoliciesInForce:
    """Loads the policies of a folder, and looks again when something changed.

    Attributes:
        faults: what keeps changed files from coming into force; empty when nothing does.
    """

    def __init__(self, folder: Path, plugins: Plugins, versions: PolicyVersions) -> None:
        self._folder = folder
        self._plugins = plugins
        self._versions = versions
        self._seen = ("", 0)
        self.faults: tuple[Fault, ...] = ()

    def start(self, now: datetime) -> PolicySet:
        """The policies at the start. Raises `PolicyFault`."""
        while True:
            self._seen = self._state()
            policies = self._load("start", now)
            if policies is not None:
                return policies

    def look(self, now: datetime) -> PolicySet | None:
        """The policies when something changed, else None. A file that cannot be used leaves all as it is.

        Files that are being written come into force when they are whole: half of a policy file may be a policy too,
        and one that lets more pass. So changed files are taken once they stay the same for `SETTLED_SECONDS`; those
        that change further are looked at in the next round.
        """
        try:
            state = self._state()
            if state[0] != self._seen[0]:
                time.sleep(SETTLED_SECONDS)
                before, state = state, self._state()
                if state[0] != before[0]:
                    return None
        except StoreUnavailable as error:
            logger.warning("policies are looked at later: %s", error)
            return None
        if state == self._seen:
            return None
        last, self._seen = self._seen, state
        try:
            policies = self._load("reload", now)
        except PolicyFault as fault:
            self.faults = tuple(fault.faults)
            logger.error("changed policies are refused, the last good ones stay in force: %s", fault)
            return None
        if policies is None:
            self._seen = last
            return None
        self.faults = ()
        logger.info("policies in force: %s", ", ".join(f"{p.name} {p.version[:12]}" for p in policies.policies))
        return policies

    def _load(self, how: str, now: datetime) -> PolicySet | None:
        """The policies of the files that `_seen` is about; None where the files changed while they were read."""
        files = load_policies(self._folder, self._plugins.taxonomy, self._plugins.tools)
        policies = tuple(self._in_force(policy) for policy in files.policies)
        for policy in policies:
            prepare(policy, self._plugins.taxonomy)
        seen, changes = self._seen
        if self._digest() != seen:
            return None
        self._versions.keep_ready(policies, self._plugins.taxonomy)
        # What is noted here is no news. What others change meanwhile is, so neither is looked at once more.
        self._seen = seen, changes + self._versions.record(policies, files.policies, how, now)
        return PolicySet(policies, files.not_in_force, files.waiting)

    def read(self) -> PolicySet:
        """The policies that a process which starts now has in force, with nothing noted. Raises `PolicyFault`."""
        files = load_policies(self._folder, self._plugins.taxonomy, self._plugins.tools)
        policies = tuple(self._in_force(policy) for policy in files.policies)
        return PolicySet(policies, files.not_in_force, files.waiting)

    def _in_force(self, file: Policy) -> Policy:
        version = self._versions.instead_of(file.name, file.version)
        if version == file.version:
            return file
        return self._versions.policy(version, self._plugins.taxonomy, file.path)

    def _state(self) -> tuple[str, int]:
        """A digest of the files, and how many activations there were."""
        changes = self._versions.changes()
        return self._digest(), changes

    def _digest(self) -> str:
        """A digest of the files, which are small, so their bytes are read."""
        digest = hashlib.sha256()
        for path in policy_paths([self._folder]) if self._folder.is_dir() else ():
            digest.update(f"\n{path}\n".encode())
            try:
                digest.update(path.read_bytes())
            except OSError as error:
                digest.update(str(error.errno).encode())
        return digest.hexdigest()
