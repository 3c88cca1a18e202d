"""The reference on the site: all that there is stands in it, once, and the pages by hand agree with the code."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from moderation import cli, hookspecs
from moderation.api.problems import KINDS
from moderation.core.policy.codes import CODES
from moderation.core.policy.file import PolicyFile
from moderation.settings import Settings
from tests.paths import DOCS, ROOT
from tools.reference import PAGES, pages


@pytest.fixture(scope="module")
def made() -> Mapping[str, str]:
    return pages()


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("commands", [f"## `moderation {name}`" for name in cli.COMMANDS]),
        ("commands", ["## `moderation rules lint`", "`--policy", "Exit codes"]),
        ("policy-words", [f"| `{field.alias or name}` |" for name, field in PolicyFile.model_fields.items()]),
        ("policy-words", ["## Condition", "## Queue", "`at_least`"]),
        ("faults", [f"| `{code}` |" for code in CODES]),
        ("problems", [f"| `{kind}` |" for kind in KINDS]),
        ("metrics", ["`moderation_items`", "`moderation_posted_items_total`", "`moderation_detector_call_seconds`"]),
        ("hooks", [f"## `{name}`" for name, thing in vars(hookspecs).items() if hasattr(thing, "moderation_spec")]),
        ("hooks", ["## `Detector`", "## `Extractor`", "min_confidence"]),
    ],
)
def test_everything_of_a_kind_is_on_its_page(made: Mapping[str, str], page: str, names: list[str]) -> None:
    assert names
    assert [name for name in names if name not in made[f"reference/{page}.md"]] == []


def test_what_the_operators_page_says_of_metrics_is_there(made: Mapping[str, str]) -> None:
    told = set(re.findall(r"`(moderation_\w+)`", made["reference/metrics.md"]))
    page = (DOCS / "operating.md").read_text(encoding="utf-8").partition("/metrics")[2]

    named = set(re.findall(r"^\| `(moderation_[a-z_]+)`", page, re.M))
    assert len(named) > 10
    assert named - told == set()


def test_every_page_is_in_the_navigation() -> None:
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")

    assert [name for name in PAGES if f"- reference/{name}.md\n" not in site] == []


def test_links_within_the_reference_lead_somewhere(made: Mapping[str, str]) -> None:
    for name, page in made.items():
        headings = {title.strip("`").lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", page, re.M)}
        assert set(re.findall(r"\]\(#([^)]+)\)", page)) - headings == set(), name
        assert [link for link in re.findall(r"\]\(\.\./([^)#]+)", page) if not (DOCS / link).exists()] == []


def test_the_page_of_settings_says_of_each_what_the_code_says() -> None:
    rows = dict(re.findall(r"^\| `MODERATION_(\w+)` \|[^|]*\| (.*) \|$", (DOCS / "settings.md").read_text(), re.M))

    wrong = {
        name: rows.get(name.upper(), "missing")
        for name, field in Settings.model_fields.items()
        if not _words(rows.get(name.upper(), "")).startswith(_words(str(field.description)))
    }
    assert wrong == {}


def _words(text: str) -> str:
    """Without marks and links: a row may lead to another page, and say more."""
    without = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text.replace("docs/", ""))
    return re.sub(r"[^\w ]", "", without)
