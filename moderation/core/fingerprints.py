"""Fingerprints: 64 bits that stay nearly the same when a picture or a text is changed a little.

Two contents are *nearly the same* when at most `MAX_DISTANCE` of the 64 bits differ. Measured, because that number is
what keeps false matches rare:

- Pictures (`picture_bits`, a difference hash as N. Krawetz's dHash of 2013, both ways instead of one): 1,000
  photographs, one of each class of ImageNet. Of their 499,500 pairs none is within 7 bits, 5 within 8, 115 within 12.
  Within 3 bits of itself is a photograph saved as JPEG of quality 50 (99.8 %) or 20 (99.6 %) or as WebP (99.8 %), at
  half its size or 200 pixels wide (99.8 %), brightened by a fifth (93 %), with 1 % (97 %), 2 % (85 %) or 4 % (48 %) of
  its width and height cut off.
- Texts (`text_bits`, M. Charikar's SimHash of 2002): the 4,953 different messages of at least 20 characters in the UCI
  SMS Spam Collection. Of their 12.3 million pairs 30 are within 3 bits and 160 within 8: the 30 are the same message
  with another number or a word more. With one word replaced, 80 % of texts of 1,000 characters are within 3 bits, 54 %
  of 400 and 10 % of 100: short texts are recognised by `Fingerprint.digest` or not at all.

A larger distance would find more cropped pictures. But 3 is also what four bands of 16 bits find by index alone: of two
values that differ in at most 3 bits, at least one of four bands is equal.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from moderation.core.decisions import Decision
from moderation.core.items import Part

BITS = 64
BANDS = 4
MAX_DISTANCE = BANDS - 1
MIN_CHARS = 20
"""Shorter texts, as `normalised`, get no fingerprint: a greeting says nothing about another greeting."""
SHINGLE_CHARS = 4
MIN_SHINGLES = 14
"""Different shingles that a text has at least for `text_bits`; with fewer it repeats itself, as ``ha ha ha`` does."""
SHORT_SIDE, LONG_SIDE = 5, 8
"""Of the two grids of `picture_bits`: four steps across in eight rows, four steps down in eight columns."""
STRONG_STEP = 3
"""Grey levels; a smaller step is within what saving a JPEG anew does to an even area."""
MIN_STRONG_STEPS = 10
"""Of the 32 across, and of the 32 down. Photographs have 13 and more each; pages of a few lines of text, which look
alike from so far, mostly fewer."""
MIN_RISING, MAX_RISING = 2, 30
"""Of the 32 steps each way that get brighter: what only gets brighter, or darker, is like every other gradient."""

_MARKS = re.compile(r"[\W_]+")
# Byte -> its eight bits, each in a lane of 32 bits.
_BYTE_LANES = tuple(b"".join((byte >> bit & 1).to_bytes(4, "little") for bit in range(8)) for byte in range(256))
_COUNTS = struct.Struct(f"<{BITS}I")

Kind = Literal["picture", "text"]


@dataclass(frozen=True)
class Fingerprint:
    """What is kept of one given part to recognise it by.

    Attributes:
        part: its id.
        digest: SHA-256 in hex: of a picture's bytes, or of a text as `normalised`.
        bits: what nearly the same content nearly shares; None when the content is too even or too repetitive to say
            anything, as a black picture is. Only an equal digest is a match then.
    """

    part: str
    kind: Kind
    digest: str
    bits: int | None


@dataclass(frozen=True)
class EarlierDecision:
    """The decision in force on another item of the same app that is nearly the same.

    Attributes:
        distance: how many of the 64 bits differ; None when the digests are equal.
    """

    item_id: str
    kind: Kind
    distance: int | None
    decision: Decision

    def sentence(self) -> str:
        """What a reviewer reads. With a date and no span of time, since a task may wait for days."""
        decision = self.decision
        outcome = {"approve": "Approved", "reject": "Rejected"}[decision.outcome]
        labels = f" ({', '.join(decision.labels[:3])})" if decision.labels else ""
        if self.distance is not None:
            alike = f"a {self.kind} nearly the same ({self.distance} of {BITS} bits differ)"
        elif self.kind == "picture":
            alike = "the same picture, byte for byte"
        else:
            alike = "the same text, but for capitals, spaces and punctuation"
        day = decision.decided_at.date().isoformat()
        return f"{outcome} by {decision.decided_by} on {day}{labels}: {alike}, item {self.item_id}"

    @property
    def decided_at(self) -> datetime:
        """UTC."""
        return self.decision.decided_at


def text_fingerprint(part: str, text: str) -> Fingerprint | None:
    """A text's fingerprint; None when it has fewer than `MIN_CHARS` letters, digits and spaces between them."""
    plain = normalised(text)
    if len(plain) < MIN_CHARS:
        return None
    return Fingerprint(
        part, "text", hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest(), text_bits(plain)
    )


def content_digest(part: Part) -> str | None:
    """SHA-256 in hex of a given part, of bytes or of a text as `normalised`, with its kind; None for none."""
    if part.text is not None:
        plain = normalised(part.text) or part.text
        return f"text:{hashlib.sha256(plain.encode('utf-8', 'surrogatepass')).hexdigest()}"
    return None if part.media is None else f"{part.type}:{part.media.sha256}"


def normalised(text: str) -> str:
    """A text without what disguises cost nothing: compatibility forms (NFKC) and case folded, other marks a space."""
    return _MARKS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def text_bits(plain: str) -> int | None:
    """SimHash of a normalised text over its different shingles; None when there are fewer than `MIN_SHINGLES`.

    Each bit is what the majority of the shingles' hashes (BLAKE2b, 64 bits) have there. A fifth of a microsecond per
    character of ordinary language, whose shingles come again and again, and two of any other.
    """
    shingles = {plain[start : start + SHINGLE_CHARS] for start in range(len(plain) - SHINGLE_CHARS + 1)}
    if len(shingles) < MIN_SHINGLES:
        return None
    counts = sum(map(_lanes, shingles)).to_bytes(4 * BITS, "little")
    half = len(shingles) // 2
    return sum(1 << bit for bit, count in enumerate(_COUNTS.unpack(counts)) if count > half)


@lru_cache(maxsize=32_768)
def _lanes(shingle: str) -> int:
    """The 64 bits of a shingle's hash, each in a lane of 32: sums of these count all bits at once."""
    digest = hashlib.blake2b(shingle.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(b"".join(map(_BYTE_LANES.__getitem__, digest)), "little")


def picture_bits(across: bytes, down: bytes) -> int | None:
    """Whether it gets brighter at each of 32 steps from left to right and 32 from the top down.

    Args:
        across: the picture upright and shrunk to eight rows of five grey levels.
        down: shrunk to five rows of eight.

    Returns:
        None for a picture that says too little: too few steps are more than noise, or nearly all go one way.
    """
    # Bands are cut diagonally. Neighbours are alike, so a band of one row would be all set under every other sky.
    steps: tuple[list[int], ...] = ([], [], [], [])
    for grid, width, ahead in ((across, SHORT_SIDE, 1), (down, LONG_SIDE, LONG_SIDE)):
        found = [
            (row + column, grid[row * width + column + ahead] - grid[row * width + column])
            for row in range(len(grid) // width - (ahead > 1))
            for column in range(width - (ahead == 1))
        ]
        strong = sum(abs(step) >= STRONG_STEP for _, step in found)
        if strong < MIN_STRONG_STEPS or not MIN_RISING <= sum(step > 0 for _, step in found) <= MAX_RISING:
            return None
        for diagonal, step in found:
            steps[diagonal % BANDS].append(step)
    bits = 0
    for step in itertools.chain(*steps):
        bits = bits << 1 | (step > 0)
    return bits


def bands(bits: int) -> tuple[int, ...]:
    """The four bands of 16 bits, highest first."""
    return tuple(bits >> shift & 0xFFFF for shift in (48, 32, 16, 0))


def distance(one: int, other: int) -> int:
    """How many bits differ."""
    return (one ^ other).bit_count()


def newest(found: Sequence[EarlierDecision], limit: int) -> list[EarlierDecision]:
    """The newest decisions, one an item: what is most alike of each. Pure; the order of `found` does not matter."""
    closest: dict[str, EarlierDecision] = {}
    for each in sorted(found, key=lambda e: (-1 if e.distance is None else e.distance, e.kind)):
        closest.setdefault(each.item_id, each)
    return sorted(closest.values(), key=lambda e: (e.decided_at, e.item_id), reverse=True)[:limit]
