"""The command line with a safety switched off, for tests that must fail then: ``python -m tests.faults.unsafe lease serve``."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any


def _without_lease() -> None:
    """What a process took is its own for ever, also when it is dead and another one has its place."""
    from moderation import service
    from moderation.pipeline import moderate

    moderate.LEASE_SECONDS = 1e6
    service.free_left_behind = lambda *_: None


def _commit_after_the_answer() -> None:
    """An app is told that its item is stored before it is."""
    from moderation.storage.items import Store

    add = Store.add_items

    def add_later(self: Store, *given: Any, **more: Any) -> None:
        def write() -> None:
            time.sleep(0.3)
            add(self, *given, **more)

        threading.Thread(target=write, daemon=True).start()

    Store.add_items = add_later  # type: ignore[method-assign]


def _without_flush() -> None:
    """A commit is in the hands of the operating system, not on the disk."""
    from ground import database

    run = database._run_pragma

    def run_another(connection: Any, pragma: str, lock_seconds: float) -> None:
        run(connection, pragma.replace("=FULL", "=NORMAL"), lock_seconds)

    database._run_pragma = run_another


def _without_letting_go() -> None:
    """What was posted stays in memory, as much as a picture has, and a file is left open."""
    from moderation.storage.items import Store

    add, kept = Store.add_items, []

    def add_and_keep(self: Store, *given: Any, **more: Any) -> None:
        kept.append((b"x" * 200_000, os.open("/dev/null", os.O_RDONLY)))
        add(self, *given, **more)

    Store.add_items = add_and_keep  # type: ignore[method-assign]


SAFETIES = {
    "lease": _without_lease,
    "commit": _commit_after_the_answer,
    "flush": _without_flush,
    "letting go": _without_letting_go,
}

if __name__ == "__main__":
    from moderation.cli import main
    from tests.patience import be_patient

    be_patient()
    SAFETIES[sys.argv.pop(1)]()
    sys.argv[0] = str(Path(sys.argv[0]).with_name("moderation"))
    main()
