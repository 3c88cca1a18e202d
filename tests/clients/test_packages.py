"""What can be said of the clients without their languages: that they are of this API, and what they ask for."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from moderation_client import AsyncClient, Client
from moderation_client.calls import Call, wanted_upload

from tests.houses.clients import TYPESCRIPT
from tests.paths import DOCS, ROOT
from tools.openapi_document import text_of_document

RECIPES = ROOT / "clients" / "recipes"
LOCKS = [TYPESCRIPT / "package-lock.json", *sorted(RECIPES.glob("*/package-lock.json"))]


def package(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "package.json").read_text(encoding="utf-8")))


def test_the_types_are_those_of_the_api() -> None:
    said = re.search(r"SHA-256 ([0-9a-f]{64})", (TYPESCRIPT / "src" / "schema.ts").read_text(encoding="utf-8"))

    assert said
    assert said[1] == hashlib.sha256(text_of_document().encode()).hexdigest(), "run `make client-types`"


def test_the_typescript_client_needs_nothing_and_has_the_version_of_the_python_one() -> None:
    typescript = package(TYPESCRIPT)
    python = tomllib.loads((ROOT / "clients" / "python" / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert "dependencies" not in typescript
    assert (typescript["version"], typescript["license"]) == (python["version"], python["license"])


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_locks_are_of_their_packages_and_name_no_host(lock: Path) -> None:
    locked = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    wanted = package(lock.parent)

    for kind in ("dependencies", "devDependencies"):
        assert locked[""].get(kind) == wanted.get(kind)
    assert [each for each in locked.values() if ":" in each.get("resolved", "")] == []
    assert [
        name
        for name, each in locked.items()
        if name.startswith("node_modules/") and not {"integrity", "link"} & set(each)
    ] == []


def test_the_page_of_recipes_leads_to_each() -> None:
    page = (DOCS / "recipes.md").read_text(encoding="utf-8")

    assert [folder.name for folder in RECIPES.iterdir() if f"../clients/recipes/{folder.name}/" not in page] == []


WITHOUT_METHOD = {
    "get_healthz": "asked by what keeps the service running",
    "get_readyz": "asked by what keeps the service running",
    "get_metrics": "asked by Prometheus",
    "get_openapi_json": "asked by generators",
    "post_uploads": "the address that `upload` sends to, which may be another service's",
    "post_v1_moderations": "asked by unmodified clients of OpenAI",
}
"""Operations that no client has a method for, and why."""


def operations() -> dict[tuple[str, str], str]:
    """Ids of operations, by method and path with an asterisk in the place of each parameter."""
    paths = json.loads(text_of_document())["paths"]
    return {
        (method.upper(), re.sub(r"\{\w+\}", "*", path)): each["operationId"]
        for path, methods in paths.items()
        for method, each in methods.items()
        if method in ("get", "post", "put", "patch", "delete")
    }


class Noting(Client):
    """Notes what it would send."""

    def __init__(self) -> None:
        self.sent: set[tuple[str, str]] = set()

    def _send(self, call: Call) -> Any:
        self.sent.add((call.method, call.path))
        return {"url": "", "fields": {}, "status": "decided"}


def of_python() -> set[tuple[str, str]]:
    client, left = Noting(), {"close", "upload", "wait"}
    for name, method in inspect.getmembers(client, inspect.ismethod):
        if not name.startswith("_") and name not in left:
            wanted = [each for each in inspect.signature(method).parameters.values() if each.default is each.empty]
            method(*("*" for each in wanted if each.kind is each.POSITIONAL_OR_KEYWORD))
    return {(method, path.replace("%2A", "*")) for method, path in client.sent} | {
        ("POST", wanted_upload(b"", "").path)
    }


def of_typescript() -> set[tuple[str, str]]:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted((TYPESCRIPT / "src").glob("[co]*.ts")))
    called = re.findall(r'this\.call\("([A-Z]+)", "([^"]+)"', source)
    return {(method, re.sub(r"\{\w+\}", "*", path)) for method, path in called}


@pytest.mark.parametrize("calls", [of_python, of_typescript])
def test_clients_have_a_method_for_each_operation_or_it_is_said_why_not(
    calls: Callable[[], set[tuple[str, str]]],
) -> None:
    there, called = operations(), calls()

    assert called - set(there) == set(), "there are no such operations"
    assert {there[each] for each in set(there) - called} == set(WITHOUT_METHOD)


def test_both_clients_for_python_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, list[str]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: list(inspect.signature(each).parameters) for name, each in found if not name.startswith("_")}

    assert methods(Client) == methods(AsyncClient)
