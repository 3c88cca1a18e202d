"""Drafts: changed texts of policies, written in the portal, looked at by a second person, and put into force.

A draft belongs to the text that was in force when it was begun. Whatever is said of a draft is said of one text of it:
when that changes, approvals are of an older text and count no more. Nobody approves what they wrote themselves.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from ground.errors import InputError, NotFound
from moderation.policies.versions import Enactment, enact
from moderation.storage.tables import policy_activations, policy_draft_acts, policy_drafts, policy_texts

DraftState = Literal["draft", "proposed", "approved", "in_force", "dropped"]
"""``draft``: being written; ``proposed``: waits for others; ``approved``: as many agreed as are needed, and the files
are to have it; ``in_force``: it is, or was; ``dropped``: nobody goes on with it."""
OPEN: tuple[DraftState, ...] = ("draft", "proposed", "approved")
LONGEST_TEXT = 500_000
LONGEST_WHY = 1000


@dataclass(frozen=True)
class Draft:
    """A changed text of a policy.

    Attributes:
        name: of the policy.
        version: SHA-256 of its text, in hex.
        based_on: the version that was in force when its text was written.
        by: who saved the text last.
        why: what it is for, in its author's words; empty until it is proposed.
    """

    id: str
    name: str
    text: str
    version: str
    based_on: str
    by: str
    state: DraftState
    why: str
    began_at: datetime
    saved_at: datetime

    @property
    def is_open(self) -> bool:
        """True while somebody may go on with it."""
        return self.state in OPEN


@dataclass(frozen=True)
class Act:
    """What somebody did with a draft.

    Attributes:
        kind: ``saved``, ``proposed``, ``approved``, ``sent back``, ``agreed upon`` (the files are to have
            it), ``put into force``, ``dropped``.
        version: of the text that the draft then had.
    """

    kind: str
    version: str
    by: str
    why: str
    at: datetime


class Drafts:
    """Drafts in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def begin(self, name: str, text: str, based_on: str, by: str, now: datetime) -> Draft:
        """A new draft of a policy. Raises `InputError` for a text that is too long."""
        _need_length(text)
        draft = Draft(str(uuid.uuid4()), name, text, _digest(text), based_on, by, "draft", "", now, now)

        def work(c: Connection) -> None:
            c.execute(sa.insert(policy_drafts).values(vars(draft)))
            _note(c, draft, "saved", by, "", now)

        self._db.write(work, step="drafts.begin")
        return draft

    def get(self, draft_id: str) -> Draft:
        """A draft. Raises `NotFound`."""
        return self._db.read(lambda c: _get(c, draft_id))

    def open_drafts(self, name: str | None = None) -> Sequence[Draft]:
        """Those that somebody may go on with, saved last first; of one policy, or of all."""
        query = sa.select(policy_drafts).where(policy_drafts.c.state.in_(OPEN))
        query = query if name is None else query.where(policy_drafts.c.name == name)
        query = query.order_by(policy_drafts.c.saved_at.desc(), policy_drafts.c.id)
        return self._db.read(lambda c: [_draft(row) for row in c.execute(query)])

    def acts(self, draft_id: str) -> Sequence[Act]:
        """What was done with a draft, oldest first."""
        query = sa.select(policy_draft_acts).where(policy_draft_acts.c.draft_id == draft_id)
        return self._db.read(
            lambda c: [
                Act(row.kind, row.version, row.by, row.why, row.at)
                for row in c.execute(query.order_by(policy_draft_acts.c.id))
            ]
        )

    def save(self, draft_id: str, text: str, based_on: str, by: str, now: datetime, seen: str) -> Draft:
        """Give a draft another text; what was said of the older one counts no more.

        Args:
            seen: the version that the writer had before their eyes.

        Raises:
            InputError: it is not open, the text is too long, or somebody else saved another one meanwhile.
        """
        _need_length(text)

        def work(c: Connection) -> Draft:
            draft = _held(c, draft_id)
            if draft.version != seen and draft.version != _digest(text):
                raise InputError(f"{draft.by} saved another text meanwhile; copy yours, and load the page again")
            values = {"text": text, "version": _digest(text), "based_on": based_on, "by": by, "state": "draft"}
            return _change(c, draft, {**values, "saved_at": now}, "saved", by, "", now)

        return self._db.write(work, step="drafts.save")

    def propose(self, draft_id: str, version: str, by: str, why: str, now: datetime) -> Draft:
        """Ask others to look at a draft. Raises `InputError` when it has another text by now, or nothing says why."""
        if not why.strip():
            raise InputError("say in a sentence what the change is for")

        def work(c: Connection) -> Draft:
            draft = _held(c, draft_id, version)
            return _change(c, draft, {"state": "proposed", "why": why[:LONGEST_WHY]}, "proposed", by, why, now)

        return self._db.write(work, step="drafts.propose")

    def approve(self, draft_id: str, version: str, by: str, why: str, now: datetime) -> int:
        """Agree with a draft; gives how many have agreed with this text.

        Raises:
            InputError: it has another text by now, is not proposed, or is one's own.
        """

        def work(c: Connection) -> int:
            draft = _held(c, draft_id, version)
            if draft.state != "proposed":
                raise InputError("this draft is not proposed; its author proposes it first")
            if by in _writers(c, draft_id):
                raise InputError("nobody approves a text that they wrote themselves; ask somebody else")
            if by not in _approvers(c, draft):
                _note(c, draft, "approved", by, why, now)
            return len(_approvers(c, draft))

        return self._db.write(work, step="drafts.approve")

    def approvers(self, draft: Draft) -> Sequence[str]:
        """Who agreed with the text that it has now."""
        return self._db.read(lambda c: _approvers(c, draft))

    def writers(self, draft_id: str) -> frozenset[str]:
        """Who wrote any of it."""
        return self._db.read(lambda c: _writers(c, draft_id))

    def send_back(self, draft_id: str, version: str, by: str, why: str, now: datetime) -> Draft:
        """Ask for another text. Raises `InputError` when nothing says why, or it has another text by now."""
        if not why.strip():
            raise InputError("say what should be different")

        def work(c: Connection) -> Draft:
            draft = _held(c, draft_id, version)
            return _change(c, draft, {"state": "draft"}, "sent back", by, why, now)

        return self._db.write(work, step="drafts.send_back")

    def drop(self, draft_id: str, by: str, now: datetime) -> Draft:
        """Nobody goes on with it. Raises `InputError` when it is not open."""
        return self._db.write(
            lambda c: _change(c, _held(c, draft_id), {"state": "dropped"}, "dropped", by, "", now), step="drafts.drop"
        )

    def finish(self, draft: Draft, approvals: int, by: str, now: datetime, *, is_in_files: bool) -> Draft:
        """Put a draft's text into force; where the files say what is in force, only note that it is agreed upon.

        Args:
            draft: as it was checked: with this text, and no other, it comes into force.
            approvals: how many others must have agreed.
            is_in_files: True where the text comes into force by the files.

        Raises:
            InputError: it changed, too few agreed, or another version came into force since it was written.
        """

        def work(c: Connection) -> Draft:
            held = _held(c, draft.id, draft.version)
            known = _approvers(c, held)
            if len(known) < approvals:
                raise InputError(f"{len(known)} of {approvals} have approved this text")
            if approvals and held.state != "proposed":
                raise InputError("this draft is not proposed")
            if is_in_files:
                return _change(c, held, {"state": "approved"}, "agreed upon", by, "", now)
            query = sa.select(policy_activations).where(policy_activations.c.name == held.name)
            last = c.execute(query.order_by(policy_activations.c.id.desc()).limit(1)).first()
            if last is None or last.version != held.based_on:
                raise InputError("another version came into force since this draft was written; take its changes in")
            values = {"version": held.version, "name": held.name, "text": held.text, "first_seen_at": now}
            c.execute(insert_or_nothing(c, policy_texts).values(values))
            who = f"{held.by}, approved by {', '.join(known)}" if known else held.by
            row = Enactment(held.name, held.version, last.file_version, last.path, "portal", who[:200], now)
            enact(c, row)
            return _change(c, held, {"state": "in_force"}, "put into force", by, held.why, now)

        return self._db.write(work, step="drafts.finish")

    def came_into_force(self, name: str, version: str, now: datetime) -> None:
        """The files have a text that was agreed upon: its draft is done."""
        there = (policy_drafts.c.name == name) & (policy_drafts.c.version == version)
        query = sa.select(policy_drafts).where(there, policy_drafts.c.state == "approved")

        def work(c: Connection) -> None:
            for row in c.execute(query.with_for_update()).all():
                _change(c, _draft(row), {"state": "in_force"}, "put into force", row.by, row.why, now)

        if self._db.read(lambda c: c.execute(query).first()) is not None:
            self._db.write(work, step="drafts.came_into_force")


def _get(c: Connection, draft_id: str) -> Draft:
    row = c.execute(sa.select(policy_drafts).where(policy_drafts.c.id == draft_id)).first()
    if row is None:
        raise NotFound("no such draft")
    return _draft(row)


def _held(c: Connection, draft_id: str, version: str | None = None) -> Draft:
    """A draft that is open, and nobody else's until the end of the transaction."""
    row = c.execute(sa.select(policy_drafts).where(policy_drafts.c.id == draft_id).with_for_update()).first()
    if row is None:
        raise NotFound("no such draft")
    draft = _draft(row)
    if not draft.is_open:
        raise InputError("this draft is done with; begin another")
    if version is not None and draft.version != version:
        raise InputError(f"{draft.by} saved another text of this draft meanwhile; load the page, and look at that")
    return draft


def _change(c: Connection, draft: Draft, values: dict[str, Any], kind: str, by: str, why: str, now: datetime) -> Draft:
    c.execute(sa.update(policy_drafts).where(policy_drafts.c.id == draft.id).values(values))
    changed = _get(c, draft.id)
    _note(c, changed, kind, by, why, now)
    return changed


def _note(c: Connection, draft: Draft, kind: str, by: str, why: str, now: datetime) -> None:
    row = {"draft_id": draft.id, "kind": kind, "version": draft.version, "by": by, "why": why[:LONGEST_WHY], "at": now}
    c.execute(sa.insert(policy_draft_acts).values(row))


def _approvers(c: Connection, draft: Draft) -> list[str]:
    acts = policy_draft_acts
    mine = (acts.c.draft_id == draft.id) & (acts.c.version == draft.version)
    rows = c.execute(sa.select(acts.c.kind, acts.c.by).where(mine).order_by(acts.c.id)).all()
    agreed: list[str] = []
    for row in rows:
        if row.kind == "sent back":
            agreed.clear()
        elif row.kind == "approved" and row.by not in agreed:
            agreed.append(row.by)
    return agreed


def _writers(c: Connection, draft_id: str) -> frozenset[str]:
    acts = policy_draft_acts
    mine = (acts.c.draft_id == draft_id) & (acts.c.kind == "saved")
    return frozenset(c.execute(sa.select(acts.c.by).where(mine)).scalars())


def _draft(row: Any) -> Draft:
    return Draft(**{name: getattr(row, name) for name in Draft.__dataclass_fields__})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _need_length(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise InputError(f"a policy has at most {LONGEST_TEXT:,} letters; this has {len(text):,}")
