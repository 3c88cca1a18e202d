"""``vision.hashes`` and ``text.hashes``: content that is on a list, by its hash.

They recognise what is listed and know nothing of anything else, so their answer makes no part examined: content that is
on no list still needs somebody who looks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.core.cards import Card, Licence
from moderation.core.clearance import CLEARANCE
from moderation.core.detections import Detection
from moderation.core.egress import KEEPS
from moderation.core.fingerprints import MIN_CHARS, normalised, text_bits
from moderation.core.items import Part
from moderation.hookspecs import Context, Unreadable
from moderation_hashes.entries import digest_of_text
from moderation_hashes.index import NEAR, Hashes
from moderation_hashes.lists import HashList, version_of
from moderation_hashes.pdq import LONGEST, picture_hash

FILE_DIGESTS = ("sha256", "sha1", "md5")


@dataclass(frozen=True)
class Match:
    """The nearest hash of one list.

    Attributes:
        kind: of the hash.
        distance: bits that differ; 0 for a digest.
        value: the hash, in hex.
        is_turned: whether it is the picture turned or mirrored that is near.
    """

    kind: str
    distance: int
    value: str
    is_turned: bool = False

    @property
    def confidence(self) -> float:
        """Percent of the bits that are the same."""
        return 100.0 - 100.0 * self.distance / (8 * NEAR[self.kind]) if self.kind in NEAR else 100.0


@dataclass(frozen=True)
class _Looked:
    """What a part is looked up by: digests, and hashes of which one may be near."""

    digests: dict[str, bytes]
    near: dict[str, tuple[bytes, ...]]


class _Known:
    """What both detectors do."""

    min_confidence = 85.0
    time_limit_seconds = 20.0
    examines = False

    def __init__(self, lists: Sequence[HashList]) -> None:
        self._lists = tuple(lists)
        self._opened: dict[str, tuple[Hashes, ...]] = {}
        self.labels = tuple(sorted({each.label for each in lists}))
        self.keeps_on_machine = any(each.keeps_on_machine for each in lists)
        self.version = f"1.0+{version_of(self._lists)}"

    def __getstate__(self) -> dict[str, Any]:
        """The lists are opened anew in the process that they are needed in."""
        return {**self.__dict__, "_opened": {}}

    def _hashes(self, which: HashList) -> tuple[Hashes, ...]:
        if which.name not in self._opened:
            self._opened[which.name] = tuple(Hashes(folder) for folder in which.indexes)
        return self._opened[which.name]

    def _kinds(self) -> frozenset[str]:
        """What kinds of hashes any list has."""
        return frozenset().union(*(opened.kinds for each in self._lists for opened in self._hashes(each)))

    def _matches(self, looked: _Looked) -> dict[str, Match]:
        """The nearest match on each list, by its name."""
        found = {}
        for each in self._lists:
            near = min(self._on(each, looked), key=lambda match: match.distance, default=None)
            if near is not None:
                found[each.name] = near
        return found

    def _on(self, which: HashList, looked: _Looked) -> Iterator[Match]:
        for hashes in self._hashes(which):
            for kind, value in looked.digests.items():
                if hashes.has(kind, value):
                    yield Match(kind, 0, value.hex())
            for kind, ways in looked.near.items():
                near = hashes.nearest(kind, ways, which.distances[kind])
                if near is not None:
                    is_turned = kind == "pdq" and near.way % 8 > 0
                    yield Match(kind, near.distance, near.value.hex(), is_turned)

    def _told(self, matches: dict[str, Match]) -> list[Detection]:
        """A detection for each list that counts, by its name."""
        beaten: dict[str, list[str]] = {}
        for each in self._lists:
            if each.name in matches:
                ours = matches[each.name].distance
                losers = [name for name in each.beats if name in matches and matches[name].distance >= ours]
                if losers:
                    beaten[each.name] = losers
        lost = {name for names in beaten.values() for name in names}
        return [
            Detection(
                label=each.label,
                confidence=matches[each.name].confidence,
                attributes={
                    "list": each.name,
                    "kind": each.kind,
                    "hash": f"{matches[each.name].kind}:{matches[each.name].value}",
                    "distance": matches[each.name].distance,
                    **({KEEPS: True} if each.keeps_on_machine else {}),
                    **({CLEARANCE: each.clearance} if each.clearance is not None else {}),
                    **({"turned": True} if matches[each.name].is_turned else {}),
                    **({"beats": list(beaten[each.name])} if each.name in beaten else {}),
                },
            )
            for each in self._lists
            if each.name in matches and each.name not in lost
        ]


class KnownMedia(_Known):
    """Pictures, films and sounds of which the same file is listed, and pictures that look the same as one listed.

    Confidence is the percentage of bits that are the same: 100 for the same file, 87.9 for a picture whose PDQ hash
    differs in 31 of 256. Pictures are found again turned by quarters and mirrored, too.
    """

    name = "vision.hashes"
    reads = ("image", "video", "audio")
    card = Card(
        sees="files of which the same bytes are on a list, and pictures that look like one on a list: saved anew, "
        "smaller, a little cropped or brightened, turned by quarters, mirrored; copies of films by their pictures, "
        "where film.frames takes these out",
        does_not_see="anything that is on no list; pictures cropped by much, framed or drawn over, or with "
        "little in them; sounds that are not the same file. Two pictures may be alike by chance or template",
        licence=Licence(code="Apache-2.0"),
        figures=(
            "the bits of Meta's own PDQ on 10 published pictures; of a photograph of 1,600 pixels 2 of 256 bits differ",
        ),
        cost="5 ms for the hash of a megapixel and 5 ms against 1,000,000 hashes; 100 MB shared by all processes",
    )

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """A detection for each list that it is on. Raises `Unreadable`, unless the file itself is listed."""
        kinds = self._kinds()
        digests = {kind: _file_digest(kind, part, context) for kind in FILE_DIGESTS if kind in kinds}
        same = self._matches(_Looked(digests, {}))
        if part.type != "image" or "pdq" not in kinds:
            return self._told(same)
        try:
            looks = [picture_hash(look) for look in context.looks(part, LONGEST)]
        except Unreadable:
            if not same:
                raise
            return self._told(same)
        ways = tuple(way for look in looks if look.is_telling for way in look.turns)
        return self._told(self._matches(_Looked(digests, {"pdq": ways} if ways else {})))


class KnownTexts(_Known):
    """Texts that are listed, but for capitals, spaces and punctuation, and longer ones that are nearly the same.

    Confidence is 100 for the same text and 95.3 for one whose SimHash differs in 3 of 64 bits.
    """

    name = "text.hashes"
    reads = ("text",)
    card = Card(
        sees="texts that are on a list, but for capitals, spaces and punctuation; of 20 characters and more also those "
        "with a word or a few changed",
        does_not_see="anything that is on no list; short texts with a letter changed; translations; the same said in "
        "other words",
        licence=Licence(code="Apache-2.0"),
        figures=("with one word replaced, 80 % of texts of 1,000 characters are found, 54 % of 400, 10 % of 100",),
        cost="a fifth of a microsecond to two a character, and 0.1 ms against 1,000,000 hashes; 25 MB of memory",
        languages="any",
    )

    def detect(self, part: Part, context: Context) -> list[Detection]:
        """A detection for each list that it is on."""
        text = part.text or ""
        plain = normalised(text)
        if not plain:
            return []
        data = text.encode("utf-8", "surrogatepass")
        digests = {kind: hashlib.new(kind, data, usedforsecurity=False).digest() for kind in FILE_DIGESTS}
        digests["text_sha256"] = digest_of_text(plain)
        bits = text_bits(plain) if len(plain) >= MIN_CHARS else None
        near: dict[str, tuple[bytes, ...]] = {}
        if bits is not None:
            near["text_simhash"] = (bits.to_bytes(NEAR["text_simhash"], "big"),)
        return self._told(self._matches(_Looked(digests, near)))


def _file_digest(kind: str, part: Part, context: Context) -> bytes:
    if kind == "sha256" and part.media is not None:
        return bytes.fromhex(part.media.sha256)
    with context.path(part).open("rb") as source:
        return hashlib.file_digest(source, lambda: hashlib.new(kind, usedforsecurity=False)).digest()
