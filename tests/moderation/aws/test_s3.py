"""Unmodified boto3 ``s3`` clients at the door: objects of apps, apart from each other, and harmless to browsers."""

from __future__ import annotations

import contextlib
import http.client
import io
import re
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from ground.awswire.errors import ApiError
from moderation.aws.s3.cors import read_rules
from moderation.aws.s3.documents import check_configuration, joined_chunks
from moderation.storage.buckets import Buckets
from tests.houses.aws_door import SESSION, Door, blank

BUCKET = "things"


@pytest.fixture(scope="module", autouse=True)
def bucket(door: Door) -> str:
    door.s3.create_bucket(Bucket=BUCKET)
    return BUCKET


def code(call: Any, **parameters: Any) -> str:
    """The code of the error that a call is answered with; empty for none."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def fetched(url: str, method: str = "GET", data: bytes | None = None, **headers: str) -> tuple[int, bytes, Any]:
    """Status, body and headers of an answer to a program that signs nothing by itself."""
    request = urllib.request.Request(url, data, {name.replace("_", "-"): each for name, each in headers.items()})
    request.get_method = lambda: method  # type: ignore[method-assign]
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


class TestObjects:
    @pytest.mark.parametrize("key", ["a.txt", "deep/er/b c+d&é=%2F.txt", "☃/~!*'()", "x" * 200])
    def test_what_was_put_is_got_and_described(self, door: Door, key: str) -> None:
        put = door.s3.put_object(
            Bucket=BUCKET, Key=key, Body=b"some bytes", ContentType="text/plain", Metadata={"by": "me"}
        )
        got = door.s3.get_object(Bucket=BUCKET, Key=key)
        head = door.s3.head_object(Bucket=BUCKET, Key=key)

        assert got["Body"].read() == b"some bytes"
        for each in (got, head):
            assert (each["ContentLength"], each["ETag"]) == (10, put["ETag"])
            assert (each["ContentType"], each["Metadata"]) == ("text/plain", {"by": "me"})
            assert abs(datetime.now(UTC) - each["LastModified"]) < timedelta(minutes=10)

    def test_put_again_replaces_and_delete_twice_is_fine(self, door: Door) -> None:
        for body in (b"first", b"second"):
            door.s3.put_object(Bucket=BUCKET, Key="again", Body=body)

        assert door.s3.get_object(Bucket=BUCKET, Key="again")["Body"].read() == b"second"
        door.s3.delete_object(Bucket=BUCKET, Key="again")
        door.s3.delete_object(Bucket=BUCKET, Key="again")
        assert code(door.s3.get_object, Bucket=BUCKET, Key="again") == "NoSuchKey"
        assert code(door.s3.head_object, Bucket=BUCKET, Key="again") == "404"

    def test_files_go_up_and_come_down_by_the_transfer_functions(self, door: Door, tmp_path: Any) -> None:
        data = bytes(range(256)) * 40_000
        (tmp_path / "up").write_bytes(data[:5_000_000])
        door.s3.upload_file(str(tmp_path / "up"), BUCKET, "large", ExtraArgs={"ContentType": "application/json"})
        door.s3.put_object(Bucket=BUCKET, Key="larger", Body=data)
        door.s3.download_file(BUCKET, "larger", str(tmp_path / "down"))

        assert (tmp_path / "down").read_bytes() == data
        assert door.s3.head_object(Bucket=BUCKET, Key="large")["ContentType"] == "application/json"

    def test_a_range_is_a_part(self, door: Door) -> None:
        door.s3.put_object(Bucket=BUCKET, Key="range", Body=b"0123456789")

        def part(asked: str) -> bytes:
            return bytes(door.s3.get_object(Bucket=BUCKET, Key="range", Range=asked)["Body"].read())

        assert (part("bytes=2-4"), part("bytes=7-"), part("bytes=-3"), part("bytes=0-99")) == (
            b"234", b"789", b"789", b"0123456789",
        )  # fmt: skip
        assert code(door.s3.get_object, Bucket=BUCKET, Key="range", Range="bytes=10-") == "InvalidRange"

    def test_an_empty_object_is_one(self, door: Door) -> None:
        door.s3.put_object(Bucket=BUCKET, Key="empty", Body=b"")

        assert door.s3.get_object(Bucket=BUCKET, Key="empty")["Body"].read() == b""

    def test_what_does_not_arrive_as_it_was_sent_is_refused(self, door: Door) -> None:
        put = door.s3.put_object
        wrong = "AAAAAA=="

        assert code(put, Bucket=BUCKET, Key="x", Body=b"abc", ChecksumCRC32=wrong) == "BadDigest"
        assert code(put, Bucket=BUCKET, Key="x", Body=b"abc", ContentMD5="kAFQmDzST7DWlj99KOF/cg==") == ""
        assert code(put, Bucket=BUCKET, Key="x", Body=b"abd", ContentMD5="kAFQmDzST7DWlj99KOF/cg==") == "BadDigest"

    def test_a_body_in_chunks_as_over_tls_is_taken(self, door: Door) -> None:
        body = b"4\r\nabcd\r\n2;x=y\r\nef\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n"
        url = door.client("s3", signature_version="s3v4").generate_presigned_url(
            "put_object", Params={"Bucket": BUCKET, "Key": "chunks"}
        )
        status, _, _ = fetched(url, "PUT", body, x_amz_content_sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER")

        assert status == 200
        assert door.s3.get_object(Bucket=BUCKET, Key="chunks")["Body"].read() == b"abcdef"

    @pytest.mark.parametrize(
        "body", [b"", b"4\r\nabc\r\n0\r\n", b"zz\r\n", b"fffffffff\r\n", b"4\r\nabcd", b"-4\r\nabcd\r\n"]
    )
    def test_chunks_that_are_none_are_refused(self, body: bytes) -> None:
        with pytest.raises(ApiError, match="IncompleteBody"):
            joined_chunks(body)


@pytest.fixture(scope="module")
def listed(door: Door) -> None:
    door.s3.create_bucket(Bucket="listed")
    for key in ("b/2", "b/1", "a", "b/é/3", "c d", "b0", "b-"):
        door.s3.put_object(Bucket="listed", Key=key, Body=key.encode())


@pytest.mark.usefixtures("listed")
class TestListing:
    def test_keys_come_in_the_order_of_their_bytes(self, door: Door) -> None:
        page = door.s3.list_objects_v2(Bucket="listed")

        assert [each["Key"] for each in page["Contents"]] == ["a", "b-", "b/1", "b/2", "b/é/3", "b0", "c d"]
        assert (page["KeyCount"], page["IsTruncated"]) == (7, False)
        head = door.s3.head_object(Bucket="listed", Key="b/1")
        assert [(each["ETag"], each["Size"]) for each in page["Contents"] if each["Key"] == "b/1"] == [
            (head["ETag"], 3)
        ]

    @pytest.mark.parametrize("prefix", ["", "b", "b/", "b/é", "none", "../", "c "])
    def test_a_prefix_narrows(self, door: Door, prefix: str) -> None:
        keys = [each["Key"] for each in door.s3.list_objects_v2(Bucket="listed", Prefix=prefix).get("Contents", ())]

        assert keys == [key for key in ("a", "b-", "b/1", "b/2", "b/é/3", "b0", "c d") if key.startswith(prefix)]

    def test_a_delimiter_makes_folders(self, door: Door) -> None:
        page = door.s3.list_objects_v2(Bucket="listed", Prefix="b", Delimiter="/")

        assert [each["Prefix"] for each in page["CommonPrefixes"]] == ["b/"]
        assert [each["Key"] for each in page["Contents"]] == ["b-", "b0"]

    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_pages_are_all_there_is_once(self, door: Door, size: int) -> None:
        pages = door.s3.get_paginator("list_objects_v2").paginate(
            Bucket="listed", Delimiter="/", PaginationConfig={"PageSize": size}
        )
        found = [
            each.get("Key") or each.get("Prefix")
            for page in pages
            for each in (*page.get("Contents", ()), *page.get("CommonPrefixes", ()))
        ]

        assert sorted(found) == sorted(["a", "b-", "b/", "b0", "c d"])
        after = door.s3.list_objects_v2(Bucket="listed", StartAfter="b/2")["Contents"]
        assert [each["Key"] for each in after] == ["b/é/3", "b0", "c d"]
        assert code(door.s3.list_objects_v2, Bucket="listed", ContinuationToken="é") == "InvalidArgument"

    def test_an_object_that_is_being_written_is_not_listed(self, door: Door) -> None:
        (door.settings.data / "media" / "listed" / ".a.0123456789ab").write_bytes(b"half")

        assert len(door.s3.list_objects_v2(Bucket="listed")["Contents"]) == 7


class TestLinks:
    @pytest.mark.parametrize("version", [None, "s3v4"])
    def test_a_link_as_boto3_makes_it_reads_one_object(self, door: Door, version: str | None) -> None:
        door.s3.put_object(Bucket=BUCKET, Key="l i/nk é", Body=b"linked", ContentType="image/png")
        client = door.client("s3", signature_version=version) if version else door.s3
        url = client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "l i/nk é"}, ExpiresIn=60)

        assert fetched(url)[:2] == (200, b"linked")
        assert fetched(url.replace("nk", "nc", 1))[0] == 403
        assert fetched(url, "DELETE")[0] == 403
        assert fetched(url, "PUT", b"other")[0] == 403
        assert fetched(re.sub(r"MODA\w{4}", "MODAAAAA", url))[0] == 403
        assert fetched(re.sub(r"(Signature=)..", r"\1AA", url))[0] == 403

    @pytest.mark.parametrize("version", [None, "s3v4"])
    def test_a_link_ends_when_it_says(self, door: Door, version: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
        client = door.client("s3", signature_version=version) if version else door.s3
        url = client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "x"}, ExpiresIn=600)
        monkeypatch.setattr(door.review, "clock", lambda: datetime.now(UTC) + timedelta(seconds=700))

        status, body, _ = fetched(url)

        assert (status, b"Request has expired" in body) == (403, True)

    @pytest.mark.parametrize("version", [None, "s3v4"])
    def test_a_link_to_write_holds_for_the_type_that_was_signed(self, door: Door, version: str | None) -> None:
        client = door.client("s3", signature_version=version) if version else door.s3
        given = {"Bucket": BUCKET, "Key": f"up-{version}", "ContentType": "image/png"}
        url = client.generate_presigned_url("put_object", Params=given)

        assert fetched(url, "PUT", blank(), content_type="text/html")[0] == 403
        assert fetched(url, "PUT", blank(), content_type="image/png")[0] == 200
        assert door.s3.head_object(Bucket=BUCKET, Key=f"up-{version}")["ContentType"] == "image/png"


class TestApart:
    def test_an_app_neither_reads_nor_writes_what_is_another_apps(self, door: Door) -> None:
        door.s3.put_object(Bucket=BUCKET, Key="secret", Body=b"s")
        other = door.client("s3", door.other)

        for call, more in (
            (other.get_object, {"Key": "secret"}),
            (other.put_object, {"Key": "secret", "Body": b"x"}),
            (other.delete_object, {"Key": "secret"}),
            (other.list_objects_v2, {}),
        ):
            assert code(call, Bucket=BUCKET, **more) == "AccessDenied"
        assert code(other.head_bucket, Bucket=BUCKET) == "403"
        assert code(other.create_bucket, Bucket=BUCKET) == "BucketAlreadyExists"
        url = other.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "secret"})
        assert fetched(url)[0] == 403
        assert door.client("s3", door.operator).get_object(Bucket=BUCKET, Key="secret")["Body"].read() == b"s"

    def test_what_the_service_stores_is_nobodys_bucket(self, door: Door) -> None:
        own = door.settings.media_bucket
        door.service.blobs.put("a2i/x", b"media", "text/plain")
        door.service.blobs.put_uri("s3://outputs-of-jobs/x", b"1", "text/plain")
        operator = door.client("s3", door.operator)

        for name in (own, "outputs-of-jobs"):
            assert code(door.s3.get_object, Bucket=name, Key="x") == "NoSuchBucket"
            assert code(door.s3.create_bucket, Bucket=name) == "BucketAlreadyExists"
            assert code(operator.put_object, Bucket=name, Key="x", Body=b"y") in ("AccessDenied", "NoSuchBucket")
        assert operator.get_object(Bucket="outputs-of-jobs", Key="x")["Body"].read() == b"1"

    def test_an_apps_key_does_not_read_all_buckets_by_the_other_address(self, door: Door) -> None:
        a2i = door.url.replace("/aws", "/a2i/s3")
        door.s3.put_object(Bucket=BUCKET, Key="mine", Body=b"m")
        for key, expected in ((door.key, "AccessDeniedException"), (door.operator, "")):
            client = SESSION.client(
                "s3",
                region_name="us-east-1",
                endpoint_url=a2i,
                aws_access_key_id=key.id,
                aws_secret_access_key=key.secret,
            )
            assert code(client.get_object, Bucket=BUCKET, Key="mine") == expected

    def test_there_are_as_many_buckets_as_are_set(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = door.settings.model_copy(update={"aws_most_buckets": 1})
        few = Buckets(door.service.database, door.service.blobs, settings.aws_most_buckets)
        monkeypatch.setattr(door.service, "buckets", few)
        third = door.client("s3", door.other)
        third.create_bucket(Bucket="only-one")

        assert code(third.create_bucket, Bucket="only-one") == ""
        assert code(third.create_bucket, Bucket="one-more") == "TooManyBuckets"

    @pytest.mark.parametrize("key", ["../x", "a//b", "/a", "a/", "a/../../b", "a\x01b", "y" * 201])
    def test_keys_that_could_climb_out_or_cannot_be_kept_are_refused(self, door: Door, key: str) -> None:
        assert code(door.s3.put_object, Bucket=BUCKET, Key=key, Body=b"x") in (
            "InvalidArgument",
            "SignatureDoesNotMatch",
        )
        assert code(door.s3.get_object, Bucket=BUCKET, Key=key) in ("NoSuchKey", "SignatureDoesNotMatch")

    def test_a_key_is_not_both_an_object_and_a_folder(self, door: Door) -> None:
        door.s3.put_object(Bucket=BUCKET, Key="both/inner", Body=b"x")

        assert code(door.s3.put_object, Bucket=BUCKET, Key="both", Body=b"x") == "InvalidArgument"
        assert code(door.s3.put_object, Bucket=BUCKET, Key="both/inner/most", Body=b"x") == "InvalidArgument"


class TestBrowsers:
    @pytest.mark.parametrize(
        "kind",
        ["text/html", "image/svg+xml", "text/javascript", "application/xhtml+xml", "text/css", "text/xml", "x/y"],
    )
    def test_what_a_browser_could_run_is_never_called_so(self, door: Door, kind: str) -> None:
        door.s3.put_object(Bucket=BUCKET, Key="page", Body=b"<script>alert(1)</script>", ContentType=kind)
        plain = door.s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "page"})
        asked = {"Bucket": BUCKET, "Key": "page", "ResponseContentType": kind}

        for url in (plain, door.s3.generate_presigned_url("get_object", Params=asked)):
            status, _, headers = fetched(url)
            assert status == 200
            assert headers["Content-Type"] == "application/octet-stream"
            assert headers["Content-Disposition"] == "attachment"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


class TestHostile:
    def test_more_than_an_object_may_have_is_refused(self, door: Door) -> None:
        most = door.settings.max_media_bytes

        assert code(door.s3.put_object, Bucket=BUCKET, Key="x", Body=io.BytesIO(bytes(most + 1))) == "EntityTooLarge"
        assert (
            code(door.s3.put_object, Bucket=BUCKET, Key="x", Body=b"", Metadata={"a": "x" * 2100}) == "MetadataTooLarge"
        )

    @pytest.mark.parametrize(
        "body",
        [
            b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><CreateBucketConfiguration>&b;</CreateBucketConfiguration>',
            '<!DOCTYPE x [<!ENTITY a "a">]><CreateBucketConfiguration/>'.encode("utf-16"),
            b"<CreateBucketConfiguration>",
            b"<Other/>",
            b"{}",
            b"<CreateBucketConfiguration>" + b" " * 70_000 + b"</CreateBucketConfiguration>",
            b"<?xml version='1.0' encoding='none'?><CreateBucketConfiguration/>",
        ],
    )
    def test_xml_that_is_none_or_grows_is_refused(self, body: bytes) -> None:
        with pytest.raises(ApiError, match="MalformedXML"):
            check_configuration(body)

    @given(st.binary(max_size=300))
    def test_no_bytes_whatever_are_an_internal_error(self, body: bytes) -> None:
        for read in (check_configuration, joined_chunks):
            try:
                read(body)
            except ApiError as error:
                assert error.status == 400  # noqa: PT017

    def test_a_region_in_the_request_is_fine(self, door: Door) -> None:
        region = {"LocationConstraint": "eu-central-1"}

        assert door.s3.create_bucket(Bucket="in-europe", CreateBucketConfiguration=region)["Location"] == "/in-europe"
        assert code(door.s3.create_bucket, Bucket="in..europe") == "InvalidBucketName"
        assert door.s3.head_bucket(Bucket="in-europe")
        assert code(door.s3.get_object, Bucket="in-asia", Key="x") == "NoSuchBucket"

    def test_what_is_not_offered_is_refused_by_name(self, door: Door) -> None:
        s3 = door.s3

        assert code(s3.list_buckets) == "NotImplemented"
        assert code(s3.create_multipart_upload, Bucket=BUCKET, Key="x") == "NotImplemented"
        assert code(s3.get_bucket_acl, Bucket=BUCKET) == "NotImplemented"
        assert code(s3.list_objects, Bucket=BUCKET) == "NotImplemented"
        assert code(s3.copy_object, Bucket=BUCKET, Key="y", CopySource=f"{BUCKET}/x") == "NotImplemented"
        assert code(s3.delete_bucket, Bucket=BUCKET) == "MethodNotAllowed"


class TestVirtualHosts:
    """Some SDKs put the bucket into the host's name: ``bucket.localhost``."""

    def asked(self, door: Door, url: str, method: str = "GET", body: bytes = b"") -> tuple[int, bytes]:
        """Status and body; sent to the door whatever the name would lead to."""
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", parts.port)
        connection.request(method, f"{parts.path}?{parts.query}", body, {"Host": parts.netloc})
        with contextlib.closing(connection):
            answer = connection.getresponse()
            return answer.status, answer.read()

    def link(self, door: Door, operation: str, key: Any = None, bucket: str = BUCKET) -> str:
        key = key or door.key
        client = SESSION.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=door.url.replace("127.0.0.1", "localhost"),
            aws_access_key_id=key.id,
            aws_secret_access_key=key.secret,
            config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
        )
        return str(client.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": "by/host"}))

    def test_an_object_is_put_and_got_by_its_buckets_name(self, door: Door) -> None:
        url = self.link(door, "get_object")
        assert urllib.parse.urlsplit(url).netloc.startswith(f"{BUCKET}.localhost:")

        assert self.asked(door, self.link(door, "put_object"), "PUT", b"by host")[0] == 200

        assert self.asked(door, url) == (200, b"by host")
        assert door.s3.get_object(Bucket=BUCKET, Key="by/host")["Body"].read() == b"by host"

    def test_the_name_opens_nothing_of_another_app(self, door: Door) -> None:
        assert self.asked(door, self.link(door, "get_object", door.other))[0] == 403

    def test_a_name_that_was_not_signed_is_refused(self, door: Door) -> None:
        url = self.link(door, "get_object", bucket="elsewhere").replace("elsewhere.", f"{BUCKET}.")

        assert self.asked(door, url)[0] == 403


CORS = {"CORSRules": [{"AllowedHeaders": ["*"], "AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.org"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]}  # fmt: skip


class TestCors:
    def test_programs_set_it_as_amazons_portal_wants_it(self, door: Door) -> None:
        assert code(door.s3.get_bucket_cors, Bucket=BUCKET) == "NoSuchCORSConfiguration"

        door.s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=CORS)

        assert door.s3.get_bucket_cors(Bucket=BUCKET)["CORSRules"] == CORS["CORSRules"]
        assert code(door.client("s3", door.other).get_bucket_cors, Bucket=BUCKET) == "AccessDenied"
        assert (
            code(door.client("s3", door.other).put_bucket_cors, Bucket=BUCKET, CORSConfiguration=CORS) == "AccessDenied"
        )
        door.s3.delete_bucket_cors(Bucket=BUCKET)
        assert code(door.s3.get_bucket_cors, Bucket=BUCKET) == "NoSuchCORSConfiguration"

    @pytest.mark.parametrize(
        ("origin", "allowed"),
        [
            ("https://a.example.org", "https://a.example.org"),
            ("https://example.org", None),
            ("http://a.example.org", None),
        ],
    )
    def test_a_page_reads_what_the_owner_lets_it(self, door: Door, origin: str, allowed: str | None) -> None:
        door.s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=CORS)
        door.s3.put_object(Bucket=BUCKET, Key="shared", Body=b"x")
        url = door.s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "shared"})

        _, _, headers = fetched(url, Origin=origin)
        status, _, before = fetched(
            f"{door.url}/{BUCKET}/shared", "OPTIONS", Origin=origin, Access_Control_Request_Method="GET"
        )

        assert headers.get("Access-Control-Allow-Origin") == allowed
        assert (status, before.get("Access-Control-Allow-Origin")) == (200 if allowed else 403, allowed)

    def test_nobody_is_let_in_to_write_who_may_only_read(self, door: Door) -> None:
        door.s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=CORS)
        given = {"Origin": "https://a.example.org", "Access_Control_Request_Method": "PUT"}

        assert fetched(f"{door.url}/{BUCKET}/shared", "OPTIONS", **given)[0] == 403

    @pytest.mark.parametrize(
        "inner",
        [
            "",
            "<CORSRule/>",
            "<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>",
            "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>TRACE</AllowedMethod></CORSRule>",
            "<CORSRule><AllowedOrigin>a\nb</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>",
            "<CORSRule><AllowedOrigin>*.*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>",
            "<Other/>",
        ],
    )
    def test_rules_that_are_none_are_refused(self, inner: str) -> None:
        with pytest.raises(ApiError) as caught:
            read_rules(f"<CORSConfiguration>{inner}</CORSConfiguration>".encode())

        assert caught.value.code in ("MalformedXML", "InvalidRequest")
