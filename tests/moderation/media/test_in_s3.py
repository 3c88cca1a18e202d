"""Media in S3: kept encrypted, read within bounds, uploaded straight, and read in place."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import ValidationError

from ground.aws import client
from ground.blobs import FolderBlobs
from ground.media_store import open_blobs
from ground.s3 import S3Blobs
from moderation.core.errors import MediaRefused, NotFound, SettingsError, StoreUnavailable
from moderation.media.uploads import Uploads
from moderation.settings import Settings
from tests.houses.api import Api
from tests.houses.aws import Aws
from tests.pictures import PICTURE, picture
from tests.waiting import PATIENCE_SECONDS

Open = Callable[..., Api]
KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


# The store


@pytest.mark.parametrize(
    ("encryption", "expected"),
    [
        ("AES256", {"ServerSideEncryption": "AES256"}),
        ("aws:kms", {"ServerSideEncryption": "aws:kms"}),
        (KEY_ARN, {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ARN}),
    ],
)
def test_what_is_stored_is_encrypted_as_the_setting_says(
    aws: Aws, tmp_path: Path, encryption: str, expected: dict[str, str]
) -> None:
    aws.bucket("media")
    blobs = open_blobs(Settings(data=tmp_path, media_s3=True, media_bucket="media", media_encryption=encryption))

    blobs.put("a", b"data", "text/plain")
    head = aws.client("s3").head_object(Bucket="media", Key="a")

    assert {name: head[name] for name in expected} == expected


@pytest.mark.parametrize("encryption", ["none", "aws:kms ", "AES256\n", "key/1", "xAES256"])
def test_an_unknown_way_of_encrypting_stops_the_start(encryption: str) -> None:
    with pytest.raises(ValidationError):
        Settings(media_encryption=encryption)


def test_no_more_is_read_than_was_asked_for(aws: Aws, tmp_path: Path) -> None:
    aws.bucket("media")
    stores = [S3Blobs("media", aws.client("s3"), tmp_path / "cache"), FolderBlobs(tmp_path, "media")]
    for blobs in stores:
        uri = blobs.put("a", b"x" * 100, "text/plain")

        assert blobs.get(uri, 100) == b"x" * 100
        with pytest.raises(MediaRefused, match="at most 99 are accepted"):
            blobs.get(uri, 99)


def test_a_copy_for_detectors_has_the_bytes_that_were_taken_in_or_there_is_none(aws: Aws, tmp_path: Path) -> None:
    aws.bucket("media")
    blobs = S3Blobs("media", aws.client("s3"), tmp_path)
    uri = blobs.put("a", b"first", "text/plain")
    first, second = (hashlib.sha256(data).hexdigest() for data in (b"first", b"second"))
    assert blobs.local_path(uri).read_bytes() == b"first"

    blobs.put("a", b"second", "text/plain")

    assert blobs.local_path(uri).read_bytes() == b"second", "without a digest: what lies there now"
    assert blobs.local_path(uri, second).read_bytes() == b"second"
    with pytest.raises(NotFound, match="has changed"):
        blobs.local_path(uri, first)
    assert len(list(tmp_path.iterdir())) == 3, "nothing half read is left"


def test_local_copies_are_bounded_and_dropped_when_nobody_asks_for_them(aws: Aws, tmp_path: Path) -> None:
    aws.bucket("media")
    blobs = S3Blobs("media", aws.client("s3"), tmp_path, max_bytes=100)
    old, new = (blobs.put(name, name.encode(), "text/plain") for name in ("old", "new"))
    os.utime(blobs.local_path(old), (0, 0))
    large = blobs.put("large", b"x" * 101, "text/plain")

    with pytest.raises(MediaRefused, match="at most 100"):
        blobs.local_path(large)
    S3Blobs("media", aws.client("s3"), tmp_path).local_path(new)

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]


def test_what_s3_refuses_is_no_missing_object(aws: Aws, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        S3Blobs("media", aws.client("s3"), tmp_path).get("s3://nowhere/a")
    aws.bucket("media")
    client = aws.client("s3")
    client.put_bucket_policy(
        Bucket="media",
        Policy=json.dumps({"Version": "2012-10-17", "Statement": []}),
    )
    client.meta.events.register("before-send.s3", lambda **_: _denied())
    blobs = S3Blobs("media", client, tmp_path)

    for call in (
        lambda: blobs.get("s3://media/a"),
        lambda: blobs.local_path("s3://media/a"),
        lambda: blobs.put("a", b"", "text/plain"),
        lambda: blobs.delete("s3://media/a"),
    ):
        with pytest.raises(StoreUnavailable, match="s3://media/a"):
            call()


def _denied() -> Any:
    from botocore.awsrequest import AWSResponse

    class Raw(io.BytesIO):
        def stream(self, **_: Any) -> Any:
            yield self.read()

    body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    return AWSResponse("https://s3.amazonaws.com/", 403, {}, Raw(body))


# Uploads


def send(api: Api, made: dict[str, Any], data: bytes, **changes: str) -> Any:
    form = {**made["fields"], **changes, "file": (io.BytesIO(data), "x.jpg")}
    return api.client.post("/uploads", data=form, content_type="multipart/form-data")


def begin(api: Api, **wanted: Any) -> dict[str, Any]:
    answer = api.post("/v1/uploads", json={"content_type": "image/jpeg", **wanted})
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json
    return document


def item(upload: str) -> dict[str, Any]:
    return {"parts": [{"type": "image", "upload": upload}]}


def test_a_file_is_uploaded_to_s3_without_passing_through_and_then_judged(aws: Aws, open_api: Open) -> None:
    aws.bucket("media")
    api = open_api(media_s3=True, media_bucket="media", media_encryption="AES256")
    made = begin(api, size_bytes=len(PICTURE))
    assert api.post("/v1/items", json=item(made["id"])).status_code == 422, "nothing was sent yet"

    sent = requests.post(made["url"], data=made["fields"], files={"file": PICTURE}, timeout=PATIENCE_SECONDS)
    answer = api.post("/v1/items", json=item(made["id"]))

    assert sent.status_code == 204, sent.text
    assert answer.status_code == 202, answer.text
    digest = hashlib.sha256(PICTURE).hexdigest()
    assert aws.keys("media") == [f"media/{digest[:2]}/{digest}.jpg", f"uploads/shop/{made['id']}"]


def test_the_policy_of_an_upload_to_s3_bounds_type_size_key_and_time(aws: Aws, open_api: Open) -> None:
    aws.bucket("media")
    api = open_api(media_s3=True, media_bucket="media", media_encryption=KEY_ARN, upload_seconds=60)
    made = begin(api, size_bytes=1000)

    policy = json.loads(base64.b64decode(made["fields"]["policy"]))

    key = f"uploads/shop/{made['id']}"
    assert ["content-length-range", 1, 1000] in policy["conditions"]
    for exact in (
        {"bucket": "media"},
        {"key": key},
        {"Content-Type": "image/jpeg"},
        {"x-amz-server-side-encryption": "aws:kms"},
        {"x-amz-server-side-encryption-aws-kms-key-id": KEY_ARN},
        {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    ):
        assert exact in policy["conditions"]
        assert exact.items() <= {**made["fields"], "bucket": "media"}.items()
    until = datetime.fromisoformat(policy["expiration"])
    assert until - datetime.now(UTC) <= timedelta(seconds=60)


@pytest.mark.parametrize(
    ("region", "endpoint", "url"),
    [
        ("us-east-1", "", "https://media.s3.us-east-1.amazonaws.com/"),
        ("eu-west-1", "", "https://media.s3.eu-west-1.amazonaws.com/"),
        ("cn-north-1", "", "https://media.s3.cn-north-1.amazonaws.com.cn/"),
        ("us-east-1", "http://127.0.0.1:9000", "http://127.0.0.1:9000/media"),
    ],
)
def test_addresses_lead_to_the_host_of_the_region_or_to_another_store(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, region: str, endpoint: str, url: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    blobs = S3Blobs("media", client("s3", region), tmp_path)

    assert blobs.presigned_post("a", "image/png", 10, 60)[0] == url


def test_a_folder_takes_the_same_kind_of_form(open_api: Open) -> None:
    api = open_api()
    made = begin(api, size_bytes=len(PICTURE))

    sent = send(api, made, PICTURE)
    answer = api.post("/v1/items", json=item(made["id"]))

    assert made["url"].endswith("/uploads")
    assert sent.status_code == 204
    assert sent.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.status_code == 202, answer.text
    assert api.get(f"/v1/items/{answer.json['id']}").json["parts"][0]["size_bytes"] == len(PICTURE)


def test_an_upload_is_its_apps_alone(open_api: Open) -> None:
    api = open_api()
    made = begin(api)
    send(api, made, PICTURE)

    assert api.post("/v1/items", json=item(made["id"]), app="forum").status_code == 422
    assert api.post("/v1/items", json=item("../" + made["id"])).status_code == 422
    assert api.post("/v1/items", json=item(made["id"])).status_code == 202


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"content_type": "image/tiff"}, "content_type"),
        ({"content_type": "text/html"}, "content_type"),
        ({"content_type": "image/jpeg", "size_bytes": 0}, "size_bytes"),
        ({"content_type": "image/jpeg", "size_bytes": 10**12}, "size_bytes"),
        ({"content_type": "image/jpeg", "size_bytes": "9"}, "size_bytes"),
        ({"content_type": "image/jpeg", "key": "other"}, "key"),
        ({}, "content_type"),
    ],
)
def test_an_upload_that_would_be_refused_gets_no_address(open_api: Open, wanted: dict[str, Any], field: str) -> None:
    answer = open_api().post("/v1/uploads", json=wanted)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_our_own_address_takes_no_more_than_it_was_made_for(open_api: Open) -> None:
    api = open_api()
    made = begin(api, size_bytes=10)
    other = begin(api)

    assert send(api, made, b"x" * 11).status_code == 422
    assert send(api, made, b"").status_code == 422
    assert send(api, made, b"x", **{"Content-Type": "image/png"}).status_code == 422
    assert send(api, made, b"x", signature="0" * 64).status_code == 403
    assert send(api, made, b"x", signature="\xe9").status_code == 403
    assert send(api, made, b"x", policy=other["fields"]["policy"]).status_code == 403
    for policy in ("", "x", "e30=", base64.urlsafe_b64encode(b'{"app":"nobody"}').decode()):
        assert send(api, made, b"x", policy=policy).status_code == 403
    assert api.client.post("/uploads", data={**made["fields"]}, content_type="multipart/form-data").status_code == 422
    assert api.client.post("/uploads", json=made["fields"]).status_code == 415
    assert send(api, made, b"x" * 10).status_code == 204


def test_our_own_address_is_over_when_its_time_is(open_api: Open) -> None:
    api = open_api()
    uploads = Uploads(api.service.settings, api.service.blobs, api.service.accounts)
    now = datetime.now(UTC)
    made = uploads.begin("shop", "image/jpeg", None, "http://here", now)

    with pytest.raises(NotFound, match="is over"):
        uploads.take(made.fields, PICTURE, now + timedelta(seconds=901))
    uploads.take(made.fields, PICTURE, now + timedelta(seconds=899))


# In place


def named(uri: str, kind: str = "image") -> dict[str, Any]:
    return {"parts": [{"type": kind, "s3": uri}], "metadata": {"place": "said by the app"}}


def test_an_object_is_judged_where_it_lies_and_what_s3_knows_of_it_comes_along(aws: Aws, open_api: Open) -> None:
    aws.bucket("cameras")
    metadata = {"Camera": "gate-3", "place": "said by the object", "note": "=?UTF-8?B?WsO8cmljaA==?="}
    uri = aws.put("cameras", "yard/a b+c.jpg", PICTURE, Metadata=metadata)
    api = open_api(workers=True, media_in_place="shop=s3://cameras/yard/")

    answer = api.post("/v1/items?wait=30", json=named(uri))

    assert answer.status_code == 200, answer.text
    document = answer.json
    assert document["failures"] == [], "detectors have read it"
    assert document["metadata"] == {"camera": "gate-3", "place": "said by the app", "note": "Zürich"}
    stored = api.service.store.get_item(document["id"]).item.parts[0].media
    assert stored is not None
    assert (stored.uri, stored.sha256) == (uri, hashlib.sha256(PICTURE).hexdigest())
    assert not (api.service.settings.data / "media" / "moderation" / "media").exists(), "nothing was copied"
    assert aws.keys("cameras") == ["yard/a b+c.jpg"]


def test_an_object_that_changed_before_it_was_looked_at_goes_to_people(aws: Aws, open_api: Open) -> None:
    aws.bucket("cameras")
    uri = aws.put("cameras", "a.jpg", PICTURE)
    api = open_api(media_in_place="shop=s3://cameras/")
    posted = api.post("/v1/items", json=named(uri)).json["id"]

    aws.put("cameras", "a.jpg", picture(10))
    api.service.work_once()

    record = api.service.store.get_item(posted)
    assert record.status == "in_review"
    assert {failure.kind for failure in record.failures} == {"unreadable"}


def test_a_text_object_is_no_picture(aws: Aws, open_api: Open) -> None:
    aws.bucket("texts")
    uri = aws.put("texts", "a.txt", "Grüß Gott".encode())
    api = open_api(media_in_place="shop=s3://texts/")

    answer = api.post("/v1/items", json=named(uri))

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["parts[0].type"]


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("s3://cameras/yard/none.jpg", "no stored object"),
        ("s3://cameras/office/a.jpg", "read from s3://cameras/yard/ only"),
        ("s3://cameras/yard/../office/a.jpg", "not the name"),
        ("s3://forums/a.jpg", "read from s3://cameras/yard/ only"),
        ("s3://moderation/media/aa/x", "read from s3://cameras/yard/ only"),
        ("s3://cameras/yard/large.jpg", "at most 1,000,000 are accepted"),
        ("s3://cameras/yard/torn.jpg", "damaged"),
        ("https://cameras/yard/a.jpg", "not the name"),
    ],
)
def test_no_app_reads_what_is_not_its_own_or_not_acceptable(aws: Aws, open_api: Open, uri: str, said: str) -> None:
    aws.bucket("cameras")
    aws.bucket("forums")
    aws.put("cameras", "office/a.jpg", PICTURE)
    aws.put("forums", "a.jpg", PICTURE)
    aws.put("cameras", "yard/large.jpg", b"\xff\xd8" + b"x" * 1_000_000)
    aws.put("cameras", "yard/torn.jpg", PICTURE[:-500])
    api = open_api(media_in_place="shop=s3://cameras/yard/ forum=s3://forums/", max_media_bytes=1_000_000)

    answer = api.post("/v1/items", json=named(uri))

    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "parts[0].s3"
    assert said in answer.json["errors"][0]["message"]
    assert api.service.store.backlog()[0] == 0


def test_the_media_bucket_may_be_named_but_not_what_the_service_keeps_there(aws: Aws, open_api: Open) -> None:
    aws.bucket("media")
    api = open_api(media_s3=True, media_bucket="media")
    taken = aws.put("media", "incoming/a.jpg", PICTURE)
    digest = "ab" + "0" * 62

    assert api.post("/v1/items", json=named(taken)).status_code == 202
    for key in (
        f"media/ab/{digest}.jpg",
        "uploads/forum/x",
        "a2i/flow/2026/output.json",
        "moderation-work/x.json",
        "readiness",
    ):
        answer = api.post("/v1/items", json=named(aws.put("media", key, PICTURE)))
        assert answer.status_code == 422, key


@pytest.mark.parametrize(
    "places", ["s3://cameras/", "shop=cameras", "shop=s3://cameras", "shop=s3://cameras/yard", "=s3://b/"]
)
def test_a_place_that_could_mean_more_than_it_says_stops_the_start(tmp_path: Path, places: str) -> None:
    with pytest.raises(SettingsError, match="MODERATION_MEDIA_IN_PLACE"):
        open_blobs(Settings(data=tmp_path, media_in_place=places))
