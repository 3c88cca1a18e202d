"""OpenAI's chat completions, as vLLM, llama.cpp, Ollama and many others speak them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import urllib3

from moderation_llm.models import Meter, NotAnswered, Question

MAX_ANSWER_BYTES = 1_000_000
CONNECT_SECONDS = 5.0
REMEDIES: Mapping[int, str] = {
    400: "the endpoint does not take the request; try form: json_object or text, and look into its log",
    401: "the key is missing or wrong; see key_file",
    403: "the key may not use this model",
    404: "no such address or model; the endpoint is what /chat/completions is appended to",
}


@dataclass(frozen=True)
class ChatModel:
    """See `moderation_llm.configuration.LlmConfig` for the attributes."""

    url: str
    model: str
    key_file: Path | None
    form: str
    body: Mapping[str, Any]
    max_tokens: int
    wait_seconds: float
    meter: Meter

    def ask(self, question: Question, deadline: float) -> str:
        """See `moderation_llm.models.Model.ask`."""
        request = {**self.body, **self._request(question)}
        data = json.dumps(request).encode()
        said = _parsed(self._post(data, min(deadline, time.monotonic() + self.wait_seconds)))
        text = _text_of(said)
        used = said.get("usage")
        counts = used if isinstance(used, dict) else {}
        sizes = (len(question.rules) + len(question.content or ""), len(text))
        self.meter.count(question.app, counts.get("prompt_tokens"), counts.get("completion_tokens"), sizes)
        return text

    def _request(self, question: Question) -> dict[str, Any]:
        words = "\n".join([question.before, question.content or "", question.after])
        content: Any = words
        if question.picture is not None:
            data, kind = question.picture
            address = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
            content = [
                {"type": "text", "text": question.before},
                {"type": "image_url", "image_url": {"url": address}},
                {"type": "text", "text": question.after},
            ]
        request: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": "system", "content": question.rules}, {"role": "user", "content": content}],
            "temperature": 0,
            "max_tokens": self.max_tokens,
            "stream": False,
        }
        if self.form == "json_schema":
            schema = {"name": "answers", "strict": True, "schema": question.schema}
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self.form == "json_object":
            request["response_format"] = {"type": "json_object"}
        return request

    def _post(self, data: bytes, deadline: float) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key_file is not None:
            try:
                headers["Authorization"] = f"Bearer {self.key_file.read_text(encoding='utf-8').strip()}"
            except (OSError, UnicodeDecodeError) as error:
                message = f"key_file {self.key_file} cannot be read"
                raise NotAnswered(message, is_worth_another_try=False) from error
        try:
            response = _pool().request(
                "POST",
                self.url,
                body=data,
                headers=headers,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=_left(deadline)),
                redirect=False,
                retries=False,
                preload_content=False,
            )
            try:
                body = _body_of(response, deadline)
            finally:
                response.close()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NotAnswered(f"the endpoint does not answer ({type(error).__name__})") from error
        if response.status != 200:
            remedy = REMEDIES.get(response.status, "")
            message = f"the endpoint answered {response.status}{f' ({remedy})' if remedy else ''}"
            raise NotAnswered(message, is_worth_another_try=response.status == 429 or response.status >= 500)
        return body


@lru_cache(maxsize=1)
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(maxsize=1)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise NotAnswered("the model took too long")
    return left


def _body_of(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """All of it, by the deadline however slowly it comes, and no more than there may be."""
    body = b""
    while chunk := response.read1(65_536):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise NotAnswered(f"the endpoint's answer has more than {MAX_ANSWER_BYTES:,} bytes")
        _left(deadline)
    return body


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAnswered("the endpoint's answer is no JSON") from error
    if not isinstance(said, dict):
        raise NotAnswered("the endpoint's answer is no chat completion")
    return said


def _text_of(said: Mapping[str, Any]) -> str:
    """The model's words, where it came to an end and did not refuse."""
    choices = said.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise NotAnswered("the endpoint's answer is no chat completion")
    if message.get("refusal"):
        raise NotAnswered("the model refused to answer")
    if choice.get("finish_reason") not in ("stop", None):
        known = ("length", "content_filter", "tool_calls")
        why = choice["finish_reason"] if choice["finish_reason"] in known else "another reason than its end"
        raise NotAnswered(f"the model's answer broke off ({why}); see max_tokens")
    text = message.get("content")
    if not isinstance(text, str):
        raise NotAnswered("the model said nothing")
    return text
