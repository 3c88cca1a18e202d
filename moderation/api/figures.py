"""Figures for Prometheus: counts and ages, never content. One registry for each application.

All is of the whole installation and read from the database, so that whoever serves tells the same: what happened until
the last sign of life of each process.
"""

from __future__ import annotations

from collections import Counter as Counting
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from ground.paced import Paced
from ground.tally import BUCKET, CALL_SECONDS, SUM, WAIT_SECONDS
from moderation.core.items import LANES
from moderation.delivery.webhooks import ATTEMPTS
from moderation.detection.runner import CALLS, FAILURES
from moderation.intake.ledger import Ledger
from moderation.pipeline.moderate import RETRIES, WAITS
from moderation.service import Service
from moderation.storage.ages import JOB_STATES, LOOP_STATES, OPEN_JOBS, Line, look_at_ages
from moderation.storage.derivatives import Derivatives
from moderation.storage.processes import ROLES, known_processes
from moderation.storage.tallies import read_tallies

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NONE = Line(0, None)
POSTS, REQUESTS = "posted_items", "http_request_seconds"
"""Figures: posted items by answer; requests by method, route and class of status."""
ANSWERS = ("accepted", "refused", "repeated", "overloaded")


class Figures:
    """What `/metrics` shows, and counts what this process answers.

    Attributes:
        registry: of this application alone.
    """

    def __init__(self, service: Service) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(_Stored(service))
        self._tally = service.tally

    def posted(self, answer: str, items: int) -> None:
        """Posted items were answered, with what is in `ANSWERS`."""
        self._tally.add(POSTS, answer, count=items)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. Only what we know becomes a label: others could make up any number of them."""
        known = method if method in _METHODS else "other"
        self._tally.observe(REQUESTS, seconds, CALL_SECONDS, known, route or "none", f"{status // 100}xx")


class _Stored:
    """Reads from the database when it is asked, so that all processes tell the same."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._metrics = Paced(lambda: list(self._read()))

    def collect(self) -> Iterable[Metric]:
        """Prometheus calls this at each scrape. Over very many items it takes long, and is read less often."""
        return self._metrics.ask()

    def _read(self) -> Iterable[Metric]:
        yield from self._items()
        yield from self._deliveries()
        yield from self._ages()
        yield from self._counted()
        yield from self._processes()
        yield from self._rules()
        yield from self._overturns()

    def _items(self) -> Iterable[Metric]:
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
        dead = Ledger(self._service.database).dead_count()
        yield GaugeMetricFamily("moderation_dead_letters", "Messages that could not become items.", value=dead)

    def _deliveries(self) -> Iterable[Metric]:
        deliveries = GaugeMetricFamily("moderation_deliveries", "Deliveries by state.", labels=["state"])
        for state, count in {"due": 0, "delivered": 0, "given_up": 0, **self._service.outbox.counts()}.items():
            deliveries.add_metric([state], count)
        yield deliveries
        derivatives = GaugeMetricFamily("moderation_derivatives", "Copies and deletions by state.", labels=["state"])
        counted = Derivatives(self._service.database).counts()
        for state, count in {"due": 0, "failing": 0, "done": 0, **counted}.items():
            derivatives.add_metric([state], count)
        yield derivatives

    def _ages(self) -> Iterable[Metric]:
        now = self._service.pipeline.now()
        ages = look_at_ages(self._service.database, now)
        yield GaugeMetricFamily("moderation_backlog_apps", "Apps that have items waiting.", value=ages.apps)
        yield GaugeMetricFamily(
            "moderation_backlog_tried_items", "Waiting items that were tried before.", value=ages.again
        )
        yield GaugeMetricFamily(
            "moderation_delivery_oldest_due_seconds",
            "How long the delivery that is overdue longest has been due.",
            value=ages.due.age_seconds(now),
        )
        loops = GaugeMetricFamily("moderation_human_loops", "Human loops that are not over.", labels=["state"])
        oldest = GaugeMetricFamily("moderation_human_loop_oldest_seconds", "Age of the oldest.", labels=["state"])
        for state in LOOP_STATES:
            line = ages.loops.get(state, _NONE)
            loops.add_metric([state], line.count)
            oldest.add_metric([state], line.age_seconds(now))
        yield from (loops, oldest)
        names = ["policy", "queue"]
        late = GaugeMetricFamily(
            "moderation_human_loops_late", "Human loops whose deadline is past, and that are not over.", labels=names
        )
        soon = GaugeMetricFamily(
            "moderation_human_loops_due_soon", "Those whose deadline is within the hour.", labels=names
        )
        for name, (past, within) in sorted(ages.deadlines.items()):
            late.add_metric(name, past)
            soon.add_metric(name, within)
        yield from (late, soon)
        jobs = GaugeMetricFamily("moderation_redaction_jobs", "Redaction jobs by state.", labels=["state"])
        for state in JOB_STATES:
            jobs.add_metric([state.lower()], ages.jobs.get(state, _NONE).count)
        yield jobs
        yield GaugeMetricFamily("moderation_film_jobs", "Jobs over films under way.", value=ages.films.count)
        yield GaugeMetricFamily(
            "moderation_film_job_oldest_seconds",
            "Time since the oldest job over a film was asked for that is not done.",
            value=ages.films.age_seconds(now),
        )
        waiting = [ages.jobs[state].age_seconds(now) for state in OPEN_JOBS & ages.jobs.keys()]
        yield GaugeMetricFamily(
            "moderation_redaction_job_oldest_seconds",
            "Time since the oldest redaction job was asked for that is not done.",
            value=max(waiting, default=0.0),
        )

    def _counted(self) -> Iterable[Metric]:
        counted = read_tallies(self._service.database)
        yield _counters(
            "moderation_posted_items",
            "Posted items by answer: accepted, refused, repeated (an idempotency key), overloaded.",
            ["answer"],
            {**{(answer,): 0.0 for answer in ANSWERS}, **counted.get(POSTS, {})},
        )
        yield _histogram(
            "moderation_http_request_seconds",
            "Requests by method, route (its template) and class of status.",
            ["method", "route", "status"],
            CALL_SECONDS,
            counted.get(REQUESTS + BUCKET, {}),
            counted.get(REQUESTS + SUM, {}),
        )
        yield _counters(
            "moderation_detector_failures", "Looks without an answer.", ["detector", "kind"], counted.get(FAILURES, {})
        )
        yield _counters(
            "moderation_delivery_attempts",
            "Attempts to deliver, by what came of them.",
            ["result"],
            {("delivered",): 0.0, ("due",): 0.0, ("given_up",): 0.0, **counted.get(ATTEMPTS, {})},
        )
        yield _counters("moderation_item_retries", "Further tries of items.", [], {(): 0.0, **counted.get(RETRIES, {})})
        yield _histogram(
            "moderation_detector_call_seconds",
            "Calls of detectors, extractors and redactors, waiting for a process included.",
            ["detector", "outcome"],
            CALL_SECONDS,
            counted.get(CALLS + BUCKET, {}),
            counted.get(CALLS + SUM, {}),
        )
        yield _histogram(
            "moderation_item_wait_seconds",
            "From the post of an item to its first try; texts and media have lanes of their own.",
            ["lane"],
            WAIT_SECONDS,
            counted.get(WAITS + BUCKET, {}),
            {**{(lane,): 0.0 for lane in LANES}, **counted.get(WAITS + SUM, {})},
        )

    def _processes(self) -> Iterable[Metric]:
        now = self._service.pipeline.now()
        found = Counting((row.role, row.is_dead(now)) for row in known_processes(self._service.database, now))
        processes = GaugeMetricFamily(
            "moderation_processes",
            "Processes by role: alive, or dead (killed or out of reach within the last hour).",
            labels=["role", "state"],
        )
        for role in ROLES:
            processes.add_metric([role, "alive"], found[role, False])
            processes.add_metric([role, "dead"], found[role, True])
        yield processes

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


def _counters(
    name: str, words: str, labels: Sequence[str], counted: Mapping[tuple[str, ...], float]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, words, labels=labels)
    for values, amount in sorted(counted.items()):
        family.add_metric(values, amount)
    return family


def _histogram(
    name: str,
    words: str,
    labels: Sequence[str],
    ends: Sequence[float],
    buckets: Mapping[tuple[str, ...], float],
    sums: Mapping[tuple[str, ...], float],
) -> HistogramMetricFamily:
    """Each bucket is stored with what fell into it alone; Prometheus's hold all up to their end."""
    family = HistogramMetricFamily(name, words, labels=labels)
    for values, total in sorted(sums.items()):
        below, cumulated = 0.0, []
        for end in (*map(str, ends), "+Inf"):
            below += buckets.get((*values, end), 0.0)
            cumulated.append((end, below))
        family.add_metric(values, cumulated, total)
    return family
