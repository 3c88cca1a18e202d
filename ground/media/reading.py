"""Numbers out of hostile bytes: what lies beyond the end is said, never guessed."""

from __future__ import annotations

from ground.errors import ModerationError

MAX_BLOCKS = 300_000
"""Most chunks, segments, boxes or data blocks of a file; more is a file made to be slow."""


class Damaged(ModerationError):
    """The file's blocks do not fit together: cut off, or not what the signature says."""


def big(data: bytes, at: int, length: int) -> int:
    """The big-endian number of `length` bytes at an offset. Raises `Damaged` beyond the end."""
    return int.from_bytes(piece(data, at, length), "big")


def little(data: bytes, at: int, length: int) -> int:
    """The little-endian number of `length` bytes at an offset. Raises `Damaged` beyond the end."""
    return int.from_bytes(piece(data, at, length), "little")


def piece(data: bytes, at: int, length: int) -> bytes:
    """`length` bytes at an offset. Raises `Damaged` beyond the end."""
    if at < 0 or length < 0 or at + length > len(data):
        raise Damaged("cut off")
    return data[at : at + length]


class Bits:
    """Bits of a header, most significant first, as AV1 and HEVC write them."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> int:
        """The next `count` bits as a number. Raises `Damaged` beyond the end."""
        first, last = self._at // 8, (self._at + count + 7) // 8
        number = big(self._data, first, last - first)
        self._at += count
        return number >> (-self._at % 8) & (1 << count) - 1

    def take_exponential(self) -> int:
        """The next number in Exp-Golomb code (H.265, 9.2; AV1 calls it uvlc)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise Damaged("a number without end")
        return (1 << zeros) - 1 + self.take(zeros)
