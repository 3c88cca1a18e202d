"""Figures of all processes, who may see them, and that alerts and the dashboard ask for those there are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from prometheus_client.parser import text_string_to_metric_families

from ground.tally import CALL_SECONDS, Tally
from moderation.core.errors import SettingsError, StoreUnavailable
from moderation.detection.runner import CALLS, FAILURES
from moderation.service import Service
from moderation.serving.app import create_app
from moderation.settings import load_settings
from moderation.storage.processes import DEAD_AFTER, DEAD_SHOWN, Heart, known_processes
from moderation.storage.rule_counts import day_of
from moderation.storage.tables import items, processes, rule_days
from moderation.storage.tallies import read_tallies
from tests.houses.api import Api

ALERTS = Path("deploy/prometheus/alerts.yml")
DASHBOARD = Path("deploy/grafana/moderation.json")
TOKEN = "a-token-that-nobody-guesses"
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.7"}
TEXT = {"parts": [{"type": "text", "text": "Have a nice day"}]}


def figures(api: Api, **more: Any) -> dict[str, float]:
    api.service.heart.beat()
    fresh = create_app(api.service, api.review).test_client()  # which has kept no answer for a while
    text = fresh.get("/metrics", **more).text
    return {
        sample.name + json.dumps(sample.labels, sort_keys=True): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


# What is told


def test_requests_are_told_by_route_and_class_of_status_and_nobody_can_make_up_labels(idle_api: Api) -> None:
    before = figures(idle_api)
    for item in ("0" * 8, "1" * 8, "2" * 8):
        idle_api.get(f"/v1/items/{item}")
        idle_api.client.get(f"/made/up/{item}")
    idle_api.client.open("/v1/items", method="BREW")
    after = figures(idle_api)

    new = {name for name in after.keys() - before.keys() if name.startswith("moderation_http_request_seconds_count")}
    assert new == {
        'moderation_http_request_seconds_count{"method": "GET", "route": "/v1/items/<item_id>", "status": "4xx"}',
        'moderation_http_request_seconds_count{"method": "GET", "route": "none", "status": "4xx"}',
        'moderation_http_request_seconds_count{"method": "GET", "route": "/metrics", "status": "2xx"}',
        'moderation_http_request_seconds_count{"method": "other", "route": "none", "status": "4xx"}',
    }


def test_calls_of_detectors_and_waits_are_told_by_whoever_serves_whoever_made_them(
    idle_api: Api, open_api: Callable[..., Api]
) -> None:
    idle_api.post("/v1/items", json=TEXT)
    worker = Service.open(idle_api.service.settings)
    try:
        worker.work_once()
        worker.heart.beat()
    finally:
        worker.close()

    told = figures(idle_api)
    name = 'moderation_detector_call_seconds_%s{"detector": "pii.text", %s"outcome": "answered"}'
    assert told[name % ("count", "")] == 1
    assert told[name % ("sum", "")] > 0
    assert told[name % ("bucket", '"le": "+Inf", ')] == 1
    assert told['moderation_item_wait_seconds_count{"lane": "texts"}'] == 1
    assert told["moderation_item_retries_total{}"] == 0


def test_failures_of_detectors_are_told(idle_api: Api) -> None:
    service = idle_api.service
    service.judge.runner._pools["pii.text"].close()
    idle_api.post("/v1/items", json=TEXT)
    service.work_once()
    service.heart.beat()

    told = figures(idle_api)
    assert told['moderation_detector_failures_total{"detector": "pii.text", "kind": "not_run"}'] >= 1
    assert told['moderation_detector_call_seconds_count{"detector": "pii.text", "outcome": "not_run"}'] >= 1


def test_a_histogram_holds_in_each_bucket_all_that_was_shorter(idle_api: Api) -> None:
    tally = Tally()
    for seconds in (0.001, 0.02, 0.02, 0.3, 99.0):
        tally.observe("detector_call_seconds", seconds, (0.01, 0.025, 0.5), "x.y", "answered")
    tally.observe("detector_call_seconds", 0.025, (0.01, 0.025, 0.5), "x.y", "answered")
    heart = Heart(idle_api.service.database, [tally], lambda: datetime.now(UTC))
    heart.beat()
    heart.beat()

    told = figures(idle_api)
    found = {
        end: told[f'moderation_detector_call_seconds_bucket{{"detector": "x.y", "le": "{end}", "outcome": "answered"}}']
        for end in ("0.01", "0.025", "0.1", "0.5", "60.0", "+Inf")
    }
    assert found == {"0.01": 1, "0.025": 4, "0.1": 4, "0.5": 5, "60.0": 5, "+Inf": 6}


def test_what_could_not_be_stored_is_stored_with_the_next_sign_of_life(
    idle_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, tally = idle_api.service.database, Tally()
    heart = Heart(database, [tally], lambda: datetime.now(UTC))
    tally.add("item_retries")

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(database, "write", away)
        with pytest.raises(StoreUnavailable):
            heart.beat()
    tally.add("item_retries")
    heart.beat()

    assert read_tallies(database)["item_retries"] == {(): 2.0}


def test_a_process_that_was_killed_is_told_dead_and_one_that_ended_is_gone(idle_api: Api) -> None:
    service, now = idle_api.service, datetime.now(UTC)
    killed, ended = (Heart(service.database, [], lambda: now) for _ in range(2))
    for heart in (killed, ended):
        heart.start("worker")
        heart.beat()
    assert figures(idle_api)['moderation_processes{"role": "worker", "state": "alive"}'] == 2
    ended.close()
    killed._rounds.close()
    service.database.write(
        lambda c: c.execute(sa.update(processes).values(seen_at=now - DEAD_AFTER - timedelta(seconds=1))),
        step="test.seen",
    )

    told = figures(idle_api)
    assert told['moderation_processes{"role": "worker", "state": "alive"}'] == 0
    assert told['moderation_processes{"role": "worker", "state": "dead"}'] == 1
    [reason] = idle_api.client.get("/readyz").json["reasons"]
    assert re.fullmatch(r"processes: worker \S+:\d+ has given no sign of life since .* UTC", reason)
    assert known_processes(service.database, now + DEAD_SHOWN) == []


def test_items_that_are_tried_again_and_apps_that_wait_are_told(idle_api: Api) -> None:
    for app in ("shop", "forum", "shop"):
        idle_api.post("/v1/items", json=TEXT, app=app)
    idle_api.service.database.write(lambda c: c.execute(sa.update(items).values(attempts=2)), step="test.attempts")

    told = figures(idle_api)
    assert (told["moderation_backlog_apps{}"], told["moderation_backlog_tried_items{}"]) == (2, 3)


# Who is told


def test_others_learn_whether_the_service_is_ready_and_no_more(
    open_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    api = open_api(metrics_token=TOKEN)
    api.service.following.problem = "account 1 may not use A2I"

    stranger = api.client.get("/readyz", environ_overrides=ELSEWHERE)
    assert (stranger.status_code, stranger.json) == (503, {"status": "not ready", "reasons": []})
    assert api.client.get("/readyz").json["reasons"] == ["human loops: account 1 may not use A2I"]
    known = api.client.get("/readyz", environ_overrides=ELSEWHERE, headers={"Authorization": f"Bearer {TOKEN}"})
    assert known.json["reasons"] == ["human loops: account 1 may not use A2I"]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_what_a_proxy_on_this_machine_passes_on_is_no_call_from_this_machine(idle_api: Api, header: str) -> None:
    assert idle_api.client.get("/metrics").status_code == 200
    refused = idle_api.client.get("/metrics", headers={header: "127.0.0.1"})

    assert refused.status_code == 403
    assert "MODERATION_METRICS_FROM" in refused.json["detail"]
    assert idle_api.client.get("/readyz", headers={header: "127.0.0.1"}).json == {"status": "ready", "reasons": []}


def test_the_headers_of_a_proxy_reach_the_application(server: Any) -> None:
    import urllib3

    def status(**headers: str) -> int:
        return urllib3.request("GET", f"{server.url}/metrics", headers=headers, retries=False).status

    assert (status(), status(**{"X-Forwarded-For": "203.0.113.7"})) == (200, 403)


def test_figures_are_told_to_a_token_and_to_networks(open_api: Callable[..., Api]) -> None:
    api = open_api(metrics_token=TOKEN, metrics_from="203.0.113.0/28 2001:db8::/32")

    def status(address: str, token: str = "") -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return api.get("/metrics", app=None, environ_overrides={"REMOTE_ADDR": address}, headers=headers).status_code

    assert status("203.0.113.7") == status("2001:db8::1") == status("::ffff:203.0.113.7") == 200
    assert status("127.0.0.1") == status("203.0.113.70") == 401, "loopback is not in the list any more"
    assert status("198.51.100.1", TOKEN) == 200
    assert status("203.0.113.7", TOKEN[:-1]) == 401, "a wrong token is not made good by the address"


def test_an_address_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODERATION_METRICS_FROM", "127.0.0.1 10.0.0.0/99")
    with pytest.raises(SettingsError, match="MODERATION_METRICS_FROM"):
        load_settings()


# Alerts and the dashboard


_NAME = re.compile(r"\b(moderation_[a-z_]+)\b")


def exported(api: Api) -> dict[str, set[str]]:
    """Every sample that there is, with the labels it has."""
    api.post("/v1/items", json=TEXT)
    tally = api.service.judge.runner.tally
    tally.observe(CALLS, 0.1, CALL_SECONDS, "pii.text", "answered")
    tally.add(FAILURES, "pii.text", "timed_out")
    api.service.heart.beat()
    rule_days_row = {"day": day_of(datetime.now(UTC)), "policy": "words", "rule": "one", "fired": 1, "rejected": 0}
    api.service.database.write(lambda c: c.execute(sa.insert(rule_days).values(rule_days_row)), step="test.rules")
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(api.client.get("/metrics").text):
        names = {sample.name for sample in family.samples} or {family.name}
        for name in names:
            labels = {label for sample in family.samples if sample.name == name for label in sample.labels}
            found.setdefault(name, set()).update(labels)
    return found


def test_alerts_and_the_dashboard_ask_only_for_figures_that_are_told(idle_api: Api) -> None:
    told = exported(idle_api)
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = [rule["expr"] for rule in rules]
    asked += [target["expr"] for panel in panels for target in panel.get("targets", ())]

    assert len(asked) > 40
    for expression in asked:
        names = set(_NAME.findall(expression))
        assert names or expression.startswith("up{"), expression
        assert names <= told.keys(), expression
        assert all(expression.count(one) == expression.count(other) for one, other in ("()", "{}", "[]")), expression
        for grouped in re.findall(r"(?:by|without) \(([^)]*)\)", expression):
            labels = {label.strip() for label in grouped.split(",")} - {"instance"}
            assert any(labels <= (told[name] or labels) for name in names), expression


def test_each_alert_says_what_is_wrong_and_what_to_do_where_the_page_says_more() -> None:
    document = yaml.safe_load(ALERTS.read_text())
    assert set(document) == {"groups"}
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in Path("docs/operating.md").read_text().splitlines()
        if line.startswith("#")
    }
    names = []
    for group in document["groups"]:
        assert set(group) == {"name", "rules"}
        for rule in group["rules"]:
            assert (
                {"alert", "expr", "labels", "annotations"}
                <= set(rule)
                <= {"alert", "expr", "for", "labels", "annotations"}
            )
            assert rule["labels"]["severity"] in ("critical", "warning")
            assert set(rule["annotations"]) == {"summary", "action", "runbook"}
            page, _, heading = rule["annotations"]["runbook"].partition("#")
            assert (page, heading in headings) == ("docs/operating.md", True), rule["alert"]
            assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
            names.append(rule["alert"])
    assert len(set(names)) == len(names) > 10
