"""A picture against a million known ones: milliseconds of a look-up, and its processor time as ratios, in one run."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from moderation_hashes.index import Hashes, write_hashes
from moderation_hashes.pdq import picture_hash
from PIL import Image

COUNT = 1_000_000
EXAMPLES = Path(__file__).parent.parent / "examples"


def flipped(value: bytes, bits: int, dice: np.random.Generator) -> bytes:
    """A hash in which so many bits are others."""
    number = int.from_bytes(value)
    for bit in dice.choice(256, bits, replace=False):
        number ^= 1 << int(bit)
    return number.to_bytes(32)


def main() -> None:
    """Print times and sizes."""
    dice = np.random.default_rng(1)
    listed = [row.tobytes() for row in dice.integers(0, 256, (COUNT, 32), np.uint8)]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "index"
        began = time.perf_counter()
        write_hashes(folder, {"pdq": listed, "sha256": listed}, {})
        print(f"{COUNT:,} PDQ and as many SHA-256: index made in {time.perf_counter() - began:.1f} s")
        for kind in ("pdq", "sha256"):
            size = sum(path.stat().st_size for path in folder.glob(f"{kind}-*.npy"))
            print(f"  {kind}: {size / 1e6:.0f} MB, mapped, shared by all processes")
        hashes = Hashes(folder)
        spent: dict[str, list[float]] = {"near": [], "far": [], "digest": []}
        for number in range(300):
            ways = [dice.bytes(32) for _ in range(8)]
            for kind in ("far", "near"):
                if kind == "near":
                    ways[number % 8] = flipped(listed[number * 1000], 31, dice)
                began = time.perf_counter()
                found = hashes.nearest("pdq", ways, 31)
                spent[kind].append(time.perf_counter() - began)
                assert (found is not None and found.value == listed[number * 1000]) == (kind == "near")
            began = time.perf_counter()
            assert hashes.has("sha256", listed[number * 1000])
            spent["digest"].append(time.perf_counter() - began)
        for kind, times in spent.items():
            ms = sorted(1000 * each for each in times[10:])
            print(f"  {kind}: median {statistics.median(ms):.2f} ms, 99 % within {ms[int(0.99 * len(ms))]:.2f} ms")
        rows = np.frombuffer(b"".join(listed), np.uint64).reshape(-1, 4)
        wanted = np.frombuffer(dice.bytes(32), np.uint64)
        began = time.process_time()
        int(np.bitwise_count(rows ^ wanted).sum(axis=1, dtype=np.uint16).min())
        every = 8 * (time.process_time() - began)
        print(
            f"  against a look at all of them, eight ways: {every / statistics.median(spent['far']):.0f} times as quick"
        )
    with Image.open(EXAMPLES / "landscape.jpg") as picture:
        small = picture.convert("RGB").resize((1024, 1024))
    picture_hash(small)
    began = time.process_time()
    for _ in range(20):
        picture_hash(small)
    print(f"the hash itself, of a megapixel, turned and mirrored: {(time.process_time() - began) * 50:.1f} ms")


if __name__ == "__main__":
    main()
