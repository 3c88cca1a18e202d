"""Worker ids: how outputs name reviewers."""

from __future__ import annotations


def worker_id(user_id: str) -> str:
    """A reviewer as outputs name them: opaque, 16 characters as A2I's are, the same in every output."""
    return user_id.replace("-", "")[:16]
