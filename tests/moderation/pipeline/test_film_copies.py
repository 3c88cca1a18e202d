"""Films whose policies have places taken out: the copy shows nothing of them at any time; what is too much is withheld."""

from __future__ import annotations

import io
from collections.abc import Callable

import av
import pytest
from PIL import Image

from ground.media.limits import Limits
from moderation.core.derivatives import derivatives_of
from moderation.core.items import Part
from moderation.core.policy.file import PolicyFile
from moderation.core.policy.policies import Policy
from moderation.media.inspecting import inspect, store_media
from moderation.pipeline.intake import Submission
from moderation.redacting.recordings import wanted_of
from moderation.storage.records import ItemRecord
from plugins.film.tests.films import film
from tests.houses.service import House
from tests.paths import EXAMPLES

POLICY = """\
policy: films
format: 1
applies_to: {content_type: [video]}
needs: [film.frames, vision.faces]
if_nothing_matches: approve
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}
rules:
  - id: shown-without-faces
    when: {label: Face}
    then: approve
    redact: [Face]
"""


COPIES = Policy(
    PolicyFile.model_validate(
        {
            "policy": "copies",
            "format": 1,
            "applies_to": {"content_type": ["video"]},
            "if_nothing_matches": "approve",
            "if_a_detector_fails": "reject",
            "copies": {"redacted": "s3://out/", "thumbnails": "s3://thumbs/"},
        }
    ),
    version="1",
)


def crossing(at: float) -> Image.Image:
    """A portrait that moves; its nose is at `nose`."""
    with Image.open(EXAMPLES / "face.jpg") as picture:
        portrait = picture.convert("RGB").resize((200, 200))
    scene = Image.new("RGB", (480, 270), (90, 120, 90))
    scene.paste(portrait, (int(20 + 60 * at), 30))
    return scene


def nose(at: float) -> tuple[int, int]:
    return int(20 + 60 * at) + 88, 75


def post(house: House, data: bytes) -> ItemRecord:
    service = house.service
    media = store_media(service.blobs, data, inspect(data, Limits.of(house.settings), "video"), "a.mp4")
    item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="video", media=media),)))
    service.pipeline.intake([item])
    return house.wait(item.id, lambda record: record.status != "pending")


def test_a_face_that_crosses_is_covered_in_each_frame_of_the_copy(open_house: Callable[[str], House]) -> None:
    house = open_house(POLICY)

    record = post(house, film(crossing, 1.2, sound=True))

    assert record.decision is not None, record.failures
    (copy,) = record.redacted
    assert copy.media is not None, copy.withheld
    data = house.service.blobs.get(copy.media.uri)
    with av.open(io.BytesIO(data)) as container:
        frames = [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert len(frames) == 30
    for at, pixels in frames:
        x, y = nose(at)
        assert pixels[y - 8 : y + 8, x - 8 : x + 8].max() < 30, f"seen at {at}"
    kinds = [
        each.kind for each in derivatives_of([COPIES], record.item, record.decision, record.redacted, record.parts)
    ]
    assert kinds == ["redacted"], "a thumbnail would show the face"
    plain = derivatives_of([COPIES], record.item, record.decision, (), record.parts)
    assert [(each.kind, each.content_type) for each in plain] == [("thumbnail", "image/jpeg")]


def test_a_film_that_is_too_long_goes_to_people(
    open_house: Callable[[str], House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.redacting.recordings.MOST_SECONDS", 1.0)

    record = post(open_house(POLICY), film(crossing, 1.2))

    assert record.status == "in_review"
    assert any("policies redact up to 1" in failure.message for failure in record.failures)


@pytest.mark.parametrize(
    ("labels", "faces", "plates", "text", "spoken"),
    [
        ({"Face"}, True, False, False, set()),
        ({"PII/LICENSE_PLATE"}, False, True, False, set()),
        ({"PII/NAME", "Text"}, False, False, True, {"PII/NAME"}),
    ],
)
def test_labels_say_what_is_covered_and_what_is_muted(
    labels: set[str], faces: bool, plates: bool, text: bool, spoken: set[str]
) -> None:
    wanted = wanted_of(frozenset(labels))

    assert wanted is not None
    assert (wanted.faces, wanted.plates, wanted.text, wanted.spoken) == (faces, plates, text, spoken)


def test_what_nothing_covers_in_films_has_no_copy() -> None:
    assert wanted_of(frozenset({"Face", "Explicit/Nudity"})) is None
