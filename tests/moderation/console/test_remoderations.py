"""Judging again in the portal: an admin sees what would change, a second person agrees, and it can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moderation.storage.consents import Consents
from tests.houses.console import Console, send, words
from tests.waiting import wait_for

PAGE = "/review/remoderations"
NUMBER = "my social security number is 123-45-6780"


def test_an_admin_judges_again_what_a_changed_policy_is_about(workbench: Callable[..., Any]) -> None:
    console: Console = workbench(two_persons="remoderations")
    service, admin, owner = console.api.service, console.client("ada", "admin"), console.client("olga", "policy_owner")
    rules = service.settings.rules
    assert rules is not None
    text = (rules / "words.yml").read_text()
    (rules / "words.yml").write_text(text[: text.index("bands:")] + "needs: [pii.text]\n")
    wait_for(lambda: not service.policies.get("words").file.bands)
    item_id = console.post(NUMBER)
    (rules / "words.yml").write_text(text)
    wait_for(lambda: bool(service.policies.get("words").file.bands))

    looked = send(admin, "/remoderations", PAGE, act="look", most="99")
    assert f"{item_id} approve reject" in words(looked)
    assert "123-45" not in looked.text  # an example is an id and a reason
    assert service.remoderating.runs.all() == []
    for given, said in (({"most": "0"}, "a number from 1"), ({"since": "soon"}, "a day is written")):
        refused = send(admin, "/remoderations", PAGE, act="look", **{"most": "9", **given})
        assert (refused.status_code, said in words(refused)) == (422, True)
    assert "say why" in words(send(admin, "/remoderations", PAGE, act="begin", most="99"))

    asked = send(admin, "/remoderations", PAGE, act="begin", most="99", why="numbers")
    assert "waits for a second person" in words(asked)
    [waiting] = Consents(service.database, ()).list()
    assert send(owner, f"/consents/{waiting.id}", act="give").status_code == 303
    assert send(admin, "/remoderations", PAGE, act="begin", most="99", why="numbers").status_code == 303
    service.remoderating.look()
    assert service.store.get_item(item_id).decisions[-1].outcome == "reject"
    page = words(admin.get(PAGE))
    assert "numbers ada done 1 decided anew" in page

    [run] = service.remoderating.runs.all()
    assert send(admin, f"/remoderations/{run.id}/cancel", PAGE).status_code == 422
    assert send(admin, f"/remoderations/{run.id}/undo", PAGE).status_code == 303
    service.remoderating.look()
    assert service.store.get_item(item_id).decisions[-1].outcome == "approve"


def test_nobody_but_an_admin_judges_again(console: Console) -> None:
    for name, role in (("rita", "reviewer"), ("lea", "lead"), ("olga", "policy_owner")):
        client = console.client(name, role)
        assert client.get(PAGE).status_code == 403
