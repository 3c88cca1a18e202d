"""Statements of reasons as the DSA Transparency Database takes them, by its API's attributes.

https://transparency.dsa.ec.europa.eu/page/api-documentation, as of 2026-06. What is sent there is public: nothing that
reviewers wrote is in it, and no content. Check with counsel before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moderation.core.dsa import BY_NAME, RESTRICTIONS
from moderation.core.errors import NoGround
from moderation.core.policy.choices import in_english
from moderation.core.statements import Statement

_CONTENT_TYPES: Mapping[str, str] = {
    "text": "CONTENT_TYPE_TEXT",
    "image": "CONTENT_TYPE_IMAGE",
    "video": "CONTENT_TYPE_VIDEO",
    "audio": "CONTENT_TYPE_AUDIO",
}
_AUTOMATION: Mapping[str, str] = {
    "fully": "AUTOMATED_DECISION_FULLY",
    "partially": "AUTOMATED_DECISION_PARTIALLY",
    "not": "AUTOMATED_DECISION_NOT_AUTOMATED",
}
_SOURCES: Mapping[str, str] = {"own_initiative": "SOURCE_VOLUNTARY", "notice": "SOURCE_ARTICLE_16"}
MOST_FACTS = 5000


def puid(said: Statement) -> str:
    """The platform's unique identifier: the item's id and the decision's number, which name nobody."""
    return f"{said.item_id}-{said.number}"


def dsa_row(said: Statement) -> dict[str, Any]:
    """The body of one statement for the database.

    Raises:
        NoGround: nothing is restricted, or on which ground is not known; the database takes neither.
    """
    ground = said.ground
    if said.restriction is None:
        raise NoGround(f"decision {said.number} on item {said.item_id} restricts nothing; there is nothing to file")
    if ground is None:
        raise NoGround(
            f"decision {said.number} on item {said.item_id}: {said.no_ground}; see grounds in docs/reports.md"
        )
    row: dict[str, Any] = {
        "decision_visibility": [RESTRICTIONS[said.restriction]],
        "content_type": [_CONTENT_TYPES[kind] for kind in said.content_types],
        "category": BY_NAME[ground.category].code,
        "content_date": said.posted_at.date().isoformat(),
        "application_date": said.decided_at.date().isoformat(),
        "decision_facts": facts(said)[:MOST_FACTS],
        "source_type": _SOURCES[said.source],
        "automated_detection": "Yes" if said.is_detected else "No",
        "automated_decision": _AUTOMATION[said.automation],
        "puid": puid(said),
    }
    reference, explanation = in_english(ground.reference), in_english(ground.explanation)
    if ground.basis == "law":
        row |= {"decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT"}
        row |= {"illegal_content_legal_ground": reference, "illegal_content_explanation": explanation}
    else:
        row |= {"decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT"}
        row |= {"incompatible_content_ground": reference, "incompatible_content_explanation": explanation}
        if ground.also_illegal is not None:
            row["incompatible_content_illegal"] = "Yes" if ground.also_illegal else "No"
    if ground.keyword is not None:
        row["category_specification"] = [f"KEYWORD_{ground.keyword.upper()}"]
    if ground.url is not None:
        row["decision_ground_reference_url"] = ground.url
    if ground.countries:
        row["territorial_scope"] = sorted(ground.countries)
    return row


def facts(said: Statement) -> str:
    """What led to the decision, in English and without anything of the content."""
    found = [in_english(said.label_words[label]) if label in said.label_words else label for label in said.labels]
    chosen = [in_english(reason) for reason in said.reasons]
    who = {
        "fully": "Decided by rules on what detectors found, without people.",
        "partially": "Found by detectors, decided by people.",
        "not": "Decided by people; no detector had found it.",
    }[said.automation]
    sentences = [
        f"Found: {', '.join(found)}." if found else "",
        f"Reasons that reviewers chose: {'; '.join(chosen)}." if chosen else "",
        f"Policy '{said.policy.name}', version {said.policy.version[:12]}"
        + (f", rules {', '.join(said.rules)}." if said.rules else "."),
        who,
    ]
    return " ".join(sentence for sentence in sentences if sentence)
