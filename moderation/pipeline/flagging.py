"""Flagging: items that users have reported since they were decided are judged anew, where a policy goes by that."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from ground.rounds import Rounds
from moderation.core.errors import NotFound
from moderation.core.policy.policies import PolicySet
from moderation.detection.subjects import content_types_of
from moderation.pipeline.path import Pipeline
from moderation.storage.flags import Flags
from moderation.storage.records import ItemRecord

PAUSE_SECONDS = 5.0
AT_ONCE = 100
"""Reports that one look takes."""


class Flagging:
    """Looks for reports that nobody has looked at.

    Args:
        policies: those in force.

    Attributes:
        rounds: do it in the background.
    """

    def __init__(self, flags: Flags, pipeline: Pipeline, policies: Callable[[], PolicySet]) -> None:
        self._flags, self._pipeline, self._policies = flags, pipeline, policies
        self.rounds = Rounds("flags", self._look, pause_seconds=PAUSE_SECONDS)

    def matters(self, record: ItemRecord) -> bool:
        """True when a policy for the item goes by users' reports."""
        applicable = self._policies().for_content(record.item.app, content_types_of(record.parts))
        return any(policy.asks_for_flags for policy in applicable)

    def _look(self) -> float | None:
        """Judge items anew that users have reported since they were decided; 0 while there are more."""
        news = self._flags.news(AT_ONCE)
        for item_id, flag_ids in news.items():
            with contextlib.suppress(NotFound):  # withdrawn meanwhile
                if self.matters(self._pipeline.ports.store.get_item(item_id)):
                    self._pipeline.judge_anew(item_id)
            self._flags.looked_at(flag_ids)
        return 0 if news else None
