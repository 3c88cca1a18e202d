"""Flagging: items that users have reported since they were decided are judged anew, where a policy goes by that."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from ground.rounds import Rounds
from moderation.core.errors import NotFound
from moderation.core.policy.policies import PolicySet
from moderation.detection.subjects import content_types_of
from moderation.pipeline.path import Pipeline
from moderation.storage.flags import Flags
from moderation.storage.records import ItemRecord

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0
AT_ONCE = 100
"""Reports that one look takes."""
FIRST_REST, REST = timedelta(seconds=15), timedelta(hours=1)
"""Pause before an item that could not be judged anew is tried again: the first, doubled each time, and the longest."""


class Flagging:
    """Looks for reports that nobody has looked at.

    Args:
        policies: those in force.

    Attributes:
        rounds: do it in the background.
    """

    def __init__(self, flags: Flags, pipeline: Pipeline, policies: Callable[[], PolicySet]) -> None:
        self._flags, self._pipeline, self._policies = flags, pipeline, policies
        self._rests: dict[str, tuple[int, datetime]] = {}
        """Items that could not be judged anew: how often, and until when they are left alone."""
        self.rounds = Rounds("flags", self._look, pause_seconds=PAUSE_SECONDS)

    def matters(self, record: ItemRecord) -> bool:
        """True when a policy for the item goes by users' reports."""
        applicable = self._policies().for_content(record.item.app, content_types_of(record.parts))
        return any(policy.asks_for_flags for policy in applicable)

    def _look(self) -> float | None:
        """Judge items anew that users have reported since they were decided; 0 while there are more."""
        now = self._pipeline.now()
        self._rests = {item_id: (tries, until) for item_id, (tries, until) in self._rests.items() if until > now - REST}
        resting = [item_id for item_id, (_, until) in self._rests.items() if until > now]
        news = self._flags.news(AT_ONCE, but=resting)
        done = [item_id for item_id, flag_ids in news.items() if self._is_looked_at(item_id, flag_ids)]
        return 0 if done else None

    def _is_looked_at(self, item_id: str, flag_ids: Sequence[str]) -> bool:
        """Judge one item anew; False when that is to be tried again. Those behind it are looked at all the same."""
        try:
            with contextlib.suppress(NotFound):  # withdrawn meanwhile
                if self.matters(self._pipeline.ports.store.get_item(item_id)):
                    self._pipeline.judge_anew(item_id)
            self._flags.looked_at(flag_ids)
        except Exception:
            tries = self._rests.get(item_id, (0, None))[0] + 1
            self._rests[item_id] = (tries, self._pipeline.now() + min(FIRST_REST * 2 ** (tries - 1), REST))
            logger.exception("item=%s was reported and cannot be judged anew", item_id)
            return False
        self._rests.pop(item_id, None)
        return True
