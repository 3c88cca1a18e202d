"""The service with time limits that no busy machine reaches.

A detector's limit is by the clock on the wall: it is there for people who wait. Beside eight other programs the shipped
detectors miss theirs now and then, and the item goes to people, as it should; but then a test of something else fails.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

from moderation.detection import runner
from moderation.plugins import Plugins
from tests.waiting import PATIENCE_SECONDS, patient


def be_patient() -> None:
    """Give the detectors, extractors and redactors of this process's runners time; call it once."""
    begin = runner.Runner.__init__

    def begin_patiently(self: Any, plugins: Plugins, *more: Any, **given: Any) -> None:
        for tool in (*plugins.detectors, *plugins.extractors, *plugins.redactors):
            with contextlib.suppress(AttributeError):  # those that work it out from their options
                limit = getattr(tool, "time_limit_seconds", runner.REDACTION_LIMIT_SECONDS)
                tool.time_limit_seconds = patient(limit)  # type: ignore[union-attr]
        begin(self, plugins, *more, **given)

    runner.Runner.__init__ = begin_patiently  # type: ignore[method-assign]
    runner.START_LIMIT_SECONDS = PATIENCE_SECONDS


if __name__ == "__main__":  # the command line for tests that start it: ``python -m tests.patience serve ...``
    from moderation.cli import main

    be_patient()
    sys.argv[0] = str(Path(sys.argv[0]).with_name("moderation"))
    main()
