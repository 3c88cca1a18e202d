"""Lists at run time: what stands on one, and whether a value, a text or a part does.

Operators add and remove entries while the service runs; a policy only names the list. What was found is handed to the
rules as a fact of the item, with the digest of the list as it was.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, get_args

from pydantic import JsonValue

from moderation.core.detections import Detection
from moderation.core.fingerprints import MAX_DISTANCE, Fingerprint, bands, distance, normalised
from moderation.core.items import Part
from moderation.core.policy.policies import Policy
from moderation.core.policy.terms import is_number
from moderation.core.policy.words.listed import CONTENT, FOUND, METADATA, name_of, place_of
from moderation.core.rules.scene import Listed, value_at

ListKind = Literal["values", "words", "domains", "hashes"]
"""``values``: authors, numbers, as they are. ``words``: words and phrases in texts. ``domains``: hosts of links, with
all under them. ``hashes``: SHA-256 of parts, and fingerprints of those that are nearly the same."""
LIST_KINDS: tuple[ListKind, ...] = get_args(ListKind)
MOST_CHARS = 500
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,62})\.)+[a-z][a-z0-9-]{1,62}")
_HASH = re.compile(r"[0-9a-f]{64}|(?:picture|text):[0-9a-f]{16}")


@dataclass(frozen=True)
class Listing:
    """A list as it is at one time.

    Attributes:
        entries: as `entry_of` writes them, with when each expires; None for never.
    """

    kind: ListKind = "values"
    version: str = ""
    entries: Mapping[str, datetime | None] = field(default_factory=dict)

    def has(self, entry: str, at: datetime) -> bool:
        """True when it stands there and has not expired."""
        if entry not in self.entries:
            return False
        until = self.entries[entry]
        return until is None or at < until

    @cached_property
    def _near(self) -> Mapping[tuple[str, int, int], Sequence[tuple[int, str]]]:
        """Fingerprints by kind, number and value of each of their bands: of near ones at least one band is equal."""
        found: dict[tuple[str, int, int], list[tuple[int, str]]] = {}
        for entry in self.entries:
            kind, colon, digits = entry.partition(":")
            if colon and self.kind == "hashes":
                bits = int(digits, 16)
                for number, band in enumerate(bands(bits)):
                    found.setdefault((kind, number, band), []).append((bits, entry))
        return found

    @property
    def has_fingerprints(self) -> bool:
        """Whether what is nearly the same stands there, too."""
        return bool(self._near)

    def has_fingerprint(self, print_: Fingerprint, at: datetime) -> bool:
        """True when one stands there that differs in at most `MAX_DISTANCE` bits."""
        if print_.bits is None:
            return False
        return any(
            distance(bits, print_.bits) <= MAX_DISTANCE and self.has(entry, at)
            for number, band in enumerate(bands(print_.bits))
            for bits, entry in self._near.get((print_.kind, number, band), ())
        )

    def has_value(self, value: object, at: datetime) -> bool:
        """True when a value of the app's facts stands there; of a list of values, one of them."""
        if isinstance(value, list | tuple):
            return any(self.has_value(each, at) for each in value)
        if is_number(value):
            number: Any = value
            value = str(int(number) if number == int(number) else number)
        if not isinstance(value, str):
            return False
        if self.kind == "words":
            return self.has_words(value, at)
        if self.kind == "domains":
            return any(self.has(domain, at) for host in _hosts(value) for domain in _domains(host))
        return self.has(value.lower() if self.kind == "hashes" else value, at)

    def has_found(self, value: str, at: datetime) -> bool:
        """True when what was found in a text stands there, all of it: an address, a number however it is written."""
        if not value.strip() or self.kind == "hashes":
            return False
        if self.kind == "words":
            return self.has(normalised(value), at)
        if self.kind == "domains":
            return any(self.has(domain, at) for host in _hosts(value) for domain in _domains(host))
        return any(self.has(entry, at) and _is_same(entry, value) for entry in self._alike.get(_key(value), ()))

    @cached_property
    def _alike(self) -> Mapping[str, Sequence[str]]:
        """The entries by what `_key` says, so that a long list is not gone through for each thing found."""
        made: dict[str, list[str]] = {}
        for entry in self.entries:
            made.setdefault(_key(entry), []).append(entry)
        return made

    def has_words(self, text: str, at: datetime) -> bool:
        """True when one of the words or phrases stands in a text: whole words, whatever their case and marks."""
        words = normalised(text).split()
        longest = max((entry.count(" ") + 1 for entry in self.entries), default=0)
        return any(
            self.has(" ".join(words[start : start + length]), at)
            for start in range(len(words))
            for length in range(1, min(longest, len(words) - start) + 1)
        )

    def has_part(self, part: Part, at: datetime) -> bool:
        """True when a part stands there by its digest, or its text has what does."""
        if self.kind == "hashes":
            digests = [part.media.sha256] if part.media is not None else []
            digests += [hashlib.sha256((part.text or "").encode("utf-8", "surrogatepass")).hexdigest()]
            return any(self.has(digest, at) for digest in digests)
        return part.text is not None and self.has_value(part.text, at)


def entry_of(kind: ListKind, value: str) -> str:
    """An entry as it is kept and compared.

    Raises:
        ValueError: with what is wrong with it.
    """
    if not value.strip() or len(value) > MOST_CHARS:
        raise ValueError(f"an entry has 1 to {MOST_CHARS} characters")
    if kind == "words":
        words = normalised(value)
        if not words:
            raise ValueError("a word has letters or digits")
        return words
    if kind == "domains":
        host = next(_hosts(value), "")
        if not host:
            raise ValueError("a domain is written example.org")
        return host.removeprefix("www.")
    if kind == "hashes":
        if not _HASH.fullmatch(value.strip().lower()):
            raise ValueError("a hash is a SHA-256 in hex, 64 characters, or picture: or text: and 16 of a fingerprint")
        return value.strip().lower()
    return value


def asked_by(policies: Iterable[Policy]) -> frozenset[tuple[str, str]]:
    """The lists that policies go by, each with where it is looked for; see `Policy.lists_asked`."""
    return frozenset[tuple[str, str]]().union(*(policy.lists_asked for policy in policies))


def look(
    wanted: Iterable[tuple[str, str]],
    lists: Mapping[str, Listing],
    metadata: Mapping[str, JsonValue],
    parts: Sequence[Part],
    detections: Sequence[Detection],
    at: datetime,
    fingerprints: Callable[[], Sequence[Fingerprint]] = tuple,
) -> dict[str, Listed]:
    """Whether an item is on lists, as `Subject.listed` has it.

    Args:
        parts: given and extracted.
        detections: of which each is looked for by what stands at its place, for lists that spare what is on them.
        fingerprints: works out those of the given parts; called only where a list has some.
    """
    found: dict[str, Listed] = {}
    known: Sequence[Fingerprint] | None = None
    for name, place in wanted:
        listing = lists.get(name) or Listing()
        if place == FOUND:
            spared = {place_of(each) for each in detections if listing.has_found(value_of(each, parts), at)}
            found |= {name_of(name, each): (True, listing.version) for each in spared}
            is_on = bool(spared)
        elif place == CONTENT:
            is_on = any(listing.has_part(part, at) for part in parts)
            if not is_on and listing.has_fingerprints:
                known = fingerprints() if known is None else known
                is_on = any(listing.has_fingerprint(each, at) for each in known)
        else:
            is_on = listing.has_value(value_at(place.removeprefix(METADATA), metadata), at)
        found[name_of(name, place)] = (is_on, listing.version)
    return found


def value_of(detection: Detection, parts: Sequence[Part]) -> str:
    """What a detection found in a text; empty for what has no place in one."""
    text = next((part.text for part in parts if part.id == detection.part), None)
    span = detection.span
    return "" if text is None or span is None else text[span.start : span.end]


def _is_same(entry: str, value: str) -> bool:
    """Whether two values are one in what people change of them: blanks, case; of a number signs and its country's."""
    entry, value = (" ".join(each.split()).casefold() for each in (entry, value))
    if entry == value:
        return True
    if not (_IS_NUMBER.fullmatch(entry) and _IS_NUMBER.fullmatch(value)):
        return False
    short, long = sorted((_digits(entry), _digits(value)), key=len)
    # With its country's number before it, or without: a number of three digits, such as +358, at most.
    return len(short) >= _LEAST_DIGITS and long.endswith(short) and len(long) - len(short) <= 3


def _key(value: str) -> str:
    """The same for values of which `_is_same` may be true."""
    plain = " ".join(value.split()).casefold()
    digits = _digits(plain) if _IS_NUMBER.fullmatch(plain) else ""
    return digits[-_LEAST_DIGITS:] if len(digits) >= _LEAST_DIGITS else plain


_IS_NUMBER = re.compile(r"[+(]?[0-9][0-9 ()./\-]*")
_LEAST_DIGITS = 7


def _digits(value: str) -> str:
    return re.sub(r"[^0-9]", "", value).lstrip("0")


def _hosts(text: str) -> Iterator[str]:
    """Hosts that stand in a text, as links or by themselves."""
    for match in _HOST.finditer(text.lower()):
        yield match[0]


def _domains(host: str) -> Iterator[str]:
    """A host and all that it is under, without the last."""
    labels = host.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])
