"""Pictures that people decided about, as heads learn from them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ground.database import Database
from ground.media_store import open_blobs
from moderation import cli
from moderation.core.decisions import Decision, FinalOutcome
from moderation.core.detections import Detection
from moderation.core.errors import NotFound
from moderation.core.items import Box, Item, Media, Part, Tool
from moderation.core.loops import Answer
from moderation.core.policy.policies import Policy
from moderation.core.rules.ruling import rule_on
from moderation.core.taxonomy import Taxonomy
from moderation.detection.subjects import subject_of
from moderation.evidence.reviewed import ReviewedPicture, reviewed_pictures
from moderation.policies.files import policy_of_bytes
from moderation.policies.versions import PolicyVersions
from moderation.settings import Settings
from moderation.storage.findings import Findings
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.opening import open_database
from moderation.storage.records import LoopEnd, LoopRecord
from review_ui.a2i.labelling.manifest import read_manifest

TAXONOMY = Taxonomy()
SITE = b"""\
policy: site
format: 1
applies_to: {content_type: [image]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people, reviewers: 2, agree: 2}
rules:
  - id: unsure
    why: No helmet for sure
    when: {people: {at_least: 35, lacking: {head: head_cover}, covered_at_least: 80, if_part_not_visible: review}}
    then: {review: people}
"""
BARE = Detection(
    label="Person",
    parents=TAXONOMY.parents("Person"),
    confidence=90,
    part="p0",
    detector=Tool(name="vision.ppe", version="1"),
    box=Box(left=0.1, top=0.1, width=0.5, height=0.5),
    attributes={
        "parts": {"head": {"head_cover": 30}},
        "places": {"head": {"left": 0.1, "top": 0.1, "width": 0.2, "height": 0.2}},
    },
)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = open_database(settings)
    yield opened
    opened.close()


@pytest.fixture
def store(settings: Settings, database: Database) -> Callable[..., None]:
    """Stores a picture that people looked at."""
    policy, faults = policy_of_bytes("site.yml", SITE, TAXONOMY)
    assert policy is not None, faults
    PolicyVersions(database).record([policy], [policy], "start", datetime.now(UTC))

    def keep(
        outcome: FinalOutcome, *found: Detection, split: bool = False, pictures: int = 1, gone: bool = False
    ) -> None:
        now = datetime.now(UTC)
        uri = open_blobs(settings).put(f"media/{new_item_id(now)}", b"the picture", "image/png")
        media = Media(
            uri="blob://moderation/media/gone" if gone else uri, sha256="", content_type="image/png", size_bytes=11
        )
        parts = tuple(Part(id=f"p{number}", type="image", media=media) for number in range(pictures))
        _stored(Store(database), policy, parts, found, outcome, "approve" if split else outcome)

    return keep


def _stored(
    store: Store,
    policy: Policy,
    parts: tuple[Part, ...],
    found: tuple[Detection, ...],
    one: FinalOutcome,
    other: FinalOutcome,
) -> None:
    now = datetime.now(UTC)
    item = Item(id=new_item_id(now), app="site", parts=parts, created_at=now)
    ruling = rule_on([policy], subject_of(item, parts), found, TAXONOMY)
    basis = {"engine": "1", "policies": {}, "reach": {}, "custom_labels": [], "tools": ["vision.ppe"]}
    store.add_items([item])
    loop = LoopRecord(
        name=f"{item.id}-1",
        item_id=item.id,
        round=1,
        policy="site",
        policy_version=policy.version,
        queue="people",
        flow="people",
        state="starting",
        looks=0,
        created_at=now,
    )
    store.send_to_people(item.id, Findings(parts, found, (), basis), ruling, [loop])
    answers = tuple(
        Answer(reviewer=f"r{number}", outcome=each, submitted_at=now) for number, each in enumerate((one, other))
    )
    decision = Decision(outcome=one, decided_by="people", reason="r", policy=ruling.policy, decided_at=now)
    store.decide(item.id, decision, None, None, [LoopEnd(loop.name, answers, one)])


def reviewed(settings: Settings) -> list[ReviewedPicture]:
    return list(reviewed_pictures(settings, "vision.ppe"))


def test_a_picture_comes_with_what_was_seen_asked_and_said(settings: Settings, store: Callable[..., None]) -> None:
    store("reject", BARE)
    [picture] = reviewed(settings)

    assert (picture.data, picture.outcome, picture.asked) == (b"the picture", "reject", frozenset({"head_cover"}))
    assert [person.attributes["parts"] for person in picture.people] == [{"head": {"head_cover": 30}}]


def test_what_people_did_not_agree_about_teaches_nothing(settings: Settings, store: Callable[..., None]) -> None:
    store("reject", BARE, split=True)

    assert reviewed(settings) == []


def test_of_two_pictures_nobody_knows_which_was_meant(settings: Settings, store: Callable[..., None]) -> None:
    store("reject", BARE, pictures=2)

    assert reviewed(settings) == []


def test_a_picture_that_is_gone_and_one_without_people_are_left_out(
    settings: Settings, store: Callable[..., None]
) -> None:
    store("reject", BARE, gone=True)
    store("reject", BARE.model_copy(update={"detector": Tool(name="rekognition.ppe", version="1")}))

    assert reviewed(settings) == []


def test_without_a_database_that_is_said(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        reviewed(settings.model_copy(update={"data": tmp_path / "nowhere"}))


def test_a_manifest_has_what_people_agreed_about(
    settings: Settings, store: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each picture, with an outcome and labels as Ground Truth writes classes."""
    store("reject", BARE)
    store("approve", BARE, pictures=2)
    store("reject", BARE, split=True)
    store("reject", BARE, pictures=2)
    out = tmp_path / "out.manifest"

    assert cli.run(["export", "manifest", str(out), "--data", str(settings.data)]) == 0

    assert "3 pictures and texts" in capsys.readouterr().out
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["outcome"] for line in lines] == [1, 0, 0]
    first = lines[0]
    assert first["source-ref"].startswith("s3://")
    assert first["outcome-metadata"]["class-name"] == "reject"
    assert first["outcome-metadata"]["type"] == "groundtruth/image-classification"
    assert first["labels-metadata"]["type"] == "groundtruth/image-classification-multilabel"
    assert [line["labels"] for line in lines[1:]] == [[], []]
    objects = read_manifest(out.read_bytes(), "source-ref")
    assert [each.number for each in objects] == [1, 2, 3]
