"""The portal's state: the endpoint's, and how much of what the people at it are given."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ground.audit_chain import SEALED_AT_ONCE
from ground.rounds import Rounds
from review_ui.a2i.labelling.advancing import advance_jobs
from review_ui.a2i.outputs import sweep
from review_ui.a2i.service import A2IService
from review_ui.acts import open_review_chain
from review_ui.care.exposure import DEFAULT_CARE, Care

SWEEP_SECONDS, SEAL_SECONDS = 1.0, 2.0


class ReviewService(A2IService):
    """What the portal works on.

    Args:
        undo_seconds: how long a reviewer's last answer waits before it counts.
        care: how much of what people are given.
        golden_percent: how many of the tasks have a known answer, where there are such and a queue says nothing else.

    Attributes:
        chain: the audit chain of answers and acts.
        before_page: done before each page of the portal, so that it shows nothing that somebody elsewhere knows better
            than this database does; set by who opens this beside a service that has items.
        chance: a number in [0, 1) that nobody can foresee; given for tests.
    """

    def __init__(
        self,
        *endpoint: Any,
        undo_seconds: float = 10.0,
        care: Care = DEFAULT_CARE,
        golden_percent: float = 0.0,
        **more: Any,
    ) -> None:
        super().__init__(*endpoint, **more)
        self.undo_seconds, self.care, self.golden_percent = undo_seconds, care, golden_percent
        self.before_page: Callable[[], None] = lambda: None
        self.chance: Callable[[], float] = random.SystemRandom().random
        self._sweep = Rounds("a2i-sweep", self._look, pause_seconds=SWEEP_SECONDS, waits_first=True)
        self.chain = open_review_chain(self.database)
        self._sealing = Rounds("review audit chain", self._seal, pause_seconds=SEAL_SECONDS)

    def start(self) -> None:
        """Look after time limits, unwritten outputs, unsent events, labelling jobs and the audit chain."""
        self._sweep.start()
        self._sealing.start()

    def _look(self) -> None:
        sweep(self)
        advance_jobs(self)

    def _seal(self) -> float | None:
        return 0 if self.chain.seal() == SEALED_AT_ONCE else None

    def nudge(self) -> bool:
        """Have outputs and events looked after at once, so that no reviewer waits; False when nobody does that here."""
        self._sweep.ring()
        return self._sweep.is_running

    def close(self) -> None:
        """Stop the sweep and close the database."""
        self._sweep.close()
        self._sealing.close()
        super().close()
