"""A model endpoint on this machine that says what a test wants: the truth, lies, nothing, or too much."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import Loopback, Silent

Say = Callable[[dict[str, Any]], str]
"""From the request to the model's words."""


def asked_about(request: Mapping[str, Any]) -> list[str]:
    """The labels that the request's schema lets the model answer."""
    schema = request["response_format"]["json_schema"]["schema"]
    labels: list[str] = schema["properties"]["answers"]["items"]["properties"]["label"]["enum"]
    return labels


def answers(request: Mapping[str, Any], **found: tuple[float, str]) -> str:
    """A good answer: for labels that end so, confidence and quote; 0 for the others."""
    said = []
    for label in asked_about(request):
        confidence, quote = found.get(label.rpartition("/")[2], (0, ""))
        said.append({"label": label, "confidence": confidence, "quote": quote, "reason": f"It says {quote}."})
    return json.dumps({"answers": said})


def content_of(request: Mapping[str, Any]) -> str:
    """What stands between the fences of the request, as an honest model reads it."""
    words = request["messages"][1]["content"]
    lines = words.split("\n")
    end = next(number for number, line in enumerate(lines[1:], 1) if line == lines[0])
    return "\n".join(lines[1:end])


class Endpoint(Loopback):
    """Speaks chat completions.

    Attributes:
        say: what the model says.
        raw: answers in place of the model, when it is set.
        requests: what it was asked.
        keys: the keys that came along.
    """

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.say: Say = lambda request: answers(request)
        self.raw: Callable[[_Handler], None] | None = None
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.more: dict[str, Any] = {}
        self.finish_reason = "stop"
        self.closing = threading.Event()

    def stop(self) -> None:
        """Stop answering, and let answers that never end come to their end."""
        self.closing.set()
        super().stop()


class _Handler(Silent, BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        request = json.loads(self.body())
        assert self.path == "/v1/chat/completions"
        self.server.requests.append(request)
        self.server.keys.append(self.headers.get("Authorization"))
        if self.server.raw is not None:
            self.server.raw(self)
            return
        message = {"role": "assistant", "content": self.server.say(request), **self.server.more}
        said = {
            "object": "chat.completion",
            "choices": [{"index": 0, "message": message, "finish_reason": self.server.finish_reason}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 100},
        }
        self.answer(200, {"Content-Type": "application/json"}, json.dumps(said).encode())
