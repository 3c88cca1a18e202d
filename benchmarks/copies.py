"""How long it takes to find and reject the copies of an upheld notice among a million stored items.

Run as ``python benchmarks/copies.py [ITEMS]``: a fresh SQLite database, fingerprints drawn at random (a seventh of them
of few looks, so that some bands are crowded), and five re-encodings of each of ten pictures, 0 to 3 bits apart, which
are sought only. Then ten pictures and five re-encodings of each are posted to a service on the same database, and a
notice of each of the ten is upheld: timed is until the last of its copies is rejected.
"""

from __future__ import annotations

import io
import itertools
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from PIL import Image

from ground.database import Database
from ground.prepared import insert_many
from moderation.core.fingerprints import Fingerprint
from moderation.core.items import Part
from moderation.core.loops import Answer
from moderation.core.public_notices import GivenNotice
from moderation.media.inspecting import inspect, store_media
from moderation.notices.taking import take
from moderation.pipeline.intake import Submission
from moderation.review.client import LoopState
from moderation.service import Service
from moderation.settings import Settings
from moderation.storage.near_duplicates import copies_of, fingerprint_row
from moderation.storage.tables import fingerprints, items

_NUMBERS = itertools.count()
COMMON = 200
"""Looks that a seventh of all pictures nearly share."""
BATCH = 20_000
PLANTED, RE_ENCODINGS = 10, 5


POLICY = """\
policy: gallery
format: 1
applies_to: {content_type: [image]}
if_nothing_matches: approve
if_a_detector_fails: {review: people}
needs: [own.sees]
queues:
  - {name: people, a2i_flow: people}
reasons: {stolen: {en: It is somebody else's}}
notices: {queue: people, list: reported, copies: reject}
"""
PLUGIN = """\
from moderation import hookimpl

class Sees:
    name, version, reads, labels = "own.sees", "1", ("image",), ("Custom/Seen",)
    min_confidence, time_limit_seconds = 1.0, 20.0
    def detect(self, part, context):
        return []

@hookimpl
def register_detectors(settings):
    return [Sees()]
"""
LATE_SECONDS = 60


class Upholds:
    """Stands in for Amazon A2I: each loop is answered at once, with reject."""

    def provision(self, queues: Any) -> list[str]:
        """Nothing is missing."""
        return []

    def start(self, name: str, flow: str, content: Any) -> str:
        """A loop is open."""
        return f"arn:{name}"

    def at(self, arn: str | None) -> Upholds:
        """The same for every flow."""
        return self

    def describe(self, name: str) -> LoopState:
        """It is answered."""
        return LoopState("Completed", "", f"s3://b/{name}")

    def answers(self, name: str, uri: str) -> list[Answer]:
        """What somebody said."""
        return [Answer(reviewer="ann", outcome="reject", submitted_at=datetime.now(UTC))]


def main() -> int:
    """Fill, plant, look, reject; exit code 1 when a copy is missed or it takes more than 60 s."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        service = opened(Path(folder))
        database = service.database
        began = time.monotonic()
        common = [dice.getrandbits(64) for _ in range(COMMON)]
        for first in range(0, count, BATCH):
            bits = [
                dice.choice(common) ^ sum(1 << bit for bit in dice.sample(range(64), 4))
                if dice.randrange(7) == 0
                else dice.getrandbits(64)
                for _ in range(min(BATCH, count - first))
            ]
            fill(database, bits)
        print(f"{count:,} items filled in {time.monotonic() - began:.0f} s")
        missed, seconds = sought(database, dice)
        service.start()
        try:
            left, slowest = rejected(service)
        finally:
            service.close()
    return 1 if missed or left or max(seconds, slowest) > LATE_SECONDS else 0


def sought(database: Database, dice: random.Random) -> tuple[int, float]:
    """How many copies are not found, and the seconds that one search takes."""
    originals, planted = [], []
    for _ in range(PLANTED):
        look = dice.getrandbits(64)
        [original] = fill(database, [look])
        originals.append(original)
        near = [look ^ sum(1 << bit for bit in dice.sample(range(64), dice.randrange(4))) for _ in range(RE_ENCODINGS)]
        planted.append(set(fill(database, near)))
    began, missed, more = time.monotonic(), 0, 0
    for original, copies in zip(originals, planted, strict=True):
        found = set(database.read(lambda c, each=original: copies_of(c, each)))
        missed += len(copies - found)
        more += len(found - copies)
    seconds = (time.monotonic() - began) / PLANTED
    print(f"copies of one found in {seconds * 1000:.1f} ms, {missed} of {PLANTED * RE_ENCODINGS} missed, {more} others")
    return missed, seconds


def rejected(service: Service) -> tuple[int, float]:
    """How many copies are not rejected, and the seconds from the slowest notice to the last of its copies."""
    families = []
    for seed in range(PLANTED):
        picture = photo(seed)
        families.append([posted(service, data) for data in (saved(picture, "PNG"), *re_encodings(picture))])
    wait(service, [each for family in families for each in family], "decided")
    left, slowest = 0, 0.0
    for original, *copies in families:
        said = GivenNotice(
            place=original, kind="copyright", reason="mine", name="Ann", mail="ann@example.org",
            signature="Ann", is_in_good_faith=True,
        )  # fmt: skip
        began = time.monotonic()
        take(service, "shop", said, via="form", flagger_key="", now=datetime.now(UTC))
        while time.monotonic() - began < 2 * LATE_SECONDS:
            decisions = [service.store.get_item(each).decision for each in copies]
            open_still = sum(each is None or each.outcome != "reject" for each in decisions)
            if not open_still:
                break
            time.sleep(0.02)
        left, slowest = left + open_still, max(slowest, time.monotonic() - began)
    print(f"copies of one rejected within {slowest:.1f} s of the notice, {left} of {PLANTED * RE_ENCODINGS} left")
    return left, slowest


def opened(folder: Path) -> Service:
    """A service whose pictures somebody looks at, over a fresh database."""
    (folder / "rules").mkdir()
    (folder / "rules" / "gallery.yml").write_text(POLICY)
    (folder / "plugins").mkdir()
    (folder / "plugins" / "sees.py").write_text(PLUGIN)
    settings = Settings(
        data=folder / "data", rules=folder / "rules", plugins_dir=folder / "plugins", poll_seconds=0.1, workers=2
    )
    return Service.open(settings, human_loops=Upholds())  # type: ignore[arg-type]


def posted(service: Service, data: bytes) -> str:
    """The id of an item of one picture."""
    facts = inspect(data, service.judge.limits, "image")
    part = Part(id="p0", type="image", media=store_media(service.blobs, data, facts, None))
    item = service.pipeline.prepare(Submission("shop", (part,)))
    service.pipeline.intake([item])
    return item.id


def wait(service: Service, ids: list[str], status: str) -> None:
    """Until all of them have it."""
    while any(service.store.get_item(each).status != status for each in ids):
        time.sleep(0.05)


def photo(seed: int) -> Image.Image:
    """A picture with enough in it to be known again."""
    dice = random.Random(seed)
    small = Image.new("RGB", (12, 9))
    small.putdata([tuple(dice.randrange(256) for _ in range(3)) for _ in range(108)])
    return small.resize((640, 480), Image.Resampling.BICUBIC)


def re_encodings(picture: Image.Image) -> list[bytes]:
    """Five: poorer, another format, smaller."""
    return [
        saved(picture, "JPEG", quality=50),
        saved(picture, "JPEG", quality=20),
        saved(picture, "WEBP", quality=80),
        saved(picture.resize((320, 240)), "JPEG", quality=90),
        saved(picture.resize((200, 150)), "PNG"),
    ]


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def fill(database: Database, looks: list[int]) -> list[str]:
    """Decided items of one picture each; their ids."""
    now = datetime.now(UTC)
    made = [(f"{next(_NUMBERS):032x}", look) for look in looks]
    item_rows = [
        {
            "id": each,
            "app": "shop",
            "status": "decided",
            "lane": "media",
            "created_at": now,
            "document": {"parts": []},
            "attempts": 0,
        }
        for each, _ in made
    ]
    print_rows = [
        fingerprint_row(each, "shop", Fingerprint("p0", "picture", f"{each.replace('-', ''):>064}", look), None)
        for each, look in made
    ]

    def work(c: sa.Connection) -> None:
        c.execute(sa.insert(items), item_rows)
        insert_many(c, fingerprints, print_rows)

    database.write(work, step="benchmark.fill")
    return [each for each, _ in made]


if __name__ == "__main__":
    sys.exit(main())
