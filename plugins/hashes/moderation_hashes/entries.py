"""Reading hashes from files as others write them: ThreatExchange, its command line, HMA, and plain lists.

What is understood, told apart by the file's name and its first line:

- CSV with a header: ``signal_type,signal_str`` (``threatexchange dataset --csv``), ``type,value``, ``type,indicator``;
- CSV without one: a type and a value a line; or values alone where the type is given, by the caller or by a name such
  as ``simple.HASH_PDQ.te``;
- lines of a type, a blank and a value, as the file exchange of ``threatexchange`` has them;
- JSON, or JSON Lines: answers of ThreatExchange (``{"data": [...]}`` of descriptors or of updates), contents of an HMA
  bank with their ``signals``, or a list of objects with a type and a value.

Whole texts become hashes here; no list keeps the words.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moderation.core.errors import InputError
from moderation.core.fingerprints import MIN_CHARS, normalised, text_bits
from moderation_hashes.index import EXACT, NEAR

MAX_FILE_BYTES = 1_000_000_000
MAX_JSON_BYTES = 200_000_000
"""JSON is read as a whole; JSON Lines and CSV are not."""

TYPES: Mapping[str, str] = {
    **{kind: kind for kind in (*NEAR, *EXACT)},
    "hash_pdq": "pdq",
    "hash_md5": "md5",
    "hash_video_md5": "md5",
    "video_md5": "md5",
    "hash_sha1": "sha1",
    "hash_sha256": "sha256",
    "hash_video_sha256": "sha256",
    "video_sha256": "sha256",
    "raw_text": "text",
    "text_string": "text",
    "text": "text",
}
"""Names of types, in small letters, to what they are here."""
_TYPE_COLUMNS = ("type", "signal_type", "indicator_type", "hash_type", "algorithm")
_VALUE_COLUMNS = ("value", "signal_str", "indicator", "hash", "signal", "raw_indicator")
_NAMED = re.compile(r"simple\.([A-Za-z0-9_]+)\.te")


@dataclass
class Entries:
    """What a file lists.

    Attributes:
        found: hashes by kind.
        left_out: what was left out, in words, with how often.
    """

    found: dict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """Hashes of all kinds."""
        return sum(map(len, self.found.values()))

    def add(self, given_type: str, value: str, where: str) -> None:
        """Add a hash, or what a text is recognised by.

        Args:
            where: file and line, for the error.

        Raises:
            InputError: it is not of its type.
        """
        kind = TYPES.get(_folded(given_type))
        if kind is None:
            self.left_out[f"type {given_type[:40]}, which is not compared here"] += 1
        elif kind == "text":
            self._add_text(value, where)
        else:
            self.found[kind].add(_hash(kind, value, where))

    def _add_text(self, text: str, where: str) -> None:
        plain = normalised(text)
        if not plain:
            raise InputError(f"{where}: the text has neither letters nor digits; take the line out")
        self.found["text_sha256"].add(digest_of_text(plain))
        bits = text_bits(plain) if len(plain) >= MIN_CHARS else None
        if bits is not None:
            self.found["text_simhash"].add(bits.to_bytes(NEAR["text_simhash"], "big"))


def digest_of_text(plain: str) -> bytes:
    """SHA-256 of a normalised text, as lists have it under ``text_sha256``."""
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()


def read_entries(path: Path, given_type: str | None = None) -> Entries:
    """All hashes of a file.

    Args:
        given_type: of values that stand without one.

    Raises:
        InputError: it cannot be read, or a line is no hash; names file and line.
    """
    entries = Entries()
    named = _NAMED.fullmatch(path.name)
    given_type = given_type or (named.group(1) if named else None)
    if given_type is not None and _folded(given_type) not in TYPES:
        known = ", ".join(sorted(TYPES))
        raise InputError(f"{path}: '{given_type}' is no type that is compared here; those are {known}")
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            limit = f"a list has at most {MAX_FILE_BYTES:,}"
            raise InputError(f"{path}: {size:,} bytes; {limit}. Split it into several files")
        if path.suffix == ".json":
            _read_json(path, size, entries)
        elif path.suffix in (".jsonl", ".ndjson"):
            _read_json_lines(path, entries)
        else:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                _read_table(csv.reader(_without_nul(lines, path)), path, given_type, entries)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except csv.Error as error:
        raise InputError(f"{path}: not CSV: {error}") from error
    return entries


def _without_nul(lines: Iterable[str], path: Path) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise InputError(f"{path}:{number}: a NUL byte; this is no text file")
        yield line


def _read_table(rows: Any, path: Path, given_type: str | None, entries: Entries) -> None:
    columns: dict[str, int] | None = None
    for row in rows:
        cells = [cell.strip() for cell in row]
        where = f"{path}:{rows.line_num}"
        if not any(cells) or cells[0].startswith("#"):
            continue
        if columns is None:
            columns = _header(cells)
            if columns:
                if "type" not in columns and given_type is None:
                    names = ", ".join(_TYPE_COLUMNS)
                    raise InputError(
                        f"{where}: no column for the type ({names}); give it with --type (type: in the list)"
                    )
                continue
        if columns:
            if len(cells) <= max(columns.values()):
                raise InputError(f"{where}: {len(cells)} columns, and the header has more; mend the line")
            if "category" in columns and cells[columns["category"]].upper() == "NEGATIVE_CLASS":
                entries.left_out["said to be harmless where the list is from"] += 1
                continue
            kind = cells[columns["type"]] if "type" in columns else given_type or ""
            entries.add(kind, cells[columns["value"]], where)
        else:
            entries.add(*_bare(cells, given_type, where), where)


def _header(cells: list[str]) -> dict[str, int]:
    """Where type and value stand; empty when the first line is no header."""
    names = [_folded(cell) for cell in cells]
    value = next((names.index(name) for name in _VALUE_COLUMNS if name in names), None)
    if value is None:
        return {}
    columns = {"value": value}
    kind = next((names.index(name) for name in _TYPE_COLUMNS if name in names), None)
    if kind is not None:
        columns["type"] = kind
    if "category" in names:
        columns["category"] = names.index("category")
    return columns


def _bare(cells: list[str], given_type: str | None, where: str) -> tuple[str, str]:
    """Type and value of a line without a header."""
    if given_type is not None:
        return given_type, cells[0]
    if len(cells) > 1 and _folded(cells[0]) in TYPES:
        return cells[0], cells[1]
    word, _, rest = cells[0].partition(" ")
    if _folded(word) in TYPES and rest.strip():
        return word, rest.strip()
    remedy = "begin the line with it (pdq, md5 ..), or give --type (type: in the list)"
    raise InputError(f"{where}: no type before the hash; {remedy}")


def _read_json(path: Path, size: int, entries: Entries) -> None:
    if size > MAX_JSON_BYTES:
        remedy = "give it as JSON Lines (.jsonl) or CSV"
        raise InputError(f"{path}: {size:,} bytes; JSON is read up to {MAX_JSON_BYTES:,}. {remedy}")
    content = _parsed(path.read_bytes(), str(path))
    records = content.get("data", content) if isinstance(content, dict) else content
    for number, record in enumerate(records if isinstance(records, list) else [records], 1):
        _add_record(record, entries, f"{path}: entry {number}")


def _read_json_lines(path: Path, entries: Entries) -> None:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                _add_record(_parsed(line, f"{path}:{number}"), entries, f"{path}:{number}")


def _parsed(data: bytes, where: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON: {error}") from error


def _add_record(record: Any, entries: Entries, where: str) -> None:
    """One object of JSON, of any of the forms that are understood."""
    if not isinstance(record, dict):
        raise InputError(f"{where}: expected an object with a type and a value")
    if record.get("should_delete") is True:
        entries.left_out["deleted where the list is from"] += 1
    elif _is_harmless(record):
        entries.left_out["said to be harmless where the list is from"] += 1
    elif isinstance(record.get("signals"), dict):
        for kind, value in record["signals"].items():
            entries.add(kind, _word(value, where), where)
    else:
        # A descriptor of ThreatExchange names its indicator, which is an object there, and repeats it as it was given.
        inner = record.get("indicator")
        fields = {**record, **inner} if isinstance(inner, dict) else record
        kind = next((fields[name] for name in _TYPE_COLUMNS if isinstance(fields.get(name), str)), None)
        value = next((fields[name] for name in _VALUE_COLUMNS if isinstance(fields.get(name), str)), None)
        if kind is None or value is None:
            missing = "type" if kind is None else "value"
            names = _TYPE_COLUMNS if kind is None else _VALUE_COLUMNS
            raise InputError(f"{where}: no {missing}; it stands under one of {', '.join(names)}")
        entries.add(kind, value, where)


def _is_harmless(record: Mapping[str, Any]) -> bool:
    """Whether all who described it at ThreatExchange say so; one who does not is enough to list it."""
    described = record.get("descriptors")
    rows = described.get("data") if isinstance(described, dict) else [record]
    statuses = [row.get("status") for row in rows or () if isinstance(row, dict)]
    return bool(statuses) and all(status == "NON_MALICIOUS" for status in statuses)


def _word(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{where}: a hash is a word, not {type(value).__name__}")
    return value


def _hash(kind: str, value: str, where: str) -> bytes:
    width = {**NEAR, **EXACT}[kind]
    if not re.fullmatch(f"[0-9A-Fa-f]{{{2 * width}}}", value):
        shown = value if len(value) <= 80 else f"{value[:77]}..."
        raise InputError(f"{where}: '{shown}' is no {kind}, which has {2 * width} characters 0-9 and a-f")
    return bytes.fromhex(value)


def _folded(name: str) -> str:
    return name.strip().casefold().replace("-", "_").replace(" ", "_")
