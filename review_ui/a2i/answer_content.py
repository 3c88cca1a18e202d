"""What an ``answerContent`` says, where it answers what our own template asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OUTCOMES = ("approve", "reject")


def outcome_of(answer: Mapping[str, Any] | None) -> str:
    """``approve`` or ``reject`` as an ``answerContent`` has it; empty when it has neither."""
    decision = (answer or {}).get("decision")
    chosen = [name for name, on in decision.items() if on is True] if isinstance(decision, Mapping) else []
    return str(chosen[0]) if len(chosen) == 1 and chosen[0] in OUTCOMES else ""
