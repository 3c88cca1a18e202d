"""The pages of ``docs/`` and the README: what they show of policies is taken as it stands, and their links lead somewhere."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from moderation.core.policy.file import PolicyFile
from moderation.core.taxonomy import Taxonomy
from moderation.policies.files import policy_of_bytes
from tests.docs.pages import PAGES, Block, anchors, blocks, links
from tests.paths import DOCS, ROOT

OTHER_FILES = {"bucket", "cameras", "daily_items", "endpoint", "list", "model", "scrape_configs", "targets"}
"""Keys by which the YAML of other files is known: settings of detectors, lists, cameras, models, targets."""

YAML = [block for page in PAGES for block in blocks(page) if block.kind == "yaml"]
POLICIES = [block for block in YAML if not OTHER_FILES & set(yaml.safe_load(block.text))]


def whole(piece: dict[str, Any]) -> dict[str, Any]:
    """A policy around a piece of one: what the piece leaves out is plain, and the queues that it names are there."""
    given = piece.get("queues", [])
    named = {"people", *re.findall(r"'(?:review|queue)': '([^']+)'", str(piece))} - {queue["name"] for queue in given}
    header = {
        "policy": "page",
        "format": 1,
        "applies_to": {"content_type": ["text", "image"]},
        "needs": ["pii.text"],
        "if_nothing_matches": "approve",
        "if_a_detector_fails": {"review": "people"},
        "rules": [{"id": "plain", "when": {"label": "Weapons", "at_least": 50}, "then": {"review": "people"}}],
    }
    return header | piece | {"queues": [*given, *({"name": name, "a2i_flow": name} for name in sorted(named))]}


@pytest.mark.parametrize("block", POLICIES, ids=lambda block: block.place)
def test_a_policy_on_a_page_and_any_piece_of_one_has_no_mistake(block: Block) -> None:
    piece = yaml.safe_load(block.text)
    text = block.text if "policy" in piece else yaml.safe_dump(whole(piece), sort_keys=False, allow_unicode=True)

    of_plugins = set(re.findall(r"Custom/[\w ]*\w", text))
    policy, faults = policy_of_bytes(block.place, text.encode(), Taxonomy(of_plugins))

    assert [fault.render() for fault in faults] == []
    assert policy is not None


def test_every_yaml_block_is_a_policy_or_known_to_be_another_file() -> None:
    unknown = {key: block.place for block in POLICIES for key in yaml.safe_load(block.text)}

    assert {key: place for key, place in unknown.items() if key not in PolicyFile.model_fields} == {}
    assert len(POLICIES) > 20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings_that_are_there(page: Any) -> None:
    lost = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            lost.append(link)

    assert lost == []


def test_the_readme_leads_to_every_page() -> None:
    linked = {link.partition("#")[0] for link in links(ROOT / "README.md")}

    assert [page.name for page in DOCS.glob("*.md") if f"docs/{page.name}" not in linked] == []
