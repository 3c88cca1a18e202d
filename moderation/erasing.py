"""Erasing: what withdrawn items and forgotten texts have elsewhere goes, and then what the database's files still hold.

May run in several processes; each thing may be erased twice. What cannot be erased now is tried again, and shown in
readiness meanwhile only where it does not pass: a human loop that somebody has open ends when that person is done.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from ground.blobs import Blobs
from ground.database import Database
from ground.errors import StoreUnavailable
from ground.media_store import own_of
from ground.rounds import Rounds
from moderation.core.errors import HumanLoopRefused, HumanLoopsUnavailable
from moderation.core.events import Listener
from moderation.review.fallback import AnyHumanLoops
from moderation.storage.withdrawing import Erasure, Erasures
from moderation.storage.words import purge_words

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
BATCH = 200
AGAIN = timedelta(seconds=15)
"""Pause before something is tried again."""
LATE_OUTPUT = timedelta(minutes=5)
"""An endpoint may write the output of a loop that was stopped after it said that it has ended."""
JUST_STORED = timedelta(hours=1)
"""An object that was stored anew after its item came may be that of a post which is not committed yet."""


class Erasing:
    """Works off what `Erasures` lists.

    Args:
        forget_findings: called when media was erased: what was found in it is not to outlive it.
        clock: the wall time.
        listeners: who is told of withdrawals, beside the items' own callbacks.

    Attributes:
        erasures: what is still to be erased.
        rounds: do it in the background.
    """

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        human_loops: AnyHumanLoops,
        forget_findings: Callable[[], None],
        clock: Callable[[], datetime],
        listeners: Sequence[Listener] = (),
    ) -> None:
        self._db, self._blobs, self._human_loops = database, own_of(blobs), human_loops
        self.erasures, self._forget_findings, self.clock = Erasures(database, listeners), forget_findings, clock
        self._ours = re.compile(rf"s3://{re.escape(blobs.bucket)}/media/[0-9a-f]{{2}}/[0-9a-f]{{64}}\.[a-z0-9]+")
        self.rounds = Rounds("erasing", self.look, pause_seconds=LOOK_SECONDS)

    def withdraw(self, item_ids: list[str], why: str) -> list[str]:
        """Withdraw items, and begin to erase what lies elsewhere; says which were not withdrawn before."""
        withdrawn = self.erasures.withdraw(item_ids, self.clock(), why)
        if withdrawn:
            self._forget_findings()
            self.rounds.ring()
        return withdrawn

    def look(self) -> float | None:
        """Erase what is due; says 0 when more waits."""
        due = self.erasures.due(self.clock(), BATCH)
        done = [each for each in due if self._is_erased(each)]
        self._are_done([each for each in done if each.kind != "words"])
        words = [each for each in done if each.kind == "words"]
        if words:
            purge_words(self._db)
            self._are_done(words)
        self._db.empty_owed_journal()
        return 0 if len(due) == BATCH and done else None

    def _are_done(self, done: Sequence[Erasure]) -> None:
        if done:
            self.erasures.done([each.id for each in done])
            self._db.owe_empty_journal()

    def _is_erased(self, each: Erasure) -> bool:
        """Erase one thing; False when it is to be tried again."""
        try:
            until = self._erase(each)
        except (StoreUnavailable, HumanLoopsUnavailable) as error:
            logger.warning("item=%s %s is erased later: %s", each.item_id, each.kind, error)
            until = self.clock() + AGAIN
        except HumanLoopRefused as error:
            logger.error("item=%s its human loop %s cannot be erased: %s", each.item_id, each.name, error)
            until = self.clock() + JUST_STORED
        except Exception:  # whatever it is, those behind it are erased all the same
            logger.exception("item=%s %s cannot be erased", each.item_id, each.kind)
            until = self.clock() + JUST_STORED
        if until is None:
            return True
        self.erasures.put_off(each.id, until)
        return False

    def _erase(self, each: Erasure) -> datetime | None:
        """Erase one thing; when to look again, or None when it is gone."""
        if each.kind == "media":
            return self._erase_media(each)
        if each.kind == "loop":
            return self._erase_loop(each)
        if each.kind == "output":
            self._human_loops.at(each.place).erase_output(each.name)
        return None

    def _erase_media(self, each: Erasure) -> datetime | None:
        if not self._ours.fullmatch(each.name) or self.erasures.is_needed(each.name):
            return None  # an app's own object, or one that another item has too
        stored_at = self._blobs.stored_at(each.name)
        if stored_at is None:
            return None
        if stored_at > datetime.fromisoformat(each.place or "") and self.clock() < stored_at + JUST_STORED:
            return stored_at + JUST_STORED
        self._blobs.delete(each.name)
        return None

    def _erase_loop(self, each: Erasure) -> datetime | None:
        erased = self._human_loops.at(each.place).erase(each.name)
        if erased is None:
            return self.clock() + AGAIN
        if erased:
            self.erasures.add(each.item_id, "output", erased, each.place, self.clock() + LATE_OUTPUT)
        return None
