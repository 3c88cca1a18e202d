"""``clients/typescript``: built, its own tests run against the service, its types made anew. ``make test-clients``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.houses.clients import TYPESCRIPT, House, run
from tests.paths import EXAMPLES
from tools.openapi_document import text_of_document

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]


def test_its_own_tests_pass_against_the_service(house: House, typescript: Path) -> None:
    picture = str(EXAMPLES / "landscape.jpg")

    said = run("npm", "test", folder=typescript, MODERATION_URL=house.url, MODERATION_KEY=house.key, PICTURE=picture)

    assert re.search(r"^# fail 0$", said, re.M), said
    assert re.search(r"^# skipped 0$", said, re.M), said
    assert "an item is posted, waited for, explained, appealed and withdrawn" in said


def test_its_types_are_those_that_the_generator_makes(typescript: Path, tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(text_of_document(), encoding="utf-8")

    run("npm", "run", "generate", "--", tmp_path / "openapi.json", tmp_path / "schema.ts", folder=typescript)

    assert (tmp_path / "schema.ts").read_text() == (TYPESCRIPT / "src" / "schema.ts").read_text()


def test_what_its_readme_shows_compiles(typescript: Path) -> None:
    blocks = re.findall(r"```ts\n(.*?)```", (TYPESCRIPT / "README.md").read_text(encoding="utf-8"), re.S)
    given = "declare const rawBody: string;\ndeclare const request: { headers: Headers };\n"
    (typescript / "test" / "readme.ts").write_text(given + "\n".join(blocks), encoding="utf-8")

    run("npx", "tsc", "--noEmit", "--project", "test/tsconfig.json", folder=typescript)

    (typescript / "test" / "readme.ts").unlink()
    assert len(blocks) == 3


def test_what_is_published_is_the_client_and_nothing_else(typescript: Path) -> None:
    packed = run("npm", "pack", "--dry-run", "--json", "--ignore-scripts", folder=typescript)

    names = set(re.findall(r'"path": "([^"]+)"', packed))
    assert {"dist/index.js", "dist/index.d.ts", "README.md", "package.json"} <= names
    assert [name for name in names if not re.match(r"dist/|src/|README|package\.json|LICENSE", name)] == []
