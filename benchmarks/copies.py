"""How long it takes to find and reject the copies of an upheld notice among a million stored items.

Run as ``python benchmarks/copies.py [ITEMS]``: a fresh SQLite database, fingerprints drawn at random (a seventh of them
of few looks, so that some bands are crowded), and five re-encodings of each of ten pictures, 0 to 3 bits apart.
"""

from __future__ import annotations

import itertools
import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from ground.database import Database
from ground.prepared import insert_many
from moderation.core.fingerprints import Fingerprint
from moderation.settings import Settings
from moderation.storage.near_duplicates import copies_of, fingerprint_row
from moderation.storage.opening import open_database
from moderation.storage.tables import fingerprints, items

_NUMBERS = itertools.count()
COMMON = 200
"""Looks that a seventh of all pictures nearly share."""
BATCH = 20_000
PLANTED, RE_ENCODINGS = 10, 5


def main() -> int:
    """Fill, plant, look; exit code 1 when a copy is missed or it takes more than 60 s."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Settings(data=Path(folder)))
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
        originals, planted = [], []
        for _ in range(PLANTED):
            look = dice.getrandbits(64)
            [original] = fill(database, [look])
            originals.append(original)
            near = [
                look ^ sum(1 << bit for bit in dice.sample(range(64), dice.randrange(4))) for _ in range(RE_ENCODINGS)
            ]
            planted.append(set(fill(database, near)))
        filled = time.monotonic() - began
        began, missed, more = time.monotonic(), 0, 0
        for original, copies in zip(originals, planted, strict=True):
            found = set(database.read(lambda c, each=original: copies_of(c, each)))
            missed += len(copies - found)
            more += len(found - copies)
        seconds = (time.monotonic() - began) / PLANTED
        database.close()
    print(f"{count:,} items filled in {filled:.0f} s; copies of one found in {seconds * 1000:.1f} ms, "
          f"{missed} of {PLANTED * RE_ENCODINGS} missed, {more} others")  # fmt: skip
    return 1 if missed or seconds > 60 else 0


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
            "document": {},
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
