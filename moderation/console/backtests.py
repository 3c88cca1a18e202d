"""Backtests that people start in the portal: over stored items, in a thread of this process, with their progress.

One runs at a time in a process. How far it is, and what came of it, is in the database, so that every process shows it;
one whose process died is seen by its silence, and started anew by whoever wants it.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from ground.database import Database
from ground.errors import InputError
from moderation.core.policy.changes import set_changes
from moderation.core.policy.policies import Policy, PolicySet
from moderation.evidence.backtest import Comparer
from moderation.evidence.backtest_report import as_json
from moderation.evidence.forecast import looks_back
from moderation.evidence.glimpses import glimpses
from moderation.evidence.history import cases, cases_of, count_cases
from moderation.plugins import Plugins
from moderation.policies.drafts import Draft
from moderation.storage.tables import policy_backtests

logger = logging.getLogger(__name__)

DAYS = (7, 28, 90)
NOTED_EVERY = 500
"""Items between two notes of how far it is."""
SILENT_AFTER = timedelta(minutes=2)

State = Literal["running", "done", "failed", "stopped"]


@dataclass(frozen=True)
class Backtest:
    """A backtest of one text of a draft.

    Attributes:
        version: of that text.
        days: how far back it looks.
        state: ``running``, ``done``, ``failed``, or ``stopped`` where its process has ended.
        report: what came of it (`backtest_report.as_json`); None until it is done.
    """

    id: str
    version: str
    days: int
    state: State
    done: int
    total: int
    report: Mapping[str, Any] | None
    by: str
    began_at: datetime


class Backtests:
    """Runs them.

    Args:
        in_force: the policies that hold now.
        clock: the wall time.
    """

    def __init__(
        self, database: Database, plugins: Plugins, in_force: Callable[[], PolicySet], clock: Callable[[], datetime]
    ) -> None:
        self._db, self._plugins, self._in_force, self._clock = database, plugins, in_force, clock
        self._pool = ThreadPoolExecutor(1, "backtest")

    def last(self, draft_id: str) -> Backtest | None:
        """The newest of a draft, whichever of its texts it is of."""
        query = sa.select(policy_backtests).where(policy_backtests.c.draft_id == draft_id)
        query = query.order_by(policy_backtests.c.began_at.desc(), policy_backtests.c.id).limit(1)
        row = self._db.read(lambda c: c.execute(query).first())
        if row is None:
            return None
        is_silent = row.state == "running" and row.seen_at < self._clock() - SILENT_AFTER
        state: State = "stopped" if is_silent else row.state
        return Backtest(row.id, row.version, row.days, state, row.done, row.total, row.report, row.by, row.began_at)

    def start(self, draft: Draft, policy: Policy, days: int, by: str) -> None:
        """Begin one. Raises `InputError` while another of this draft runs, or for days that are not offered."""
        if days not in DAYS:
            raise InputError(f"a backtest looks {', '.join(map(str, DAYS))} days back")
        last = self.last(draft.id)
        if last is not None and last.state == "running":
            raise InputError("a backtest of this draft runs already")
        now, run_id = self._clock(), str(uuid.uuid4())
        row = {"id": run_id, "draft_id": draft.id, "version": draft.version, "days": days, "state": "running"}
        times = {"began_at": now, "seen_at": now}
        made = sa.insert(policy_backtests).values(**row, **times, done=0, total=0, by=by)
        self._db.write(lambda c: c.execute(made), step="backtests.start")
        self._pool.submit(self._run, run_id, policy, now - timedelta(days=days))

    def close(self) -> None:
        """Take no more; one that runs ends with the process."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, run_id: str, policy: Policy, since: datetime) -> None:
        try:
            self._note(run_id, state="done", report=self._compare(run_id, policy, since))
        except Exception:
            logger.exception("backtest %s ended by a fault", run_id)
            self._note(run_id, state="failed")

    def _compare(self, run_id: str, policy: Policy, since: datetime) -> Mapping[str, Any]:
        old = self._in_force()
        new = with_policy(old, policy)
        comparer = Comparer(new, None, self._plugins.taxonomy, self._plugins.reach(), old, since)
        # Daily caps begin with the day, and counters look back.
        start = (since - max(looks_back(new), looks_back(old))).replace(hour=0, minute=0, second=0, microsecond=0)
        total = count_cases(self._db, start)
        self._note(run_id, total=total)
        found = comparer.add_all(cases(self._db, start), lambda ids: cases_of(self._db, ids))
        for number, _ in enumerate(found, start=1):
            if number % NOTED_EVERY == 0:
                self._note(run_id, done=number)
        self._note(run_id, done=total)
        changed = comparer.result.most_changed
        shown = glimpses(self._db, [each.item_id for each in changed])
        for each in changed:
            each.content = shown.get(each.item_id, "")
        return as_json(comparer.result, list(set_changes(old, new)))

    def _note(self, run_id: str, **values: Any) -> None:
        update = sa.update(policy_backtests).where(policy_backtests.c.id == run_id)
        self._db.write(lambda c: c.execute(update.values(**values, seen_at=self._clock())), step="backtests.note")


def with_policy(policies: PolicySet, policy: Policy) -> PolicySet:
    """The set with this policy in the place of the one of its name."""
    kept = {each.name: each for each in policies.policies} | {policy.name: policy}
    return replace(policies, policies=tuple(kept[name] for name in sorted(kept)))
