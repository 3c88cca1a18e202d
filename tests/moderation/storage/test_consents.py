"""A second person: acts wait for one where the settings say so, by command line as in the portal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ground.audit_chain import AuditChain
from ground.database import Database
from ground.errors import InputError, NotFound
from moderation.cli import run
from moderation.storage.audit import open_chain
from moderation.storage.consents import GOOD_FOR, ConsentNeeded, Consents
from tests.houses.console import Console, send

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def asked(consents: Consents, by: str = "ann", at: datetime = NOW) -> int:
    with pytest.raises(ConsentNeeded) as error:
        consents.need("keys", "make a key for app shop", by, at)
    return error.value.consent.id


def test_an_act_waits_until_another_person_agrees_and_is_done_once(database: Database) -> None:
    consents = Consents(database, ["keys"])
    number = asked(consents)
    assert asked(consents) == number

    consents.answer(number, "bob", NOW, is_given=True)

    consents.need("keys", "make a key for app shop", "ann", NOW)
    assert asked(consents) != number
    chain: AuditChain = open_chain(database)
    chain.seal()
    assert {"consent asked", "consent given", "consent used"} <= {row.kind for row in _records(database)}


def _records(database: Database) -> list[object]:
    import sqlalchemy as sa

    from moderation.storage.tables import audit_records

    return database.read(lambda c: list(c.execute(sa.select(audit_records))))


def test_nobody_agrees_to_their_own_and_a_consent_is_for_who_asked_and_for_that_act(database: Database) -> None:
    consents = Consents(database, ["keys"])
    number = asked(consents)

    with pytest.raises(InputError, match="themselves"):
        consents.answer(number, "ann", NOW, is_given=True)
    consents.answer(number, "bob", NOW, is_given=True)
    assert asked(consents, "cy") != number
    with pytest.raises(ConsentNeeded):
        consents.need("keys", "make a key for app forum", "ann", NOW)


def test_what_is_refused_or_old_is_asked_for_anew(database: Database) -> None:
    consents = Consents(database, ["keys"])
    number = asked(consents)
    consents.answer(number, "bob", NOW, is_given=False)
    again = asked(consents)
    assert again != number

    later = NOW + GOOD_FOR + timedelta(seconds=1)
    with pytest.raises(NotFound):
        consents.answer(again, "bob", later, is_given=True)
    assert asked(consents, at=later) != again


def test_what_is_not_named_in_the_settings_waits_for_nobody(database: Database) -> None:
    Consents(database, ["erasure"]).need("keys", "make a key for app shop", "ann", NOW)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    from moderation.settings import Settings
    from tests.houses.api import NOBODY

    data = tmp_path_factory.mktemp("two")
    opened = Console.open(
        Settings(data=data, a2i_endpoint_url=NOBODY, workers=1, two_persons="policies erasure keys", policy_approvals=0)
    )
    yield opened
    opened.close()


@pytest.fixture
def data(console: Console, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MODERATION_TWO_PERSONS", "policies erasure keys")
    return console.api.service.settings.data


def test_erasure_by_command_waits_for_somebody_in_the_portal(
    console: Console, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    item_id = console.post("good morning to all of you")
    erase = ["erase", "--item", item_id, "--yes", "--data", str(data)]

    assert run(erase) == 2
    said = capsys.readouterr().err
    assert "this waits for a second person" in said
    assert run(["consents", "give", said.partition("request ")[2].partition(":")[0], "--data", str(data)]) == 2
    assert "themselves" in capsys.readouterr().err
    assert console.api.get(f"/v1/items/{item_id}").json["status"] != "withdrawn"

    admin, number = console.client("ada", "admin"), said.partition("request ")[2].partition(":")[0]
    owner = console.client("olga", "policy_owner")
    assert "erase items" in admin.get("/review/consents").text
    assert send(owner, f"/consents/{number}", act="give").status_code == 422  # not hers to say
    assert send(admin, f"/consents/{number}", act="give").status_code == 303
    assert run(erase) == 0
    assert console.api.get(f"/v1/items/{item_id}").json["status"] == "withdrawn"


def test_a_secret_is_changed_in_the_portal_by_two(console: Console) -> None:
    ada, bea = console.client("ada", "admin"), console.client("bea", "admin")

    assert "waits for a second person" in send(ada, "/apps/shop/secret").text
    [waiting] = [each for each in Consents(console.api.service.database, ()).list() if each.act == "keys"]
    assert send(ada, f"/consents/{waiting.id}", act="give").status_code == 422
    assert send(bea, f"/consents/{waiting.id}", act="give").status_code == 303
    assert "whsec_" in send(ada, "/apps/shop/secret").text


def test_a_policy_comes_into_force_by_two_even_where_no_approvals_are_set(
    console: Console, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    olga = console.client("olga", "policy_owner")
    assert olga.get("/review/policies").status_code == 200
    versions = console.api.service.versions
    name = versions.history()[-1].name
    text = versions.text(versions.history(name)[-1].version)
    versions.record(*_changed(console, name, text), "reload", datetime.now(UTC))

    assert run(["rules", "rollback", name, "--data", str(data)]) == 2
    assert f"roll policy {name} back" in capsys.readouterr().err
    assert versions.history(name)[-1].how == "reload"


def _changed(console: Console, name: str, text: str) -> tuple[list[object], list[object]]:
    from moderation.policies.files import policy_of_bytes

    policy, faults = policy_of_bytes(
        f"{name}.yml", f"{text}\n# changed\n".encode(), console.api.service.judge.plugins.taxonomy
    )
    assert policy is not None, faults
    return [policy], [policy]
