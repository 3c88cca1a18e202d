"""Calls under quotas and faults: nothing is lost, little is throttled, and a refusal says what to do."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moderation_aws import clients
from moderation_aws.calls import Account, Caller, CallRefused
from moderation_aws.pacing import Pace, slow_down, take_turn
from moderation_aws.shared import RedisStore, SqliteStore, Store, StoreFailed

from moderation.hookspecs import Unavailable
from tests.aws_double import AwsDouble, Fault

ME = Caller("shop", "comprehend.pii")
NAME = "comprehend.DetectPiiEntities"


def detect(account: Account, text: str = "hello") -> Any:
    return account.call(ME, "comprehend", "DetectPiiEntities", 3, Text=text, LanguageCode="en")


@pytest.fixture
def quiet(aws: AwsDouble, monkeypatch: pytest.MonkeyPatch) -> AwsDouble:
    """Pauses between attempts pass at once."""
    aws.answer(NAME, {"Entities": []})
    monkeypatch.setattr("moderation_aws.calls.FIRST_PAUSE_SECONDS", 0.001)
    return aws


@pytest.mark.parametrize(
    "fault",
    [
        Fault("ThrottlingException"),
        Fault("ThrottlingException", status=500),
        Fault("ProvisionedThroughputExceededException"),
        Fault("InternalServerException", status=500),
        Fault("Whatever", status=503),
        Fault(truncated=True),
    ],
)
def test_what_passes_is_tried_again(quiet: AwsDouble, account: Account, fault: Fault) -> None:
    quiet.fail(NAME, fault, times=3)

    assert detect(account)["Entities"] == []
    assert account.store.usage("2000-01-01")[0].calls == 1, "only what was answered is billed"


def test_an_outage_becomes_a_refusal_after_bounded_attempts(quiet: AwsDouble, account: Account) -> None:
    quiet.fail(NAME, Fault("InternalServerException", status=500), times=50)

    with pytest.raises(Unavailable, match="comprehend DetectPiiEntities in us-east-1: InternalServerException"):
        detect(account)
    assert quiet.count(NAME) == 0
    assert len(quiet._faults[NAME]) == 42, "eight attempts"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDeniedException", "allow the action"),
        ("UnrecognizedClientException", "credentials are wrong"),
        ("ExpiredTokenException", "have run out"),
        ("SubscriptionRequiredException", "not signed up"),
        ("InvalidRequestException", "InvalidRequestException"),
    ],
)
def test_a_refusal_is_not_repeated_and_says_what_to_do(
    quiet: AwsDouble, account: Account, code: str, said: str
) -> None:
    quiet.fail(NAME, Fault(code))

    with pytest.raises(CallRefused, match=said):
        detect(account)
    assert quiet.count(NAME) == 0


def test_a_refusal_does_not_quote_the_content(quiet: AwsDouble, account: Account) -> None:
    def answer(given: dict[str, Any]) -> dict[str, Any]:
        from tests.aws_double import AwsError

        raise AwsError("InvalidRequestException", f"Value '{given['Text']}' at 'text' failed")

    quiet.answer(NAME, answer)
    with pytest.raises(CallRefused) as caught:
        detect(account, "my secret")

    assert "secret" not in str(caught.value)


def test_without_credentials_the_refusal_says_where_they_come_from(
    quiet: AwsDouble, account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    clients.forget()
    try:
        with pytest.raises(CallRefused, match="no AWS credentials were found"):
            detect(account)
    finally:
        clients.forget()


def test_nothing_answers(quiet: AwsDouble, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    clients.forget()
    try:
        with pytest.raises(CallRefused, match="the Region does not offer the service"):
            detect(account)
    finally:
        clients.forget()


def test_a_fault_of_ours_is_raised_as_it_is(quiet: AwsDouble, account: Account) -> None:
    from botocore.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        account.call(ME, "comprehend", "DetectPiiEntities", 3, Text=5)


def test_a_process_has_one_client_for_a_service_and_region(aws: AwsDouble) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: clients.client("comprehend", "us-east-1"), range(16)))

    assert len({id(each) for each in made}) == 1
    assert clients.client("comprehend", "eu-west-1") is not made[0]
    config = made[0].meta.config
    assert (config.connect_timeout, config.read_timeout) == (5.0, 20.0)
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}


@pytest.fixture(params=["sqlite", pytest.param("redis", marks=pytest.mark.redis)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "redis":
        return RedisStore(request.getfixturevalue("redis_url"))
    return SqliteStore(tmp_path / "aws.db")


def test_four_workers_keep_to_a_quota_together(aws: AwsDouble, store: Store) -> None:
    """Four workers share one pace, and hardly any call is throttled."""
    aws.answer(NAME, {"Entities": []})
    aws.limit(NAME, 25)
    account = Account("us-east-1", store, rates={NAME: 20.0})

    def work(_: int) -> int:
        return sum(detect(account)["Entities"] == [] for _ in range(10))

    with ThreadPoolExecutor(4) as workers:
        done = sum(workers.map(work, range(4)))

    assert done == 40, "none is lost"
    assert aws.throttled <= 2, "at most 5 % of the calls"


def test_calls_that_are_throttled_slow_everybody_down(store: Store) -> None:
    store.slow_down("op")
    before = [store.take_turn("op", 10.0, 60.0) for _ in range(3)]
    fresh = [store.take_turn("other", 10.0, 60.0) for _ in range(3)]

    assert before[2] is not None
    assert fresh[2] is not None
    assert before[2] > fresh[2]


def test_a_throttled_call_lowers_the_pace_of_its_operation(quiet: AwsDouble, account: Account, store: Store) -> None:
    quiet.fail(NAME, Fault("ThrottlingException"))
    detect(dataclasses.replace(account, store=store, rates={NAME: 1000.0}))
    waits = [store.take_turn(NAME, 1.0, 60.0) for _ in range(2)]

    assert waits[1] is not None
    assert waits[0] is not None
    assert waits[1] - waits[0] > 1.2, "at the full pace it is 1.11 s"


def test_a_turn_that_comes_too_late_is_not_taken(aws: AwsDouble, store: Store) -> None:
    aws.answer(NAME, {"Entities": []})
    account = Account("us-east-1", store, rates={NAME: 0.5}, patience_seconds=0.5)
    detect(account)

    with pytest.raises(CallRefused, match=r"no turn within 0.5 s under the quota of 0.5 calls a second"):
        detect(account)


def test_usage_adds_up_over_workers(store: Store) -> None:
    def use(number: int) -> None:
        store.used("shop", "rekognition.ppe", f"rekognition.{'AB'[number % 2]}", 1.5)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(use, range(20)))
    first, second = store.usage("2000-01-01")

    assert (first.operation, first.calls, first.units) == ("rekognition.A", 10, 15.0)
    assert (second.app, second.detector, second.calls) == ("shop", "rekognition.ppe", 10)
    assert store.usage("2999-01-01") == []


def test_calls_go_on_when_the_shared_state_cannot_be_reached(aws: AwsDouble, caplog: pytest.LogCaptureFixture) -> None:
    aws.answer(NAME, {"Entities": []})
    store = RedisStore("redis://127.0.0.1:9/0")
    account = Account("us-east-1", store, rates={NAME: 5.0})

    assert detect(account)["Entities"] == []
    assert "unpaced" in caplog.text
    assert "not on the meter" in caplog.text
    with pytest.raises(StoreFailed):
        store.usage("2000-01-01")


def test_a_slow_answer_is_given_up(quiet: AwsDouble, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "READ_SECONDS", 0.1)
    clients.forget()
    try:
        quiet.fail(NAME, Fault(slow_seconds=0.5), times=50)
        with pytest.raises(CallRefused, match="ReadTimeoutError"):
            detect(dataclasses.replace(account, patience_seconds=0.3))
    finally:
        clients.forget()
        threading.Event().wait(0.5)  # the double's answers end before the next test


@given(st.lists(st.floats(0, 3), max_size=40), st.floats(0.5, 100))
def test_turns_are_never_closer_than_the_quota_allows(pauses: list[float], rate: float) -> None:
    pace, now, last = Pace(), 1000.0, None
    for pause in pauses:
        now += pause
        pace, wait = take_turn(pace, rate, now, 1000.0)
        assert wait is not None
        leaves = now + wait
        assert last is None or leaves - last >= 1 / rate - 1e-6
        last = leaves


def test_a_pace_comes_back_and_has_a_floor() -> None:
    pace = Pace()
    for second in range(100):
        pace = slow_down(pace, 1000.0 + 2 * second)

    assert pace.share_now(1200.0) >= 0.05
    assert pace.share_now(1600.0) == 1.0


def test_a_clock_that_is_set_back_stops_nobody() -> None:
    pace, _ = take_turn(Pace(), 5.0, 1e9, 45.0)

    assert take_turn(pace, 5.0, 1e9 - 86_400, 45.0)[1] == 0.0
