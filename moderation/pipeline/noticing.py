"""Noticing: people are asked about what public notices name, and what an upheld one asks for is seen to.

A notice deletes and rejects nothing: it has people look. Those of trusted flaggers come first, those of notifiers who
were mostly wrong later (`moderation.core.public_notices`), and about which nobody can be asked, leads are told.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from datetime import timedelta

from ground.rounds import Rounds
from moderation.core.errors import AppealRefused, HumanLoopRefused, NotFound
from moderation.core.public_notices import words_for_reviewers
from moderation.pipeline import people
from moderation.pipeline.copies import Copies
from moderation.pipeline.loops import notice_loop
from moderation.pipeline.ports import Ports
from moderation.storage.public_notices import PublicNotice, PublicNotices

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0
HALF_DONE = timedelta(minutes=1)
"""After which an appeal about which nobody was asked is one whose process ended in between."""
AT_ONCE = 100
"""Notices that one look takes."""


class Noticing:
    """Looks for notices that nobody has looked at, and for upheld ones.

    Attributes:
        rounds: do it in the background.
    """

    def __init__(self, ports: Ports, notices: PublicNotices, copies: Copies) -> None:
        self._ports, self._notices, self._copies = ports, notices, copies
        self.rounds = Rounds("notices", self.look, pause_seconds=PAUSE_SECONDS)

    def look(self) -> float | None:
        """Ask people about decided items that notices name; then see to one upheld notice. 0 while there is more."""
        due = self._notices.due(self._ports.clock(), AT_ONCE)
        for item_id, notices in due.items():
            self._ask(item_id, notices)
        for each in self._notices.appeals_left(self._ports.clock() - HALF_DONE):
            with contextlib.suppress(AppealRefused):  # leads see why
                self._look_again(each)
        upheld = self._notices.take_to_sweep(self._ports.clock())
        if upheld is not None:
            self._notices.swept(upheld, self._copies.sweep(upheld))
        return 0 if upheld is not None or len(due) == AT_ONCE else None

    def appeal(self, number: str, words: str) -> PublicNotice:
        """A notifier asks to look again: fresh people decide, once.

        Raises:
            AppealRefused: it cannot be looked at again; says why.
            InvalidSubmission: there are no words.
        """
        return self._look_again(self._notices.appeal(number, words, self._ports.clock()))

    def _look_again(self, notice: PublicNotice) -> PublicNotice:
        try:
            record = self._ports.store.get_item(notice.item_id or "")
            people.appeal(self._ports, record, f"by who gave notice ({notice.kind}): {notice.appeal}")
        except (AppealRefused, NotFound) as error:
            self._notices.not_appealed(notice.number, str(error))
            raise AppealRefused(f"it cannot be looked at again: {error}") from error
        return notice

    def _ask(self, item_id: str, notices: Sequence[PublicNotice]) -> None:
        numbers = [each.number for each in notices]
        said = [(each.kind, each.reason, each.flagger is not None) for each in notices]
        try:
            record = self._ports.store.get_item(item_id)
            if record.decision is not None and record.decision.outcome == "reject":
                # To ask would be to give it another chance because somebody complained.
                self._notices.already_rejected(item_id, record.decision)
                return
            first = any(each.flagger is not None for each in notices)
            loop = notice_loop(self._ports, record, words_for_reviewers(said), comes_first=first)
        except NotFound:
            return  # withdrawn meanwhile, which has closed them
        except HumanLoopRefused as error:
            logger.error("item=%s nobody can be asked about notices of it: %s", item_id, error)
            self._notices.has_problem(numbers, str(error))
            return
        if self._notices.ask(record, loop, numbers):
            logger.info("item=%s people are asked because of %d notices", item_id, len(numbers))
            self._ports.news.spread()
            self._ports.ask()
