"""Reviewers learn of earlier decisions on content that is nearly the same: the index, real pictures, whole loops."""

from __future__ import annotations

import io
import random
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from ground.blobs import FolderBlobs
from ground.database import Database
from ground.media.limits import Limits
from moderation.core.decisions import Decision, PolicyRef
from moderation.core.fingerprints import Fingerprint, distance
from moderation.core.items import Item, Media, Part
from moderation.detection.answers import Answers
from moderation.media.fingerprinting import fingerprints, picture_fingerprint
from moderation.media.inspecting import inspect, store_media
from moderation.pipeline.intake import Submission
from moderation.storage import near_duplicates, tables
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.near_duplicates import MAX_EARLIER, NearDuplicates
from moderation.storage.records import LoopRecord
from tests.examples import examples
from tests.houses.service import NUMBER, REJECTS, REVIEWS, House, appealed
from tests.paths import EXAMPLES, MIGRATIONS
from tests.waiting import wait_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PHOTO, DRAWING, GPS = "face.jpg", "landscape.jpg", "gps.jpg"


class Past:
    """Items of a database, decided one a minute."""

    def __init__(self, database: Database) -> None:
        self.store, self.near = Store(database), NearDuplicates(database)
        self._at = NOW

    def add(self, bits: int | None, *, app: str = "shop", digest: str = "", decide: bool = True) -> str:
        """An item of one picture; its id."""
        self._at += timedelta(minutes=1)
        part = Part(id="p0", type="text", text="hi")
        item = Item(id=new_item_id(self._at), app=app, parts=(part,), created_at=self._at)
        self.store.add_items([item])
        prints = [Fingerprint("p0", "picture", digest or item.id, bits)]
        if decide:
            policy = PolicyRef(name="p", version="1")
            decision = Decision(outcome="reject", decided_by="rules", reason="r", policy=policy, decided_at=self._at)
            assert self.store.decide(item.id, decision, None, None, fingerprints=prints)
        else:
            loop = LoopRecord(f"{item.id}-1", item.id, 1, "p", "1", "q", "f", "starting", 0, self._at)
            assert self.store.send_to_people(item.id, None, None, [loop], prints)
        return item.id

    def told(self, item_id: str) -> dict[str, int | None]:
        return {each.item_id: each.distance for each in self.near.earlier(item_id)}


def flip(bits: int, *which: int) -> int:
    for bit in which:
        bits ^= 1 << bit
    return bits


@pytest.fixture
def past(database: Database) -> Past:
    return Past(database)


@pytest.fixture(scope="module")
def long_past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    opened = Database(f"sqlite:///{tmp_path_factory.mktemp('past') / 'x.db'}", MIGRATIONS, tables.metadata)
    opened.migrate()
    yield Past(opened)
    opened.close()


@property_settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    middle=st.integers(0, 2**64 - 1),
    flips=st.lists(st.sets(st.integers(0, 63), max_size=6), max_size=6),
    others=st.lists(st.integers(0, 2**64 - 1), max_size=6),
)
def test_all_within_three_bits_are_found_and_nothing_else(
    long_past: Past, middle: int, flips: list[set[int]], others: list[int]
) -> None:
    app = str(uuid.uuid4())  # so that what other examples stored is another app's
    there = {long_past.add(bits, app=app): bits for bits in [*others, *(flip(middle, *which) for which in flips)]}
    within = {item: distance(bits, middle) for item, bits in there.items() if distance(bits, middle) <= 3}

    told = long_past.told(long_past.add(middle, app=app, decide=False))

    assert list(told.items()) == sorted(within.items(), reverse=True)[:MAX_EARLIER]


@pytest.mark.parametrize("equal", range(4))
def test_one_equal_band_is_enough(long_past: Past, equal: int) -> None:
    app, bits = str(uuid.uuid4()), 0x0123_4567_89AB_CDEF
    there = long_past.add(flip(bits, *(16 * band + 5 for band in range(4) if band != equal)), app=app)

    assert long_past.told(long_past.add(bits, app=app, decide=False)) == {there: 3}


def test_the_outermost_bits_survive_the_database(past: Past) -> None:
    all_set, high = past.add(2**64 - 1), past.add(1 << 63)

    assert past.told(past.add(flip(2**64 - 1, 0, 63), decide=False)) == {all_set: 2}
    assert past.told(past.add((1 << 63) + 1, decide=False)) == {high: 1}


def test_other_apps_undecided_items_and_the_item_itself_are_not_told_of(past: Past) -> None:
    past.add(12345, app="forum")
    past.add(12345, decide=False)

    assert past.told(past.add(12345)) == {}


def test_an_even_picture_is_like_none_but_itself(past: Past) -> None:
    same = past.add(None, digest="black")
    past.add(None, digest="white")
    past.add(0)

    assert past.told(past.add(None, digest="black", decide=False)) == {same: None}


def test_the_newest_ten_are_told_newest_first(past: Past) -> None:
    added = [past.add(777) for _ in range(MAX_EARLIER + 3)]

    assert list(past.told(past.add(777, decide=False))) == added[:-11:-1]


def test_an_item_under_appeal_is_left_out_for_an_older_one(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "MAX_EARLIER", 2)
    old = [past.add(777) for _ in range(3)]
    for _ in range(4):
        item = past.add(777)
        loop = LoopRecord(f"{item}-a1", item, 1, "p", "1", "q", "f", "starting", 0, NOW, purpose="appeal", appeal="x")
        past.store.open_appeal(past.store.get_item(item).item, loop)

    assert list(past.told(past.add(777, decide=False))) == old[:0:-1]


# Real pictures


def photo(name: str) -> Image.Image:
    return Image.open(EXAMPLES / name).convert("RGB")


def encoded(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def bits_of(data: bytes) -> int | None:
    return picture_fingerprint("p0", data, "").bits


def cropped(picture: Image.Image, share: float) -> Image.Image:
    width, height = picture.size
    return picture.crop((int(width * share), int(height * share), int(width * (1 - share)), int(height * (1 - share))))


CHANGES: dict[str, Callable[[Image.Image], bytes]] = {
    "recompressed": lambda p: encoded(p, quality=40),
    "as PNG": lambda p: encoded(p, "PNG"),
    "as WebP": lambda p: encoded(p, "WEBP", quality=60),
    "half the size": lambda p: encoded(p.resize((p.width // 2, p.height // 2))),
    "a thumbnail": lambda p: encoded(p.resize((160, 160 * p.height // p.width))),
    "twice the size": lambda p: encoded(p.resize((p.width * 2, p.height * 2)), quality=80),
    "another aspect": lambda p: encoded(p.resize((500, 500))),
    "brighter": lambda p: encoded(ImageEnhance.Brightness(p).enhance(1.1)),
    "grey": lambda p: encoded(p.convert("L")),
    "slightly cropped": lambda p: encoded(cropped(p, 0.005)),
    "with an alpha channel": lambda p: encoded(p.convert("RGBA"), "PNG"),
    "of 256 colours": lambda p: encoded(p.quantize(256), "PNG"),
    "the first frame of an animation": lambda p: encoded(
        p, "WEBP", save_all=True, append_images=[Image.new("RGB", p.size), p.rotate(180)], duration=100, quality=80
    ),
}


@pytest.mark.parametrize("name", [PHOTO, DRAWING, GPS])
@pytest.mark.parametrize("change", CHANGES)
def test_a_picture_is_recognised_when_it_is(name: str, change: str) -> None:
    original = bits_of((EXAMPLES / name).read_bytes())
    changed = bits_of(CHANGES[change](photo(name)))

    assert original is not None
    assert changed is not None
    assert distance(original, changed) <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_seen_upright(orientation: int) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = photo(PHOTO)
    if orientation in undo:
        stored = stored.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    original, turned = bits_of((EXAMPLES / PHOTO).read_bytes()), bits_of(encoded(stored, quality=90, exif=exif))

    assert original is not None
    assert turned is not None
    assert distance(original, turned) <= 3


def test_different_pictures_are_far_apart() -> None:
    made = [bits_of((EXAMPLES / name).read_bytes()) for name in (PHOTO, DRAWING, GPS)]
    made.append(bits_of(encoded(photo(PHOTO).transpose(Image.Transpose.FLIP_LEFT_RIGHT))))
    known = [bits for bits in made if bits is not None]

    assert len(known) == 4
    assert min(distance(a, b) for n, a in enumerate(known) for b in known[:n]) > 8


@pytest.mark.parametrize("colour", ["black", "white", "#7f7f7f", "red"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_a_flat_picture_is_nothing_to_go_by(colour: str, kind: str) -> None:
    assert bits_of(encoded(Image.new("RGB", (300, 200), colour), kind)) is None


def test_a_gradient_and_faint_noise_are_nothing_to_go_by() -> None:
    gradient = Image.linear_gradient("L")
    noise = Image.frombytes("L", (300, 200), bytes(128 + b % 3 for b in random.Random(1).randbytes(60_000)))

    assert bits_of(encoded(gradient)) is None
    assert bits_of(encoded(gradient.rotate(90))) is None
    assert bits_of(encoded(noise)) is None


def test_hidden_colours_of_transparent_pixels_do_not_matter() -> None:
    seen = photo(PHOTO).convert("RGBA")
    hole = Image.new("L", seen.size, 255)
    hole.paste(0, (0, 0, seen.width // 3, seen.height))
    seen.putalpha(hole)
    other = seen.copy()
    other.paste((255, 0, 0, 0), (0, 0, seen.width // 3, seen.height))

    assert bits_of(encoded(seen, "PNG")) == bits_of(encoded(other, "PNG")) is not None


# Whole loops

SEES = """\
policy: sights
format: 1
applies_to: {content_type: [image]}
if_nothing_matches: {review: people}
if_a_detector_fails: {review: people}
queues:
  - {name: people, a2i_flow: people}
"""
ADVERT = (
    f"{NUMBER}; it is in the blue folder that I left on the desk beside the window when I came home on Friday evening, "
    "and the folder also has the papers for the car, the flat in the old town and the boat that we bought last year"
)


def shown(house: House, loop: str) -> dict[str, Any]:
    """What reviewers of a loop are shown."""
    wait_for(lambda: loop in house.people.started)
    content: dict[str, Any] = house.people.started[loop]
    return content


def post_picture(house: House, data: bytes) -> str:
    service = house.service
    media: Media = store_media(service.blobs, data, inspect(data, Limits(), "image"), None)
    item = service.pipeline.prepare(Submission("shop", (Part(id="p0", type="image", media=media),)))
    service.pipeline.intake([item])
    house.wait(item.id, lambda record: record.status != "pending")
    return item.id


def test_a_reviewer_is_told_of_the_decision_on_nearly_the_same_picture(
    open_house: Callable[[str], House], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(SEES)
    # What detectors find in a picture plays no part here, and takes them long.
    monkeypatch.setattr(house.service.judge.runner, "extract", lambda *_, **__: ([], Answers()))
    monkeypatch.setattr(house.service.judge.runner, "look", lambda *_, **__: Answers())
    first = post_picture(house, (EXAMPLES / PHOTO).read_bytes())
    assert "earlier" not in shown(house, f"{first}-1")
    house.people.said[f"{first}-1"] = "reject"
    decision = house.wait(first, lambda record: record.status == "decided").decision
    assert decision is not None

    again = post_picture(house, encoded(photo(PHOTO).resize((160, 150)), "PNG"))
    black = post_picture(house, encoded(Image.new("RGB", (300, 200)), "PNG"))

    [sentence] = shown(house, f"{again}-1")["earlier"]
    assert sentence.startswith(f"Rejected by people on {decision.decided_at.date()}: a picture nearly the same (")
    assert sentence.endswith(f"of 64 bits differ), item {first}")
    assert "earlier" not in shown(house, f"{black}-1")


def test_a_reviewer_is_told_of_decisions_on_texts_alike_but_not_on_short_ones(
    open_house: Callable[[str], House],
) -> None:
    house = open_house(REVIEWS.replace("if_nothing_matches: approve", "if_nothing_matches: {review: people}"))
    ids = {}
    for text in (ADVERT, "Have a nice day"):
        ids[text] = house.post(text).item.id
        house.people.said[f"{ids[text]}-1"] = "approve"
        house.wait(ids[text], lambda record: record.status == "decided")

    same = house.post(ADVERT.upper().replace(" ", "  "))
    close = house.post(ADVERT.replace("last year", "last years"))
    short = house.post("Have a nice day")

    [sentence] = shown(house, f"{same.item.id}-1")["earlier"]
    assert sentence.endswith(f"the same text, but for capitals, spaces and punctuation, item {ids[ADVERT]}")
    [sentence] = shown(house, f"{close.item.id}-1")["earlier"]
    assert "a text nearly the same (" in sentence
    assert "earlier" not in shown(house, f"{short.item.id}-1")


def test_what_the_rules_approved_and_nobody_saw_is_not_remembered_until_it_is_appealed(
    open_house: Callable[[str], House],
) -> None:
    house = open_house(REVIEWS)
    text = ADVERT.removeprefix(NUMBER)
    fine = [house.wait(house.post(text).item.id, lambda record: record.status == "decided") for _ in range(2)]

    def remembered() -> set[str]:
        kept = sa.select(tables.fingerprints.c.item_id).where(tables.fingerprints.c.decided_at.is_not(None))
        return set(house.service.database.read(lambda c: c.execute(kept).scalars().all()))

    assert [record.decision.outcome for record in fine if record.decision] == ["approve", "approve"]
    assert remembered() == set()
    appealed(house, fine[0].item.id, "reject")
    assert remembered() == {fine[0].item.id}


def test_samples_are_told_of_decisions_by_rules_unless_they_are_blind_and_appeals_are_not(
    open_house: Callable[[str], House],
) -> None:
    sampled = (
        "sampling:\n"
        "  - {id: blind, of: reject, percent: 100, queue: quality, blind: true}\n"
        "  - {id: open, of: reject, percent: 100, queue: quality}\n"
    )
    house = open_house(REJECTS + sampled)
    first, second = house.post(ADVERT).item.id, house.post(ADVERT).item.id
    blind, seeing = shown(house, f"{second}-s1"), shown(house, f"{second}-s2")
    appealed(house, second, "approve")

    assert "sample for quality; say what you see" in blind["why"][0]
    assert "earlier" not in blind
    [sentence] = seeing["earlier"]
    assert sentence.startswith("Rejected by rules on ")
    assert sentence.endswith(f"(PII/SSN): the same text, but for capitals, spaces and punctuation, item {first}")
    assert "earlier" not in shown(house, f"{second}-a1")


def test_a_picture_that_cannot_be_read_has_no_fingerprint_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blobs = FolderBlobs(tmp_path, "bucket")
    gone = Media(uri="s3://bucket/gone.png", sha256="0" * 64, content_type="image/png", size_bytes=1)
    broken = gone.model_copy(update={"uri": blobs.put("broken.png", b"no picture", "image/png")})
    parts = [Part(id=f"p{n}", type="image", media=media) for n, media in enumerate((gone, broken))]
    item = Item(id="i", app="shop", parts=(*parts, Part(id="p2", type="text", text=ADVERT)), created_at=NOW)

    assert [made.part for made in fingerprints(item, blobs)] == ["p2"]
    assert "item=i part=p0 has no fingerprint (NotFound)" in caplog.text
    assert "item=i part=p1 has no fingerprint (MediaRefused)" in caplog.text
