"""The dashboard: one page of figures by app and period, a report on equipment to print, and each table as CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, g, render_template, request, url_for

from ground.errors import NotFound
from ground.paced import Paced
from ground.spreadsheets import csv_lines
from ground.statistics import wilson
from moderation.console.charts import Chart, Series, heat, share_bars, stacked
from moderation.console.costs import Costs, read_costs
from moderation.console.dashboard import ENOUGH, Figures, Place, place_hours, read_figures, read_places
from moderation.console.periods import NAMES, Period, period_of
from moderation.evidence.overturns import OverturnRate
from moderation.service import Service
from review_ui.desk.leading import QueueState, queue_states
from review_ui.portal.access import only_for
from review_ui.portal.languages import _
from review_ui.portal.problems import Page
from review_ui.service import ReviewService

OVERSEE = ("lead", "policy_owner", "admin")
"""Roles that see figures and items."""
EQUIPMENT = ("PPE", "Person")
"""Policies that ask for these labels are about what people wear."""

OVERTURN_SECONDS = 30.0
"""Overturns are this old at most."""
Table = tuple[Sequence[str], Sequence[Sequence[object]]]
"""Heads and rows."""


def add_dashboard_pages(console: Blueprint, service: Service, review: ReviewService) -> None:
    """``/admin``, its tables and its report."""
    # Samples of weeks are looked at one by one.
    overturns = Paced(service.overturns, at_least_seconds=OVERTURN_SECONDS)

    def now() -> datetime:
        return service.pipeline.now()

    def figures() -> Figures:
        app = request.args.get("app") or None
        return read_figures(service.database, period_of(request.args, now()), app, service.hit_rates())

    def spent(found: Figures) -> Costs:
        return read_costs(service.judge.plugins.manager, service.settings, found.period, found.app)

    def states() -> Sequence[QueueState]:
        return queue_states(review, g.session.user.id)

    @console.get("/admin/")
    @only_for(*OVERSEE)
    def dashboard() -> Page:
        found, at = figures(), now()
        query = _query(found.period, found.app)
        queues = states()
        return render_template(
            "console/dashboard.html",
            found=found,
            now=at,
            periods=NAMES,
            apps=service.accounts.list_apps(at),
            query=query,
            volume=_volume(found),
            posted=_posted(found),
            bars={label: _share(counts) for label, counts in found.labels},
            queues=queues,
            alarms=_alarms(found, queues),
            overturns=overturns.ask(),
            enough=ENOUGH,
            items=_linked(found.period, found.app),
            is_complete=service.roll_up_history.is_complete(),
            equipment=_equipment(service),
            costs=spent(found),
        )

    @console.get("/admin/ppe")
    @only_for(*OVERSEE)
    def equipment() -> Page:
        period, app = period_of(request.args, now()), request.args.get("app") or None
        rules = _equipment(service)
        hours = place_hours(service.database, period, app, rules)
        largest = max((true for cells in hours.values() for _seen, true in cells.values()), default=0)
        places = read_places(service.database, period, app, rules)
        return render_template(
            "console/equipment.html",
            period=period,
            app=app,
            now=now(),
            periods=NAMES,
            apps=service.accounts.list_apps(now()),
            query=_query(period, app),
            hours=hours,
            largest=largest,
            heat=heat,
            places=[(place, _worn(place, rules)) for place in places],
            rules=rules,
            enough=ENOUGH,
            items=_linked(period, app),
        )

    @console.get("/admin/<name>.csv")
    @only_for(*OVERSEE)
    def dashboard_csv(name: str) -> Page:
        found = figures()
        tables: Mapping[str, Callable[[], Table]] = {
            "volume": lambda: _table_of(_volume(found), _("From")),
            "posted": lambda: _table_of(_posted(found), _("From")),
            "apps": lambda: ((_("App"), _("Items")), found.apps),
            "labels": lambda: _labels(found),
            "rules": lambda: (
                (_("Rule"), _("True"), _("Rejected")),
                [(rule.name, rule.fired, rule.rejected) for rule in found.rules],
            ),
            "detectors": lambda: _detectors(found),
            "queues": lambda: _queues(states()),
            "overturns": lambda: _overturns(overturns.ask()),
            "places": lambda: _places(service, found),
            "costs": lambda: _costs(spent(found)),
        }
        if name not in tables:
            raise NotFound("no such table")
        heads, rows = tables[name]()
        return _csv(heads, rows, f"{name}-{found.period.key[1]}")


def _query(period: Period, app: str | None) -> dict[str, str]:
    """What an address says of the app and the period."""
    return {**({"app": app} if app else {}), **period.query}


def _linked(period: Period, app: str | None) -> Callable[..., str]:
    """Gives the address of the items that a figure counts."""
    both = {"since": period.first.isoformat()[:16], "until": period.after.isoformat()[:16]}

    def link(**asked: str) -> str:
        values: dict[str, Any] = {**({"app": app} if app else {}), **both, **asked}
        return url_for("portal.console.items", **values)

    return link


def _volume(found: Figures) -> Chart:
    starts = found.period.starts
    kinds = (("approve", _("Approved")), ("review", _("To people")), ("reject", _("Rejected")))
    series = [Series(f"d-{kind}", name, [found.outcomes[start][kind] for start in starts]) for kind, name in kinds]
    return stacked(_said(found.period), series)


def _posted(found: Figures) -> Chart:
    values = [found.posted[start] for start in found.period.starts]
    return stacked(_said(found.period), [Series("d1", _("Posted"), values)])


def _said(period: Period) -> list[str]:
    """Hours and days as people say them."""
    return [f"{start[11:]}:00" if period.span == "hour" else start[5:] for start in period.starts]


def _share(counts: Mapping[str, int]) -> Any:
    return share_bars([(f"d-{kind}", counts.get(kind, 0)) for kind in ("approve", "review", "reject")])


def _alarms(found: Figures, queues: Sequence[QueueState]) -> list[tuple[str, str, str]]:
    """What is wrong now: how bad, the sentence, and where to look."""
    said = []
    for queue in queues:
        name, link_to = queue.title.removeprefix("Moderation: "), url_for("portal.lead_queue", flow=queue.flow)
        if queue.lateness.late:
            text = _("%(count)s tasks of %(queue)s are late.", count=queue.lateness.late, queue=name)
            said.append(("bad", text, link_to))
        if queue.lateness.soon:
            text = _("%(count)s tasks of %(queue)s are due within the hour.", count=queue.lateness.soon, queue=name)
            said.append(("warn", text, link_to))
    link = _linked(found.period, found.app)
    for rule in found.rules:
        if rule.rate is not None and rule.rate.alarm:
            text = _("Rule %(rule)s is true more often than usual today.", rule=rule.name)
            if rule.rate.alarm == "less":
                text = _("Rule %(rule)s is true less often than usual today.", rule=rule.name)
            said.append(("warn", text, link(rule=rule.name)))
    for detector in found.detectors:
        share = detector.share_failed
        if share is not None and share.low > WORRYING:
            text = _("%(detector)s gave no answer for %(count)s items; they go to people.", detector=detector.name,
                     count=sum(detector.failed.values()))  # fmt: skip
            said.append(("warn", text, link(failed=detector.name)))
    return said


WORRYING = 0.05
"""A share of items without an answer that is an alarm when even the low end of its interval is above."""


def _equipment(service: Service) -> list[str]:
    """Rules, as ``policy/rule``, of the policies that are about what people wear."""
    found = []
    for policy in service.policies.policies:
        if any(label.partition("/")[0] in EQUIPMENT for label in policy.labels()):
            bands = [f"{name}.{side}" for name in policy.file.bands for side in ("review", "reject")]
            found += [f"{policy.name}/{rule}" for rule in (*bands, *(rule.id for rule in policy.file.rules))]
    return found


def _worn(place: Place, rules: Sequence[str]) -> list[tuple[str, int, Any]]:
    """Rule, how often it was true at a place, and of how many items: a share with its interval."""
    return [(rule, place.found[rule], wilson(min(place.found[rule], place.items), place.items))
            for rule in rules if place.found.get(rule)]  # fmt: skip


def _table_of(chart: Chart, head: str) -> Table:
    rows = [[name, *(each.values[at] for each in chart.series)] for at, name in enumerate(chart.names)]
    return [head, *(each.name for each in chart.series)], rows


def _labels(found: Figures) -> Table:
    rows = [(label, counts["approve"], counts["review"], counts["reject"]) for label, counts in found.labels]
    return (_("Label"), _("Approved"), _("To people"), _("Rejected")), rows


def _detectors(found: Figures) -> Table:
    heads = (_("Detector"), _("Answered"), _("Failed"), _("Calls"), _("Half within, s"), _("95 in 100 within, s"))
    return heads, [
        (each.name, each.looked, sum(each.failed.values()), each.calls, each.middle, each.slow)
        for each in found.detectors
    ]


def _queues(states: Sequence[QueueState]) -> Table:
    heads = (_("Queue"), _("Waiting"), _("In hand"), _("Oldest"), _("Due within, min"), _("Late"), _("Will be late"))
    return heads, [
        (
            q.flow,
            q.waiting,
            q.claimed,
            q.oldest_at and q.oldest_at.isoformat(),
            q.due_minutes,
            q.lateness.late,
            q.lateness.will_be_late,
        )
        for q in states
    ]


def _costs(costs: Costs) -> Table:
    heads = (_("App"), _("Detector"), _("Operation"), _("Calls"), _("Units"), _("Unit"), _("US dollars"))
    return heads, [(c.app, c.detector, c.operation, c.calls, c.units, c.unit, c.dollars) for c in costs.rows]


def _overturns(rates: Sequence[OverturnRate]) -> Table:
    heads = (
        _("Policy"),
        _("Sampling"),
        _("Outcome"),
        _("Looked at again"),
        _("Overturned"),
        _("From, percent"),
        _("To, percent"),
    )
    return heads, [
        (o.policy, o.sampling, o.outcome, o.looked_at, o.overturned, round(o.low * 100, 2), round(o.high * 100, 2))
        for o in rates
    ]


def _places(service: Service, found: Figures) -> Table:
    rules = _equipment(service)
    hours = place_hours(service.database, found.period, found.app, rules)
    heads = (_("Place"), _("Hour, UTC"), _("Items"), _("Findings"))
    return heads, [(place, hour, *cells[hour]) for place, cells in hours.items() for hour in range(24)]


def _csv(heads: Sequence[str], rows: Sequence[Sequence[object]], name: str) -> Response:
    answer = Response("".join(csv_lines([heads, *rows])), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
