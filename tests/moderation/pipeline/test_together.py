"""Texts that wait together are moderated together: the same rows as one by one, and none is harmed by another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from moderation.core.detections import Detection, Failure
from moderation.core.items import Item, Part
from moderation.detection.answers import Answers
from moderation.detection.judge import Judge
from moderation.pipeline import moderate
from moderation.pipeline.intake import Submission
from moderation.pipeline.moderate import moderate_waiting
from moderation.pipeline.together import moderate_texts
from moderation.service import Service
from moderation.settings import Settings
from moderation.storage import tables
from tests.houses.service import HEAD, People
from tests.leases import end_leases

POLICY = (
    HEAD
    + """\
bands:
  numbers: {label: PII/SSN, reject_from: 50}
  mails: {label: PII/EMAIL, review_from: 50, queue: people}
sampling:
  - {id: some, percent: 100, of: reject, queue: quality}
"""
)
SSN, MAIL, FINE = "my number is 123-45-6780", "write to ann@example.org", "have a nice day"
TEXTS = [FINE, SSN, MAIL, "what a fine day", f"{SSN} {FINE}", FINE]
# What differs between any two runs.
VARYING = ("id", "salt", "item_id", "name", "created_at", "decided_at", "next_look_at", "digest", "basis")


@pytest.fixture
def open_service(settings: Settings, tmp_path: Any) -> Any:
    opened: list[Service] = []

    def open_(name: str) -> Service:
        folder = tmp_path / name
        (folder / "rules").mkdir(parents=True)
        (folder / "rules" / "words.yml").write_text(POLICY)
        own = settings.model_copy(update={"data": folder, "rules": folder / "rules"})
        opened.append(Service.open(own, human_loops=People()))  # type: ignore[arg-type]
        return opened[-1]

    yield open_
    for service in opened:
        service.close()


def post(service: Service, texts: Sequence[str], app: str = "shop") -> list[Item]:
    given = [
        Submission(app, (Part(id="p0", type="text", text=text),), callback_url="https://shop.example/x")
        for text in texts
    ]
    items = [service.pipeline.prepare(each) for each in given]
    for item in items:
        service.pipeline.intake([item])
    return items


def rows(service: Service, items: Sequence[Item]) -> dict[str, Any]:
    """All that is written of items, with their place in the order of posting for their ids."""
    place = {item.id: str(number) for number, item in enumerate(items)}

    def plain(value: Any) -> Any:
        if isinstance(value, str):
            for item_id, number in place.items():
                value = value.replace(item_id, number)
            return value.replace(str(service.settings.data), "DATA")
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items() if key not in VARYING}
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    found: dict[str, Any] = {}
    for table in (tables.items, tables.decisions, tables.item_labels, tables.item_loops, tables.fingerprints):
        key = table.c.id if table is tables.items else table.c.item_id
        read = service.database.read(lambda c, table=table: c.execute(sa.select(table)).mappings().all())  # type: ignore[misc]
        found[table.name] = sorted(
            (
                place[row[key.name]],
                repr(
                    sorted(
                        plain({k: v for k, v in row.items() if k != "document" or table is not tables.items}).items()
                    )
                ),
            )
            for row in read
        )
    found["bases"] = [plain(each) for each in service.database.read(_bases)]
    counted = sa.select(tables.rule_days).order_by(tables.rule_days.c.policy, tables.rule_days.c.rule)
    found["rules"] = service.database.read(lambda c: [tuple(row) for row in c.execute(counted)])
    told = sa.select(tables.deliveries.c.item_id, tables.deliveries.c.url, tables.deliveries.c.state)
    found["told"] = service.database.read(lambda c: sorted((place[row[0]], *row[1:]) for row in c.execute(told)))
    return found


def _bases(c: sa.Connection) -> list[Any]:
    """What rulings were worked out from, once for each item."""
    query = sa.select(tables.bases.c.document).join(tables.items, tables.items.c.basis == tables.bases.c.id)
    return list(c.execute(query).scalars())


def test_what_is_written_is_the_same_as_one_by_one(
    open_service: Callable[[str], Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, together = open_service("alone"), open_service("together")
    first, second = post(alone, TEXTS), post(together, TEXTS)
    with monkeypatch.context() as patched:
        patched.setattr(moderate, "CLAIMED_AT_ONCE", {"texts": 1, "media": 1})
        for _ in TEXTS:
            moderate_waiting(alone.pipeline.ports)
    assert moderate_waiting(together.pipeline.ports) == len(TEXTS)

    assert rows(together, second) == rows(alone, first)
    statuses = [together.store.get_item(item.id).status for item in second]
    assert statuses == ["decided", "decided", "in_review", "decided", "decided", "decided"]


def test_each_detector_is_called_once_for_all(
    open_service: Callable[[str], Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = open_service("once")
    asked: list[int] = []
    look = service.judge.runner.look_each

    def counted(app: str, texts: Sequence[Part], *more: Any, **given: Any) -> Any:
        asked.append(len(texts))
        return look(app, texts, *more, **given)

    monkeypatch.setattr(service.judge.runner, "look_each", counted)
    post(service, [FINE] * 4)
    post(service, [FINE] * 3, app="forum")
    moderate_waiting(service.pipeline.ports)

    assert sorted(asked) == [3, 4], "one call for each app, whose policies may differ"


DEAR = """
from moderation import hookimpl

class Dear:
    name, version, reads, labels = "dear.look", "1", ("text",), ("Weapons",)
    min_confidence, time_limit_seconds, on_demand = 0.0, 60.0, True
    def detect(self, part, context):
        raise ValueError("it cannot say")

@hookimpl
def register_detectors(settings):
    return [Dear()]
"""
FILES = (
    HEAD.replace("policy: words", "policy: files").replace("[text]", "[document]")
    + "needs: [dear.look]\nbands:\n  weapons: {label: Weapons, reject_from: 50}\n"
)


def test_a_file_beside_texts_is_looked_at_by_those_whom_its_own_policy_names(
    settings: Settings, tmp_path: Path
) -> None:
    for name, text in (("rules/words.yml", POLICY), ("rules/files.yml", FILES), ("plugins/dear.py", DEAR)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    own = {"data": tmp_path / "data", "rules": tmp_path / "rules", "plugins_dir": tmp_path / "plugins"}
    service = Service.open(settings.model_copy(update=own), human_loops=People())  # type: ignore[arg-type]
    parts = [Part(id="p0", type="text", text=FINE, is_document=number > 1) for number in range(4)]
    items = [service.pipeline.prepare(Submission("shop", (part,))) for part in parts]
    service.pipeline.intake(items)
    claims = service.store.claim("texts", 20, 60, datetime.now(UTC))
    texts_first = sorted(claims, key=lambda claim: claim.item.parts[0].is_document)
    became = moderate_texts(service.pipeline.ports, texts_first)
    end_leases(service, *(claim.item.id for claim in claims))
    moderate_waiting(service.pipeline.ports)
    records = [service.store.get_item(item.id) for item in items]
    service.close()

    assert became.done == {item.id for item in items[:2]}
    assert [record.status for record in records] == ["decided", "decided", "in_review", "in_review"]
    assert [[failure.detector.name for failure in record.failures] for record in records[2:]] == [["dear.look"]] * 2


def test_where_a_detector_gives_no_answer_each_is_moderated_by_itself(
    open_service: Callable[[str], Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = open_service("alone")
    runner, look = service.judge.runner, service.judge.runner.look

    def fails(app: str, texts: Sequence[Part], *_: Any, **__: Any) -> tuple[list[list[Detection]], Answers]:
        failure = Failure(detector=service.judge.plugins.detectors[0], part="p0", kind="timed_out", message="slow")  # type: ignore[arg-type]
        return [[] for _ in texts], Answers(failures=[failure])

    alone: list[str] = []
    monkeypatch.setattr(runner, "look_each", fails)
    monkeypatch.setattr(
        runner,
        "look",
        lambda app, parts, *more, **given: alone.append(parts[0].text or "") or look(app, parts, *more, **given),
    )
    items = post(service, [FINE, SSN])
    moderate_waiting(service.pipeline.ports)

    assert sorted(alone) == sorted([FINE, SSN])
    assert [service.store.get_item(item.id).decision.outcome for item in items] == ["approve", "reject"]  # type: ignore[union-attr]


def test_a_fault_while_they_are_judged_together_stops_none(
    open_service: Callable[[str], Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = open_service("fault")

    def broken(self: Judge, items: Sequence[Item]) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(Judge, "judge_texts", broken)
    items = post(service, [FINE, SSN])
    moderate_waiting(service.pipeline.ports)

    assert [service.store.get_item(item.id).status for item in items] == ["decided", "decided"]


def test_an_item_that_was_decided_meanwhile_is_not_decided_again(
    open_service: Callable[[str], Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = open_service("late")
    items = post(service, [FINE, SSN])
    judge = service.judge.judge_texts

    def late(given: Sequence[Item]) -> Any:
        judged = judge(given)
        other = service.pipeline.ports
        monkeypatch.undo()
        end_leases(service, *(item.id for item in given))
        moderate_waiting(other)
        return judged

    monkeypatch.setattr(service.judge, "judge_texts", late)
    told: list[str] = []
    service.judge.plugins.manager.register(Told(told))
    moderate_waiting(service.pipeline.ports)

    assert [len(service.store.get_item(item.id).decisions) for item in items] == [1, 1]
    assert sorted(told) == sorted(item.id for item in items), "each is told of once"


class Told:
    def __init__(self, ids: list[str]) -> None:
        self._ids = ids

    from moderation import hookimpl

    @hookimpl
    def item_decided(self, item: Item) -> None:
        self._ids.append(item.id)
