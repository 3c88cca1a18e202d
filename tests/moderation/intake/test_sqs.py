"""Intake from SQS: each object that S3 tells of becomes one item, whatever becomes of messages and processes."""

from __future__ import annotations

import contextlib
import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from moderation import cli
from moderation.core.errors import StoreUnavailable
from moderation.intake.ledger import Ledger
from moderation.intake.s3_events import EventMalformed, ObjectEvent, read_events
from moderation.intake.sqs import QueueIntake
from moderation.storage.tables import items
from tests.houses.api import Api
from tests.houses.aws import Aws
from tests.pictures import PICTURE
from tests.recordings import mp4
from tests.waiting import PATIENCE_SECONDS

Open = Callable[..., Api]


# Messages as AWS sends them


def record(bucket: str, key: str, sequencer: str = "0055AED6DCD90281E5", etag: str = "", **more: Any) -> dict[str, Any]:
    """As in "Event message structure" of the S3 user guide."""
    thing = {"key": quote_plus(key), "size": 1024, "eTag": etag, "sequencer": sequencer, **more}
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-11-20T10:15:01.120Z",
        "eventName": "ObjectCreated:Put",
        "s3": {"s3SchemaVersion": "1.0", "configurationId": "c", "bucket": {"name": bucket}, "object": thing},
    }


def bare(*records: dict[str, Any]) -> str:
    return json.dumps({"Records": list(records)})


def by_sns(text: str) -> str:
    envelope = {"Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:us-east-1:123456789012:t"}
    return json.dumps({**envelope, "Subject": "Amazon S3 Notification", "Message": text})


def by_event_bridge(bucket: str, key: str, sequencer: str = "00617F08299329D189", etag: str = "", **more: Any) -> str:
    """As in "EventBridge event message structure": the key is as it is."""
    thing = {"key": key, "size": 5, "etag": etag, "sequencer": sequencer, **more}
    detail = {"version": "0", "bucket": {"name": bucket}, "object": thing, "reason": "PutObject"}
    event = {"version": "0", "id": "17793124", "detail-type": "Object Created", "source": "aws.s3"}
    return json.dumps({**event, "time": "2026-11-20T10:15:01Z", "detail": detail})


TEST_EVENT = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b", "RequestId": "1"})
KEY = "yard 3/a+b/Zürich 100% #1?.jpg"


@pytest.mark.parametrize(
    "body",
    [
        bare(record("cameras", KEY, "1A")),
        by_sns(bare(record("cameras", KEY, "1a"))),
        by_event_bridge("cameras", KEY, "1A"),
        by_sns(by_event_bridge("cameras", KEY, "1A")),
        by_sns(by_sns(bare(record("cameras", KEY, "1A")))),
    ],
    ids=["bare", "SNS", "EventBridge", "EventBridge by SNS", "SNS by SNS"],
)
def test_one_object_is_read_out_of_every_wrapping(body: str) -> None:
    [event] = read_events(body)

    assert (event.bucket, event.key) == ("cameras", KEY)
    assert event.sequencer == "1A".ljust(64, "0")


@pytest.mark.parametrize(
    "body",
    [
        TEST_EVENT,
        by_sns(TEST_EVENT),
        bare(),
        bare({**record("b-b", "a"), "eventName": "ObjectRemoved:Delete"}),
        bare({**record("b-b", "a"), "eventName": "s3:ObjectTagging:Put"}),
        bare(record("b-b", "folder of the console/")),
        json.dumps({**json.loads(by_event_bridge("b-b", "a")), "detail-type": "Object Deleted"}),
    ],
)
def test_what_tells_of_no_new_object_is_nothing_to_do(body: str) -> None:
    assert read_events(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "null",
        "[" * 100_000,
        "{}",
        '{"Message": 5}',
        by_sns("hello"),
        '{"Records": [5]}',
        '{"Records": [{"eventName": "ObjectCreated:Put"}]}',
        bare({**record("b-b", "a"), "eventSource": "aws:sqs"}),
        bare({**record("b-b", "a"), "s3": {"bucket": {"name": "b-b"}, "object": {"key": "%ff"}}}),
        bare(record("b-b", "")),
        bare(record("b-b", "a", sequencer="xyz")),
        bare(record("b-b", "a", sequencer="A" * 65)),
        '{"source": "aws.s3", "detail-type": "Object Created"}',
    ],
)
def test_what_is_no_event_of_s3_is_called_so(body: str) -> None:
    with pytest.raises(EventMalformed):
        read_events(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Records", "Message", "s3", "object", "key", "source", "eventName"]), inner)
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_message_breaks_the_reading(value: Any) -> None:
    with contextlib.suppress(EventMalformed):
        assert all(isinstance(event, ObjectEvent) for event in read_events(json.dumps(value)))


@given(st.text("0123456789ABCDEF", min_size=1, max_size=20), st.integers(0, 5))
def test_sequencers_of_different_lengths_are_compared_after_padding_on_the_right(digits: str, zeros: int) -> None:
    [short], [long] = (read_events(bare(record("b-b", "a", s))) for s in (digits, digits + "0" * zeros))
    [later] = read_events(bare(record("b-b", "a", digits + "0" * zeros + "1")))

    assert short.sequencer == long.sequencer
    assert later.sequencer > short.sequencer


# The queue


@dataclass
class Yard:
    """A bucket, a queue with a dead-letter queue, and the service."""

    aws: Aws
    api: Api
    url: str
    dead_url: str
    intakes: list[QueueIntake] = field(default_factory=list)

    def intake(self, client: Any = None, **more: Any) -> QueueIntake:
        return QueueIntake(self.api.service, client or self.aws.client("sqs"), self.url, "shop", **more)

    def send(self, *bodies: str) -> None:
        sqs = self.aws.client("sqs")
        for start in range(0, len(bodies), 10):
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])]
            assert not sqs.send_message_batch(QueueUrl=self.url, Entries=entries).get("Failed")

    def depth(self, url: str = "") -> int:
        """How many messages there are, hidden ones too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.aws.client("sqs").get_queue_attributes(QueueUrl=url or self.url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

    def show_all(self) -> None:
        """Let messages that are hidden be seen again, as if their time were over."""
        from moto.sqs.models import sqs_backends

        backend = sqs_backends["123456789012"]["us-east-1"]
        for message in next(q for q in backend.queues.values() if q.name == "intake")._messages:
            message.change_visibility(0)

    def item_uris(self) -> Counter[str]:
        import sqlalchemy as sa

        rows = self.api.service.database.read(lambda c: list(c.execute(sa.select(items.c.document))))
        return Counter(f"s3://{r.document['metadata']['s3_bucket']}/{r.document['metadata']['s3_key']}" for r in rows)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.api.service.database)


@pytest.fixture
def yard(aws: Aws, open_api: Open) -> Yard:
    return make_yard(aws, open_api)


def make_yard(aws: Aws, open_api: Open, **settings: Any) -> Yard:
    aws.bucket("cameras")
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName="intake-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "3"})
    url = sqs.create_queue(QueueName="intake", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    return Yard(aws, open_api(media_in_place="shop=s3://cameras/", **settings), url, dead)


def put(yard: Yard, key: str, data: bytes, **more: Any) -> str:
    etag: str = yard.aws.client("s3").put_object(Bucket="cameras", Key=key, Body=data, **more)["ETag"]
    return etag.strip('"')


def test_an_object_becomes_an_item_with_what_is_known_of_it(yard: Yard) -> None:
    etag = put(yard, KEY, PICTURE, Metadata={"camera": "gate-3"})
    yard.send(bare(record("cameras", KEY, etag=etag)))

    outcome = yard.intake(callback_url="https://shop.example/decided").step()

    assert outcome == {"taken": 1}
    assert yard.depth() == 0
    [found] = yard.api.get("/v1/items").json["items"]
    assert found["content_id"] == f"s3://cameras/{KEY}"
    assert found["metadata"] == {
        "camera": "gate-3",
        "s3_bucket": "cameras",
        "s3_key": KEY,
        "s3_event_time": "2026-11-20T10:15:01.120Z",
    }
    stored = yard.api.service.store.get_item(found["id"]).item
    assert stored.callback_url == "https://shop.example/decided"
    assert stored.parts[0].media is not None
    assert stored.parts[0].media.uri == f"s3://cameras/{KEY}", "read in place"


class Flaky:
    """A client of SQS whose process is killed before it deletes, now and then."""

    def __init__(self, client: Any, chances: random.Random) -> None:
        self._client, self._chances = client, chances

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        if name != "delete_message_batch":
            return call

        def killed_or_not(**arguments: Any) -> Any:
            if self._chances.random() < 0.3:
                raise EndpointConnectionError(endpoint_url="sqs")
            return call(**arguments)

        return killed_or_not


def test_ten_thousand_events_with_duplicates_in_any_order_and_kills_give_each_object_one_item(yard: Yard) -> None:
    chances = random.Random(5)
    keys = [f"post {number}.txt" for number in range(250)]
    etags = {key: put(yard, key, f"A text of its own: {key}".encode()) for key in keys}
    events: list[dict[str, Any]] = []
    for key in keys:
        # The state that was taken over by a later one before anybody read it, the state itself, and duplicates.
        events += [record("cameras", key, "0A", "0" * 32)] * 15 + [record("cameras", key, "0B", etags[key])] * 25
    chances.shuffle(events)
    bodies = [bare(*events[start : start + 50]) for start in range(0, len(events), 50)]
    assert len(events) == 10_000
    yard.send(*(by_sns(body) if n % 3 else body for n, body in enumerate(bodies)))

    killed = yard.intake(Flaky(yard.aws.client("sqs"), chances))
    for _ in range(15):
        with contextlib.suppress(StoreUnavailable):
            killed.step()
    yard.show_all()
    done = yard.intake().run(2, once=True)

    assert yard.item_uris() == {f"s3://cameras/{key}": 1 for key in keys}
    assert yard.depth() == 0
    assert done["known"] > 0
    assert not done["dead"] + done["later"] + done["gone"]


def test_an_object_that_is_written_over_becomes_an_item_for_each_content_and_late_events_none(yard: Yard) -> None:
    first = put(yard, "a.txt", b"The first text")
    yard.send(bare(record("cameras", "a.txt", "0A", first)))
    assert yard.intake().step() == {"taken": 1}

    second = put(yard, "a.txt", b"The second text")
    yard.send(bare(record("cameras", "a.txt", "0A1", second)), bare(record("cameras", "a.txt", "0A", first)))
    assert yard.intake().step() == {"taken": 1, "known": 1}

    assert yard.item_uris() == {"s3://cameras/a.txt": 2}


def test_of_a_bucket_with_versions_the_version_that_the_event_names_is_read(yard: Yard) -> None:
    s3 = yard.aws.client("s3")
    s3.put_bucket_versioning(Bucket="cameras", VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket="cameras", Key="a.txt", Body=b"The old text")
    s3.put_object(Bucket="cameras", Key="a.txt", Body=b"The new text")
    yard.send(bare(record("cameras", "a.txt", "0A", old["ETag"], versionId=old["VersionId"])))

    yard.intake().step()

    [found] = yard.api.get("/v1/items").json["items"]
    assert found["parts"][0]["text"] == "The old text"


def test_of_two_versions_the_earlier_one_is_left_when_its_event_comes_last(yard: Yard) -> None:
    s3 = yard.aws.client("s3")
    s3.put_bucket_versioning(Bucket="cameras", VersioningConfiguration={"Status": "Enabled"})
    old, new = (s3.put_object(Bucket="cameras", Key="a.txt", Body=text) for text in (b"The old text", b"The new text"))
    yard.send(bare(record("cameras", "a.txt", "0B", new["ETag"], versionId=new["VersionId"])))
    yard.send(bare(record("cameras", "a.txt", "0A", old["ETag"], versionId=old["VersionId"])))

    assert yard.intake().step() == {"taken": 1, "known": 1}

    [found] = yard.api.get("/v1/items").json["items"]
    assert found["parts"][0]["text"] == "The new text"


def test_events_without_sequencer_are_told_apart_by_content(yard: Yard) -> None:
    etag = put(yard, "a.txt", b"A text")
    yard.send(*[bare(record("cameras", "a.txt", "", etag))] * 2, bare(record("cameras", "a.txt", "", "")))

    assert yard.intake().step() == {"taken": 1, "known": 2}


def test_only_what_is_stored_is_deleted_from_the_queue(yard: Yard, caplog: pytest.LogCaptureFixture) -> None:
    etag = put(yard, "good.txt", b"A good text")
    put(yard, "locked.txt", b"Nobody may read this")
    yard.send(
        bare(record("cameras", "good.txt", etag=etag)),
        bare(record("cameras", "locked.txt")),
        bare(record("cameras", "removed.txt")),
        TEST_EVENT,
    )
    read = yard.api.service.in_place.take

    def take(app: str, uri: str, *more: Any) -> Any:
        if uri.endswith("locked.txt"):
            raise RuntimeError("secret content")
        return read(app, uri, *more)

    yard.api.service.in_place.take = take  # type: ignore[method-assign]
    outcome = yard.intake().step()

    assert outcome == {"taken": 1, "later": 1, "gone": 1, "ignored": 1}
    assert yard.depth() == 1, "the one that failed stays"
    assert "secret content" not in caplog.text

    yard.api.service.in_place.take = read  # type: ignore[method-assign]
    yard.show_all()
    assert yard.intake().step() == {"taken": 1}
    assert yard.depth() == 0


def test_a_message_that_fails_again_and_again_ends_in_the_queues_dead_letter_queue(
    yard: Yard, capsys: pytest.CaptureFixture[str]
) -> None:
    yard.send(bare(record("cameras", "a.txt")))

    def never(*_: Any) -> Any:
        raise RuntimeError

    yard.api.service.in_place.take = never  # type: ignore[method-assign]
    for _ in range(4):
        yard.intake().step()
        yard.show_all()

    data = str(yard.api.service.settings.data)
    assert (yard.depth(), yard.depth(yard.dead_url)) == (0, 1)
    assert cli.run(["intake", "status", "--queue", yard.url, "--json", "--data", data]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["in_queue"], shown["in_dead_letter_queue"], shown["dead_letters"]) == (0, 1, 0)


def test_what_can_never_become_an_item_is_kept_with_its_reason_until_it_is_mended(
    yard: Yard, capsys: pytest.CaptureFixture[str]
) -> None:
    put(yard, "torn.jpg", PICTURE[:-400])
    put(yard, "empty.txt", b"")
    put(yard, "sound.m4a", mp4(b"soun"))
    put(yard, "a/.hidden/../b.txt", b"x")
    yard.aws.bucket("others")
    unreadable = "hello\ud800"
    yard.send(
        bare(record("cameras", "torn.jpg"), record("cameras", "empty.txt"), record("cameras", "sound.m4a")),
        by_event_bridge("cameras", "a/../b.txt"),
        bare(record("others", "a.txt")),
        bare({**record("cameras", "x"), "s3": {"bucket": {"name": "cameras"}, "object": {"key": "a%00b%ED%A0%80"}}}),
    )
    outcome = yard.intake().step()
    yard.ledger.bury("shop", unreadable, None, "for this test", yard.api.service.pipeline.now())

    data = ["--data", str(yard.api.service.settings.data)]
    assert outcome == {"dead": 6}
    assert (yard.depth(), yard.item_uris()) == (0, {})
    assert cli.run(["intake", "dead", *data]) == 1
    said = capsys.readouterr().out
    for reason in (
        "s3://cameras/torn.jpg",
        "damaged",
        "the file is empty",
        "read from s3://cameras/ only",
        "not the name",
        "parts[0]: no policy in force",
    ):
        assert reason in said
    assert cli.run(["intake", "dead", "--json", *data]) == 1
    letters = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(letters) == 7
    assert "7 messages could not become items" in figure_of_doctor(data, capsys)
    assert "moderation_dead_letters 7.0" in yard.api.client.get("/metrics").text

    put(yard, "torn.jpg", PICTURE)
    [torn] = [each["id"] for each in letters if each["uri"] == "s3://cameras/torn.jpg"]
    assert yard.intake().try_again(yard.ledger.dead([torn])[0])["taken"] == 1
    assert yard.item_uris() == {"s3://cameras/torn.jpg": 1}
    assert cli.run(["intake", "retry", "nonsense", "--drop", *data]) == 2
    assert cli.run(["intake", "retry", "--all", "--drop", *data]) == 0
    assert yard.ledger.dead_count() == 0


def figure_of_doctor(data: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.run(["doctor", *data]) == 1
    return capsys.readouterr().out


def test_nothing_is_received_while_too_many_items_wait(aws: Aws, open_api: Open) -> None:
    yard = make_yard(aws, open_api, max_backlog=20)
    for number in range(30):
        etag = put(yard, f"{number}.txt", f"Text {number}".encode())
        yard.send(bare(record("cameras", f"{number}.txt", etag=etag)))

    first, second = yard.intake().step(), yard.intake()
    second._service._backlog.forget()  # the count is a second old at most

    assert first == {"taken": 10}
    assert second.step() is None
    assert (sum(yard.item_uris().values()), yard.depth()) == (10, 20)


class Watched:
    """A client of SQS that says when messages are held longer."""

    def __init__(self, client: Any) -> None:
        self._client, self.extended = client, threading.Event()

    def __getattr__(self, name: str) -> Any:
        if name == "change_message_visibility_batch":
            self.entries: list[Any] = []
            return self._extend
        return getattr(self._client, name)

    def _extend(self, **arguments: Any) -> Any:
        answer = self._client.change_message_visibility_batch(**arguments)
        self.entries = arguments["Entries"]
        self.extended.set()
        return answer


def test_messages_are_hidden_from_others_as_long_as_they_are_worked_on(yard: Yard) -> None:
    etag = put(yard, "a.txt", b"A text")
    yard.send(bare(record("cameras", "a.txt", etag=etag)))
    client = Watched(yard.aws.client("sqs"))
    read = yard.api.service.in_place.take

    def slow(*arguments: Any) -> Any:
        assert client.extended.wait(PATIENCE_SECONDS)
        return read(*arguments)

    yard.api.service.in_place.take = slow  # type: ignore[method-assign]
    outcome = yard.intake(client, visibility_seconds=1).step()

    assert outcome == {"taken": 1}
    assert [entry["VisibilityTimeout"] for entry in client.entries] == [1]


def test_the_command_takes_what_is_there_and_says_what_came_of_it(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    etag = put(yard, "a.txt", b"A text")
    yard.send(bare(record("cameras", "a.txt", etag=etag)), "hello")
    yard.api.close()
    monkeypatch.setenv("MODERATION_MEDIA_IN_PLACE", "shop=s3://cameras/")
    data = ["--data", str(yard.api.service.settings.data)]
    command = ["intake", "sqs", "--queue", yard.url, "--app", "shop", *data]

    assert cli.run([*command, "--once", "--threads", "1"]) == 1
    assert "1 became items, 1 kept as dead letters" in capsys.readouterr().out
    assert cli.run([*command[:-4], "--app", "no spaces", *data]) == 2
    assert cli.run([*command, "--callback-url", "file:///etc/passwd"]) == 2
    assert cli.run(["intake", "sqs", "--queue", yard.url + "x", "--app", "shop", *data]) == 2
    assert "NonExistentQueue" in capsys.readouterr().err
