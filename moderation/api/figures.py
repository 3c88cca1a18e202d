"""Figures for Prometheus: counts and ages, never content. One registry for each application."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from moderation.intake.ledger import Ledger
from moderation.service import Service


class Figures:
    """What `/metrics` shows.

    Attributes:
        registry: of this application alone.
        posts: answers to posted items, by what came of them, since this process started.
    """

    def __init__(self, service: Service) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.posts = Counter(
            "moderation_posted_items",
            "Posted items by answer: accepted, refused, repeated (an idempotency key), overloaded; of this process.",
            ["answer"],
            registry=self.registry,
        )
        for answer in ("accepted", "refused", "repeated", "overloaded"):
            self.posts.labels(answer)
        self.registry.register(_Stored(service))


class _Stored:
    """Reads from the database when it is asked, so that all processes tell the same."""

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
        yield GaugeMetricFamily(
            "moderation_items_needing_attention",
            "Undecided items that do not get on by themselves; at most 1000 are counted.",
            value=len(self._service.store.need_attention(1000)),
        )
        deliveries = GaugeMetricFamily("moderation_deliveries", "Deliveries by state.", labels=["state"])
        for state, count in self._service.outbox.counts().items():
            deliveries.add_metric([state], count)
        yield deliveries
        dead = Ledger(self._service.database).dead_count()
        yield GaugeMetricFamily("moderation_dead_letters", "Messages that could not become items.", value=dead)
        failures = CounterMetricFamily(
            "moderation_detector_failures", "Looks without an answer, by this process.", labels=["detector", "kind"]
        )
        for (detector, kind), count in self._service.judge.runner.failure_counts().items():
            failures.add_metric([detector, kind], count)
        yield failures
        yield from self._rules()
        yield from self._overturns()

    def _overturns(self) -> Iterable[Metric]:
        names = ["policy", "sampling", "outcome"]
        looked_at = GaugeMetricFamily("moderation_sampled_items", "Sampled items people looked at.", labels=names)
        overturned = GaugeMetricFamily("moderation_sampled_items_overturned", "Of these, overturned.", labels=names)
        low = GaugeMetricFamily("moderation_overturn_share_low", "Low end of the 95 % interval, 0-1.", labels=names)
        high = GaugeMetricFamily("moderation_overturn_share_high", "High end of it.", labels=names)
        alarm = GaugeMetricFamily("moderation_overturn_alarm", "1: surely more than is put up with.", labels=names)
        for rate in self._service.overturns():
            group = [rate.policy, rate.sampling, rate.outcome]
            looked_at.add_metric(group, rate.looked_at)
            overturned.add_metric(group, rate.overturned)
            low.add_metric(group, rate.low)
            high.add_metric(group, rate.high)
            alarm.add_metric(group, int(rate.alarm))
        yield from (looked_at, overturned, low, high, alarm)

    def _rules(self) -> Iterable[Metric]:
        names = ["policy", "rule"]
        fired = GaugeMetricFamily(
            "moderation_rule_fired_today", "Items for which the rule was true today.", labels=names
        )
        rejected = GaugeMetricFamily("moderation_rule_rejected_today", "Items the rule rejected today.", labels=names)
        alarm = GaugeMetricFamily(
            "moderation_rule_alarm", "1: fires more often than its past explains; -1: less; 0: as usual.", labels=names
        )
        for name, rate in self._service.hit_rates().items():
            fired.add_metric(name, rate.fired)
            rejected.add_metric(name, rate.rejected)
            alarm.add_metric(name, {"more": 1, "less": -1}.get(rate.alarm or "", 0))
        yield from (fired, rejected, alarm)
        refused = len(self._service.in_force.faults)
        yield GaugeMetricFamily(
            "moderation_policy_faults", "Faults that keep changed policy files from coming into force.", value=refused
        )
