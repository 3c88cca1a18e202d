"""What is encoded in a posted text is seen by those who ask for it, and stands where it was posted."""

from __future__ import annotations

import base64
import json
import quopri
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moderation_pii.detector import TextPii

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.detection.decoding import detect_decoded
from moderation.hookspecs import Unreadable
from moderation.settings import Settings
from tests.houses.idle import IdleHouse
from tests.houses.service import HEAD

DETECTOR = TextPii(only_patterns=True)
MAIL, CARD = "ann.lee@example.org", "4111 1111 1111 1111"


def found(text: str, detector: Any = DETECTOR) -> list[Detection]:
    return detect_decoded(detector, Part(id="p0", type="text", text=text), None)  # type: ignore[arg-type]


def places(text: str) -> list[tuple[str, str]]:
    return [(d.label.removeprefix("PII/"), text[d.span.start : d.span.end]) for d in found(text) if d.span]


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        (f"write to {MAIL}", MAIL),
        (r'{"note": "mail ann.lee\u0040example.org"}', r"ann.lee\u0040example.org"),
        (json.dumps({"a": json.dumps({"b": MAIL})}), MAIL),
        ("<p>ann.lee&#64;example.org</p>", "ann.lee&#64;example.org"),
        ("<p>ann<b>.lee</b>@example.org</p>", "ann<b>.lee</b>@example.org"),
        ("see http://x.example/?to=ann.lee%40example.org now", "ann.lee%40example.org"),
        ("mail=ann.lee%40example.org&ok=1", "ann.lee%40example.org"),
        ("write to ann.lee=40example.org soon", "ann.lee=40example.org"),
        ("write to ann.lee@exam=\nple.org soon", "ann.lee@exam=\nple.org"),
        ("a note: YW5uLmxlZUBleGFtcGxlLm9yZw==", "YW5uLmxlZUBleGFtcGxlLm9yZw=="),
        ("😀 a note: YW5uLmxlZUBleGFtcGxlLm9yZw== 😀", "YW5uLmxlZUBleGFtcGxlLm9yZw=="),
    ],
)
def test_a_value_is_found_where_it_stands_as_it_was_posted(text: str, stands: str) -> None:
    assert ("EMAIL", stands) in places(text)


def test_a_mail_that_is_posted_as_it_is() -> None:
    body = quopri.encodestring(f"Liebe Grüße, mein Konto ist {CARD}, {MAIL}".encode()).decode()
    text = (
        "From: =?utf-8?Q?Ann_Lee?= <bo@example.org>\nTo: al@example.org\nSubject: hi\nMIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n{body}"
    )

    assert {"EMAIL", "CREDIT_DEBIT_NUMBER"} <= {kind for kind, _ in places(text)}


def test_what_is_seen_twice_is_there_once() -> None:
    text = json.dumps([{"mail": MAIL, "card": CARD}])

    assert sorted(places(text)) == [("CREDIT_DEBIT_NUMBER", CARD), ("EMAIL", MAIL)]


WRAPPED = st.sampled_from(
    [
        lambda text: text,
        lambda text: json.dumps({"text": text}),
        lambda text: json.dumps({"text": text}, ensure_ascii=True).replace("@", r"\u0040"),
        lambda text: f"<div title='x'>{text}</div>".replace("@", "&#x40;"),
        lambda text: f"see http://x.example/?q={quote(text, safe='')} there",
        lambda text: f"code {base64.b64encode(text.encode()).decode()} end",
    ]
)


@given(WRAPPED, WRAPPED, st.text("abc äé,\n", max_size=20))
def test_whatever_a_value_is_wrapped_in_it_is_found_inside_of_the_text(outer: Any, inner: Any, around: str) -> None:
    text = outer(inner(f"{around} {MAIL} {around}"))

    seen = found(text)

    assert "PII/EMAIL" in {each.label for each in seen}
    assert all(each.span is not None and each.span.end <= len(text) for each in seen)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        seen = found(text)
    except Unreadable:
        return
    assert all(each.span is not None and each.span.end <= len(text) for each in seen)


@pytest.mark.parametrize(
    "text",
    [
        "<img src='data:image/png;base64," + "iVBORw0KGgo" * 60 + "'><p>hello</p>",
        "-----BEGIN PGP MESSAGE-----\nhQEMA\n\n-----END PGP MESSAGE-----",
        "From: a@b.example\nTo: c@d.example\nContent-Type: text/plain;"
        " charset=x-unknown\nContent-Transfer-Encoding: 8bit\n\nhello",
    ],
)
def test_what_nobody_understands_is_a_failure_and_not_clean(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        found(text)

    assert "hello" not in str(refused.value)


POLICY = (
    HEAD
    + """\
needs: [pii.text]
rules:
  - {id: mail, when: {label: PII/EMAIL, at_least: 60}, then: reject, why: Contact data}
"""
)


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Iterator[IdleHouse]:
    opened = IdleHouse(settings, tmp_path / "rules", POLICY)
    yield opened
    opened.service.close()


def test_posts_are_judged_by_what_they_mean(house: IdleHouse) -> None:
    encoded = house.post(r'{"note": "mail ann.lee\u0040example.org"}', "ann")
    sealed = house.post("-----BEGIN PGP MESSAGE-----\nhQEMA\n\n-----END PGP MESSAGE-----", "ann")
    plain = house.post('{"note": "have a nice day"}', "ann")

    assert [each.ruling.outcome for each in (encoded, sealed, plain)] == ["reject", "review", "approve"]
    assert [failure.kind for failure in sealed.failures] == ["unreadable"]
