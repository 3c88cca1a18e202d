"""The processes that a process has started, as the kernel lists them: a bare Debian has no ``pgrep``."""

from __future__ import annotations

from pathlib import Path


def children(pid: int) -> list[int]:
    """Its own ones; none when it has ended."""
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, listed.read_text().split())
        except OSError:  # that thread has ended meanwhile
            continue
    return found


def descendants(pid: int) -> list[int]:
    """Its own ones, and theirs."""
    return [each for child in children(pid) for each in (child, *descendants(child))]
