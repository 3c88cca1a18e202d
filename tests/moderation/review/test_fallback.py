"""When Amazon's A2I refuses: loops at the real endpoint of our own, beside a local double of an Amazon that refuses."""

from __future__ import annotations

import json
import logging
import threading
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from moderation.cli import run
from moderation.core.errors import HumanLoopRefused, HumanLoopsUnavailable, SettingsError
from moderation.core.items import Part
from moderation.core.policy.policies import Queue
from moderation.pipeline.intake import Submission
from moderation.review import fallback
from moderation.review.client import HumanLoops, OwnEndpoint
from moderation.review.fallback import HumanLoopsWithFallback, account_of, open_human_loops
from moderation.serving.server import Server
from moderation.settings import Settings, load_settings
from moderation.storage.records import ItemRecord, LoopRecord
from review_ui.a2i.outputs import sweep
from review_ui.a2i.service import ACCOUNT
from review_ui.desk.answers import submit_answer
from review_ui.desk.tasks import next_task
from review_ui.people.people import People
from tests.houses.endpoint import Endpoint
from tests.houses.service import NUMBER, REVIEWS
from tests.waiting import PATIENCE_SECONDS, wait_for

AMAZON = "111122223333"
TEAM = f"arn:aws:sagemaker:us-east-1:{AMAZON}:workteam/private-crowd/people"
REJECT = {"decision": {"approve": False, "reject": True}, "labels": {}, "note": ""}
CLOSED = "This account is not an existing Amazon A2I customer"


class Amazon:
    """An HTTP server that answers as A2I does, or refuses as it does an account that is no customer.

    Attributes:
        refuses: what it refuses: ``start``, ``the next start``, ``provision``.
        tries: names of loops that it was asked to start.
        loops: those that it has.
        flows: flow definitions that it has.
    """

    def __init__(self) -> None:
        self.forget()
        amazon = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(*amazon.describe(self.path.rpartition("/")[2]))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                target = self.headers.get("X-Amz-Target")
                self.answer(*(amazon.control(target.partition(".")[2], body) if target else amazon.start(body)))

            def answer(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                if "__type" in body:
                    self.send_header("x-amzn-errortype", body["__type"])
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def forget(self) -> None:
        self.refuses: set[str] = set()
        self.tries: list[str] = []
        self.loops: dict[str, str] = {}
        self.flows: set[str] = set()

    @property
    def environment(self) -> dict[str, str]:
        keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
        return keys | {"AWS_ENDPOINT_URL_SAGEMAKER_A2I_RUNTIME": self.url, "AWS_ENDPOINT_URL_SAGEMAKER": self.url}

    def arn(self, kind: str, name: str) -> str:
        return f"arn:aws:sagemaker:us-east-1:{AMAZON}:{kind}/{name}"

    def start(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name = body["HumanLoopName"]
        self.tries.append(name)
        if self.refuses & {"start", "the next start"}:
            self.refuses -= {"the next start"}
            return 400, {"__type": "ValidationException", "Message": CLOSED}
        self.loops[name] = body["HumanLoopInput"]["InputContent"]
        return 200, {"HumanLoopArn": self.arn("human-loop", name)}

    def describe(self, name: str) -> tuple[int, dict[str, Any]]:
        if name not in self.loops:
            return 404, {"__type": "ResourceNotFoundException", "Message": f"no {name}"}
        return 200, {
            "HumanLoopName": name, "HumanLoopArn": self.arn("human-loop", name), "HumanLoopStatus": "InProgress",
            "CreationTime": "2026-11-20T10:11:12.345Z", "FlowDefinitionArn": self.arn("flow-definition", "f"),
        }  # fmt: skip

    def control(self, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if "provision" in self.refuses:
            return 400, {"__type": "AccessDeniedException", "Message": CLOSED}
        if operation == "CreateFlowDefinition":
            self.flows.add(body["FlowDefinitionName"])
        if operation.endswith("HumanTaskUi"):
            return 200, {"HumanTaskUiArn": self.arn("human-task-ui", body["HumanTaskUiName"])}
        if body["FlowDefinitionName"] not in self.flows:
            return 400, {"__type": "ResourceNotFound", "Message": "no such flow"}
        return 200, {"FlowDefinitionArn": self.arn("flow-definition", body["FlowDefinitionName"])}


@pytest.fixture(scope="module")
def running_amazon() -> Iterator[Amazon]:
    opened = Amazon()
    yield opened
    opened.http.shutdown()
    opened.http.server_close()


@pytest.fixture
def amazon(running_amazon: Amazon, monkeypatch: pytest.MonkeyPatch) -> Amazon:
    """An Amazon that refuses nothing and has nothing, and the environment in which clients find it."""
    for name, value in running_amazon.environment.items():
        monkeypatch.setenv(name, value)
    running_amazon.forget()
    return running_amazon


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """Our endpoint, shared by tests that use flows and loops of their own."""
    opened = Endpoint(tmp_path_factory.mktemp("own"))
    yield opened
    opened.close()


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


Connections = dict[str, Any]


class Both:
    """Both endpoints, with a flow of one name, and the client that chooses.

    Args:
        connections: boto3's clients of each endpoint, shared because SageMaker's model takes long to read.
    """

    def __init__(
        self, amazon: Amazon, endpoint: Endpoint, folder: Path, connections: tuple[Connections, Connections]
    ) -> None:
        self.settings = load_settings(
            data=folder, a2i_endpoint_url="aws", a2i_fallback="own", a2i_workteam_arn=TEAM, media_bucket="bucket"
        )
        self.amazon, self.endpoint, self.clock, self.connections = amazon, endpoint, Clock(), connections
        self.noted: dict[str, str] = {}
        self.flow = uuid.uuid4().hex
        self.queue = Queue(name="people", a2i_flow=self.flow)
        self.loops = self.client()

    def client(self, *, is_on: bool = True, has_own: bool = True) -> HumanLoopsWithFallback:
        blobs, key = self.endpoint.review.blobs, self.endpoint.key
        endpoint = OwnEndpoint(self.endpoint.url, (key.id, key.secret))
        self.at_amazon = HumanLoops(self.settings, endpoint, blobs)
        own = HumanLoops(self.settings, endpoint, blobs, is_own=True)
        self.at_amazon._clients, own._clients = self.connections
        return HumanLoopsWithFallback(
            self.at_amazon, own if has_own else None, is_on=is_on, note=self.noted.__setitem__, clock=self.clock
        )


@pytest.fixture(scope="module")
def connections(
    running_amazon: Amazon, endpoint: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Connections, Connections]:
    made: tuple[Connections, Connections] = ({}, {})
    with pytest.MonkeyPatch.context() as patch:
        for name, value in running_amazon.environment.items():
            patch.setenv(name, value)
        first = Both(running_amazon, endpoint, tmp_path_factory.mktemp("first"), made)
        first.loops.provision([first.queue])
        first.loops.start("first", first.flow, {})
    return made


@pytest.fixture
def bare(amazon: Amazon, endpoint: Endpoint, tmp_path: Path, connections: tuple[Connections, Connections]) -> Both:
    """Nothing is provisioned yet."""
    return Both(amazon, endpoint, tmp_path, connections)


@pytest.fixture
def both(bare: Both) -> Both:
    bare.loops.provision([bare.queue])
    return bare


def test_our_endpoints_account_is_the_one_that_is_looked_for(endpoint: Endpoint) -> None:
    assert fallback.OWN_ACCOUNT == ACCOUNT == account_of(endpoint.review.arn("human-loop", "x"))


@pytest.mark.parametrize("arn", [None, "", "arn:x", "arn:aws:sagemaker:us-east-1:111122223333:human-loop/000000000000"])
def test_other_accounts_are_not_ours(arn: str | None) -> None:
    assert account_of(arn) != fallback.OWN_ACCOUNT


def test_both_endpoints_have_what_queues_need_before_anything_is_refused(both: Both) -> None:
    again = both.client().provision([both.queue])

    assert both.amazon.flows == {both.flow}
    assert again == [], "nothing is missing at either"


def test_what_amazon_accepts_is_at_amazon(both: Both) -> None:
    arn = both.loops.start("one-2", both.flow, {"a": 1})

    assert account_of(arn) == AMAZON
    assert both.amazon.loops == {"one-2": '{"a":1}'}
    assert both.loops.at(arn).describe("one-2").status == "InProgress"
    assert both.loops.at(fallback_arn("one-2")).find("one-2") is None
    assert both.noted == {}


def fallback_arn(name: str) -> str:
    return f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:human-loop/{name}"


def test_what_amazon_refuses_is_at_the_own_endpoint_and_is_described_stopped_and_read_there(both: Both) -> None:
    both.amazon.refuses = {"start"}

    arn = both.loops.start("one-3", both.flow, {"a": 1})

    assert arn == fallback_arn("one-3")
    assert CLOSED in both.noted["one-3"]
    at = both.loops.at(arn)
    task = next_task(both.endpoint.review, both.endpoint.users[0], both.flow)
    assert task is not None
    submit_answer(both.endpoint.review, task.id, both.endpoint.users[0], REJECT, 1)
    sweep(both.endpoint.review)
    state = at.describe("one-3")
    assert state.status == "Completed"
    assert state.output_uri is not None
    assert [answer.outcome for answer in at.answers("one-3", state.output_uri)] == ["reject"]
    both.clock.now += 1000
    both.loops.at(both.loops.start("two-3", both.flow, {})).stop("two-3")
    assert at.describe("two-3").status == "Stopped"


def test_amazon_is_tried_again_after_pauses_that_grow_and_gets_new_loops_when_it_accepts(
    both: Both, caplog: pytest.LogCaptureFixture
) -> None:
    both.amazon.refuses = {"start"}
    for second in range(64):
        both.clock.now = float(second)
        both.loops.start(f"loop-4-{second}", both.flow, {})
    tries = [int(name.rpartition("-")[2]) for name in both.amazon.tries]
    assert tries == [0, 1, 3, 7, 15, 31, 63]
    assert CLOSED in both.loops.refusal

    both.amazon.refuses = set()
    both.clock.now += fallback.LONGEST_REST_SECONDS
    arn = both.loops.start("later-4", both.flow, {})

    assert (account_of(arn), both.loops.refusal) == (AMAZON, "")
    both.amazon.refuses = {"start"}
    both.loops.start("and-again-4", both.flow, {})
    both.clock.now += fallback.SHORTEST_REST_SECONDS
    both.loops.start("soon-4", both.flow, {})
    assert both.amazon.tries[-3:] == ["later-4", "and-again-4", "soon-4"], "the pause is short again"
    assert [r.getMessage().partition(";")[0] for r in caplog.records if r.name == "moderation.review.fallback"] == [
        "Amazon A2I refuses",
        "Amazon A2I accepts again",
        "Amazon A2I refuses",
    ]


def test_pauses_do_not_grow_for_ever(both: Both) -> None:
    both.amazon.refuses = {"start"}
    for number in range(30):
        both.clock.now += fallback.LONGEST_REST_SECONDS
        both.loops.start(f"loop-5-{number}", both.flow, {})

    assert len(both.amazon.tries) == 30


def test_what_amazon_refused_to_make_is_made_when_it_accepts_again(bare: Both) -> None:
    both, amazon = bare, bare.amazon
    amazon.refuses = {"provision", "start"}
    made = both.loops.provision([both.queue])
    assert any(line.startswith(f"flow definition {both.flow}") for line in made)
    assert all(line.endswith("(at the own endpoint)") for line in made)
    assert both.loops.start("one-6", both.flow, {}) == fallback_arn("one-6")
    assert amazon.flows == set()

    amazon.refuses = set()
    both.clock.now += 1000

    assert account_of(both.loops.start("two-6", both.flow, {})) == AMAZON
    assert amazon.flows == {both.flow}


def test_a_loop_whose_start_was_not_lived_to_see_is_not_started_at_amazon_too(both: Both) -> None:
    both.amazon.refuses = {"start"}
    first = both.loops.start("one-7", both.flow, {"a": 1})
    both.amazon.refuses = set()

    assert both.client().start("one-7", both.flow, {"a": 1}) == first
    assert both.amazon.loops == {}


def test_a_loop_that_is_started_by_many_at_once_comes_to_be_at_one_place(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fallback, "SHORTEST_REST_SECONDS", 0.0)
    both.amazon.refuses = {"the next start"}
    with ThreadPoolExecutor(8) as threads:
        arns = set(threads.map(lambda _: both.loops.start("raced", both.flow, {}), range(8)))

    assert arns == {fallback_arn("raced")}
    assert both.amazon.loops == {}


def test_a_flow_that_amazon_lost_is_no_reason_to_wait(both: Both) -> None:
    both.loops.start("one-8", both.flow, {})
    both.amazon.flows.clear()

    assert account_of(both.client().start("two-8", both.flow, {})) == ACCOUNT


def test_an_amazon_that_is_busy_is_waited_for(both: Both) -> None:
    stub = Stubber(both.at_amazon._client("sagemaker-a2i-runtime"))
    for _ in range(4):
        stub.add_client_error("start_human_loop", "ThrottlingException", http_status_code=429)
    with stub, pytest.raises(HumanLoopsUnavailable):
        both.loops.start("one-9", both.flow, {})

    assert both.loops.at(fallback_arn("one-9")).find("one-9") is None
    assert both.loops.refusal == ""


def test_without_the_setting_a_refusal_is_one_and_loops_at_the_own_endpoint_are_still_followed(both: Both) -> None:
    both.amazon.refuses = {"start"}
    arn = both.loops.start("one-10", both.flow, {})
    off = both.client(is_on=False)

    with pytest.raises(HumanLoopRefused, match=CLOSED):
        off.start("two-10", both.flow, {})
    assert off.at(arn).describe("one-10").status == "InProgress"
    both.amazon.refuses = {"provision"}
    with pytest.raises(HumanLoopRefused):
        off.provision([both.queue])


def test_a_process_without_a_key_leaves_refused_loops_to_the_one_that_has_it(both: Both) -> None:
    both.amazon.refuses = {"start"}
    worker = both.client(has_own=False)

    with pytest.raises(HumanLoopsUnavailable, match="serving process"):
        worker.start("one-11", both.flow, {})
    both.amazon.refuses = set()
    both.clock.now += 1000
    assert account_of(worker.start("two-11", both.flow, {})) == AMAZON


def test_only_amazon_has_a_fallback(endpoint: Endpoint, tmp_path: Path) -> None:
    for url in (None, "http://127.0.0.1:9"):
        with pytest.raises(SettingsError, match=r"a2i_fallback .*A2I_ENDPOINT_URL is aws"):
            load_settings(data=tmp_path, a2i_endpoint_url=url, a2i_fallback="own")
    with pytest.raises(SettingsError, match="'own'"):
        load_settings(data=tmp_path, a2i_endpoint_url="aws", a2i_fallback="other")
    plain = load_settings(data=tmp_path, a2i_endpoint_url="http://127.0.0.1:9")
    assert isinstance(open_human_loops(plain, OwnEndpoint(""), endpoint.review.blobs, lambda *_: None), HumanLoops)


# The whole service


@pytest.fixture
def server(amazon: Amazon, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(fallback, "SHORTEST_REST_SECONDS", 0.0)
    amazon.refuses = {"start", "provision"}
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "words.yml").write_text(REVIEWS)
    chosen = {"a2i_endpoint_url": "aws", "a2i_fallback": "own", "a2i_workteam_arn": TEAM, "rules": tmp_path / "rules"}
    with Server(settings.model_copy(update=chosen)) as opened:
        opened.start()
        yield opened


def post(server: Server, text: str) -> tuple[str, Callable[[], ItemRecord]]:
    """An item's id, and how to look at it."""
    pipeline = server.service.pipeline
    item = pipeline.prepare(Submission("shop", (Part(id="p0", type="text", text=text),)))
    pipeline.intake([item])
    return item.id, lambda: server.service.store.get_item(item.id)


def opened_loop(look: Callable[[], ItemRecord]) -> LoopRecord:
    """The item's loop, once it is open."""
    wait_for(lambda: look().loops and look().loops[0].state == "open")
    return look().loops[0]


def ready(server: Server) -> tuple[int, list[str]]:
    with urllib.request.urlopen(f"{server.url}/readyz", timeout=PATIENCE_SECONDS) as answer:
        return answer.status, json.load(answer)["reasons"]


def doctor(capsys: pytest.CaptureFixture[str], settings: Settings) -> str:
    """What the command says of the data folder."""
    run(["doctor", "--data", str(settings.data)])
    return capsys.readouterr().out


def test_items_are_decided_while_amazon_refuses_and_go_to_amazon_when_it_accepts(
    server: Server, amazon: Amazon, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    _, first = post(server, NUMBER)
    loop = opened_loop(first)

    assert account_of(loop.arn) == ACCOUNT
    assert CLOSED in caplog.text
    status, reasons = ready(server)
    assert status == 200
    assert [CLOSED in reason for reason in reasons] == [True, False]
    assert reasons[1] == "human loops: refused by Amazon A2I and open at this service's own endpoint: 1"
    said = doctor(capsys, server.settings)
    assert "wrong  database" in said
    assert CLOSED in said

    user = People(server.review.database).add("ann", "reviewer", "long enough password").id
    task = next_task(server.review, user)
    assert task is not None
    submit_answer(server.review, task.id, user, REJECT, 1)
    wait_for(lambda: first().status == "decided")
    decision = first().decision
    assert decision is not None
    assert (decision.outcome, decision.decided_by) == ("reject", "people")

    amazon.refuses = set()
    other, second = post(server, "her social security number is 123-45-6780")
    loop = opened_loop(second)

    assert account_of(loop.arn) == AMAZON
    assert list(amazon.loops) == [f"{other}-1"]
    assert amazon.flows == {"people", "quality"}
    assert ready(server) == (200, [])
    assert CLOSED not in doctor(capsys, server.settings)
    assert datetime.now(UTC) > loop.created_at


@pytest.mark.usefixtures("one_policy")
@pytest.mark.usefixtures("one_policy")
def test_doctor_says_what_becomes_of_refused_loops(
    amazon: Amazon, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODERATION_A2I_ENDPOINT_URL", "aws")
    run(["doctor", "--data", str(tmp_path)])
    assert "MODERATION_A2I_FALLBACK=own sends it" in capsys.readouterr().out

    monkeypatch.setenv("MODERATION_A2I_FALLBACK", "own")
    run(["doctor", "--data", str(tmp_path)])
    assert "what it refuses for good goes to this installation's own endpoint" in capsys.readouterr().out
