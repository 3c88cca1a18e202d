"""A small double of AWS over HTTP, for tests: strict about what it takes, and able to fail on demand.

Point boto3 at it with ``AWS_ENDPOINT_URL``. Every request is read by botocore's service model, checked against the
input shape (patterns, enums and bounds included) and the documented limits, and answered with what the test set, after
a check against the output shape. S3 objects and SQS messages are kept in memory, as far as the detectors use them.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
from botocore.model import OperationModel, ServiceModel

from tests.aws_double import limits
from tests.aws_double.shapes import faults, read_json, read_rest

JSON_SERVICES = ("rekognition", "comprehend", "comprehendmedical", "transcribe", "sqs", "sagemaker", "service-quotas")
REST_SERVICES = ("sagemaker-runtime", "bedrock-runtime")

Answer = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Call:
    """One request that kept shape and limits.

    Attributes:
        at: seconds of the monotonic clock.
        region: as it was signed for.
    """

    name: str
    given: dict[str, Any]
    at: float
    region: str


@dataclass
class Fault:
    """What goes wrong instead of an answer.

    Attributes:
        code: AWS's error code; empty for another fault.
        slow_seconds: before the answer.
        truncated: the answer breaks off in the middle.
    """

    code: str = ""
    status: int = 400
    slow_seconds: float = 0.0
    truncated: bool = False


class AwsError(Exception):
    """Raised by an answer function to answer with an error."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        self.code, self.message, self.status = code, message, status
        super().__init__(code)


@dataclass
class AwsDouble:
    """The double; a context manager that serves while it is open.

    Attributes:
        calls: every request that was answered or throttled, in order.
        refused: requests that broke a shape or a limit, with what was wrong; a test that expects none looks here.
        throttled: how many calls were answered with a throttle because of `quota`.
        objects: S3: (bucket, key) to bytes.
        messages: SQS: bodies of messages that wait.
        buckets: S3: bucket to its CORS configuration as XML; empty for none.
        identity: STS: who the caller is; None for wrong credentials.
    """

    calls: list[Call] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    throttled: int = 0
    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    buckets: dict[str, str] = field(default_factory=dict)
    identity: str | None = "arn:aws:iam::111122223333:user/moderation"

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()
        session = botocore.session.get_session()
        self._models: dict[str, ServiceModel] = {
            name: session.get_service_model(name) for name in (*JSON_SERVICES, *REST_SERVICES)
        }
        double = self

        class Handler(_Handler):
            owner = double

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> AwsDouble:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def reset(self) -> None:
        """Forget everything, for the next test."""
        for each in (self.calls, self.refused, self.objects, self.messages, self.buckets):
            each.clear()
        self.identity = "arn:aws:iam::111122223333:user/moderation"
        self.throttled = 0
        self._answers: dict[str, Answer] = {}
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._quotas: dict[str, int] = {}

    def answer(self, name: str, answer: Answer) -> None:
        """What ``service.Operation`` answers from now on: a value, or a function of the parameters."""
        self._answers[name] = answer

    def fail(self, name: str, fault: Fault, times: int = 1) -> None:
        """Let the next calls of ``service.Operation`` go wrong."""
        self._faults[name].extend([fault] * times)

    def limit(self, name: str, per_second: int) -> None:
        """Throttle ``service.Operation`` when more calls than this came within the last second."""
        self._quotas[name] = per_second

    def count(self, name: str) -> int:
        """How many good requests of ``service.Operation`` came."""
        return sum(call.name == name for call in self.calls)

    def last(self, name: str) -> dict[str, Any]:
        """The parameters of the last one."""
        return next(call.given for call in reversed(self.calls) if call.name == name)

    def handle(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes, Fault]:
        """The status and body of an answer, and a fault that the connection shows."""
        region = (re.search(r"Credential=[^/]+/\d+/([^/]+)/", headers.get("Authorization", "")) or [None, ""])[1]
        service, operation, given = self._read(path, headers, body)
        name = f"{service}.{operation.name}"
        with self._lock:
            fault = self._faults[name].popleft() if self._faults[name] else Fault()
        try:
            if fault.code:
                raise AwsError(fault.code, "a fault on demand", fault.status)
            wrong = faults(given, operation.input_shape, operation.name)
            if wrong:
                raise self._refuse("ValidationException", f"{name} {'; '.join(wrong)}")
            beyond = limits.check(name, given, self.objects)
            if beyond is not None:
                raise self._refuse(beyond[0], f"{name} {beyond[0]}: {beyond[1]}")
            self._take(name, given, region)
            return 200, self._encoded(name, operation, self._answered(name, given)), fault
        except AwsError as error:
            content = {"__type": error.code, "message": error.message}
            return error.status, json.dumps(content).encode(), fault

    def _read(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[str, OperationModel, dict[str, Any]]:
        target = headers.get("X-Amz-Target", "")
        for service in JSON_SERVICES:
            model = self._models[service]
            prefix, _, operation = target.rpartition(".")
            if target and prefix == model.metadata["targetPrefix"]:
                shape = model.operation_model(operation)
                return service, shape, read_json(body, shape.input_shape)
        for service in REST_SERVICES:
            model = self._models[service]
            for operation in model.operation_names:
                given = read_rest(model.operation_model(operation), path, headers, body)
                if given is not None:
                    return service, model.operation_model(operation), given
        raise AssertionError(f"no service of the double answers {path} {target}")

    def _refuse(self, code: str, message: str) -> AwsError:
        self.refused.append(message)
        return AwsError(code, message)

    def _take(self, name: str, given: dict[str, Any], region: str) -> None:
        now = time.monotonic()
        with self._lock:
            recent = sum(call.name == name and now - call.at < 1.0 for call in self.calls)
            self.calls.append(Call(name, given, now, region))
            if name in self._quotas and recent >= self._quotas[name]:
                self.calls.pop()
                self.throttled += 1
                raise AwsError("ProvisionedThroughputExceededException", "over quota")

    def _answered(self, name: str, given: dict[str, Any]) -> Mapping[str, Any]:
        if name.startswith("sqs."):
            return self._queue(name, given)
        answer = self._answers.get(name)
        if answer is None:
            raise AwsError("AccessDeniedException", f"the test set no answer for {name}")
        return answer(given) if callable(answer) else answer

    def _queue(self, name: str, given: dict[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            if name == "sqs.ReceiveMessage":
                waiting = list(self.messages.items())[: given.get("MaxNumberOfMessages", 1)]
                return {"Messages": [{"MessageId": i, "ReceiptHandle": i, "Body": body} for i, body in waiting]}
            if name == "sqs.DeleteMessage":
                self.messages.pop(given["ReceiptHandle"], None)
            return {}

    def _encoded(self, name: str, operation: OperationModel, answer: Mapping[str, Any]) -> bytes:
        if name == "sagemaker-runtime.InvokeEndpoint":
            payload: bytes = answer["Body"]
            return payload
        wrong = faults(answer, operation.output_shape, operation.name) if operation.output_shape else []
        assert not wrong, f"the test's answer to {name} is none that AWS gives: {wrong}"
        return json.dumps(answer, default=_timestamp).encode()


def _timestamp(value: Any) -> float:
    assert isinstance(value, datetime), f"{value!r} cannot be answered"
    return value.timestamp()


class _Handler(BaseHTTPRequestHandler):
    owner: AwsDouble
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if body.startswith(b"Action=GetCallerIdentity"):
            self._identity()
            return
        try:
            status, content, fault = self.owner.handle(self.path, self.headers, body)
        except AssertionError as error:
            self.owner.refused.append(str(error))
            status, content, fault = 400, json.dumps({"__type": "TestError", "message": str(error)}).encode(), Fault()
        time.sleep(fault.slow_seconds)
        if fault.truncated:
            self._send(200, content[: len(content) // 2], promised=len(content))
            self.close_connection = True
        else:
            self._send(status, content)

    def _identity(self) -> None:
        """STS speaks another protocol, and has one operation here."""
        if self.owner.identity is None:
            error = (
                b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>"
            )
            self._send(403, error)
        else:
            result = f"<GetCallerIdentityResult><Arn>{self.owner.identity}</Arn></GetCallerIdentityResult>"
            self._send(200, f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>".encode())

    def do_PUT(self) -> None:
        """An S3 object is put; a chunked body (``aws-chunked``) is taken apart."""
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            body = _unchunked(body)
        self.owner.objects[self._place()] = body
        self._send(200, b"")

    def do_GET(self) -> None:
        self._object()

    def do_HEAD(self) -> None:
        self._object()

    def do_DELETE(self) -> None:
        self.owner.objects.pop(self._place(), None)
        self._send(204, b"")

    def _object(self) -> None:
        bucket, key = self._place()
        if not key:
            self._bucket(bucket)
            return
        data = self.owner.objects.get(self._place())
        if data is None:
            self._send(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
        else:
            self._send(200, data)

    def _bucket(self, bucket: str) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            prefix = query.get("prefix", [""])[0]
            keys = [key for held, key in sorted(self.owner.objects) if held == bucket and key.startswith(prefix)]
            contents = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys)
            self._send(200, f"<ListBucketResult>{contents}</ListBucketResult>".encode())
            return
        cors = self.owner.buckets.get(bucket)
        if cors is None:
            self._send(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        elif "cors" in self.path and not cors:
            self._send(404, b"<Error><Code>NoSuchCORSConfiguration</Code></Error>")
        else:
            self._send(200, cors.encode() or b"<ListBucketResult/>")

    def _place(self) -> tuple[str, str]:
        bucket, _, key = self.path.partition("?")[0].lstrip("/").partition("/")
        return bucket, key

    def _send(self, status: int, content: bytes, promised: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content) if promised is None else promised))
        self.end_headers()
        if self.command != "HEAD":
            try:
                self.wfile.write(content)
            except (TimeoutError, ConnectionError):
                self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


def _unchunked(body: bytes) -> bytes:
    """The content of an ``aws-chunked`` body: each chunk's length in hex, the chunk, and a trailer at the end."""
    content = b""
    while body:
        head, _, body = body.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if size == 0:
            break
        content, body = content + body[:size], body[size + 2 :]
    return content
