"""The dashboard: each figure is what a search for it finds, by app and period, as a page, a table and a file."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from ground.errors import InputError
from moderation import hookimpl
from moderation.console.charts import Series, nice, share_bars, stacked
from moderation.console.dashboard import quantile
from moderation.console.periods import period_of
from moderation.hookspecs import Spent
from tests.houses.console import Console, send, words

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def figures(console: Console) -> Console:
    """Items of two apps, some from a place."""
    for role in ("lead", "policy_owner", "admin"):
        console.client(role, role)
    console.post("my social security number is 123-45-6780", metadata={"site": "Quay"})
    console.post("Selling two tickets for Saturday")
    console.post("The library opens at nine on Monday", app="forum")
    console.post("You are a worthless idiot", app="forum")
    console.api.service.report("serve")  # as a process does: tallies of calls go to the database with signs of life
    console.api.service.heart.beat()
    return console


def figure(page: str, name: str) -> str:
    """The number under a figure's name."""
    found = re.search(rf'<span class="what">{name}</span>.*?<span class="n">([^<]*)', page, re.DOTALL)
    assert found is not None
    return found[1].strip()


def rows(console: Console, name: str, query: str = "") -> list[list[str]]:
    answer = console.client("lead").get(f"/review/admin/{name}.csv?{query}")
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.text)))


def test_figures_are_those_of_the_app_and_the_period(figures: Console) -> None:
    lead = figures.client("lead")
    pages = {
        query: lead.get(f"/review/admin/?{query}").text
        for query in ("", "app=forum", "period=28d", "from=2026-01-01&to=2026-01-31")
    }

    assert [figure(page, "Items posted") for page in pages.values()] == ["4", "2", "4", "0"]
    assert figure(pages["app=forum"], "Sent to people") == "1"
    assert figure(pages[""], "Decided by rules") == "75.0 %"


def test_each_figure_leads_to_the_items_that_it_counts(figures: Console) -> None:
    lead = figures.client("lead")
    page = lead.get("/review/admin/?app=forum").text
    links = dict(re.findall(r'<a class="figure" href="([^"#]+)"><span class="what">([^<]+)', page))
    counted = {name: figure(page, name) for name in links.values() if name != "Decided by rules"}

    assert len(counted) >= 4
    for link, name in links.items():
        listed = lead.get(link.replace("&amp;", "&")).text
        if name in counted:
            assert listed.count('class="name excerpt"') == int(counted[name]), name


def test_labels_rules_and_detectors_lead_to_items_that_have_them(figures: Console) -> None:
    lead = figures.client("lead")
    page = lead.get("/review/admin/").text.replace("&amp;", "&")
    links = re.findall(
        r'class="name" href="(/review/items\?[^"]*(?:label|rule|queue|app)=[^"]+)".*?</a>.*?class="num"[^>]*>([\d,]+)<',
        page,
    )

    assert len(links) > 5
    for link, number in links:
        assert lead.get(link).text.count('class="name excerpt"') == int(number), link


def test_every_chart_and_table_is_a_file_too(figures: Console) -> None:
    page = figures.client("lead").get("/review/admin/").text
    names = set(re.findall(r"/review/admin/(\w+)\.csv", page))

    assert names == {"volume", "posted", "apps", "labels", "rules", "detectors", "queues", "overturns", "costs"}
    assert all(len(rows(figures, name)) >= 1 for name in names)
    assert rows(figures, "apps") == [["App", "Items"], ["forum", "2"], ["shop", "2"]]
    assert [sum(int(row[n]) for row in rows(figures, "volume")[1:]) for n in (1, 2, 3)] == [2, 1, 1]
    assert ["pii.text", "4", "0"] in [row[:3] for row in rows(figures, "detectors")]
    assert page.count("Show as a table") == 2


def test_costs_are_those_of_the_app_and_the_days_of_the_period(figures: Console) -> None:
    today = datetime.now(UTC).date()
    moderate = ("rekognition.moderation", "rekognition.DetectModerationLabels")

    class Paid:
        """A plugin that has used something: on some days by two apps, once without a price."""

        @hookimpl
        def report_costs(self, since: date, until: date) -> list[Spent]:
            used = [
                Spent(today, "shop", *moderate, 3, 3.0, "picture", 0.003),
                Spent(today - timedelta(days=3), "shop", *moderate, 1, 1.0, "picture", 0.001),
                Spent(today, "forum", "own.model", "vendor.Look", 2, 4.0, "", None),
                Spent(today - timedelta(days=60), "shop", *moderate, 1000, 1000.0, "picture", 1.0),
            ]
            return [each for each in used if since <= each.day <= until]

    manager, plugin = figures.api.service.judge.plugins.manager, Paid()
    before = words(figures.client("lead").get("/review/admin/"))
    manager.register(plugin)
    try:
        week, shop = (rows(figures, "costs", query)[1:] for query in ("period=7d", "period=7d&app=shop"))
        day = rows(figures, "costs")[1:]
        page = words(figures.client("lead").get("/review/admin/?period=7d&app=shop"))
    finally:
        manager.unregister(plugin)

    assert "Nothing that is paid by the call was used" in before
    assert week == [
        ["shop", *moderate, "4", "4.0", "picture", "0.004"],
        ["forum", "own.model", "vendor.Look", "2", "4.0", "", ""],
    ]
    assert shop == week[:1]
    assert [row[3] for row in day] == ["3", "2"]
    assert "rekognition.DetectModerationLabels 4 4 picture 0.0040" in page
    assert "0.00 US dollars" in page


def test_costs_that_cannot_be_read_leave_the_other_figures_there(figures: Console) -> None:
    class Broken:
        """A plugin whose counts lie where nobody answers."""

        @hookimpl
        def report_costs(self) -> list[Spent]:
            raise InputError("no answer")

    manager, plugin = figures.api.service.judge.plugins.manager, Broken()
    manager.register(plugin)
    try:
        page = words(figures.client("lead").get("/review/admin/"))
    finally:
        manager.unregister(plugin)

    assert "What was used cannot be read now" in page
    assert "Items posted" in page


def test_a_cell_of_a_file_is_no_formula(figures: Console) -> None:
    figures.post("The library closes at six", metadata={"site": "=1+1"})

    assert {row[0] for row in rows(figures, "places")[1:]} == {"'=1+1", "Quay"}


def test_the_report_says_where_no_policy_is_about_equipment_or_counts_by_place_and_hour(figures: Console) -> None:
    page = words(figures.client("lead").get("/review/admin/ppe"))

    assert "Quay" in page
    assert "Findings by hour of the day" in page


def test_admin_leads_to_the_dashboard_and_its_roles_are_those_who_oversee(figures: Console) -> None:
    assert figures.api.client.get("/admin").headers["Location"] == "/review/admin/"
    for name in ("lead", "policy_owner", "admin"):
        assert figures.client(name).get("/review/admin/").status_code == 200
    assert figures.client("rena", "reviewer").get("/review/admin/volume.csv").status_code == 403


def test_a_queue_that_is_late_is_an_alarm_with_the_way_to_it(figures: Console) -> None:
    item = figures.post("You are a worthless idiot, and more", app="forum")
    figures.ask_people(item, "abuse")
    lead, review = figures.client("lead"), figures.api.review
    send(lead, "/lead/queues/abuse", due="30")
    assert "none is late" in words(lead.get("/review/admin/"))

    later = datetime.now(UTC) + timedelta(minutes=31)
    review.clock = lambda: later
    try:
        queue, board = words(lead.get("/review/lead/queues/abuse")), words(lead.get("/review/lead"))
        figures.api.service.pipeline.now = lambda: later  # type: ignore[method-assign]
        page = lead.get("/review/admin/").text
    finally:
        del figures.api.service.pipeline.now
        review.clock = lambda: datetime.now(UTC)

    assert "1 min late" in queue
    assert "30 min" in board
    assert re.search(r'class="alarms">.*1 tasks of abuse are late.*href="/review/lead/queues/abuse"', page, re.DOTALL)


def test_a_wrong_due_time_is_refused(figures: Console) -> None:
    lead = figures.client("lead")
    figures._add_flow("refused")

    assert [send(lead, "/lead/queues/refused", due=due).status_code for due in ("soon", "0", "")] == [422, 422, 303]


def test_a_period_is_whole_hours_or_days() -> None:
    day, week, given = (period_of(q, NOW) for q in ({}, {"period": "7d"}, {"from": "2026-02-01", "to": "2026-02-03"}))

    assert (day.key, len(day.starts)) == (("hour", "2026-02-28T10", "2026-03-01T10"), 24)
    assert (week.key, len(week.starts)) == (("day", "2026-02-23", "2026-03-02"), 7)
    assert given.starts == ("2026-02-01", "2026-02-02", "2026-02-03")
    assert week.before.key == ("day", "2026-02-16", "2026-02-23")
    for wrong in (
        {"from": "x"},
        {"from": "2026-02-03", "to": "2026-02-01"},
        {"from": "2020-01-01", "to": "2026-01-01"},
    ):
        with pytest.raises(InputError):
            period_of(wrong, NOW)


def test_columns_stand_on_zero_and_reach_the_top_of_the_axis() -> None:
    chart = stacked(["a", "b"], [Series("x", "X", [3, 0]), Series("y", "Y", [1, 2])])

    assert [(bar.y, bar.height) for bar in chart.columns[0].bars] == [(25.0, 75.0), (0.0, 25.0)]
    assert [(bar.kind, bar.y, bar.height) for bar in chart.columns[1].bars] == [("y", 50.0, 50.0)]
    assert [number for number, _ in chart.ticks] == [4.0, 3.0, 2.0, 1.0, 0.0]
    assert chart.columns[0].said == "a: X 3, Y 1"
    assert [nice(number) for number in (0, 1, 7, 11, 130, 999)] == [1, 1, 8, 20, 200, 1000]
    assert sum(bar.width for bar in share_bars([("a", 1), ("b", 2)])) == pytest.approx(100, abs=0.1)


def test_a_quantile_is_the_end_of_the_bucket_that_reaches_it() -> None:
    buckets = {0.1: 90, 1.0: 9, float("inf"): 1}

    assert [quantile(buckets, share) for share in (0.5, 0.95, 1.0)] == [0.1, 1.0, float("inf")]
    assert quantile({}, 0.5) is None
