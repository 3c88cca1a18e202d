"""Times as A2I's two APIs write them: ISO 8601 in the runtime, seconds since 1970 in the control plane."""

from __future__ import annotations

from datetime import UTC, datetime

from ground.awswire.errors import invalid


def iso(time: datetime) -> str:
    """UTC with milliseconds and ``Z``: the runtime, outputs and events."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_iso(text: str) -> datetime:
    """An aware UTC time. Raises `ApiError`."""
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise invalid(f"'{text[:40]}' is not a time") from error
    raise invalid(f"'{text[:40]}' has no zone")


def epoch(time: datetime) -> float:
    """Seconds since 1970, with milliseconds: the control plane."""
    return round(time.timestamp(), 3)


def read_epoch(seconds: object) -> datetime:
    """An aware UTC time. Raises `ApiError`."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise invalid(f"'{str(seconds)[:40]}' is not a time in seconds") from error
