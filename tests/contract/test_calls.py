"""The API is what its document says: requests made from the document are taken, others refused, and every answer fits.

A slice of it runs with the suite, the same each time; ``make test-contract`` runs ten thousand other ones. What JSON
Schema cannot say, and a valid request is refused for all the same, stands in `EXPLAINED`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup

from moderation.api.openapi import openapi
from moderation.settings import Settings
from tests.houses.api import NOBODY, Api

logger = logging.getLogger(__name__)
CASES, SEED = int(os.environ.get("CONTRACT_CASES", "250")), int(os.environ.get("CONTRACT_SEED", "1"))
"""How many requests in all, and which ones."""

EXPLAINED = (
    # kind, field, message: why a request is refused that its schema allows
    ("media", "", "", "bytes are no picture, film or sound, or not of the type that the part says"),
    ("policy-missing", "", "", "no policy in force is for parts of this type"),
    ("invalid", r"(parts\[\d+\]|input\[\d+\]\.image_url)\.url|callback_url", "", "an address that is not called"),
    ("invalid", r"parts\[\d+\]\.s3", "", "a bucket that is not the app's"),
    ("invalid", r"parts\[\d+\]\.upload", "", "nothing was uploaded under this id"),
    ("invalid", r"(parts\[\d+\]\.base64|input\[\d+\]\.image_url\.url)", "base64|data:", "not base64"),
    ("other-app", "", "", "of a batch: an app is named, and it is not the key's"),
    ("too-large", "", "", "more files than an item may have parts"),
    ("changed", "", "", "If-Match has no version of the item"),
    ("invalid", "expires_at", "it is over already", "the time has passed"),
    ("invalid", r"((items)?\[\d+\]\.)?metadata.*", "", "size as JSON; a NUL somewhere inside"),
    ("invalid", "author|thread|parent", "metadata names another", "two fields say different things"),
    ("invalid", r"types\[\d+\]", "unknown type", "types of personal data are those of the plugins that are loaded"),
    ("invalid", "mode", "tokens need a key", "a setting"),
    ("invalid", "text", "", "the text is not of the format that was said"),
    ("invalid", "kind|value", "", "an entry has to be of the kind that the list is"),
    ("invalid", "item", "", "JSON inside of a form, which JSON Schema does not look into"),
    ("invalid", r"parts(\[\d+\].*)?", "", "of the JSON inside of a form, and text that comes as a file"),
    ("invalid", "name|mail|signature", "", "who gives a notice is named and signs, as its kind asks"),
    ("invalid", "flagger_key", "", "the key of a trusted flagger"),
    ("invalid", "submitted_at|decided_at", "before|still to come", "when a dispute was submitted and decided"),
    ("invalid", "reference", "that is all there is", "an item has so many disputes and no more"),
    ("invalid", "outcome", "is settled already", "a dispute is settled once"),
    ("not-json", "", "", "numbers beyond 64 bits; JSON inside of a form"),
    ("batch-refused", "", "", "each item has one of these problems"),
    ("idempotency-conflict", "", "", "the key came with another body before"),
    ("unavailable", "", "", "the text could not be looked through"),
)


EXCLUDED = {"GET /readyz": [not_a_server_error]}
"""Not ready is an answer."""


@dataclass
class Found:
    """What became of requests."""

    made: Counter[str] = field(default_factory=Counter)
    explained: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)


class World:
    """The application, with an item, a report and a list whose names requests may have."""

    def __init__(self, folder: Path) -> None:
        given = Settings(
            data=folder, allow_private_urls=False, a2i_endpoint_url=NOBODY, calls_per_second=10**6, workers=1
        )
        self.api = Api.open(given)
        accounts, now = self.api.service.accounts, datetime.now(UTC)
        self.headers = {"Authorization": f"Bearer {accounts.add_key('shop', now, is_operator=True).key}"}
        item = self.post("/v1/items", {"content_id": "c", "parts": [{"type": "text", "text": "Have a nice day"}]})["id"]
        self.api.service.work_once()
        flag = self.post("/v1/flags", {"item": item, "reason": "spam", "reporter": "user-7"})["id"]
        entry = self.post("/v1/lists/banned", {"value": "user-13", "why": "spam"})["id"]
        notice = self.post(
            "/v1/notices",
            {
                "place": item,
                "kind": "hate",
                "reason": "It is",
                "name": "Ann",
                "mail": "a@b.example",
                "good_faith": True,
            },
        )["number"]
        dispute = self.dispute(item)
        run = self.post("/v1/remoderations", {"why": "a change"})["id"]
        self.names: dict[str, Any] = {
            "run_id": run,
            "number": notice, "dispute_id": dispute,
            "item_id": item, "flag_id": flag, "list_name": "banned", "entry_id": entry, "name": "pii",
            "detector": "pii.text", "part_id": "p0", "delivery_id": "d",
        }  # fmt: skip
        self.document = openapi(self.api.client.application)

    def dispute(self, item: str) -> str:
        """A dispute about an item that is decided."""
        return str(self.post(f"/v1/items/{item}/disputes", {"body": "a body", "reference": "1"})["id"])

    def post(self, path: str, body: Any) -> Any:
        answer = self.api.client.post(path, json=body, headers=self.headers)
        assert answer.status_code < 300, answer.text
        return answer.json


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moderation.api.auth.WRONG_AT_ONCE", 10**6)  # each request is made with a wrong key, too
        opened = World(tmp_path_factory.mktemp("contract"))
        yield opened
        opened.api.close()


def explanation(problem: dict[str, Any]) -> str | None:
    """Why a request is refused that its schema allows; None for what nobody has explained."""
    kind = problem["type"].removeprefix("/docs#problem-")
    if kind == "batch-refused":
        inner = [explanation(each["problem"]) for each in problem["items"]]
        return None if None in inner else "each item has one of these problems"
    errors = problem["errors"] or [{"field": "", "message": problem["detail"]}]
    for known, where, what, why in EXPLAINED:
        if kind == known and all(
            re.fullmatch(where or ".*", each["field"], re.DOTALL) and re.search(what, each["message"])
            for each in errors
        ):
            return why
    # Several things that are explained one by one.
    if len(errors) > 1:
        single = [explanation({**problem, "errors": [each]}) for each in errors]
        return None if None in single else single[0]
    return None


def lost_on_the_wire(world: World, case: Any, answer: Any, said: str) -> str | None:
    """Why a request that is no valid one arrived as one; None where it did not."""
    if "Schema-violating request accepted" not in said:
        return None
    if case.media_type == "multipart/form-data" and "violates `type`" in said:
        return "a form has texts and bytes alone: what was a number before is a text there"
    known = {each["name"] for each in world.document["paths"][case.operation.path][case.method.lower()]["parameters"]}
    if "`additionalProperties`" in said and set(parse_qs(urlsplit(answer.request.url).query)) <= known:
        return "a parameter with an empty list of values is not sent at all"
    return None


def ask(world: World, operation: Any, mode: GenerationMode, count: int, found: Found) -> None:
    """Make requests of an operation, valid or not."""

    @seed(SEED)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        # Every other request is about something that there is.
        if mode is GenerationMode.POSITIVE and found.made.total() % 2 and not operation.label.startswith("DELETE"):
            case.path_parameters = {name: world.names[name] for name in case.path_parameters or {}}
        found.made[operation.label] += 1
        answer = case.call(headers=world.headers)
        try:
            case.validate_response(answer, headers=world.headers, excluded_checks=EXCLUDED.get(operation.label, []))
        except FailureGroup as group:
            for fault in group.exceptions:
                is_refusal = type(fault).__name__ == "RejectedPositiveData"
                why = explanation(answer.json()) if is_refusal else lost_on_the_wire(world, case, answer, str(fault))
                if why is not None:
                    found.explained[why] += 1
                else:
                    found.unexplained.append(
                        f"{operation.label} {mode.value}: {type(fault).__name__}: {str(fault)[:300]}\n"
                        f"  {case.as_curl_command(headers={})[-800:]}\n  {answer.status_code} {answer.text[:400]}"
                    )

    with contextlib.suppress(Unsatisfiable):  # nothing about it can be wrong: it has neither parameters nor a body
        one()


# Of a form with more parts than are taken, Werkzeug leaves the files that it has begun to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
def test_requests_are_taken_or_refused_as_the_document_says(world: World) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", world.api.client.application)
    operations = [each.ok() for each in schema.get_all_operations()]
    found = Found()

    # Withdrawals last: the others want something that is there.
    for operation in sorted(operations, key=lambda each: each.label.startswith("DELETE")):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            ask(world, operation, mode, max(CASES // (2 * len(operations)), 2), found)

    logger.info("%s requests; refused though valid, and why: %s", f"{found.made.total():,}", dict(found.explained))
    assert found.unexplained == [], "\n".join(found.unexplained[:10])
    assert set(found.made) == {each.label for each in operations}


def test_every_call_has_an_example_of_what_it_takes_and_gives_and_of_each_problem(world: World) -> None:
    silent, wrong = [], []

    def check(place: str, content: dict[str, Any]) -> None:
        for kind, said in content.items():
            if "schema" not in said or kind == "multipart/form-data":
                continue
            if "example" not in said:
                silent.append(place)
                continue
            validator = Draft202012Validator({**said["schema"], "components": world.document["components"]})
            wrong.extend(
                f"{place}: {error.json_path} {error.message}" for error in validator.iter_errors(said["example"])
            )

    for path, operations in (*world.document["paths"].items(), *world.document["webhooks"].items()):
        for method, operation in operations.items():
            check(f"{method} {path}", operation.get("requestBody", {}).get("content", {}))
            for status, answer in operation["responses"].items():
                check(f"{method} {path} {status}", answer.get("content", {}))

    assert (silent, wrong) == ([], [])


def test_the_examples_of_bodies_are_taken(world: World) -> None:
    refused = []
    for path, operations in world.document["paths"].items():
        for method, operation in operations.items():
            example = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            if example is None or path.endswith("/appeal"):
                continue
            if path == "/v1/flags":
                world.post(
                    "/v1/items", {"content_id": "post-7", "parts": [{"type": "text", "text": "Have a nice day"}]}
                )
            names = dict(world.names)
            if "/disputes" in path:  # earlier requests may have recorded as many as there can be, or settled this one
                names["item_id"] = world.post("/v1/items", {"parts": [{"type": "text", "text": "Have a nice day"}]})[
                    "id"
                ]
                world.api.service.work_once()
                names["dispute_id"] = world.dispute(names["item_id"])
            named = path.format(**names)
            answer = world.api.client.open(named, method=method.upper(), json=example, headers=world.headers)
            if answer.status_code >= 300:
                refused.append(f"{method} {named}: {answer.status_code} {answer.text[:200]}")

    assert refused == []


def test_every_call_has_a_tag_that_the_document_describes(world: World) -> None:
    described = {tag["name"] for tag in world.document["tags"]}
    used = {
        tag
        for operations in (*world.document["paths"].values(), *world.document["webhooks"].values())
        for operation in operations.values()
        for tag in operation["tags"]
    }

    assert used == described
    assert all(tag["description"] for tag in world.document["tags"])


def test_limits_of_the_document_are_those_of_the_settings(world: World) -> None:
    schemas, limits = world.document["components"]["schemas"], world.api.service.settings
    text = schemas["PostedText"]["properties"]["text"]

    assert text["maxLength"] == limits.max_text_chars
    assert schemas["PostedItem"]["properties"]["parts"]["maxItems"] == limits.max_parts
    assert "x-limit" not in str(world.document)
    for length, status in ((limits.max_text_chars, 202), (limits.max_text_chars + 1, 422)):
        part = {"type": "text", "text": "a" * length}
        answer = world.api.client.post("/v1/items", json={"parts": [part]}, headers=world.headers)
        assert answer.status_code == status


def test_parts_are_told_apart_by_their_type(world: World) -> None:
    part = world.document["components"]["schemas"]["PostedPart"]

    assert part["discriminator"]["propertyName"] == "type"
    assert set(part["discriminator"]["mapping"]) == {"text", "image", "video", "audio"}
    assert {each["$ref"] for each in part["oneOf"]} == set(part["discriminator"]["mapping"].values())
