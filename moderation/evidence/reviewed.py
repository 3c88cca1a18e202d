"""Pictures that people decided about, with the people that a detector saw in them: what its heads can learn from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ground.blobs import Blobs
from ground.media_store import open_blobs
from moderation.core.detections import Detection
from moderation.core.errors import ModerationError
from moderation.core.items import Part
from moderation.core.policy.policies import Policy
from moderation.core.policy.words.logic import conditions
from moderation.core.policy.words.people import PeopleCondition
from moderation.core.taxonomy import Taxonomy
from moderation.evidence.history import Case, cases
from moderation.policies.versions import PolicyVersions
from moderation.settings import Settings
from moderation.storage.opening import existing_database
from moderation.storage.reading import Reading


@dataclass(frozen=True)
class ReviewedPicture:
    """A given picture of an item that people looked at.

    Attributes:
        name: of item and part.
        data: its bytes.
        people: detections with label ``Person``, as the detector gave them.
        outcome: what people said of the item: ``approve`` or ``reject``.
        asked: covers that the policy of their review asks for, such as ``head_cover``.
    """

    name: str
    data: bytes
    people: tuple[Detection, ...]
    outcome: str
    asked: frozenset[str]


def reviewed_pictures(settings: Settings, detector: str) -> Iterator[ReviewedPicture]:
    """The pictures of items with one picture that people agreed about, in which `detector` saw somebody.

    Those whose bytes are gone, that need a clearance, and those whose policy asks for no cover, are left out.

    Raises:
        NotFound: there is no database.
    """
    blobs = open_blobs(settings)
    with existing_database(settings) as database:
        reading, versions, policies = Reading(database), PolicyVersions(database), dict[str, frozenset[str]]()
        for case in cases(database):
            opinion = case.opinion
            if opinion is None or not opinion.agreed:
                continue
            people = tuple(_people(case, detector))
            parts = {person.part for person in people}
            if len(parts) != 1:
                continue
            if opinion.policy_version not in policies:
                # Labels of plugins do not matter here, and a policy that names others cannot be read without them.
                policies[opinion.policy_version] = _asked(versions.find(opinion.policy_version, Taxonomy()))
            asked = policies[opinion.policy_version]
            record = reading.get_item(case.item_id)
            media = [part for part in record.parts if part.type == "image" and part.extraction is None]
            if not asked or record.clearances or [part.id for part in media] != list(parts):
                continue
            data = _bytes(blobs, media[0])
            if data is not None:
                yield ReviewedPicture(f"{case.item_id}/{media[0].id}", data, people, opinion.outcome, asked)


def _people(case: Case, detector: str) -> Iterator[Detection]:
    for found in case.findings:
        if (
            isinstance(found, Detection)
            and found.label == "Person"
            and found.detector
            and found.detector.name == detector
        ):
            yield found


def _asked(policy: Policy | None) -> frozenset[str]:
    if policy is None:
        return frozenset()
    return frozenset(
        cover
        for rule in policy.file.rules
        for _, condition in conditions(rule.when, ())
        if isinstance(condition, PeopleCondition)
        for cover in condition.people.lacking.values()
    )


def _bytes(blobs: Blobs, part: Part) -> bytes | None:
    try:
        return blobs.get(part.media.uri) if part.media is not None else None
    except (ModerationError, OSError):
        return None
