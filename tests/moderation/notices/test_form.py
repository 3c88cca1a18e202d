"""The public form: what it asks for, who may show it, what keeps programs out, and what its giver reads afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from moderation.core.public_notices import KINDS, GivenNotice, Record, faults_of, places_named
from moderation.notices.entrance import READING_SECONDS, Entrance, address_of, forms_of, network_of
from moderation.notices.wording import FAULT_WORDS, KIND_WORDS
from moderation.settings import Settings
from tests.houses.api import NOBODY, Api

NOW = datetime(2026, 12, 1, tzinfo=UTC)
FORM = {
    "place": "https://shop.example/posts/post-7",
    "kind": "hate",
    "reason": "it insults us",
    "name": "Ann",
    "mail": "ann@example.org",
    "good_faith": "1",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An app with a form that one origin may show, and one with a form of its own page alone."""
    settings = Settings(
        data=tmp_path_factory.mktemp("site"),
        a2i_endpoint_url=NOBODY,
        notice_forms="shop=https://shop.example shop=https://www.shop.example forum",
        notices_per_hour=1000,
        app_notices_per_hour=1000,
    )
    opened = Api.open(settings)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader who needs no time."""
    monkeypatch.setattr("moderation.notices.entrance.READING_SECONDS", 0.0)


def sealed(site: Api, app: str = "shop") -> str:
    found = re.search(r'name="pass" value="([^"]+)"', site.client.get(f"/notices/{app}").text)
    assert found is not None
    return found[1]


def send(site: Api, app: str = "shop", **changed: Any) -> TestResponse:
    return site.client.post(f"/notices/{app}", data={**FORM, "pass": sealed(site, app), **changed})


def test_a_notice_is_answered_with_a_receipt_that_nobody_else_finds(site: Api) -> None:
    answer = send(site)

    assert answer.status_code == 303
    receipt = site.client.get(answer.headers["Location"])
    number = re.search(r"N-[2-9A-Z]{4}-[2-9A-Z]{4}", receipt.text)
    assert number is not None
    assert "Received. We are looking for what you mean" in receipt.text
    assert "ann@example.org" not in receipt.text, "who has the address reads it, but not who gave it"
    assert site.client.get(f"/notices/shop/receipts/{number[0]}").status_code == 404
    assert site.client.get(answer.headers["Location"].replace("/shop/", "/forum/")).status_code == 404


def test_it_sets_no_cookie_runs_no_script_and_stands_only_in_the_frames_it_may(site: Api) -> None:
    shop, forum = site.client.get("/notices/shop"), site.client.get("/notices/forum")

    assert "frame-ancestors https://shop.example https://www.shop.example" in shop.headers["Content-Security-Policy"]
    assert shop.headers.get("X-Frame-Options") != "DENY"
    assert "frame-ancestors 'none'" in forum.headers["Content-Security-Policy"]
    assert forum.headers["X-Frame-Options"] == "DENY"
    for page in (shop, forum):
        assert "Set-Cookie" not in page.headers
        assert "<script" not in page.text
        assert "script-src" not in page.headers["Content-Security-Policy"]
    assert site.client.get("/notices/unknown").status_code == 404


@pytest.mark.parametrize(("language", "words"), [("en", "Send the notice"), ("es-MX, es", "Enviar el aviso")])
def test_it_speaks_the_readers_language(site: Api, language: str, words: str) -> None:
    page = site.client.get("/notices/shop", headers={"Accept-Language": language})

    assert words in page.text
    assert f'lang="{language[:2]}"' in page.text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"place": " "}, "place"),
        ({"kind": "bad"}, "kind"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 5001}, "reason"),
        ({"name": ""}, "name"),
        ({"mail": "ann"}, "mail"),
        ({"mail": ""}, "mail"),
        ({"good_faith": ""}, "good_faith"),
        ({"kind": "copyright"}, "signature"),
        ({"kind": "copyright", "signature": "Bob"}, "signature"),
        ({"flagger_key": "flag_0000000000_x"}, "flagger_key"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_written_is_lost(
    site: Api, changed: dict[str, str], field: str
) -> None:
    before = len(site.service.notices.find())

    answer = send(site, **{**changed, "reason": changed.get("reason", "all of <this>")})

    assert answer.status_code == 422
    assert FAULT_WORDS[field] in answer.text.replace("&#39;", "'")
    assert f'id="wrong-{field}"' in answer.text
    if "reason" not in changed:
        assert "all of &lt;this&gt;" in answer.text
    assert len(site.service.notices.find()) == before


def test_who_reports_the_abuse_of_a_child_need_not_say_who_they_are(site: Api) -> None:
    assert send(site, kind="child_abuse", name="", mail="").status_code == 303
    made = next(each for each in site.service.notices.find() if each.kind == "child_abuse")
    assert (made.name, made.mail, made.notifier) == ("", "", "")


def test_a_signed_kind_takes_the_name_however_it_is_spaced(site: Api) -> None:
    assert send(site, kind="copyright", name="Ann  Smith", signature=" ann smith").status_code == 303


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"website": "https://spam.example"}, "A field was filled in that people do not see"),
        ({"pass": ""}, "The form was open for too long"),
        ({"pass": "1.x"}, "The form was open for too long"),
        ({"pass": "9" * 11 + ".x"}, "The form was open for too long"),
    ],
)
def test_what_a_program_fills_in_is_refused_in_words_and_never_dropped_silently(
    site: Api, changed: dict[str, str], words: str
) -> None:
    answer = send(site, **changed)

    assert answer.status_code == 400
    assert words in answer.text
    assert "it insults us" in answer.text


def test_many_from_one_place_or_to_one_app_are_told_when_to_try_again() -> None:
    limits = Settings(notices_per_hour=2, app_notices_per_hour=5)
    entrance = Entrance(limits.notices_per_hour, limits.app_notices_per_hour, str)

    assert [entrance.pause("shop", "2001:db8::1") > 0 for _ in range(5)] == [False] * 4 + [True]
    assert entrance.pause("shop", "2001:db8::ffff") > 0, "the same household"
    assert not entrance.pause("shop", "192.0.2.1")
    assert [entrance.pause("shop", f"192.0.2.{n}") > 0 for n in range(2, 8)][-1], "to one app"


def test_a_form_that_comes_back_faster_than_anybody_reads_is_asked_for_again() -> None:
    entrance = Entrance(1, 1, lambda text: f"sealed {text}")
    given_out = {"pass": entrance.pass_for("shop", NOW)}
    again = NOW + timedelta(seconds=READING_SECONDS + 1)

    assert entrance.check("shop", given_out, again) == "passed"
    assert entrance.check("forum", given_out, again) == "stale"
    assert entrance.check("shop", given_out, NOW + timedelta(hours=13)) == "stale"


@pytest.mark.parametrize(
    ("peer", "forwarded", "is_from"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "not an address", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.9", "10.0.0.9"),
    ],
)
def test_only_proxies_are_believed_where_somebody_comes_from(peer: str, forwarded: str, is_from: str) -> None:
    proxies = [ip_network(each) for each in Settings(notice_proxies="10.0.0.0/8").notice_proxies.split()]

    assert address_of(peer, forwarded, proxies) == is_from
    with pytest.raises(ValueError, match="notice_proxies"):
        Settings(notice_proxies="10.0.0.0/99")


@given(st.text(max_size=50))
def test_no_address_is_too_odd_to_count(text: str) -> None:
    assert isinstance(network_of(text), str)
    assert isinstance(address_of(text, text, [ip_network("10.0.0.0/8")]), str)


def test_apps_and_origins_are_read_as_the_setting_has_them() -> None:
    assert forms_of("a b=https://x.example b=https://y.example") == {
        "a": [],
        "b": ["https://x.example", "https://y.example"],
    }
    with pytest.raises(ValueError, match="APP=https://ORIGIN"):
        Settings(notice_forms="shop=https://shop.example/path")


@given(
    st.builds(
        GivenNotice,
        place=st.text(max_size=20),
        kind=st.sampled_from([*KINDS, "none"]),
        reason=st.text(max_size=20),
        name=st.text(max_size=20),
        mail=st.text(max_size=20),
        signature=st.text(max_size=20),
        is_in_good_faith=st.booleans(),
    )
)
def test_every_fault_has_words_and_nobody_is_anonymous_but_for_children(made: GivenNotice) -> None:
    faults = {each.field for each in faults_of(made)}

    assert faults <= set(FAULT_WORDS)
    if not faults:
        assert made.is_in_good_faith
        assert made.kind == "child_abuse" or (made.name.strip() and "@" in made.mail)


def test_each_kind_has_words() -> None:
    assert set(KIND_WORDS) == set(KINDS)


def test_a_place_is_the_whole_address_or_its_end() -> None:
    assert places_named(" https://shop.example/posts/post-7/?a=b#c ") == [
        "https://shop.example/posts/post-7/?a=b#c",
        "https://shop.example/posts/post-7",
        "post-7",
    ]
    assert places_named("x" * 201) == []


def test_a_notifier_is_slowed_by_a_share_of_many_and_not_by_a_few() -> None:
    assert not Record(0, 4).is_slowed
    assert Record(1, 4).is_slowed
    assert not Record(2, 4).is_slowed


class TestOverTheApi:
    def test_an_app_takes_notices_itself_and_reads_what_became_of_them(self, site: Api) -> None:
        body = {
            "place": "post-9", "kind": "fraud", "reason": "it is a trick", "name": "Ann", "mail": "a@example.org",
            "good_faith": True,
        }  # fmt: skip
        made = site.post("/v1/notices", json=body)

        assert made.status_code == 201
        number = made.json["number"]
        assert site.client.get(made.json["receipt"]).status_code == 200
        assert site.get(f"/v1/notices/{number}").json["status"] == "unmatched"
        assert site.get(f"/v1/notices/{number}", app="forum").status_code == 404
        assert number in [each["number"] for each in site.get("/v1/notices?status=unmatched").json["notices"]]
        assert site.get("/v1/notices?status=odd").status_code == 422
        assert site.post(f"/v1/notices/{number}/appeal", json={"reason": "why"}).status_code == 409

    def test_what_is_wrong_is_named_by_field(self, site: Api) -> None:
        body = {"place": "post-9", "kind": "fraud", "reason": "it is a trick", "good_faith": False}
        answer = site.post("/v1/notices", json=body)

        assert answer.status_code == 422
        assert {each["field"] for each in answer.json["errors"]} == {"name", "mail", "good_faith"}
