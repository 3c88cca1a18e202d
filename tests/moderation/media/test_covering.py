"""Faces are covered before anything of a picture is stored; a second detector, which covered nothing, looks for them."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.core.detections import Detection
from moderation.core.errors import MediaRefused
from moderation.core.items import Box, Part, Tool
from moderation.media.covering import FaceCovering
from tests.houses.api import NOBODY, Api
from tests.paths import ROOT
from tests.waiting import wait_for

FACE = ROOT / "examples" / "face.jpg"


class Second:
    """NudeNet's faces: another net, trained on other pictures; it takes part in no covering."""

    def __init__(self) -> None:
        from nudenet import NudeDetector

        self._net = NudeDetector()

    def faces(self, data: bytes) -> list[dict[str, Any]]:
        import cv2
        import numpy

        picture = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR)
        return [each for each in self._net.detect(picture) if each["class"].startswith("FACE_")]


@pytest.fixture(scope="module")
def second() -> Second:
    return Second()


@pytest.fixture(scope="module")
def covering() -> FaceCovering:
    from moderation_models.ppe.detector import Ppe
    from moderation_vision.faces import WaryFaces

    return FaceCovering([WaryFaces(), Ppe()])


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A service with the profile."""
    from moderation.settings import Settings

    data = tmp_path_factory.mktemp("council")
    opened = Api.open(
        Settings(data=data, a2i_endpoint_url=NOBODY, workers=1, sweep_seconds=0.2, profile="works-council")
    )
    yield opened
    opened.close()


def crowd() -> bytes:
    """The same person four times, in other sizes, at an angle and mirrored, on one picture."""
    from PIL import Image, ImageOps

    with Image.open(FACE) as picture:
        one = picture.convert("RGB")
    board = Image.new("RGB", (1400, 1000), (150, 160, 150))
    for at, size, angle in (((40, 40), 420, 0), ((560, 60), 260, 12), ((900, 80), 160, -10), ((560, 480), 380, 0)):
        small = ImageOps.contain(one, (size, size)).rotate(angle, expand=True, fillcolor=(150, 160, 150))
        board.paste(ImageOps.mirror(small) if angle else small, at)
    out = io.BytesIO()
    board.save(out, "JPEG", quality=90)
    return out.getvalue()


def test_no_face_is_left_for_a_detector_that_did_not_cover_them(covering: FaceCovering, second: Second) -> None:
    for picture in (FACE.read_bytes(), crowd()):
        assert second.faces(picture)
        assert second.faces(covering.cover(picture)) == []


def test_a_patch_is_solid_and_nothing_else_travels_with_the_copy(covering: FaceCovering) -> None:
    from PIL import Image

    with Image.open(io.BytesIO(covering.cover(FACE.read_bytes()))) as copy:
        assert copy.format == "JPEG"
        assert not copy.getexif()
        assert "comment" not in copy.info
        assert sum(copy.convert("L").histogram()[:8]) > 0.02 * copy.width * copy.height


class Unsure:
    """Stands for a detector of faces that is as sure as told of each of some places."""

    name = "vision.faces_wary"

    def __init__(self, *found: tuple[float, Box]) -> None:
        self._found = found

    def detect(self, part: Part, context: Any) -> list[Detection]:
        by = Tool(name=self.name, version="1")
        return [Detection(label="Face", confidence=sure, detector=by, box=box) for sure, box in self._found]


def test_what_least_looks_like_a_face_is_covered_widely_where_nothing_else_is() -> None:
    from PIL import Image

    eye, other = Box(left=0.4, top=0.4, width=0.1, height=0.1), Box(left=0, top=0, width=0.05, height=0.05)
    out = io.BytesIO()
    Image.new("RGB", (1000, 1000), "white").save(out, "JPEG")

    shares = []
    for found in ([(20.0, eye)], [(20.0, eye), (90.0, other)], [(4.0, eye)]):
        with Image.open(io.BytesIO(FaceCovering([Unsure(*found)]).cover(out.getvalue()))) as copy:
            black = copy.convert("L").point(lambda level: 255 if level < 100 else 0)
            shares.append((black.getpixel((450, 450)), black.getpixel((350, 350)), black.getpixel((25, 25))))

    assert shares == [(255, 255, 0), (0, 0, 255), (0, 0, 0)]


def test_a_picture_without_people_is_whole(covering: FaceCovering) -> None:
    from PIL import Image

    with Image.open(io.BytesIO(covering.cover((ROOT / "examples" / "landscape.jpg").read_bytes()))) as copy:
        assert sum(copy.convert("L").histogram()[:3]) < 0.02 * copy.width * copy.height


def test_without_who_looks_for_faces_nothing_is_taken() -> None:
    with pytest.raises(MediaRefused, match="is not installed"):
        FaceCovering([]).cover(FACE.read_bytes())


def posted(data: bytes, **more: Any) -> dict[str, Any]:
    part = {"type": "image", "base64": base64.b64encode(data).decode(), "name": "jane-roe.jpg"}
    return {"parts": [part], **more}


def test_only_the_covered_copy_is_anywhere_in_the_data_folder(council: Api, second: Second) -> None:
    answer = council.post("/v1/items", json=posted(FACE.read_bytes(), author="jane", metadata={"place": "gate-1"}))

    assert answer.status_code == 202
    record = council.service.store.get_item(answer.json["id"])
    media = record.item.parts[0].media
    assert media is not None
    assert second.faces(council.service.blobs.get(media.uri)) == []
    assert (record.item.metadata, media.name) == ({"place": "gate-1"}, None)
    head = FACE.read_bytes()[:2000]
    stored = [path for path in Path(council.service.settings.data).rglob("*") if path.is_file()]
    assert not any(head in path.read_bytes() for path in stored)


def test_a_file_of_a_form_is_covered_too(council: Api, second: Second) -> None:
    form = {"item": "{}", "file": (io.BytesIO(FACE.read_bytes()), "jane.jpg", "image/jpeg")}

    answer = council.post("/v1/items", data=form)

    media = council.service.store.get_item(answer.json["id"]).item.parts[0].media
    assert media is not None
    assert second.faces(council.service.blobs.get(media.uri)) == []


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"type": "image", "url": "https://example.com/a.jpg"}, "parts[0].url"),
        ({"type": "image", "s3": "s3://bucket/a.jpg"}, "parts[0].s3"),
        ({"type": "image", "upload": "0190"}, "parts[0].upload"),
    ],
)
def test_what_would_be_stored_uncovered_is_refused_by_name(council: Api, part: dict[str, Any], field: str) -> None:
    answer = council.post("/v1/items", json={"parts": [part]})

    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field
    assert "faces are covered" in answer.json["errors"][0]["message"]


def test_uploads_and_animations_are_refused_and_the_doors_of_aws_are_not_there(council: Api) -> None:
    wanted = council.post("/v1/uploads", json={"content_type": "image/jpeg"})
    moving = council.post("/v1/items", json=posted((ROOT / "examples" / "animated.gif").read_bytes()))

    assert wanted.status_code == 422
    assert moving.status_code == 422
    assert council.client.post("/aws", headers={"X-Amz-Target": "RekognitionService.DetectFaces"}).status_code == 404


def test_items_go_with_their_pictures_within_a_day(council: Api) -> None:
    from datetime import UTC, datetime, timedelta

    settings = council.service.settings
    assert settings.items_kept == timedelta(hours=24)
    council.work()
    item_id = council.post_text("the delivery comes at nine")["id"]
    wait_for(lambda: council.service.store.get_item(item_id).status == "decided")

    from moderation.cleaning import Cleaning

    cleaning = Cleaning(settings, council.service.database, council.service.blobs, lambda: 0.0)  # type: ignore[arg-type]
    assert cleaning.items(datetime.now(UTC) + timedelta(hours=23)) == 0
    assert cleaning.items(datetime.now(UTC) + timedelta(hours=25)) >= 1


def test_small_numbers_are_in_no_report_of_places(council: Api) -> None:
    from moderation.console.dashboard import place_hours, read_places
    from moderation.console.periods import period_of
    from moderation.storage import roll_ups

    service, now = council.service, council.service.pipeline.now()
    counts = {("place", "shop", "dock", ""): 40, ("place", "shop", "dock", "ppe/helmet"): 3}
    counts |= {("place", "shop", "dock", "ppe/vest"): 9, ("place", "shop", "shed", ""): 4}
    service.database.write(lambda c: roll_ups.add_counts(c, Counter(counts), now), step="test")
    period, rules, least = (
        period_of({"period": "24h"}, now),
        ["ppe/helmet", "ppe/vest"],
        service.settings.smallest_group,
    )

    [place] = [each for each in read_places(service.database, period, None, rules, least) if each.name == "dock"]
    assert (place.items, place.found) == (40, {"ppe/vest": 9})
    assert all(each.name != "shed" for each in read_places(service.database, period, None, rules, least))
    shed = place_hours(service.database, period, None, rules, least)["shed"]
    assert set(shed.values()) == {(0, 0)}


def test_single_items_are_not_exported(
    council: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.cli import run

    monkeypatch.setenv("MODERATION_PROFILE", "works-council")
    assert run(["export", "detections", str(tmp_path), "--data", str(council.service.settings.data)]) == 2
    assert "no exports of single items" in capsys.readouterr().err
