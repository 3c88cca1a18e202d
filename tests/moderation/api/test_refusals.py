"""What the API refuses, and that it does so with a problem document, the field, and nothing stored."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from moderation.core.errors import StoreUnavailable
from moderation.settings import Settings
from tests.examples import examples
from tests.houses.api import NOBODY, Api
from tests.recordings import wav

TEXT = {"parts": [{"type": "text", "text": "Have a nice day"}]}


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind)
    return out.getvalue()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def part(**fields: Any) -> dict[str, Any]:
    return {"parts": [fields]}


PNG = b64(picture())

WRONG_FIELDS = [
    ("no parts", {}, "parts"),
    ("empty parts", {"parts": []}, "parts"),
    ("parts are no list", {"parts": "x"}, "parts"),
    ("part is no object", {"parts": [7]}, "parts[0]"),
    ("unknown part type", part(type="smell", text="x"), "parts[0].type"),
    ("no part type", part(text="x"), "parts[0].type"),
    ("unknown field", {**TEXT, "colour": 1}, "colour"),
    ("unknown part field", part(type="text", text="x", size=1), "parts[0].size"),
    ("text is a number", part(type="text", text=7), "parts[0].text"),
    ("text missing", part(type="text"), "parts[0]"),
    ("text and url", part(type="text", text="x", url="https://example.com/"), "parts[0]"),
    ("empty text", part(type="text", text="  \n"), "parts[0].text"),
    ("long text", part(type="text", text="x" * 200_001), "parts[0].text"),
    ("text with NUL", part(type="text", text="a\x00b"), "parts[0].text"),
    ("half a character", part(type="text", text="\ud800"), "parts[0].text"),
    ("NUL in metadata", {**TEXT, "metadata": {"a": ["\x00"]}}, "metadata.a[0]"),
    ("second part wrong", {"parts": [TEXT["parts"][0], {"type": "text", "text": ""}]}, "parts[1].text"),
    ("too many parts", {"parts": TEXT["parts"] * 17}, "parts"),
    ("picture without bytes", part(type="image"), "parts[0]"),
    ("picture given twice", part(type="image", base64=PNG, url="https://example.com/"), "parts[0]"),
    ("picture as text", part(type="image", text="x"), "parts[0]"),
    ("not base64", part(type="image", base64="?!"), "parts[0].base64"),
    ("data URL without base64", part(type="image", base64="data:image/svg+xml,<svg/>"), "parts[0].base64"),
    ("empty base64", part(type="image", base64=""), "parts[0].base64"),
    ("picture declared as video", part(type="video", base64=PNG), "parts[0].type"),
    ("picture declared as audio", part(type="audio", base64=PNG), "parts[0].type"),
    ("text declared as picture", part(type="image", base64=b64(b"Hello there, friend")), "parts[0].type"),
    ("audio declared as picture", part(type="image", base64=b64(b"ID3\x04" + b"\0" * 60)), "parts[0].type"),
    ("unknown bytes", part(type="image", base64=b64(b"\x93\x00\xff" * 30)), "parts[0].base64"),
    ("svg", part(type="image", base64=b64(b"<svg xmlns='http://www.w3.org/2000/svg'/>")), "parts[0].type"),
    ("truncated picture", part(type="image", base64=b64(picture("JPEG")[:-200])), "parts[0].base64"),
    ("bitmap", part(type="image", base64=b64(picture("BMP"))), "parts[0].base64"),
    ("too many pixels", part(type="image", base64=b64(picture(size=(8000, 6000), mode="1"))), "parts[0].base64"),
    ("nothing uploaded", part(type="video", upload="u1"), "parts[0].upload"),
    ("s3 without S3", part(type="image", s3="s3://bucket/key"), "parts[0].s3"),
    ("file URL", part(type="image", url="file:///etc/passwd"), "parts[0].url"),
    ("URL with a password", part(type="image", url="https://a:b@example.com/"), "parts[0].url"),
    ("no address", {"parts": [{"type": "image", "url": "ftp://example.com/a.png"}]}, "parts[0].url"),
    ("callback is no URL", {**TEXT, "callback_url": "hook"}, "callback_url"),
    ("callback with a password", {**TEXT, "callback_url": "https://a:b@example.com/"}, "callback_url"),
    ("callback by javascript", {**TEXT, "callback_url": "javascript:alert(1)"}, "callback_url"),
    ("callback too long", {**TEXT, "callback_url": "https://example.com/" + "x" * 2048}, "callback_url"),
    ("content_id too long", {**TEXT, "content_id": "x" * 201}, "content_id"),
    ("content_id is a number", {**TEXT, "content_id": 7}, "content_id"),
    ("metadata is a list", {**TEXT, "metadata": []}, "metadata"),
    ("metadata too large", {**TEXT, "metadata": {"a": "x" * 16_384}}, "metadata"),
    ("no item but a list", [TEXT], ""),
    ("no item but null", None, ""),
]


@pytest.mark.parametrize(("item", "field"), [case[1:] for case in WRONG_FIELDS], ids=[case[0] for case in WRONG_FIELDS])
def test_a_wrong_field_is_named_and_nothing_is_stored(empty_api: Api, item: Any, field: str) -> None:
    answer = empty_api.post("/v1/items", data=json.dumps(item), content_type="application/json")

    assert answer.status_code == 422, answer.text[:500]
    assert field in [error["field"] for error in answer.json["errors"]]
    assert all(error["message"] for error in answer.json["errors"])
    assert empty_api.service.store.backlog()[0] == 0
    assert list((empty_api.service.settings.data / "media").rglob("*.*")) == []


def test_all_wrong_parts_are_named_and_the_good_one_is_not_kept(empty_api: Api) -> None:
    parts = [
        {"type": "image", "base64": PNG},
        {"type": "image", "base64": "?"},
        {"type": "video", "base64": PNG},
        {"type": "text", "text": ""},
    ]

    answer = empty_api.post("/v1/items", json={"parts": parts})

    assert [error["field"] for error in answer.json["errors"]] == ["parts[1].base64", "parts[2].type", "parts[3].text"]
    assert list((empty_api.service.settings.data / "media").rglob("*.png")) == []


NOT_JSON = [
    ("nothing", b""),
    ("half", b'{"parts": ['),
    ("more", b"{} {}"),
    ("not UTF-8", b'{"content_id": "\xff"}'),
    ("UTF-16", json.dumps(TEXT).encode("utf-16")),
    ("NaN", b'{"parts": [], "metadata": {"a": NaN}}'),
    ("Infinity", b'{"parts": [], "metadata": {"a": -Infinity}}'),
    ("1e400", b'{"parts": [], "metadata": {"a": 1e400}}'),
    ("2^63", b'{"parts": [], "metadata": {"a": 9223372036854775808}}'),
    ("a million digits", b'{"a": ' + b"9" * 1_000_000 + b"}"),
    ("a key twice", b'{"parts": [], "parts": []}'),
    ("deep lists", b"[" * 10_000),
    ("closed deep lists", b"[" * 10_000 + b"]" * 10_000),
    ("deep objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    ("very many values", b"[" + b"[]," * 600_000 + b"[]]"),
    ("escaped quotes without end", b'"' + b'\\"' * 1_000_000),
]


@pytest.mark.parametrize("body", [case[1] for case in NOT_JSON], ids=[case[0] for case in NOT_JSON])
@pytest.mark.parametrize("path", ["/v1/items", "/v1/items/batch"])
def test_what_is_not_json_is_said_to_be_so(empty_api: Api, path: str, body: bytes) -> None:
    answer = empty_api.post(path, data=body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json["type"] == "/docs#problem-not-json"
    assert answer.json["errors"]
    assert len(answer.data) < 2000


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 1.5e300, 0.1])
def test_numbers_that_fit_are_kept_exactly(idle_api: Api, number: float) -> None:
    answer = idle_api.post("/v1/items", json={**TEXT, "metadata": {"n": number}})

    assert idle_api.get(answer.headers["Location"]).json["metadata"]["n"] == number


@pytest.mark.parametrize(
    ("headers", "content_type"),
    [
        ({}, "text/plain"),
        ({}, "application/x-www-form-urlencoded"),
        ({}, "application/xml"),
        ({"Content-Encoding": "gzip"}, "application/json"),
        ({"Content-Encoding": "br", "Idempotency-Key": "k"}, "application/json"),
    ],
)
def test_other_media_types_are_415(empty_api: Api, headers: dict[str, str], content_type: str) -> None:
    answer = empty_api.post("/v1/items", data=json.dumps(TEXT), content_type=content_type, headers=headers)

    assert answer.status_code == 415


FORMS: list[tuple[str, dict[str, Any], int, str]] = [
    ("nothing", {}, 422, "parts"),
    ("unknown field", {"item": "{}", "note": "x"}, 422, "note"),
    ("file under another name", {"photo": (io.BytesIO(b"x"), "x.png")}, 422, "photo"),
    ("item twice", {"item": ["{}", "{}"]}, 422, "item"),
    ("item is not JSON", {"item": "{"}, 400, ""),
    ("empty file", {"file": (io.BytesIO(b""), "x.png")}, 422, "file[0]"),
    ("unknown file", {"file": (io.BytesIO(b"\x93\x00\xff"), "x.png")}, 422, "file[0]"),
    ("blank text file", {"file": (io.BytesIO(b" \n"), "x.txt")}, 422, "file[0]"),
    (
        "files and a wrong part",
        {"item": '{"parts": [{"type": "text"}]}', "file": (io.BytesIO(b"a"), "x")},
        422,
        "parts[0]",
    ),
    ("parts is no list", {"item": '{"parts": "x"}', "file": (io.BytesIO(b"a"), "x")}, 422, "parts"),
]


@pytest.mark.parametrize(("fields", "status", "field"), [case[1:] for case in FORMS], ids=[case[0] for case in FORMS])
def test_a_wrong_form_is_refused_by_field(empty_api: Api, fields: dict[str, Any], status: int, field: str) -> None:
    for value in fields.values():
        if isinstance(value, tuple):
            value[0].seek(0)
    data = {name: (io.BytesIO(v[0].getvalue()), v[1]) if isinstance(v, tuple) else v for name, v in fields.items()}

    answer = empty_api.post("/v1/items", data=data, content_type="multipart/form-data")

    assert answer.status_code == status, answer.text
    assert field in [error["field"] for error in answer.json["errors"]]
    assert empty_api.service.store.backlog()[0] == 0


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x"]
)
def test_a_broken_form_is_refused(empty_api: Api, content_type: str) -> None:
    for body in (
        b"",
        b"--x",
        b"--x\r\n\r\n",
        b'--x\r\nContent-Disposition: form-data; name="item"\r\n\r\n{}',
        b"\xff" * 99,
    ):
        assert empty_api.post("/v1/items", data=body, content_type=content_type).status_code in (400, 413, 422)


@pytest.fixture(scope="module")
def small_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    opened = Api.open(
        Settings(
            data=tmp_path_factory.mktemp("small"),
            a2i_endpoint_url=NOBODY,
            max_body_bytes=20_000,
            max_media_bytes=1000,
            max_parts=3,
            max_backlog=3,
        )
    )
    yield opened
    opened.close()


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "large"}])
def test_a_body_beyond_the_limit_is_413_before_it_is_read(small_api: Api, headers: dict[str, str]) -> None:
    large = [
        {"data": b"x" * 20_001, "content_type": "application/json"},
        {"data": {"item": "x" * 30_000}, "content_type": "multipart/form-data"},
        {
            "input_stream": io.BytesIO(b"[" + b" " * 30_000 + b"]"),
            "content_type": "application/json",
            "environ_overrides": {"wsgi.input_terminated": True},
        },
    ]
    for more in large:
        answer = small_api.post("/v1/items", headers=headers, **more)
        assert answer.status_code == 413, more
        assert answer.json["type"] == "/docs#problem-too-large"


# Werkzeug leaves the files of a form that it gives up on to the garbage collector, which closes them and complains.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_form_of_too_many_parts_is_413(small_api: Api) -> None:
    files = [(io.BytesIO(b"x"), f"{number}.txt") for number in range(9)]

    answer = small_api.post("/v1/items", data={"file": files}, content_type="multipart/form-data")

    assert answer.status_code == 413


def test_a_medium_beyond_its_limit_names_the_field(small_api: Api) -> None:
    data = bytes(range(256)) * 5

    given_base64 = small_api.post("/v1/items", json=part(type="image", base64=b64(b"\xff\xd8\xff" + data)))
    given_file = small_api.post("/v1/items", data={"file": (io.BytesIO(data), "x")}, content_type="multipart/form-data")

    assert given_base64.json["errors"][0]["field"] == "parts[0].base64"
    assert given_file.json["errors"][0]["field"] == "file[0]"
    assert "1,000" in given_file.json["detail"]


def test_private_addresses_are_refused_unless_they_are_allowed(small_api: Api) -> None:
    for url in (
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "http://0x7f.1/",
        "http://localhost/",
    ):
        fetched = small_api.post("/v1/items", json=part(type="image", url=url))
        called = small_api.post("/v1/items", json={**TEXT, "callback_url": url})
        assert fetched.json["errors"][0]["field"] == "parts[0].url"
        assert called.json["errors"][0]["field"] == "callback_url"


def test_a_full_backlog_is_429_and_what_was_accepted_stays(small_api: Api) -> None:
    for _ in range(3):
        assert small_api.post("/v1/items", json=TEXT, headers={"Idempotency-Key": "first"}).status_code == 202
    small_api.post("/v1/items/batch", json=[TEXT, TEXT])
    small_api.service._backlog.forget()

    refused = [
        small_api.post("/v1/items", json=TEXT),
        small_api.post("/v1/items", json=TEXT, headers={"Idempotency-Key": "late"}),
        small_api.post("/v1/items/batch", json=[TEXT]),
    ]

    assert [answer.status_code for answer in refused] == [429, 429, 429]
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    assert small_api.service.store.backlog()[0] == 3
    assert small_api.post("/v1/items", json=TEXT, headers={"Idempotency-Key": "first"}).status_code == 202
    ready = small_api.get("/readyz")
    assert ready.status_code == 503
    assert any(reason.startswith("backlog") for reason in ready.json["reasons"])


def test_an_app_that_no_policy_covers_is_told_so_before_anything_is_stored(empty_api: Api) -> None:
    answer = empty_api.post("/v1/items", json=part(type="audio", base64=b64(wav())))

    assert answer.status_code == 422
    assert answer.json["type"] == "/docs#problem-policy-missing"
    assert "audio" in answer.json["detail"]
    assert list((empty_api.service.settings.data / "media").rglob("*.wav")) == []


def test_another_app_in_the_body_is_refused(idle_api: Api) -> None:
    assert idle_api.post("/v1/items", json={**TEXT, "app": "shop"}).status_code == 202
    refused = idle_api.post("/v1/items", json={**TEXT, "app": "forum"})

    assert refused.status_code == 403
    assert refused.json["errors"][0]["field"] == "app"


def test_a_store_that_does_not_answer_is_503_and_the_key_may_be_used_again(
    idle_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(idle_api.service.store, "add_items", fail)
        refused = idle_api.post("/v1/items", json=TEXT, headers={"Idempotency-Key": "k"})

    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert idle_api.post("/v1/items", json=TEXT, headers={"Idempotency-Key": "k"}).status_code == 202


def test_a_wait_that_loses_the_database_still_says_that_the_item_is_stored(
    idle_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(idle_api.service.pipeline, "wait_decided", fail)

    answer = idle_api.post("/v1/items?wait=5", json=TEXT)

    assert answer.status_code == 202
    assert idle_api.get(answer.headers["Location"]).status_code == 200


def test_a_fault_of_ours_is_a_problem_without_the_content_and_so_is_the_log(
    idle_api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(item: object) -> None:
        raise KeyError(f"the text is {TEXT}")

    monkeypatch.setattr(idle_api.service.pipeline, "prepare", fail)

    answer = idle_api.client.post("/v1/items", json=TEXT, headers={"Authorization": f"Bearer {idle_api.keys['shop']}"})

    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    assert answer.json["request_id"] in caplog.text
    assert "KeyError" in caplog.text
    assert "nice day" not in answer.text + caplog.text


def test_logs_and_metrics_carry_no_content_and_no_key(idle_api: Api, caplog: pytest.LogCaptureFixture) -> None:
    canary = "canary-7f3a@example.org"
    key = idle_api.keys["shop"]
    with caplog.at_level(logging.DEBUG):
        item = {"content_id": canary, "metadata": {"m": canary}, "parts": [{"type": "text", "text": canary}]}
        posted = idle_api.post("/v1/items", json=item, headers={"Idempotency-Key": canary})
        idle_api.service.work_once()
        idle_api.get(posted.headers["Location"])
        idle_api.get(f"/v1/items?content_id={canary}")
        idle_api.post("/v1/items", json={**item, "colour": canary})
        idle_api.post("/v1/items", data=canary, content_type="application/json")
        idle_api.get(f"/v1/items/{canary}")
        idle_api.get(f"/nowhere/{canary}")

    said = caplog.text + idle_api.client.get("/metrics").text
    assert "moderation.access" in said
    assert canary not in said
    assert key not in said
    assert key.split("_", 2)[2] not in said  # the secret, which may have underscores of its own


# Fuzzing

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
near_parts = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["text", "image", "video", "audio"]) | json_values,
        "text": st.text() | json_values,
        "base64": st.binary(max_size=40).map(b64) | st.just(PNG) | json_values,
        "url": st.text(max_size=20).map("http://127.0.0.1:1/".__add__) | st.text() | json_values,
        "s3": st.text().map("s3://".__add__) | json_values,
        "upload": json_values,
        "name": st.text() | json_values,
    },
)
near_items = st.fixed_dictionaries(
    {},
    optional={
        "app": st.sampled_from(["shop", "forum"]) | json_values,
        "content_id": st.text() | json_values,
        "parts": st.lists(near_parts, max_size=3) | json_values,
        "metadata": st.dictionaries(st.text(), json_values, max_size=3) | json_values,
        "callback_url": st.text(max_size=20).map("https://example.com/".__add__) | st.text() | json_values,
        "extra": json_values,
    },
)
fuzz = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=examples(150))


@pytest.fixture(scope="module")
def fuzzed_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("fuzz")
    opened = Api.open(Settings(data=folder, allow_private_urls=True, a2i_endpoint_url=NOBODY, max_backlog=10**6))
    yield opened
    opened.close()


@fuzz
@given(item=near_items)
@example(item={"parts": [{"type": "text", "text": "x", "name": "\ud800"}]})
def test_no_posted_item_breaks_the_service(fuzzed_api: Api, item: Any) -> None:
    answer = fuzzed_api.post("/v1/items", data=json.dumps(item), content_type="application/json")

    assert answer.status_code in (202, 400, 403, 422)


@fuzz
@given(batch=st.lists(near_items, max_size=3) | json_values)
def test_no_posted_batch_breaks_the_service(fuzzed_api: Api, batch: Any) -> None:
    answer = fuzzed_api.post("/v1/items/batch", data=json.dumps(batch), content_type="application/json")

    assert answer.status_code in (202, 400, 422)


@fuzz
@given(
    body=st.binary(max_size=200),
    content_type=st.sampled_from(
        ["application/json", "", "multipart/form-data; boundary=x", "text/html", "a/b;charset=é"]
    ),
    key=st.none() | st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=300),
)
def test_no_bytes_break_the_service(fuzzed_api: Api, body: bytes, content_type: str, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = fuzzed_api.post("/v1/items", data=body, content_type=content_type, headers=headers)

    assert answer.status_code in (400, 409, 413, 415, 422)


@fuzz
@given(
    item=st.text(max_size=30) | near_items.map(json.dumps),
    files=st.lists(st.tuples(st.binary(max_size=60) | st.just(picture()), st.text(max_size=20)), max_size=3),
)
def test_no_form_breaks_the_service(fuzzed_api: Api, item: str, files: list[tuple[bytes, str]]) -> None:
    lines = [b'--x\r\nContent-Disposition: form-data; name="item"\r\n\r\n' + item.encode("utf-8", "surrogatepass")]
    for data, name in files:
        quoted = re.sub(r'[\r\n"\\]', "", name).encode("utf-8", "surrogatepass")
        lines.append(b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s' % (quoted, data))
    body = b"\r\n".join([*lines, b"--x--\r\n"])

    answer = fuzzed_api.post(
        "/v1/items",
        data=body,
        content_type="multipart/form-data; boundary=x",
        headers={"Idempotency-Key": str(hash(body))},
    )

    assert answer.status_code in (202, 400, 403, 413, 422)


@fuzz
@given(
    path=st.sampled_from(["/v1/items/{}", "/v1/items/{}/explanation", "/v1/policies/{}", "/v1/{}", "/{}"]),
    text=st.text(max_size=40),
)
def test_no_path_breaks_the_service(fuzzed_api: Api, path: str, text: str) -> None:
    from urllib.parse import quote

    name = quote(text.encode("utf-8", "surrogatepass"), safe="")
    answer = fuzzed_api.client.get(path.format(name), headers={"Authorization": f"Bearer {fuzzed_api.keys['shop']}"})

    assert answer.status_code < 500


@fuzz
@given(
    query=st.dictionaries(
        st.sampled_from(["status", "app", "label", "outcome", "content_id", "since", "cursor", "limit", "x"]),
        st.text(max_size=30)
        | st.datetimes().map(lambda time: time.isoformat() + "+14:00")
        | st.integers().map(str)
        | st.uuids().map(str),
        max_size=4,
    )
)
def test_no_search_breaks_the_service(fuzzed_api: Api, query: dict[str, str]) -> None:
    answer = fuzzed_api.get("/v1/items", query_string=query)

    assert answer.status_code in (200, 422)
