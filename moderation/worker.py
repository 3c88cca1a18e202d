"""What RQ runs: claim waiting items from the database and moderate them. The service is opened once a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moderation.service import Service

_service: Service | None = None


def open_in(service: Service) -> None:
    """Use this service for the jobs of this process."""
    global _service
    _service = service


def moderate_waiting() -> int:
    """Moderate what waits; says how many items. Carries no data: the database knows the items."""
    if _service is None:
        raise RuntimeError("this process has no open service; jobs run under `moderation worker`")
    done = 0
    while count := _service.work_once():
        done += count
    return done
