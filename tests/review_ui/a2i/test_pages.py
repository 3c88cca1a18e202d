"""Lists of the endpoint: whose loops they show, what is a token, and what a row that comes meanwhile changes."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.houses.endpoint import Endpoint, answer_to, on_either_database, refused, start


def names(page: Any) -> list[str]:
    return [loop["HumanLoopName"] for loop in page["HumanLoopSummaries"]]


def test_a_flow_of_another_account_or_region_is_not_ours(endpoint: Endpoint) -> None:
    flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")
    changes = {"us-east-1": "eu-west-1", "000000000000": "111122223333", "arn:aws:": "arn:aws-cn:", "/flow": "/x/flow"}
    for was, becomes in changes.items():
        with refused("ResourceNotFoundException"):
            runtime.list_human_loops(FlowDefinitionArn=flow.replace(was, becomes))
        with refused("ValidationException"):
            start(endpoint, flow.replace(was, becomes))


@on_either_database
def test_loops_that_start_between_two_pages_neither_repeat_nor_hide_any(endpoint: Endpoint) -> None:
    flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")
    for number in range(6):
        endpoint.offset = timedelta(seconds=number // 2)  # some have the same time
        start(endpoint, flow, f"loop-{number}")
    endpoint.offset = timedelta()
    for order, expected in (("Descending", [4, 5, 2, 3, 0, 1]), ("Ascending", [0, 1, 2, 3, 4, 5])):
        first = runtime.list_human_loops(FlowDefinitionArn=flow, MaxResults=3, SortOrder=order)
        endpoint.offset = timedelta(minutes=4 if order == "Descending" else -4)
        start(endpoint, flow, f"meanwhile-{order.lower()}")
        rest = runtime.list_human_loops(
            FlowDefinitionArn=flow, MaxResults=100, SortOrder=order, NextToken=first["NextToken"]
        )
        endpoint.offset = timedelta()
        seen = [name for name in names(first) + names(rest) if not name.startswith("meanwhile")]

        assert sorted(seen) == [f"loop-{number}" for number in range(6)]
        assert "NextToken" not in rest
        assert [int(name[-1]) // 2 for name in seen] == [number // 2 for number in expected]


def test_a_list_sorted_by_name_has_pages_too(endpoint: Endpoint) -> None:
    control = endpoint.client("sagemaker")
    for name in "cabde":
        control.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": "x"})
        control.create_workteam(WorkteamName=name, Description="d", MemberDefinitions=[{"OidcMemberDefinition": {"Groups": ["g"]}}])  # fmt: skip
    pages = control.get_paginator("list_workteams").paginate(
        SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )

    assert [team["WorkteamName"] for page in pages for team in page["Workteams"]] == list("abcde")


def token_of(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


FORGED = [
    "x", "=", "\u00e4", "9" * 8192, token_of({"offset": 1}), token_of(["x", "y"]),
    token_of(["0001-01-01T00:00:00+23:59", "y"]), token_of([1e999, "y"]),
    token_of(["2026-01-01T00:00:00Z", "\x00"]), token_of(["2026-01-01", "\ud800"]),
    token_of([[[]]]), base64.urlsafe_b64encode(b"[" * 6000).decode(), token_of([{}, []]),
]  # fmt: skip


def test_a_token_that_was_not_given_out_is_a_validation_error(endpoint: Endpoint) -> None:
    flow, runtime, control = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime"), endpoint.client("sagemaker")
    for token in FORGED:
        with refused("ValidationException"):
            runtime.list_human_loops(FlowDefinitionArn=flow, NextToken=token)
        with refused("ValidationException"):
            control.list_flow_definitions(NextToken=token)


def test_no_token_whatever_is_an_internal_error(endpoint: Endpoint) -> None:
    flow, runtime = endpoint.flow(), endpoint.client("sagemaker-a2i-runtime")
    json_values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5
    )

    @settings(max_examples=examples(40), deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(max_size=50) | json_values.map(token_of) | st.tuples(st.datetimes().map(str), st.text()).map(token_of))  # fmt: skip
    def ask(token: str) -> None:
        assert answer_to(lambda: runtime.list_human_loops(FlowDefinitionArn=flow, NextToken=token)) in (
            "",
            "ValidationException",
        )

    ask()


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_before_or_after_all_time_is_refused(endpoint: Endpoint, time: str) -> None:
    runtime = endpoint.client("sagemaker-a2i-runtime")

    def write(request: Any, **_: Any) -> None:
        request.url += f"&CreationTimeAfter={time.replace('+', '%2B').replace(':', '%3A')}"

    runtime.meta.events.register("before-sign", write)
    with refused("ValidationException"):
        runtime.list_human_loops(FlowDefinitionArn=endpoint.flow())
