"""Hashes in files that many processes read at once, and how one is found among a million in a millisecond or two.

Hashes that need not be equal are cut into bands of 16 bits (M. Norouzi, A. Punjani and D. J. Fleet, "Fast Search in
Hamming Space with Multi-Index Hashing", 2012): when two hashes of 256 bits differ in at most 31, one of their 16 bands
differs in at most one. So a few rows are compared instead of all. The files are mapped into memory,
where all processes share them: of a million hashes 100 MB of PDQ, 25 MB of text, and 40 MB of SHA-256.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.core.errors import SettingsError
from moderation.hookspecs import Unavailable

BAND_BITS = 16
LAYOUT = 1
"""Of the files; part of their folder's name, so that others are made when it changes."""
NEAR = {"pdq": 32, "text_simhash": 8}
"""Kinds of hashes that are compared by distance, to their bytes."""
EXACT = {"md5": 16, "sha1": 20, "sha256": 32, "text_sha256": 32}
"""Kinds that are equal or not, to their bytes."""
_FACTS = "facts.json"

Rows = NDArray[np.uint8]


def most_distance(kind: str) -> int:
    """The largest distance that the bands find: where every band may differ in one bit, and none in two."""
    return 2 * NEAR[kind] * 8 // BAND_BITS - 1


@dataclass(frozen=True)
class Near:
    """One of the hashes that was found.

    Attributes:
        way: which of those looked for it is near.
        distance: bits that differ.
    """

    way: int
    distance: int
    value: bytes


class Hashes:
    """The hashes of one list, opened. Nothing is read before it is needed.

    Args:
        folder: as `write_hashes` made it.

    Raises:
        Unavailable: it is not there, or not whole.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self._counts: Mapping[str, int] = read_facts(folder)["counts"]
            self._exact = {kind: self._load(kind, ("rows", "heads")) for kind in EXACT if self._counts.get(kind)}
            self._near = {
                kind: self._load(kind, ("rows", "starts", "order")) for kind in NEAR if self._counts.get(kind)
            }
        except (OSError, ValueError, KeyError, EOFError) as error:
            message = f"the index {folder.name} of a list of hashes cannot be read ({type(error).__name__})"
            raise Unavailable(f"{message}; start the service anew, which makes it again") from error

    @property
    def kinds(self) -> frozenset[str]:
        """What kinds of hashes there are."""
        return frozenset({*self._exact, *self._near})

    def has(self, kind: str, value: bytes) -> bool:
        """Whether this very hash is listed."""
        if kind not in self._exact:
            return False
        rows, heads = self._exact[kind]
        head = np.frombuffer(value[:8], ">u8").astype(np.uint64)
        first, last = np.searchsorted(heads, head, "left")[0], np.searchsorted(heads, head, "right")[0]
        return bool((rows[first:last] == np.frombuffer(value, np.uint8)).all(axis=1).any())

    def nearest(self, kind: str, ways: Sequence[bytes], distance: int) -> Near | None:
        """The nearest listed hash to any of `ways` that differs in at most `distance` bits; None when there is none.

        Of several that are as near the first of `ways` counts, then the smallest hash.
        """
        if kind not in self._near:
            return None
        rows, starts, order = self._near[kind]
        wanted = np.frombuffer(b"".join(ways), np.uint8).reshape(len(ways), NEAR[kind])
        places, of = _candidates(starts, order, _bands(wanted), distance * BAND_BITS // (8 * NEAR[kind]))
        if not len(places):
            return None
        differing = rows[places].view(np.uint64) ^ wanted[of].view(np.uint64)
        distances = np.bitwise_count(differing).sum(axis=1, dtype=np.uint16)
        near = np.flatnonzero(distances <= distance)
        if not len(near):
            return None
        best = near[np.lexsort((places[near], of[near], distances[near]))[0]]
        return Near(int(of[best]), int(distances[best]), rows[places[best]].tobytes())

    def _load(self, kind: str, names: Sequence[str]) -> tuple[NDArray[Any], ...]:
        """Tables of one kind, of the shapes and types that they must have."""
        paths = [self._folder / f"{kind}-{name}.npy" for name in names]
        tables = tuple(np.asarray(np.load(path, mmap_mode="r", allow_pickle=False)) for path in paths)
        count, width = self._counts[kind], {**NEAR, **EXACT}[kind]
        bands = 8 * width // BAND_BITS
        shapes = {"rows": ((count, width), np.uint8), "heads": ((count,), np.uint64)}
        shapes |= {"starts": ((bands, (1 << BAND_BITS) + 1), np.uint32), "order": ((bands, count), np.uint32)}
        for name, table in zip(names, tables, strict=True):
            if (table.shape, table.dtype) != (shapes[name][0], np.dtype(shapes[name][1])):
                raise ValueError(f"{kind}-{name} has another shape")
        return tables


def write_hashes(folder: Path, found: Mapping[str, Iterable[bytes]], left_out: Mapping[str, int]) -> None:
    """Write an index; it is there as a whole or not at all. One that is there already stays.

    Args:
        found: hashes by kind.
        left_out: what was read beside them and is not compared, for `moderation hashes list` and `doctor`.

    Raises:
        SettingsError: it cannot be written there.
    """
    if folder.is_dir():
        return
    making = ""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = tempfile.mkdtemp(prefix=".making-", dir=folder.parent)
        counts = {}
        for kind, values in found.items():
            rows = _sorted_rows(values, {**NEAR, **EXACT}[kind])
            counts[kind] = len(rows)
            if len(rows):
                _write_tables(Path(making), kind, rows)
        facts = {"counts": counts, "left_out": dict(left_out)}
        (Path(making) / _FACTS).write_text(json.dumps(facts, sort_keys=True), encoding="utf-8")
        os.chmod(making, 0o755)  # noqa: S103 - hashes are for all processes of the service, whoever runs them
        os.rename(making, folder)
    except OSError as error:
        if folder.is_dir():  # another process was quicker
            return
        remedy = "let the service write there, or run `moderation hashes import` as somebody who can"
        message = f"{folder.parent}: the index of a list of hashes cannot be written ({error}); {remedy}"
        raise SettingsError(message) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def read_facts(folder: Path) -> dict[str, dict[str, int]]:
    """How many hashes of each kind an index has (``counts``), and what was left out (``left_out``)."""
    facts: dict[str, dict[str, int]] = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    return {"counts": dict(Counter(facts["counts"])), "left_out": dict(facts["left_out"])}


def _sorted_rows(values: Iterable[bytes], width: int) -> Rows:
    """Each hash once, in order."""
    together = b"".join(sorted(set(values)))
    return np.frombuffer(together, np.uint8).reshape(-1, width)


def _write_tables(folder: Path, kind: str, rows: Rows) -> None:
    np.save(folder / f"{kind}-rows.npy", rows, allow_pickle=False)
    if kind in EXACT:
        heads = np.ascontiguousarray(rows[:, :8]).view(">u8").ravel().astype(np.uint64)
        np.save(folder / f"{kind}-heads.npy", heads, allow_pickle=False)
        return
    bands = _bands(rows)
    order = np.argsort(bands, axis=1, kind="stable").astype(np.uint32)
    np.save(folder / f"{kind}-order.npy", order, allow_pickle=False)
    counts = [np.bincount(band, minlength=1 << BAND_BITS) for band in bands]
    starts = np.concatenate([np.zeros((len(bands), 1), np.int64), np.cumsum(counts, axis=1)], axis=1)
    np.save(folder / f"{kind}-starts.npy", starts.astype(np.uint32), allow_pickle=False)


def _bands(rows: Rows) -> NDArray[np.uint16]:
    """The bands of each row, band by band."""
    return np.ascontiguousarray(np.ascontiguousarray(rows).view(">u2").astype(np.uint16).T)


def _candidates(
    starts: NDArray[np.uint32], order: NDArray[np.uint32], bands: NDArray[np.uint16], differing: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows that have a band in common with one of those looked for, up to so many bits (0 or 1), and with which.

    Args:
        starts: where in a band's order the rows with each of its 65,536 values begin, and where the last of them end.
    """
    flips = np.concatenate([[0], 1 << np.arange(BAND_BITS)]) if differing else np.zeros(1, np.int64)
    rows, of = [], []
    for begin, at, looked_for in zip(starts, order, bands, strict=True):
        wanted = (looked_for[:, None] ^ flips).ravel()
        first = begin[wanted].astype(np.int64)
        lengths = begin[wanted + 1] - first
        places = np.repeat(first - np.cumsum(lengths) + lengths, lengths)
        rows.append(at[places + np.arange(len(places))])
        of.append(np.repeat(np.repeat(np.arange(len(looked_for)), len(flips)), lengths))
    return np.concatenate(rows).astype(np.intp), np.concatenate(of)
