"""Search over items: by words, by what they are found by, newest first, a page at a time; what is gone is not found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from ground.database import Database
from ground.named_by_apps import author_of, place_of
from moderation.core.decisions import Decision, PolicyRef
from moderation.core.detections import Detection, Failure
from moderation.core.items import Extraction, Item, Part, Tool
from moderation.core.rulings import Ruling
from moderation.core.verdicts import PolicyVerdict, RuleResult, Verdict
from moderation.storage.findings import Findings
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.pruning import prune
from moderation.storage.searching import Asked, Searching
from moderation.storage.tables import items
from moderation.storage.words import BATCH, WordIndex, words_of

NOW = datetime.now(UTC)
TOOL = Tool(name="words.detector", version="1")
POLICY = PolicyRef(name="words", version="1")


def posted(store: Store, text: str, minutes: int = 0, **metadata: Any) -> str:
    at = NOW - timedelta(minutes=minutes)
    part = Part(id="p0", type="text", text=text)
    item = Item(id=new_item_id(at), app="shop", parts=(part,), metadata=metadata, created_at=at)
    store.add_items([item])
    return item.id


def rejected(store: Store, item_id: str, *made: Part) -> None:
    item = store.get_item(item_id).item
    rule = RuleResult("true", "threats", "reject", "so", "words.yml:1")
    own = PolicyVerdict(policy=POLICY, outcome="reject", because="so", deciding=(rule,))
    failure = Failure(detector=TOOL, part="p0", kind="raised", message="broke")
    verdict = Verdict(outcome="reject", policy=POLICY, reason="so", policies=(own,), failures=(failure,))
    parts = (*item.parts, *made)
    findings = Findings(parts, (Detection(label="Threat", confidence=90, detector=TOOL, part="p0"),), (failure,))
    decision = Decision(outcome="reject", decided_by="rules", reason="so", policy=POLICY, decided_at=item.created_at)
    assert store.decide(item_id, decision, findings, Ruling.told_by(verdict)) is not None


def found(database: Database, **asked: Any) -> list[str]:
    return [row.item.id for row in Searching(database).page(Asked(**asked), ())]


def filled(database: Database) -> Store:
    index = WordIndex(database)
    while index.fill(NOW):
        pass
    return Store(database)


def test_words_are_found_whole_or_by_their_beginning_in_any_case(database: Database) -> None:
    store = Store(database)
    first, second = posted(store, "Selling TICKETS for the café, row_F", 2), posted(store, "tickets again", 1)
    filled(database)

    assert found(database, words="ticket") == [second, first]
    assert found(database, words="tick caf") == [first]
    assert found(database, words="row f") == [first]
    assert found(database, words="ickets") == []
    assert found(database, words="'; drop \" & | !") == []
    assert found(database, words="…") == [], "signs alone are no words"


def test_what_was_read_and_heard_in_an_item_is_found_once_it_was_judged(database: Database) -> None:
    store = Store(database)
    item_id, other = posted(store, "look at this", 1), posted(store, "nothing to see")
    read = Part(
        id="p0.0",
        type="text",
        text="GATE seven",
        extraction=Extraction(part="p0", extractor=TOOL, places=()),
    )
    filled(database)
    assert found(database, words="gate") == []

    rejected(store, item_id, read)
    rejected(store, other)
    filled(database)

    assert found(database, words="gate look") == [item_id]
    assert found(database, words="nothing") == [other]
    with database.engine.connect() as c:
        assert c.execute(sa.text("SELECT count(*) FROM item_words")).scalar() == 2


def test_an_item_is_in_the_index_once_and_what_came_late_is_added(database: Database) -> None:
    store, index = Store(database), WordIndex(database)
    late = posted(store, "late words", 0)
    for _ in range(3):
        index.fill(NOW)
    later = posted(store, "late as well", 1)
    index.fill(NOW + timedelta(seconds=30))

    assert found(database, words="late") == [late, later]
    with database.engine.connect() as c:
        assert c.execute(sa.text("SELECT count(*) FROM item_words")).scalar() == 2


def test_a_long_backlog_is_filled_a_batch_at_a_time(database: Database) -> None:
    store, index = Store(database), WordIndex(database)
    for number in range(BATCH + 1):
        posted(store, f"number{number}", number)

    assert index.fill(NOW)
    assert not index.fill(NOW)
    assert len(found(database, words=f"number{BATCH}")) == 1


@pytest.mark.parametrize("document", ["{}", '{"parts": [{"text": 5}]}', '{"parts": 7}', "[]", '"'])
def test_a_document_that_cannot_be_read_keeps_no_other_out_of_the_index(database: Database, document: str) -> None:
    store = Store(database)
    first, bad, last = (posted(store, "words of all", number) for number in range(3))
    rejected(store, bad)
    if document == '"' and not database.is_sqlite:
        document = "null"  # Postgres takes nothing that is no JSON
    broken = sa.text("UPDATE items SET document = :document, findings = :document WHERE id = :id")
    database.write(lambda c: c.execute(broken, {"document": document, "id": bad}), step="test.break")
    filled(database)

    with database.engine.connect() as c:
        query = "SELECT item_id FROM item_texts WHERE number IN (SELECT %s FROM item_words WHERE %s)"
        sqlite = ("rowid", "item_words MATCH 'words'")
        postgres = ("number", "words @@ to_tsquery('simple', 'words')")
        rows = c.execute(sa.text(query % (sqlite if database.is_sqlite else postgres))).scalars()
        assert set(rows) == {first, last}


def test_an_item_that_is_withdrawn_while_it_is_read_is_not_in_the_index(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, index = Store(database), WordIndex(database)
    item_id, other = posted(store, "gone words", 1), posted(store, "kept words")
    read = database.read

    def read_and_withdraw(work: Any) -> Any:
        made = read(work)
        with database.engine.begin() as c:
            c.execute(sa.update(items).where(items.c.id == item_id).values(withdrawn_at=NOW))
        return made

    with monkeypatch.context() as patched:
        patched.setattr(database, "read", read_and_withdraw)
        index.fill(NOW)

    with database.engine.connect() as c:
        assert c.execute(sa.text("SELECT item_id FROM item_texts")).scalars().all() == [other]


@pytest.mark.parametrize("gone", ["withdrawn_at", "text_erased_at"])
def test_items_that_are_gone_do_not_hold_up_the_index(
    database: Database, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    store = Store(database)
    ids = [posted(store, "gone", 9) for _ in range(BATCH + 1)]
    with database.engine.begin() as c:
        c.execute(sa.update(items).where(items.c.id.in_(ids)).values({gone: NOW}))
    kept = posted(store, "words of one that stays")
    index = WordIndex(database)
    index.fill(NOW)

    assert found(database, words="stays") == [kept]
    monkeypatch.setattr(database, "write", None)
    assert not index.fill(NOW + timedelta(seconds=30)), "nothing is left to do"


def test_where_nothing_is_missing_nothing_is_written(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    posted(Store(database), "words", 1)
    index = WordIndex(database)
    index.fill(NOW)
    monkeypatch.setattr(database, "write", None)

    assert not index.fill(NOW + timedelta(seconds=30))


def test_items_are_found_by_author_place_rule_label_and_failure_together(database: Database) -> None:
    store = Store(database)
    one, other = posted(store, "one", 2, author={"id": 42}, site="Quay"), posted(store, "other", 1, author="ann")
    for each in (one, other):
        rejected(store, each)

    assert found(database, author="42") == [one]
    assert found(database, place="Quay", rule="words/threats", failed="words.detector", label="Threat") == [one]
    assert found(database, rule="words/threats", outcome="reject", decided_by="rules") == [other, one]
    assert found(database, rule="words/threats", decided_by="people") == []
    assert found(database, label="Threat", author="nobody") == []
    assert Searching(database).count(Asked(label="Threat"), ()) == 2


def test_pages_go_on_where_the_last_one_ended(database: Database) -> None:
    store = Store(database)
    ids = [posted(store, "same words", minutes) for minutes in range(5)]
    filled(database)
    searching = Searching(database)

    first = [row.item.id for row in searching.page(Asked(words="same"), (), limit=2)]
    rest = [row.item.id for row in searching.page(Asked(words="same"), (), before=first[-1], limit=9)]

    assert first + rest == ids


def test_what_is_removed_leaves_no_word_behind(database: Database) -> None:
    store = Store(database)
    gone = posted(store, "remember nothing", 60, author="ann")
    rejected(store, gone)
    filled(database)

    assert database.write(lambda c: prune(c, NOW - timedelta(minutes=30), 10, NOW), step="tests.prune") == 1

    with database.engine.connect() as c:
        assert c.execute(sa.text("SELECT count(*) FROM item_words")).scalar() == 0
        assert c.execute(sa.text("SELECT count(*) FROM item_facets")).scalar() == 0


@pytest.mark.parametrize(
    ("metadata", "author", "place"),
    [
        ({"author": {"name": "ann"}, "camera": "7"}, "ann", "7"),
        ({"author": "", "user_id": 7, "site": " Quay "}, "7", "Quay"),
        ({"author": True, "place": ["x"]}, "", ""),
        ({}, "", ""),
    ],
)
def test_who_and_where_are_what_the_app_says(metadata: dict[str, Any], author: str, place: str) -> None:
    assert (author_of(metadata), place_of(metadata)) == (author, place)


def test_a_search_has_few_words_each_of_some_letters() -> None:
    assert words_of("a_b, c! " + "x" * 99)[:3] == ["a", "b", "c"]
    assert len(words_of("w " * 50)) == 8
    assert max(map(len, words_of("x" * 99))) == 60
