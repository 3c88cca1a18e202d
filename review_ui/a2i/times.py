"""Times as A2I's two APIs write them: ISO 8601 in the runtime, seconds since 1970 in the control plane."""

from __future__ import annotations

from datetime import UTC, datetime

from review_ui.a2i.errors import invalid


def iso(time: datetime) -> str:
    """A time as the runtime writes it: UTC with milliseconds and ``Z``."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_iso(text: str) -> datetime:
    """The time that a client of the runtime sent."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(f"'{text[:40]}' is not a time") from error
    if time.tzinfo is None:
        raise invalid(f"'{text[:40]}' has no zone")
    return time


def epoch(time: datetime) -> float:
    """A time as the control plane writes it: seconds since 1970, with milliseconds."""
    return round(time.timestamp(), 3)


def read_epoch(seconds: object) -> datetime:
    """The time that a client of the control plane sent."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise invalid(f"'{str(seconds)[:40]}' is not a time in seconds") from error
