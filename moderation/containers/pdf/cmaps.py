"""CMaps: how the bytes of a string are cut into codes, and what the codes stand for (ISO 32000-1, 9.7.5 and 9.10.3)."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from moderation.containers.layers import CannotRead

MOST_RANGES = 200_000
"""Of one map; honest ones have some thousands."""
_TOKEN = re.compile(rb"<([0-9A-Fa-f\s]*)>|(\[)|(\])|/([^\s<>\[\]()/%]+)|([A-Za-z]+)|(-?\d+)|%[^\r\n]*")
_STEPS = {b"bfchar": 2, b"bfrange": 3, b"cidchar": 2, b"cidrange": 3, b"codespacerange": 2}
Target = str | int | list[str]


class CodeMap:
    """A map of codes, each of one to four bytes.

    Args:
        data: the stream of a CMap. What is in it that is none is passed over, as readers do.

    Attributes:
        uses: the name of the map that this one goes on from; empty for none.
        is_vertical: as it says.
    """

    def __init__(self, data: bytes) -> None:
        self.uses = ""
        self.is_vertical = re.search(rb"/WMode\s+1\b", data) is not None
        self.spaces: list[tuple[int, bytes, bytes]] = []
        self._ranges: list[tuple[int, int, int, Target]] = []
        self._read(data)
        self._ranges.sort(key=lambda each: each[:3])
        self._starts = [each[:2] for each in self._ranges]

    def target(self, code: bytes) -> str | int | None:
        """What a code stands for: a text in a map to Unicode, the number of a glyph (CID) in others."""
        key = (len(code), int.from_bytes(code, "big"))
        at = bisect_right(self._starts, key) - 1
        # The last one that was written holds where ranges overlap; a few back is as far as honest ones do.
        for number in range(at, max(at - 4, -1), -1):
            size, low, high, to = self._ranges[number]
            if size == key[0] and low <= key[1] <= high:
                return _moved(to, key[1] - low)
        return None

    def size_at(self, data: bytes, at: int) -> int:
        """How many bytes the code at a place has; as many as the shortest where no space fits."""
        for size, low, high in self.spaces:
            code = data[at : at + size]
            if len(code) == size and all(a <= c <= b for a, c, b in zip(low, code, high, strict=True)):
                return size
        return min((size for size, _, _ in self.spaces), default=1)

    def _read(self, data: bytes) -> None:
        section, held = b"", list[Any]()
        listed: list[bytes] | None = None
        last_name = ""
        for match in _TOKEN.finditer(data):
            text, opens, closes, name, word, number = match.groups()
            if name is not None:
                last_name = name.decode("latin-1")
            elif word is not None:
                section, held, listed = (word[5:] if word.startswith(b"begin") else b""), list[Any](), None
                if word == b"usecmap":
                    self.uses = last_name
            elif section in _STEPS:
                if opens:
                    listed = []
                    continue
                if closes:
                    held.append(listed or [])
                    listed = None
                elif text is not None and listed is not None:
                    listed.append(_bytes(text))
                elif text is not None:
                    held.append(_bytes(text))
                elif number is not None:
                    held.append(int(number))
                if len(held) == _STEPS[section] and listed is None:
                    self._add(section, held)
                    held = []
        self.spaces.sort(key=lambda each: each[0])

    def _add(self, section: bytes, held: list[Any]) -> None:
        low, high = held[0], held[-1] if section == b"codespacerange" else held[0] if len(held) == 2 else held[1]
        if not isinstance(low, bytes) or not isinstance(high, bytes) or not 1 <= len(low) <= 4:
            return
        if len(self._ranges) + len(self.spaces) >= MOST_RANGES:
            raise CannotRead(f"a font has more than {MOST_RANGES:,} ranges in a map of its letters")
        if section == b"codespacerange":
            if len(high) == len(low):
                self.spaces.append((len(low), low, high))
            return
        if int.from_bytes(high, "big") - int.from_bytes(low, "big") > sys.maxunicode:
            raise CannotRead("a font has a range of more letters than there are")  # others count them one by one
        to: Target
        if isinstance(held[-1], list):
            to = [_text(each) for each in held[-1]]
        elif isinstance(held[-1], int):
            to = held[-1]
        else:
            to = _text(held[-1]) if section.startswith(b"bf") else int.from_bytes(held[-1], "big")
        self._ranges.append((len(low), int.from_bytes(low, "big"), int.from_bytes(high, "big"), to))


def cutter(code_map: CodeMap | None) -> Callable[[bytes], list[bytes]]:
    """Cuts strings into codes: by a map's spaces, or two bytes each (Identity)."""

    def cut(data: bytes) -> list[bytes]:
        if code_map is None or not code_map.spaces:
            return [data[at : at + 2] for at in range(0, len(data), 2)]
        codes, at = [], 0
        while at < len(data):
            size = code_map.size_at(data, at)
            codes.append(data[at : at + size])
            at += size
        return codes

    return cut


def _bytes(text: bytes) -> bytes:
    digits = b"".join(text.split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _text(data: bytes) -> str:
    return data.decode("utf-16-be", "replace") if len(data) > 1 else data.decode("latin-1")


def _moved(to: Target, by: int) -> str | int | None:
    if isinstance(to, list):
        return to[by] if by < len(to) else None
    if isinstance(to, int):
        return to + by
    if not to or not by:
        return to
    last = ord(to[-1]) + by
    return to[:-1] + chr(last) if last < 0x110000 and not 0xD800 <= last < 0xE000 else None
