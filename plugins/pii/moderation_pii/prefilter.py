"""Which patterns are worth looking for in a text, and where.

All patterns together make one automaton (Hyperscan's), which runs over a text once, in time that grows with its length
whatever is in it. Only a pattern that it names is then looked for with `re`, which knows where a value begins, and only
before the places where the automaton saw it end.

The automaton reads a byte for each code point: Latin-1, and one byte for all that is no Latin-1. Its expressions are
the patterns', made wider where that makes them cheaper: it may name a pattern that is not there, and never misses one
that is.

To compile it takes seconds, so that of the shipped patterns is shipped too: ``patterns.automaton``, written by
``tools/pii-training/compile_patterns.py``. It is not packed, which would make a tenth of it and take longer to read than
all else of the first look; git and wheels pack it. On another kind of machine, with another version of Hyperscan or a changed pattern the
first start compiles one and keeps it in the user's cache.
"""

from __future__ import annotations

import array
import codecs
import hashlib
import importlib
import json
import os
import platform
import re
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import hyperscan

SHIPPED = Path(__file__).with_name("patterns.automaton")
_KEY_BYTES = 32
_OTHER = 0xFF
"""The byte for a code point that is no Latin-1."""

_AROUND = re.compile(r"\(\?<?[!=](?:\[[^\]]*\]|\\.|[^()\[\]\\])*\)")
_REPEATED = re.compile(r"(\)?)\{([0-9]+),([0-9]+)\}")
_WIDER = 1
"""Of `widened`: another number when it makes other expressions, so that no automaton of the old ones is taken for one."""
_MOST_REPEATED = 3
"""Up to here a bounded repetition of a character is cheaper than an unbounded one; one of a group never is."""


def _one_byte_each(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return bytes([_OTHER]) * (error.end - error.start), error.end


codecs.register_error("moderation_pii.other", _one_byte_each)


def widened(regex: str) -> str:
    """An expression for Hyperscan that matches in every text in which the regex does, read as one byte a code point.

    Raises:
        ValueError: the regex looks ahead or behind with groups in it, or excludes some letters that are no Latin-1.
    """
    without = _AROUND.sub("", regex)
    if re.search(r"\(\?<?[!=]", without):
        raise ValueError(f"{regex!r} looks around with groups in it: write what it looks for as a class")
    for excluded in re.findall(r"\[\^(?:\\.|[^\]])*\]", without):
        if max(excluded) >= chr(_OTHER) and f"-{chr(sys.maxunicode)}" not in excluded:
            raise ValueError(
                f"{regex!r} excludes some letters that are no Latin-1: exclude all, or name what may stand there"
            )
    bounded = _REPEATED.sub(_unbounded, without)
    if bounded.isascii():
        return bounded
    return "".join(char if char < "\x80" else rf"\x{min(ord(char), _OTHER):02x}" for char in bounded)


def _unbounded(found: re.Match[str]) -> str:
    group, least, most = found[1], int(found[2]), int(found[3])
    if most <= _MOST_REPEATED and not group:
        return found[0]
    return group + {0: "*", 1: "+"}.get(least, f"{{{least},}}")


UNBOUNDED = 400
"""Code points that a pattern without a bound is taken to need: what reaches further back is no value."""


def width(regex: str) -> int:
    """The most code points that a match of the regex has."""
    parser: Any = importlib.import_module(
        "re._parser"
    )  # which `re` itself asks; nothing public says how wide a regex is
    most: int = parser.parse(regex, re.ASCII).getwidth()[1]
    return most if most < _MOST_WIDE else UNBOUNDED


_MOST_WIDE = 1 << 15


class Prefilter:
    """The automaton of some expressions.

    Args:
        regexes: as Python's `re` reads them with its flag ``ASCII``; numbered from 0.
        signs: numbers of those that are only asked whether they match anywhere.

    Attributes:
        is_shipped: whether the automaton was shipped, not compiled on this machine.
        widths: how many code points a match of each expression has at most, see `width`.
    """

    def __init__(self, regexes: Sequence[str], signs: Iterable[int] = ()) -> None:
        self._regexes = regexes
        self._signs = frozenset(signs)
        self.widths: Sequence[int] = ()
        database = self._read(SHIPPED)
        self.is_shipped = database is not None
        self._database = database or self._made_here()
        self._of_thread = threading.local()

    def seen(self, text: str) -> Mapping[int, list[int]]:
        """The numbers of the expressions that may match somewhere in the text, each with where its matches may end.

        Offsets are code points, in no order; of a sign only one is said.
        """
        ends: defaultdict[int, list[int]] = defaultdict(list)

        def note(number: int, start: int, end: int, flags: int, context: object) -> None:
            ends[number].append(end)

        try:
            scratch = self._of_thread.scratch
        except AttributeError:
            # Two threads cannot share one.
            scratch = self._of_thread.scratch = hyperscan.Scratch(self._database)
        data = text.encode("latin-1", "moderation_pii.other")
        self._database.scan(data, match_event_handler=note, scratch=scratch)
        return ends

    def write(self, path: Path) -> None:
        """Keep the automaton for others on machines like this."""
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            widths = array.array("H", self.widths).tobytes()
            file.write(self._key() + widths + hyperscan.dumpb(self._database))
        os.replace(file.name, path)
        path.chmod(0o644)

    def _key(self) -> bytes:
        """What an automaton was made of and for."""
        made_of = json.dumps([platform.machine(), sys.byteorder, sorted(self._signs), _WIDER, list(self._regexes)])
        return hashlib.sha256(made_of.encode()).digest()

    def _read(self, path: Path) -> hyperscan.Database | None:
        """A written automaton; None when it is one of other expressions, for another machine or another version."""
        try:
            with path.open("rb", buffering=0) as file:  # else it would be copied once more
                if file.read(_KEY_BYTES) != self._key():
                    return None
                widths = array.array("H", file.read(2 * len(self._regexes)))
                database = hyperscan.loadb(file.read(), hyperscan.HS_MODE_BLOCK)
        except (OSError, ValueError, hyperscan.error):
            return None
        self.widths = widths
        return database

    def _made_here(self) -> hyperscan.Database:
        """An automaton compiled on this machine, kept for the next start in the user's own folder for such things."""
        folder = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "moderation"
        path = folder / f"{self._key().hex()[:32]}.automaton"
        if _is_own(path) and (kept := self._read(path)) is not None:
            return kept
        database = self._database = self._compiled()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.write(path)
        except OSError:
            pass  # no such folder can be had: each start compiles
        return database

    def _compiled(self) -> hyperscan.Database:
        database = hyperscan.Database()
        expressions = [widened(regex).encode() for regex in self._regexes]
        count = len(expressions)
        flags = [hyperscan.HS_FLAG_SINGLEMATCH if number in self._signs else 0 for number in range(count)]
        database.compile(expressions=expressions, ids=range(count), elements=count, flags=flags)
        self.widths = array.array("H", map(width, self._regexes))
        return database


def _is_own(path: Path) -> bool:
    """True for a file that nobody else has written: what it holds is run as it is."""
    try:
        return path.stat().st_uid == os.getuid() and not path.stat().st_mode & 0o022
    except OSError:
        return False
