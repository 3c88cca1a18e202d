"""Log lines: what is about an item names it, and nothing that anybody posted, wrote or typed is in any of them."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from ground import tracing
from ground.json_logs import JsonLines, TextLines
from ground.tracing import NamesItem
from moderation.cli import OWN_LOGGERS, run
from moderation.core.errors import HumanLoopsUnavailable
from moderation.core.items import Part
from moderation.pipeline.intake import Submission
from moderation.serving.app import create_app
from moderation.serving.server import Server
from moderation.settings import Settings
from review_ui.people.people import People
from tests.houses.api import Api
from tests.houses.desk import PASSWORD, form_token, sign_in
from tests.houses.service import NUMBER, REVIEWS, House
from tests.waiting import wait_for

CANARY = "Canary7f3a"
FAILING = """
from moderation import hookimpl
class Failing:
    name, version, reads, labels, min_confidence, time_limit_seconds = "test.failing", "1", ("text",), ("Weapons",), 0, 60
    def detect(self, part, context): raise ValueError("cannot read " + part.text)
@hookimpl
def register_detectors(settings): return [Failing()]
"""
POLICY = REVIEWS.replace("if_nothing_matches", "needs: [test.failing]\nif_nothing_matches")


@pytest.fixture
def lines() -> Iterator[Callable[[], list[str]]]:
    """All that our handlers would write, from DEBUG on, each line in both forms."""
    out = io.StringIO()
    handlers = [logging.StreamHandler(out), logging.StreamHandler(out)]
    for handler, formatter in zip(handlers, (TextLines(), JsonLines()), strict=True):
        handler.setFormatter(formatter)
        handler.addFilter(NamesItem())
    loggers = [logging.getLogger(name) for name in ("moderation", "review_ui", "ground")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        for handler in handlers:
            logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield lambda: out.getvalue().splitlines()
    for logger, level in zip(loggers, before, strict=True):
        for handler in handlers:
            logger.removeHandler(handler)
        logger.setLevel(level)


def clean(lines: list[str]) -> None:
    assert len(lines) > 3
    assert [line for line in lines if CANARY in line or PASSWORD in line] == []


def test_failing_detectors_faults_and_callbacks_leave_no_content_in_any_line(
    settings: Settings, tmp_path: Path, lines: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "failing.py").write_text(FAILING)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "words.yml").write_text(POLICY)
    given = {"plugins_dir": tmp_path / "plugins", "rules": tmp_path / "rules", "a2i_endpoint_url": "http://127.0.0.1:9"}
    api = Api.open(settings.model_copy(update=given))
    try:
        item = {
            "parts": [{"type": "text", "text": f"{CANARY} {NUMBER}"}],
            "content_id": CANARY,
            "metadata": {"who": CANARY},
            "callback_url": f"http://127.0.0.1:9/{CANARY}?token={CANARY}",
        }
        failing = api.post("/v1/items", json=item, headers={"Idempotency-Key": CANARY}).json["id"]
        api.service.work_once()
        plain = api.post("/v1/items", json=item | {"parts": [{"type": "text", "text": f"good {CANARY}"}]}).json["id"]
        api.service.work_once()
        api.service.deliveries.run_due()

        def fault(*_: object, **__: object) -> None:
            raise ValueError(f"cannot judge {CANARY}")

        monkeypatch.setattr(api.service.judge, "judge", fault)
        faulty = api.post("/v1/items", json=item).json["id"]
        api.service.work_once()
        for path in (
            f"/v1/items/{CANARY}",
            f"/v1/items?content_id={CANARY}",
            f"/{CANARY}",
            f"/v1/items?label={CANARY}",
        ):
            api.client.get(path, headers={"Authorization": f"Bearer {api.keys['shop']}"})
        api.client.get("/v1/items", headers={"Authorization": f"Bearer mod_{CANARY}_{CANARY}"})
        api.client.post("/v1/items", data=f'{{"{CANARY}": ', headers={"Authorization": f"Bearer {api.keys['shop']}"})
        monkeypatch.setattr(api.service.store, "get_item", fault)
        api.client.get(f"/v1/items/{failing}", headers={"Authorization": f"Bearer {api.keys['shop']}"})
    finally:
        api.close()

    said = lines()
    clean(said)
    assert not [line for line in said if api.keys["shop"].split("_", 2)[2] in line]
    text, document = [line for line in said if "no answer detector=test.failing" in line and failing in line]
    assert text.endswith(f"item={failing}"), "threads know the item, too"
    assert json.loads(document)["item"] == failing
    assert any(faulty in line and "failed" in line for line in said)
    assert any("ValueError" in line for line in said), "the kind of an error is there"
    assert plain


def test_reviewers_their_notes_and_searches_are_in_no_line(
    settings: Settings, tmp_path: Path, lines: Callable[[], list[str]]
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "words.yml").write_text(REVIEWS)
    with Server(settings.model_copy(update={"rules": tmp_path / "rules", "undo_seconds": 0})) as server:
        server.start()
        service = server.service
        people = People(server.review.database)
        people.add(f"ann-{CANARY}", "lead", PASSWORD)
        client = create_app(service, server.review).test_client()
        sign_in(client, f"ann-{CANARY}", f"wrong {CANARY}")
        assert sign_in(client, f"ann-{CANARY}").status_code == 303
        item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text=f"{CANARY} {NUMBER}"),)))
        service.pipeline.intake([item])
        wait_for(lambda: service.store.get_item(item.id).status == "in_review")
        found: list[str] = []
        wait_for(lambda: found.append(client.get("/review/next").headers["Location"]) or "/tasks/" in found[-1])  # type: ignore[func-returns-value]
        task = found[-1]
        client.get(task)
        client.get(f"/review/history?search={CANARY}")
        client.get(f"/review/{CANARY}")
        answer = client.post(task, data={"csrf": form_token(client), "decision": "reject", "note": f"see {CANARY}"})
        assert answer.status_code in (200, 303)
        wait_for(lambda: service.store.get_item(item.id).status == "decided")
        url = f"{server.url}/a2i/human-loops/{CANARY}"
        urllib3.request("GET", url, headers={"Authorization": CANARY}, retries=False)

    said = lines()
    clean(said)
    assert any(item.id in line for line in said)


def test_an_error_of_a2i_that_quotes_what_was_sent_is_told_by_item_without_it(
    open_house: Callable[[str], House], lines: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(REVIEWS)

    def fault(*_: object) -> str:
        raise HumanLoopsUnavailable("A2I does not answer")

    monkeypatch.setattr(house.people, "start", fault)
    record = house.post(f"{CANARY} {NUMBER}")
    wait_for(lambda: any("is started later" in line for line in lines()))

    [first, *_] = [line for line in lines() if "is started later" in line]
    assert record.item.id in first
    assert CANARY not in "".join(lines())


def test_at_debug_no_library_speaks_that_writes_down_whole_requests(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    loggers = [logging.getLogger(), *map(logging.getLogger, OWN_LOGGERS)]
    before = [logger.level for logger in loggers]
    monkeypatch.setenv("MODERATION_LOG_LEVEL", "DEBUG")
    try:
        assert run(["rules", "lint", "--data", str(settings.data)]) == 0

        assert logging.getLogger("moderation.pipeline.people").isEnabledFor(logging.DEBUG)
        assert not logging.getLogger("botocore.endpoint").isEnabledFor(logging.DEBUG)
        assert not logging.getLogger("urllib3.connectionpool").isEnabledFor(logging.DEBUG)
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def test_a_line_that_names_its_item_does_not_name_it_twice() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(NamesItem())
    logger = logging.getLogger("moderation.test_logs")
    logger.addHandler(handler)
    with tracing.span("moderate", item="item-1"):
        logger.warning("item=%s waits", "item-1")
        logger.warning("100 %% of part=%s", "p0")
    logger.warning("nothing")
    logger.removeHandler(handler)

    assert out.getvalue().splitlines() == ["item=item-1 waits", "100 % of part=p0 item=item-1", "nothing"]


def test_no_line_shows_words_of_an_error_nor_of_what_it_came_from() -> None:
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as error:
            raise ValueError(f"x {CANARY}") from error
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "x.py", 1, "failed", (), (type(error), error, error.__traceback__)
        )
    for formatter in (TextLines(), JsonLines()):
        said = formatter.format(record)
        assert CANARY not in re.sub(r"(?m)^ +.*$", "", said), "lines of the source are shown, words of errors are not"
        assert "ValueError" in said
