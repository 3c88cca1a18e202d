"""F-21, F-23, A-15: the same post from many at once, rules that change all the time, and content that must not spread."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
import sqlalchemy as sa
import urllib3

from moderation.storage import tables
from tests.databases import RedisServer
from tests.faults.installation import RULES, Installation
from tests.faults.invariants import Facts
from tests.faults.load import Load, told
from tests.faults.people import App
from tests.faults.report import Row, keep
from tests.waiting import PATIENCE_SECONDS, wait_for

pytestmark = pytest.mark.faults
Start = Callable[..., Installation]
KEYS = int(os.environ.get("KEYS", "100"))
CLIENTS = 64


def test_of_many_posts_with_one_key_one_is_stored_though_the_service_is_killed(
    start: Start, chance: random.Random, record_property: Any
) -> None:
    installation = start()
    installation.serve()
    installation.wait_up()
    app = App(lambda: installation.url, installation.key)
    bodies: dict[str, set[bytes]] = {}
    http = urllib3.PoolManager(maxsize=CLIENTS, retries=False, timeout=PATIENCE_SECONDS)

    def post(key: str, text: str) -> int:
        headers = {"Authorization": f"Bearer {installation.key}", "Idempotency-Key": key}
        body = {"parts": [{"type": "text", "text": text}]}
        while True:
            try:
                answer = http.request("POST", f"{installation.url}/v1/items", json=body, headers=headers)
            except urllib3.exceptions.HTTPError:
                time.sleep(0.05)
                continue
            if answer.status in (409, 429, 503):
                time.sleep(0.05)
                continue
            if answer.status in (200, 202):
                bodies.setdefault(key, set()).add(answer.data)
                app.accepted.setdefault(answer.json()["id"], time.time())
            return answer.status

    with ThreadPoolExecutor(CLIENTS) as clients:
        kill_at = set(chance.sample(range(KEYS), min(5, KEYS)))
        for number in range(KEYS):
            same = [clients.submit(post, f"key-{number}", f"hello {number}") for _ in range(CLIENTS)]
            if number in kill_at:
                installation.kill("serve")
            assert {each.result(PATIENCE_SECONDS) for each in same} <= {200, 202}
        other = [clients.submit(post, f"key-{number}", "another text") for number in range(KEYS)]
        assert {each.result(PATIENCE_SECONDS) for each in other} == {422}
    facts = Facts(installation.settings)
    wait_for(lambda: not facts.waits_for(app))
    stored = facts.rows(sa.select(tables.items.c.id))
    installation.stop()
    broken = facts.check(app, ())
    facts.close()

    doubles = len(stored) - KEYS + sum(len(each) - 1 for each in bodies.values())
    row = Row("F-21 same key", len(installation.deaths), len(broken.lost), doubles, len(broken.answers))
    row.note = f"{KEYS} keys, {CLIENTS} clients each"
    keep(record_property, row)
    assert len(stored) == KEYS
    assert {len(each) for each in bodies.values()} == {1}
    assert not broken, str(broken)


def test_rules_change_all_the_time_and_no_decision_mixes_two_of_them(
    start: Start, chance: random.Random, record_property: Any
) -> None:
    installation = start(given={"RULES_SECONDS": "0.05"})
    installation.serve()
    file = installation.folder / "rules" / "faults.yml"
    broken_ones = ["", RULES[: len(RULES) // 2], RULES.replace("Custom/REFUSE", "Custom/REFUS"), "a: [&a *a", "\0"]
    changes = 0

    def breaking() -> None:
        nonlocal changes
        for number in range(150):
            if number % 3 == 2:
                file.write_text(chance.choice(broken_ones))  # in place, as an editor that has not heard of renaming
            else:
                file.write_text(RULES.replace("It is refused", f"It is refused by version {number}"))
            changes += 1
            (process,) = installation.pids("serve")[:1]
            os.kill(process, signal.SIGHUP)
            time.sleep(0.1)
        file.write_text(RULES)

    installation.wait_up()
    time.sleep(1.0)  # a signal before it is all up ends it, as SIGHUP does
    load = Load(installation, chance)
    outcome = load.run(breaking)

    facts = Facts(installation.settings)
    texts = {row.version: row.text for row in facts.rows(sa.select(tables.policy_texts))}
    mixed = 0
    versions = set()
    for row in facts.rows(sa.select(tables.items)):
        verdict = row.verdict
        versions.add(verdict["policy"]["version"])
        said = [line for line in texts[verdict["policy"]["version"]].splitlines() if "It is refused" in line]
        if verdict["outcome"] == "reject":
            mixed += said[0].partition("why: ")[2] not in verdict["reason"]
    facts.close()
    told(record_property, "F-23 rules change", outcome, changes, f", {len(versions)} versions acted")
    assert mixed == 0
    assert len(versions) > 10


@pytest.mark.redis
def test_content_is_in_no_log_no_figure_and_not_in_redis(
    start: Start, chance: random.Random, record_property: Any, redis_server: RedisServer
) -> None:
    canaries = ["canary-7f3a@example.org", "canary words that nobody else says", "CANARY-KEY-55aa"]
    installation = start(given={"REDIS_URL": redis_server.url, "LOG_LEVEL": "DEBUG"})
    installation.scaled(workers=1)
    app = App(lambda: installation.url, installation.key)
    installation.wait_up()
    for text in ("{} REVIEW", "{} REFUSE", "{} BREAK", "{}"):
        for canary in canaries:
            app.text(text.format(canary))
    app.post("/v1/items", {"parts": [{"type": "text", "text": canaries[0], canaries[1]: canaries[2]}]}, canaries[2])
    app.post("/v1/items", {"parts": [{"type": "image", "base64": canaries[1]}], "metadata": {"a": canaries[0]}})
    client = redis.Redis.from_url(redis_server.url, socket_timeout=PATIENCE_SECONDS)
    seen: list[bytes] = []
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        for key in client.scan_iter():
            seen.append(key + (client.dump(key) or b""))
        time.sleep(0.05)
    client.close()
    figures = urllib3.request("GET", f"{installation.url}/metrics").data
    readiness = urllib3.request("GET", f"{installation.url}/readyz").data
    installation.stop()

    places = {"log": installation.said().encode(), "redis": b"".join(seen), "metrics": figures, "readiness": readiness}
    found = [(place, canary) for place, text in places.items() for canary in canaries if canary.encode() in text]
    keep(record_property, Row("A-15 canaries", 0, note=f"{len(canaries)} canaries, {len(places)} places"))
    assert found == []
