"""``/healthz``, ``/readyz``, ``/metrics``: for those who run the service. Counts and reasons, never content."""

from __future__ import annotations

import json
from collections.abc import Iterable

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from moderation.core.errors import StoreUnavailable
from moderation.service import Service


class _Figures:
    """Reads the figures from the database when they are asked for, so that all processes tell the same."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterable[Metric]:
        """Prometheus calls this at each scrape."""
        items = GaugeMetricFamily("moderation_items", "Items by status and outcome.", labels=["status", "outcome"])
        for (status, outcome), count in self._service.store.counts().items():
            items.add_metric([status, outcome], count)
        yield items
        waiting, since = self._service.store.backlog()
        yield GaugeMetricFamily("moderation_backlog_items", "Items that wait to be moderated.", value=waiting)
        age = (self._service.pipeline.now() - since).total_seconds() if since is not None else 0.0
        yield GaugeMetricFamily(
            "moderation_backlog_oldest_seconds", "Age of the oldest waiting item.", value=max(age, 0.0)
        )
        deliveries = GaugeMetricFamily("moderation_deliveries", "Deliveries by state.", labels=["state"])
        for state, count in self._service.outbox.counts().items():
            deliveries.add_metric([state], count)
        yield deliveries
        failures = GaugeMetricFamily(
            "moderation_detector_failures_total",
            "Looks without an answer, by this process.",
            labels=["detector", "kind"],
        )
        for (detector, kind), count in self._service.judge.runner.failure_counts().items():
            failures.add_metric([detector, kind], count)
        yield failures


def problems(service: Service) -> list[str]:
    """What keeps the service from doing all of its work; empty when it is ready."""
    try:
        found = service.store.loop_problems()
    except StoreUnavailable as error:
        return [str(error)]
    if service.human_loops_problem and service.human_loops_problem not in found:
        found.append(service.human_loops_problem)
    return found


def blueprint(service: Service) -> Blueprint:
    """The pages over `service`."""
    health = Blueprint("health", __name__)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(service))

    @health.get("/healthz")
    def healthz() -> Response:
        """The process answers."""
        return Response('{"status":"ok"}', content_type="application/json")

    @health.get("/readyz")
    def readyz() -> Response:
        """Whether the service can do all of its work, and if not, why."""
        reasons = problems(service)
        body = json.dumps({"status": "not ready" if reasons else "ready", "reasons": reasons})
        return Response(body, 503 if reasons else 200, content_type="application/json")

    @health.get("/metrics")
    def metrics() -> Response:
        """Figures in Prometheus's text format."""
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return health
