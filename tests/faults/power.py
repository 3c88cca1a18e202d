"""A disk as a loss of power leaves it: what processes wrote to a folder, less what they had not flushed.

The calls come from strace. POSIX promises nothing of what was not flushed, so of each file a part of the writes since its
last `fsync` may be there, in any order, and the last one torn; and of names (files made, renamed, removed; folders) those
since the last `fsync` of their folder may be there up to any of them.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

CALLS = "openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,sendto"
MOST_BYTES = 200_000
"""Of one call that strace writes down; nothing that is posted may be longer."""
SECTOR_BYTES = 512
_LINE = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+)(?:\((.*)| resumed>(.*))")
_RESULT = re.compile(r"(.*)\) += (.*)")
_BYTES = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_DESCRIPTOR = re.compile(r"^(?:\d+|AT_FDCWD)<((?:\\x[0-9a-f]{2}|[^>])*)>")


def under_strace(log: Path) -> list[str]:
    """What a command is put behind, so that its calls are written down."""
    options = [
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-y",
        "-xx",
        "-s",
        str(MOST_BYTES),
        "-e",
        f"trace={CALLS}",
        "-e",
        "signal=none",
    ]
    return ["strace", *options, "-o", str(log)]


@dataclass(frozen=True)
class Call:
    """One call that succeeded.

    Attributes:
        began, ended: the lines of the log at which it was entered and had returned.
    """

    name: str
    began: int
    ended: int
    arguments: str

    @property
    def path(self) -> str:
        """Of the descriptor that it is about."""
        found = _DESCRIPTOR.match(self.arguments)
        return _text(found[1]) if found else ""

    @property
    def strings(self) -> list[bytes]:
        """Its arguments that are texts."""
        return [bytes.fromhex(said.replace("\\x", "")) for said in _BYTES.findall(self.arguments)]

    @property
    def numbers(self) -> list[int]:
        """Its arguments that are numbers, from the last."""
        return [int(said) for said in reversed(self.arguments.split(", ")) if re.fullmatch(r"-?\d+", said)]


def calls(log: Path) -> Iterator[Call]:
    """Those of a log that succeeded, in the order in which they returned."""
    begun: dict[str, tuple[int, str]] = {}
    with log.open(errors="replace") as lines:
        for number, line in enumerate(lines):
            if (found := _LINE.match(line)) is None:
                continue
            thread, name, opening, resumed = found.groups()
            if opening is not None and opening.rstrip().endswith("<unfinished ...>"):
                begun[thread] = (number, opening.rstrip().removesuffix("<unfinished ...>"))
                continue
            began, before = begun.pop(thread, (number, "")) if resumed is not None else (number, "")
            said = _RESULT.search(before + (resumed if resumed is not None else opening))
            if said is not None and not said[2].startswith("-"):
                yield Call(name, began, number, said[1].rstrip())


@dataclass
class _File:
    flushed: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, int, bytes | None]] = field(default_factory=list)
    """Line, place and bytes of each write since the last flush; no bytes for a file that is cut at that place."""
    length: int = 0

    def flush(self, before: int) -> None:
        """What was written before a line is safe."""
        for line, place, data in self.waiting:
            if line < before:
                _apply(self.flushed, place, data)
        self.waiting = [each for each in self.waiting if each[0] >= before]

    def after_a_cut(self, chance: random.Random) -> bytes:
        """What is there: of what was not flushed nothing, or some of it."""
        found = bytearray(self.flushed)
        kept = [each for each in self.waiting if chance.random() < 0.5] if chance.random() < 0.7 else []
        for number, (_, place, data) in enumerate(kept):
            if data is not None and number == len(kept) - 1:
                data = data[: chance.randrange(0, len(data) + 1, SECTOR_BYTES)]
            _apply(found, place, data)
        return bytes(found)


class Disk:
    """A folder while calls are made.

    Args:
        folder: as it is before the first of them; all of it is safe.
    """

    def __init__(self, folder: Path) -> None:
        self._root = str(folder)
        self._now: dict[str, _File | None] = {}
        """Files by their paths; None for a folder."""
        for path in folder.rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            self._now[str(path)] = _File(bytearray(data), [], len(data)) if path.is_file() else None
        self._safe = dict(self._now)
        self._changes: list[tuple[str, _File | None, bool]] = []
        """Of names, since their folders were flushed: the path, what it names, and whether it is there after it."""

    def apply(self, call: Call) -> None:
        """Make one of the calls; those about other places change nothing."""
        match call.name:
            case "openat" if "O_CREAT" in call.arguments:
                path = self._named(call)
                if self._is_ours(path) and path not in self._now:
                    self._change(path, _File(), True)
            case "mkdir" | "mkdirat":
                if self._is_ours(path := self._named(call)):
                    self._change(path, None, True)
            case "unlink" | "unlinkat":
                if (path := self._named(call)) in self._now:
                    self._change(path, self._now[path], False)
            case "rename" | "renameat" | "renameat2":
                before, after = (os.fsdecode(said) for said in call.strings[-2:])
                if before in self._now:
                    file = self._now[before]
                    self._change(after, file, True)
                    self._change(before, file, False)
            case "write" | "pwrite64" | "ftruncate":
                self._write(call)
            case "fsync" | "fdatasync":
                self._flush(call)

    def after_a_cut(self, chance: random.Random) -> Mapping[str, bytes]:
        """The files that are there when the power comes back, by their paths within the folder."""
        there = dict(self._safe)
        for path, file, is_there in self._changes[: chance.randint(0, len(self._changes))]:
            there.pop(path, None)
            if is_there:
                there[path] = file
        return {
            path.removeprefix(self._root).lstrip("/"): file.after_a_cut(chance)
            for path, file in there.items()
            if file is not None and all(str(above) in there for above in _above(path, self._root))
        }

    def _write(self, call: Call) -> None:
        file = self._now.get(call.path)
        if file is None:
            return
        if call.name == "ftruncate":
            file.length = call.numbers[0]
            file.waiting.append((call.began, file.length, None))
            return
        (data,) = call.strings
        assert len(data) < MOST_BYTES, "strace has not written down all of it"
        place = call.numbers[0] if call.name == "pwrite64" else file.length
        file.length = max(file.length, place + len(data))
        file.waiting.append((call.began, place, data))

    def _flush(self, call: Call) -> None:
        if (file := self._now.get(call.path)) is not None:
            file.flush(call.began)
            return
        kept = []
        for path, named, is_there in self._changes:
            if os.path.dirname(path) != call.path:
                kept.append((path, named, is_there))
                continue
            self._safe.pop(path, None)
            if is_there:
                self._safe[path] = named
        self._changes = kept

    def _change(self, path: str, file: _File | None, is_there: bool) -> None:
        self._now.pop(path, None)
        if is_there:
            self._now[path] = file
        self._changes.append((path, file, is_there))

    def _is_ours(self, path: str) -> bool:
        return path.startswith(self._root + "/")

    def _named(self, call: Call) -> str:
        said = os.fsdecode(call.strings[0])
        return said if said.startswith("/") else os.path.join(call.path, said)


def cuts(disk: Disk, log: Sequence[Call], at: Collection[int]) -> Iterator[int]:
    """Make the calls of a log; stops at each of these lines, in order, with the disk as it was then."""
    # What is written may be there from its beginning on; what is flushed is safe when that has returned.
    flushes = ("fsync", "fdatasync")
    timed = sorted(log, key=lambda call: call.ended if call.name in flushes else call.began)
    waiting = iter(timed)
    call = next(waiting, None)
    for line in sorted(at):
        while call is not None and (call.ended if call.name in flushes else call.began) < line:
            disk.apply(call)
            call = next(waiting, None)
        yield line


def _apply(data: bytearray, place: int, written: bytes | None) -> None:
    if written is None:
        del data[place:]
        data.extend(bytes(place - len(data)))
        return
    data.extend(bytes(max(0, place - len(data))))
    data[place : place + len(written)] = written


def _above(path: str, root: str) -> Iterator[Path]:
    for above in Path(path).parents:
        if str(above) == root:
            return
        yield above


def _text(said: str) -> str:
    return os.fsdecode(bytes.fromhex(said.replace("\\x", ""))) if said.startswith("\\x") else said
