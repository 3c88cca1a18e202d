"""How long texts are kept: what policies in force and the settings say of each decided item, found without reading all.

A change of policies acts on what is stored, too: texts are kept as long as the policies say that are in force when it
is looked. (Of media they say it when it is decided, since tags in a bucket have to say it as well.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from ground.database import Database
from moderation.core.decisions import FinalOutcome
from moderation.core.policy.policies import Policy, PolicySet
from moderation.core.retention import soonest_text_days, text_days
from moderation.detection.subjects import content_types_of
from moderation.storage.item_ids import first_item_id
from moderation.storage.text_retention import Kept, first_with_texts, forget_texts, free_texts, kept_texts, parts_of

BATCH = 500
"""Items of one transaction, so that no post waits long for it."""
AGAIN = timedelta(days=1)
"""What was looked at is looked at again after this at the latest: a decision may have superseded the one there was."""
_DAY_MS = 86_400_000


class TextKeeping:
    """Finds the items whose texts are not to be kept any longer, and forgets these.

    Items are looked at by the day they were posted on; it is remembered when the first of a day may be due, so that
    those that are kept for long are not read in each pass.

    Args:
        policies: says which are in force.
        default_days: where no policy for an item says it; None for as long as the item.
    """

    def __init__(
        self, database: Database, policies: Callable[[], PolicySet], default_days: int | None, batch: int = BATCH
    ) -> None:
        self._db, self._policies_in_force, self._default, self._batch = database, policies, default_days, batch
        self._policies = PolicySet()
        self._again: dict[int, datetime] = {}

    def forget(self, now: datetime, is_stopped: Callable[[], bool] = lambda: False) -> int:
        """Forget the texts that are due; says of how many items.

        Args:
            is_stopped: True when it is to end early; the rest is for the next time.
        """
        count = 0
        for due in self.due(now):
            if is_stopped():
                break
            count += self._db.write(lambda c, due=due: forget_texts(c, due, now), step="cleaning.texts")  # type: ignore[misc]
        return count

    def due(self, now: datetime) -> Iterator[Sequence[Kept]]:
        """Items whose texts may go, oldest first, some at a time: forgotten or not, it goes on behind them."""
        if (policies := self._policies_in_force()) is not self._policies:
            self._policies, self._again = policies, {}
        least = [self._soonest(policies.policies, outcome) for outcome in ("approve", "reject")]
        shortest = min((each for each in least if each is not None), default=None)
        if shortest is None:
            return
        end, start = first_item_id(now - timedelta(days=shortest)), ""
        while first := self._db.read(lambda c, since=start: first_with_texts(c, since, end)):  # type: ignore[misc]
            day = _day_of(first)
            start = first_item_id(datetime.fromtimestamp((day + 1) * _DAY_MS / 1000, UTC))
            if self._again.get(day, now) > now:
                continue
            again = now + AGAIN
            begin = first_item_id(datetime.fromtimestamp(day * _DAY_MS / 1000, UTC))
            for rows in self._kept(begin, min(start, end)):
                due, next_at = self._looked_at(rows, now)
                again = now if due else min(again, next_at)
                if due:
                    yield due
            if start <= end:
                self._again[day] = again

    def _kept(self, after: str, before: str) -> Iterator[Sequence[Kept]]:
        while rows := self._db.read(lambda c, after=after: kept_texts(c, after, before, self._batch)):  # type: ignore[misc]
            after = rows[-1].id
            yield rows

    def _looked_at(self, rows: Sequence[Kept], now: datetime) -> tuple[Sequence[Kept], datetime]:
        """Those of the rows that are due, and when the next of the others may be."""
        policies, next_at = self._policies, now + AGAIN

        @cache
        def soonest(app: str, outcome: FinalOutcome) -> int | None:
            wanted = [each for each in policies.policies if each.is_for_app(app)]
            return self._soonest(wanted, outcome)

        def due_at(kept: Kept, days: int | None) -> datetime:
            return now + AGAIN if days is None else kept.decided_at + timedelta(days=days)

        # What may be due is read; what is in it says which policies are for it.
        may_be = []
        for kept in rows:
            at = due_at(kept, soonest(kept.app, kept.outcome))
            if at <= now:
                may_be.append(kept)
            else:
                next_at = min(next_at, at)
        parts = self._db.read(lambda c: parts_of(c, [kept.id for kept in may_be])) if may_be else {}
        due = []
        for kept in may_be:
            if kept.id not in parts:
                continue
            theirs = policies.for_content(kept.app, content_types_of(parts[kept.id]))
            at = due_at(kept, text_days(theirs, kept.outcome, self._default))
            if at <= now:
                due.append(kept)
            else:
                next_at = min(next_at, at)
        free = self._db.read(lambda c: free_texts(c, [kept.id for kept in due], now)) if due else set()
        # What is in work or held is looked at in the next pass.
        return [kept for kept in due if kept.id in free], next_at if len(free) == len(due) else now

    def _soonest(self, policies: Sequence[Policy], outcome: FinalOutcome) -> int | None:
        return soonest_text_days(policies, outcome, self._default)


def _day_of(item_id: str) -> int:
    """The day since 1970 on which an item was posted; its id begins with the milliseconds (RFC 9562, 5.7)."""
    return int(item_id[:8] + item_id[9:13], 16) // _DAY_MS
