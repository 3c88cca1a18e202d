"""``/healthz``, ``/readyz``, ``/metrics``: for those who run the service. Counts and reasons, never content."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from flask import Blueprint, Response
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from moderation.api.figures import Figures
from moderation.api.openapi import Operation
from moderation.api.schemas.health import Health, Readiness
from moderation.api.watchers import Watchers
from moderation.core.errors import StoreUnavailable
from moderation.service import Service
from moderation.storage.processes import known_processes

MEDIA_CHECK_SECONDS = 15.0
"""How long a write to the media store that went well is believed; each one costs a flush to disk or a call to S3."""

MOST_COUNTED = 100
"""Items that need attention: more are not counted."""


class Checks:
    """What could keep `service` from doing all of its work."""

    def __init__(self, service: Service, unstaffed: Callable[[], Sequence[str]]) -> None:
        self._service, self._unstaffed = service, unstaffed
        self._media_was_fine_at = float("-inf")

    def problems(self) -> list[str]:
        """What is wrong now, in words; empty when the service is ready."""
        return [*self._database_and_loops(), *self._media(), *self._policies(), *self._detectors()]

    def notes(self) -> list[str]:
        """What stops nothing, and somebody should hear of all the same."""
        detectors = [f"detectors: {note}" for note in self._service.judge.runner.notes()]
        try:
            loops = [f"human loops: {sentence}" for sentence in self._service.human_loop_notes()]
            return [*detectors, *loops, *self._items(), *self._notices(), *self._clearances(), *self._processes()]
        except StoreUnavailable:
            return detectors  # that is among the problems

    def _items(self) -> Iterator[str]:
        if found := self._service.store.need_attention(MOST_COUNTED):
            count = f"{len(found)}" if len(found) < MOST_COUNTED else f"{MOST_COUNTED} or more"
            oldest = found[0]
            yield (
                f"items: {count} undecided need attention (`moderation attention` lists them); the oldest is "
                f"{oldest.item_id}: {oldest.reason}"
            )

    def _notices(self) -> Iterator[str]:
        if lost := self._service.notices.needing_people():
            yield f"notices: {lost} wait for a lead, of no known item or about which nobody can be asked"

    def _clearances(self) -> Iterator[str]:
        yield from (f"clearances: {sentence}" for sentence in self._unstaffed())

    def _processes(self) -> Iterator[str]:
        now = self._service.pipeline.now()
        for row in known_processes(self._service.database, now):
            if row.is_dead(now):
                yield f"processes: {row.role} {row.place} has given no sign of life since {row.seen_at:%H:%M:%S} UTC"

    def _database_and_loops(self) -> Iterator[str]:
        service = self._service
        try:
            service.database.write(lambda c: None, step="readiness.write")
            loops = service.store.loop_problems()
            waiting, _ = service.store.backlog()
        except StoreUnavailable as error:
            yield f"database: {error}"
            return
        if waiting >= service.settings.max_backlog:
            yield f"backlog: {waiting:,} items wait; posts are answered 429 from {service.settings.max_backlog:,} on"
        for problem in sorted({service.following.problem, *loops} - {""}):
            yield f"human loops: {problem}"

    def _media(self) -> Iterator[str]:
        if time.monotonic() - self._media_was_fine_at < MEDIA_CHECK_SECONDS:
            return
        try:
            self._service.blobs.put("readiness", b"ready", "text/plain")
        except StoreUnavailable as error:
            yield f"media: {error}"
        else:
            self._media_was_fine_at = time.monotonic()

    def _policies(self) -> Iterator[str]:
        policies = self._service.policies
        if not policies.policies:
            why = "; ".join(f"{name}: {reason}" for name, reason in policies.not_in_force)
            yield f"policies: none is in force ({why or 'there are no policy files'})"

    def _detectors(self) -> Iterator[str]:
        for problem in self._service.judge.runner.problems():
            yield f"detectors: {problem}"


def blueprint(service: Service, figures: Figures, unstaffed: Callable[[], Sequence[str]]) -> Blueprint:
    """The pages over `service`.

    Args:
        unstaffed: what waits for people with a clearance that nobody holds, in sentences.
    """
    health = Blueprint("health", __name__)
    checks, watchers = Checks(service, unstaffed), Watchers(service.settings)

    @health.get("/healthz")
    @Operation("Does the process answer?", {200: Health}, problems=(), is_open=True)
    def healthz() -> Response:
        """The process answers."""
        return Response(Health(status="ok").model_dump_json(), content_type="application/json")

    @health.get("/readyz")
    @Operation(
        "Can it do all of its work, and if not, why?", {200: Readiness, 503: Readiness}, problems=(), is_open=True
    )
    def readyz() -> Response:
        """Whether the service can do all of its work, and if not, why."""
        reasons = checks.problems()
        if not watchers.is_one():
            return _ready(reasons, [])
        # Refused files stop nothing, because the last good ones act; but somebody should hear of it.
        notes = [f"policies: {fault.render()}" for fault in service.in_force.faults]
        notes += [
            f"policies: {name} approves where a detector failed: {reason}"
            for name, reason in service.policies.approving_failures()
        ]
        notes += checks.notes()
        return _ready(reasons, [*reasons, *notes])

    @health.get("/metrics")
    @Operation("Figures for Prometheus.", {200: "text/plain"}, problems=(401, 403, 503), is_open=True)
    def metrics() -> Response:
        """Figures in Prometheus's text format."""
        watchers.admit()
        return Response(generate_latest(figures.registry), content_type=CONTENT_TYPE_LATEST)

    return health


def _ready(problems: Sequence[str], reasons: Sequence[str]) -> Response:
    body = Readiness(status="not ready" if problems else "ready", reasons=list(reasons))
    return Response(body.model_dump_json(), 503 if problems else 200, content_type="application/json")
