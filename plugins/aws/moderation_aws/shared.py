"""What all workers share: the pace of each operation and what was used, in SQLite (one machine) or in Redis (several).

A store is a small frozen value, so that it travels to the processes that detectors run in.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from moderation.core.errors import ModerationError
from moderation_aws.pacing import Pace, slow_down, take_turn

if TYPE_CHECKING:
    from moderation.settings import Settings

_SCHEMA = """
CREATE TABLE IF NOT EXISTS paces (name TEXT PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS usage (
    day TEXT NOT NULL, app TEXT NOT NULL, detector TEXT NOT NULL, operation TEXT NOT NULL,
    calls INTEGER NOT NULL, units REAL NOT NULL, last_at TEXT NOT NULL,
    PRIMARY KEY (day, app, detector, operation)
);
"""


@dataclass(frozen=True)
class Usage:
    """What was used of one operation on one day.

    Attributes:
        day: ``YYYY-MM-DD``, UTC.
        operation: as in the price table: ``rekognition.DetectModerationLabels``.
        units: as the operation is billed: pictures, hundreds of characters, seconds of film.
        last_at: the last call, UTC.
    """

    day: str
    app: str
    detector: str
    operation: str
    calls: int
    units: float
    last_at: datetime


class Store(Protocol):
    """Where the shared state lies. Raises `StoreFailed` when it cannot be reached."""

    def take_turn(self, name: str, per_second: float, longest_wait: float) -> float | None:
        """Seconds to wait before the call of that name may leave; None when no turn comes within `longest_wait`."""
        ...

    def slow_down(self, name: str) -> None:
        """A call of that name was throttled."""
        ...

    def used(self, app: str, detector: str, operation: str, units: float) -> None:
        """One call was answered."""
        ...

    def usage(self, since: str) -> list[Usage]:
        """What was used from that day (``YYYY-MM-DD``) on, by day, app, detector and operation."""
        ...


class StoreFailed(ModerationError):
    """The shared state cannot be read or written."""


@dataclass(frozen=True)
class SqliteStore:
    """A file in the data folder: right for all processes of one machine."""

    path: Path

    def take_turn(self, name: str, per_second: float, longest_wait: float) -> float | None:
        """See `Store.take_turn`."""
        return self._change(name, lambda pace, now: take_turn(pace, per_second, now, longest_wait))

    def slow_down(self, name: str) -> None:
        """See `Store.slow_down`."""
        self._change(name, lambda pace, now: (slow_down(pace, now), None))

    def used(self, app: str, detector: str, operation: str, units: float) -> None:
        """See `Store.used`."""
        now = datetime.now(UTC)
        row = (now.date().isoformat(), app, detector, operation, units, now.isoformat())
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO usage VALUES (?, ?, ?, ?, 1, ?, ?) ON CONFLICT DO UPDATE SET"
                " calls = calls + 1, units = units + excluded.units, last_at = excluded.last_at",
                row,
            )

    def usage(self, since: str) -> list[Usage]:
        """See `Store.usage`."""
        if not self.path.exists():
            return []
        query = (
            "SELECT day, app, detector, operation, calls, units, last_at FROM usage WHERE day >= ? ORDER BY 1, 2, 3, 4"
        )
        with self._transaction() as connection:
            rows = connection.execute(query, (since,)).fetchall()
        return [
            Usage(day, app, detector, operation, calls, units, datetime.fromisoformat(last_at))
            for day, app, detector, operation, calls, units, last_at in rows
        ]

    def _change(self, name: str, change: Callable[[Pace, float], tuple[Pace, float | None]]) -> float | None:
        with self._transaction() as connection:
            row = connection.execute("SELECT state FROM paces WHERE name = ?", (name,)).fetchone()
            # The clock is read under the lock, so that it never goes back between two turns.
            pace, answer = change(Pace(**json.loads(row[0])) if row else Pace(), time.time())
            connection.execute("INSERT OR REPLACE INTO paces VALUES (?, ?)", (name, json.dumps(asdict(pace))))
        return answer

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            if not self.path.exists():
                # For the owner alone from its first byte on. Its folder is the installation's: only `serve` makes that.
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
            with closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                # A power cut may cost the last seconds of the meter, an estimate; so no call waits for the disk.
                connection.execute("PRAGMA synchronous = OFF")
                connection.executescript(_SCHEMA)
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise StoreFailed(f"{self.path}: {error}") from error


@dataclass(frozen=True)
class RedisStore:
    """Keys under ``moderation:aws:`` in the Redis that the workers use anyway; right for any number of machines."""

    url: str

    def take_turn(self, name: str, per_second: float, longest_wait: float) -> float | None:
        """See `Store.take_turn`."""
        return self._change(name, lambda pace, now: take_turn(pace, per_second, now, longest_wait))

    def slow_down(self, name: str) -> None:
        """See `Store.slow_down`."""
        self._change(name, lambda pace, now: (slow_down(pace, now), None))

    def used(self, app: str, detector: str, operation: str, units: float) -> None:
        """See `Store.used`."""
        now = datetime.now(UTC)
        key = f"moderation:aws:usage:{now.date().isoformat()}"
        row = json.dumps([app, detector, operation])
        with _redis_errors():
            pipe = _redis(self.url).pipeline(transaction=True)
            pipe.hincrby(key, f"{row}calls", 1)
            pipe.hincrbyfloat(key, f"{row}units", units)
            pipe.hset(key, f"{row}last_at", now.isoformat())
            pipe.zadd("moderation:aws:days", {now.date().isoformat(): now.toordinal()})
            pipe.execute()

    def usage(self, since: str) -> list[Usage]:
        """See `Store.usage`."""
        found: list[Usage] = []
        with _redis_errors():
            days = [day.decode() for day in _redis(self.url).zrange("moderation:aws:days", 0, -1)]
            for day in (day for day in days if day >= since):
                found += _usage_of(day, _redis(self.url).hgetall(f"moderation:aws:usage:{day}"))
        return sorted(found, key=lambda u: (u.day, u.app, u.detector, u.operation))

    def _change(self, name: str, change: Callable[[Pace, float], tuple[Pace, float | None]]) -> float | None:
        key = f"moderation:aws:pace:{name}"
        answer: list[float | None] = []

        def run(pipe: Any) -> None:
            seconds, micros = pipe.time()  # Redis' own clock: machines' clocks differ
            held = pipe.get(key)
            pace, result = change(Pace(**json.loads(held)) if held else Pace(), seconds + micros / 1e6)
            answer[:] = [result]
            pipe.multi()
            pipe.set(key, json.dumps(asdict(pace)), ex=3600)

        with _redis_errors():
            _redis(self.url).transaction(run, key)  # runs again when another worker was quicker
        return answer[0]


def _usage_of(day: str, fields: Mapping[bytes, bytes]) -> Iterator[Usage]:
    rows: dict[str, dict[str, str]] = {}
    for name, value in fields.items():
        row, bracket, kind = name.decode().rpartition("]")
        rows.setdefault(row + bracket, {})[kind] = value.decode()
    for row, values in rows.items():
        app, detector, operation = json.loads(row)
        last_at = datetime.fromisoformat(values["last_at"])
        yield Usage(day, app, detector, operation, int(values["calls"]), float(values["units"]), last_at)


@lru_cache(maxsize=4)
def _redis(url: str) -> Any:
    import redis

    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)


@contextmanager
def _redis_errors() -> Iterator[None]:
    import redis

    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise StoreFailed(f"Redis: {type(error).__name__}") from error


def open_store(settings: Settings) -> Store:
    """The store that the settings name: Redis where workers use it, else a file in the data folder."""
    return RedisStore(settings.redis_url) if settings.redis_url else SqliteStore(settings.data.absolute() / "aws.db")
