"""Query parameters: what nobody reads is refused, so that no misspelt one is left out in silence."""

from __future__ import annotations

from typing import Any

import pytest

from tests.houses.api import Api


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/items?wiat=5", {"parts": [{"type": "text", "text": "hello"}]}),
        ("POST", "/v1/items/batch?wait=5", [{"parts": [{"type": "text", "text": "hello"}]}]),
        ("POST", "/v1/redact?mask=x", {"text": "hello"}),
        ("POST", "/v1/uploads?x=1", {"content_type": "image/png"}),
        ("POST", "/v1/items/00000000-0000-0000-0000-000000000000/appeal?x=1", {"reason": "x"}),
        ("GET", "/v1/items?colour=red", None),
        ("GET", "/v1/items/00000000-0000-0000-0000-000000000000?x=1", None),
        ("GET", "/v1/policies?x=1", None),
        ("GET", "/v1/policies/text?x=1", None),
    ],
)
def test_a_query_parameter_that_nobody_reads_is_refused(empty_api: Api, method: str, path: str, body: Any) -> None:
    answer = empty_api.call(method, path, **({"json": body} if body is not None else {}))

    name = path.partition("?")[2].partition("=")[0]
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json["errors"]] == [name]
    assert "unknown parameter" in answer.json["detail"]


def test_a_query_parameter_is_given_once(empty_api: Api) -> None:
    assert empty_api.post("/v1/items?wait=0&wait=5", json={"parts": []}).json["errors"][0]["field"] == "wait"


def test_a_monitor_may_ask_with_parameters_of_its_own(empty_api: Api) -> None:
    assert empty_api.get("/healthz?at=1234").status_code == 200
