"""What can be said of the clients without their languages: that they are of this API, and what they ask for."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

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
