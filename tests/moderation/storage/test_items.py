from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import moderation.storage
import review_ui
from ground.database import Database, insert_or_nothing, newest_revision
from ground.media_store import open_blobs
from moderation.core.decisions import Decision, PolicyRef
from moderation.core.errors import IdempotencyConflict, IdempotencyInFlight, InputError, NotFound
from moderation.core.items import Item, Part
from moderation.delivery.outbox import Outbox
from moderation.intake.ledger import Found, Ledger
from moderation.intake.s3_events import ObjectEvent
from moderation.settings import load_settings
from moderation.storage import tables
from moderation.storage.accounts import Accounts
from moderation.storage.idempotency import KeyedAnswer, KeyedPost
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.opening import open_database
from review_ui import tables as review_tables
from review_ui.opening import open_review

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


def item(app: str = "shop", callback: str | None = None, picture: bool = False) -> Item:
    parts = (Part(id="p0", type="text", text="hi"), *([Part(id="p1", type="image")] if picture else []))
    return Item(id=new_item_id(datetime.now(UTC)), app=app, parts=parts, callback_url=callback, created_at=NOW)


def decision(outcome: str = "approve") -> Decision:
    policy = PolicyRef(name="p", version="1")
    return Decision(outcome=outcome, decided_by="rules", reason="because", policy=policy, decided_at=NOW)  # type: ignore[arg-type]


def test_migrations_lead_to_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        # The index of words is another kind of table in each database, and made by SQL of its own.
        ours = {"compare_type": True, "include_name": lambda name, kind, _: not str(name).startswith("item_words")}
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, tables.metadata) == []


@pytest.mark.parametrize("package", [moderation.storage, review_ui], ids=["moderation", "review"])
def test_migrations_are_named_in_the_order_in_which_they_run(package: ModuleType) -> None:
    folder = Path(package.__file__ or "").parent / "migrations"
    config = Config()
    config.set_main_option("path_separator", "newline")
    config.set_main_option("script_location", str(folder))
    config.set_main_option("version_locations", str(folder / "versions"))
    in_order = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]

    assert in_order == sorted(in_order)
    assert in_order[-1] == newest_revision(folder)


def test_review_migrations_lead_to_the_review_tables(tmp_path: Path) -> None:
    folder = Path(review_ui.__file__).parent / "migrations"
    opened = Database(f"sqlite:///{tmp_path / 'r.db'}", folder, review_tables.metadata, "review_alembic_version")
    opened.migrate()
    with opened.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "review_alembic_version"})
        assert compare_metadata(context, review_tables.metadata) == []
    opened.close()


def test_an_item_is_decided_once_however_often_it_is_tried(store: Store) -> None:
    posted = item(callback="http://x.example/")
    store.add_items([posted])
    results: list[object] = []
    threads = [
        threading.Thread(target=lambda o=o: results.append(store.decide(posted.id, decision(o), None, None)))  # type: ignore[misc]
        for o in ("approve", "reject") * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(result is not None for result in results) == 1
    assert len(store.get_item(posted.id).decisions) == 1


def test_a_claimed_item_is_nobody_elses_until_the_lease_is_over(store: Store) -> None:
    store.add_items([item(), item()])
    first = store.claim("texts", 20, 60, NOW)

    assert len(first) == 2
    assert store.claim("texts", 20, 60, NOW + timedelta(seconds=30)) == []
    again = store.claim("texts", 20, 60, NOW + timedelta(seconds=61))
    assert [claim.attempts for claim in again] == [2, 2]


def test_apps_take_turns_however_much_one_of_them_posts(store: Store) -> None:
    flood = [item(app="loud") for _ in range(50)]
    store.add_items(flood)
    quiet = [item(app="quiet") for _ in range(2)] + [item(app="small")]
    store.add_items(quiet)

    first = [claim.item for claim in store.claim("texts", 6, 60, NOW)]
    second = [claim.item.app for claim in store.claim("texts", 3, 60, NOW)]
    store.add_items([item(app="new")])
    third = [claim.item.app for claim in store.claim("texts", 3, 60, NOW)]

    assert [each.app for each in first] == ["loud", "quiet", "small", "loud", "quiet", "loud"]
    assert [each.id for each in first if each.app == "loud"] == sorted(each.id for each in flood)[:3]
    assert second == ["loud"] * 3
    assert third == ["new", "loud", "loud"]


def test_who_keeps_to_apps_with_few_items_passes_over_one_that_floods_until_it_is_over(store: Store) -> None:
    store.add_items([item(app="loud") for _ in range(100)])
    assert len(store.claim("texts", 20, 60, NOW)) == 20
    store.add_items([item(app="quiet")])

    assert [claim.item.app for claim in store.claim("texts", 20, 60, NOW, of_few=True)] == ["quiet"]
    assert store.claim("texts", 20, 60, NOW, of_few=True) == []
    assert store.claim("texts", 1, 60, NOW + timedelta(seconds=6), of_few=True)[0].item.app == "loud"


def test_fewer_are_claimed_together_while_other_apps_post_too(store: Store) -> None:
    store.add_items([item(app="loud") for _ in range(600)])
    alone = store.claim("texts", 200, 60, NOW)
    store.add_items([item(app="quiet")])

    beside = [store.claim("texts", 200, 60, NOW) for _ in range(2)]
    later = store.claim("texts", 200, 60, NOW + timedelta(seconds=6))

    assert (len(alone), len(beside[0]), len(beside[1]), len(later)) == (200, 200, 50, 151)


def test_texts_and_media_are_claimed_apart(store: Store) -> None:
    text, picture = item(), item(picture=True)
    store.add_items([text, picture])

    assert [claim.item.id for claim in store.claim("texts", 10, 60, NOW)] == [text.id]
    assert [claim.item.id for claim in store.claim("media", 10, 60, NOW)] == [picture.id]


def test_a_turn_goes_on_where_the_last_one_ended(store: Store) -> None:
    for app in ("a", "b", "c", "d", "e"):
        store.add_items([item(app=app) for _ in range(3)])

    taken = [claim.item.app for _ in range(5) for claim in store.claim("texts", 2, 60, NOW)]

    assert taken == ["a", "b", "c", "d", "e", "a", "b", "c", "d", "e"]


def test_many_workers_claim_each_item_once(store: Store) -> None:
    store.add_items([item() for _ in range(60)])
    claimed: list[str] = []

    def work() -> None:
        while claims := store.claim("texts", 5, 60, NOW):
            claimed.extend(claim.item.id for claim in claims)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 60


def test_a_row_that_is_there_already_is_not_counted_as_written(database: Database) -> None:
    values = {"app": "shop", "key": "k", "body_sha256": "0", "created_at": NOW}

    def insert(c: sa.Connection) -> int:
        return c.execute(insert_or_nothing(c, tables.idempotency_keys).values(values)).rowcount

    assert [database.write(insert, step="test.write"), database.write(insert, step="test.write")] == [1, 0]


def test_of_a_state_of_an_object_that_many_take_at_once_one_item_is_made(database: Database, store: Store) -> None:
    ledger, taken = Ledger(database), []
    events = [ObjectEvent("bucket", f"{number}.jpg", sequencer="0A") for number in range(20)]
    store.add_items([item()])

    def work(number: int) -> None:
        found = [Found(event, "etag", item()) for event in events]
        taken.extend(ledger.take("shop", found if number % 2 else found[::-1]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 20
    assert store.backlog()[0] == 1 + 20


POST = KeyedPost("shop", "k", "body")


def keyed(body: str = "body", status: int = 202, *, until: datetime | None = None) -> KeyedAnswer:
    return KeyedAnswer(KeyedPost("shop", "k", body), {"status": status}, NOW, until)


def test_an_idempotency_key_belongs_to_one_body(store: Store) -> None:
    assert store.kept_answer(POST, NOW) is None
    assert store.add_items([item()], keyed()) is None

    assert store.kept_answer(POST, NOW) == {"status": 202}
    assert store.kept_answer(KeyedPost("other-app", "k", "other"), NOW) is None
    with pytest.raises(IdempotencyConflict):
        store.kept_answer(KeyedPost("shop", "k", "other"), NOW)


def test_of_posts_with_one_key_the_first_to_commit_is_stored_and_the_others_get_its_answer(store: Store) -> None:
    store.add_items([item()], keyed(status=202))

    assert store.add_items([item()], keyed(status=299)) == {"status": 202}
    with pytest.raises(IdempotencyConflict):
        store.add_items([item()], keyed("other"))
    assert store.backlog()[0] == 1


def test_of_many_posts_with_one_key_at_once_one_is_stored(store: Store) -> None:
    barrier = threading.Barrier(16)

    def post(number: int) -> int:
        barrier.wait()
        return (store.add_items([item()], keyed(status=number)) or {"status": number})["status"]

    with ThreadPoolExecutor(16) as threads:
        answered = set(threads.map(post, range(16)))

    assert len(answered) == 1
    assert store.backlog()[0] == 1


def test_items_that_cannot_be_stored_leave_no_key(store: Store) -> None:
    posted = item()
    store.add_items([posted])
    with pytest.raises(sa.exc.IntegrityError):
        store.add_items([posted], keyed())

    assert store.kept_answer(POST, NOW) is None
    assert store.add_items([item()], keyed()) is None


def test_a_post_that_waits_is_in_flight_until_its_lease_is_over_or_its_answer_is_final(store: Store) -> None:
    end, later = NOW + timedelta(seconds=5), NOW + timedelta(seconds=9)
    store.add_items([item()], keyed(until=end))
    with pytest.raises(IdempotencyInFlight):
        store.kept_answer(POST, NOW)
    assert store.kept_answer(POST, end) == {"status": 202}

    store.move_waits([POST.name], end, later)
    store.move_waits([POST.name], end, NOW + timedelta(days=1))  # of a lease that is not there any more
    with pytest.raises(IdempotencyInFlight):
        store.add_items([item()], keyed())
    assert store.kept_answer(POST, later) == {"status": 202}

    store.make_final(POST, {"status": 200})
    assert store.kept_answer(POST, NOW) == {"status": 200}


def test_a_reservation_of_the_version_before_keeps_its_key_from_nobody(database: Database, store: Store) -> None:
    values = {"app": "shop", "key": "k", "body_sha256": "another", "created_at": NOW}
    database.write(lambda c: c.execute(sa.insert(tables.idempotency_keys).values(values)), step="test")

    assert store.kept_answer(POST, NOW) is None
    assert store.add_items([item()], keyed()) is None
    assert store.kept_answer(POST, NOW) == {"status": 202}


def test_another_apps_item_is_not_there(store: Store) -> None:
    posted = item()
    store.add_items([posted])

    with pytest.raises(NotFound):
        store.get_item(posted.id, "other")
    assert store.search_items(app="other") == []
    assert [record.item.id for record in store.search_items(app="shop")] == [posted.id]


def test_a_decision_brings_its_delivery_in_the_same_commit(store: Store, database: Database) -> None:
    posted = item(callback="http://x.example/")
    store.add_items([posted])
    store.decide(posted.id, decision(), None, None)
    [due] = Outbox(database).take_due(NOW, 10)

    assert due.url == "http://x.example/"
    assert Outbox(database).take_due(NOW, 10) == [], "it is being sent"


def test_keys_open_one_app_until_they_are_revoked(database: Database) -> None:
    accounts = Accounts(database)
    made = accounts.add_key("shop", NOW)

    assert accounts.app_of(made.key) == "shop"
    assert accounts.app_of(made.key[:-1] + "!") is None
    assert accounts.app_of("") is None
    accounts.revoke(made.id, NOW)
    assert accounts.app_of(made.key) is None
    with pytest.raises(InputError):
        accounts.add_key("no spaces", NOW)


def test_a_failing_write_undoes_itself_alone(database: Database) -> None:
    def broken(connection: sa.Connection) -> None:
        connection.execute(sa.insert(tables.apps).values(name="x", webhook_secret="s", created_at=NOW))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        database.write(broken, step="test.write")
    assert database.read(lambda c: c.execute(sa.select(tables.apps)).all()) == []


def test_item_ids_sort_by_time() -> None:
    ids = [new_item_id(NOW + timedelta(milliseconds=n)) for n in range(50)]

    assert ids == sorted(ids)
    assert all(len(i) == 36 and i[14] == "7" for i in ids)


def test_the_service_and_the_endpoint_fit_in_one_database(tmp_path: Path) -> None:
    assert set(tables.metadata.tables).isdisjoint(review_tables.metadata.tables)

    url = f"sqlite:///{tmp_path / 'both.db'}"
    settings = load_settings(data=tmp_path, database_url=url, review_database_url=url)
    review = open_review(settings, blobs=open_blobs(settings))
    database = open_database(settings)
    review.add_access_key()

    assert database.read(lambda c: c.execute(sa.select(sa.func.count()).select_from(tables.item_loops)).scalar()) == 0
    again = open_review(settings, blobs=open_blobs(settings))
    assert len(again.list_access_keys()) == 1
    for opened in (again, review, database):
        opened.close()
