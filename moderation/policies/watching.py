"""Watching the policies: changed files and roll-backs come into force while the service runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ground.rounds import Rounds
from moderation.core.policy.policies import PolicySet
from moderation.policies.versions import PoliciesInForce


def watch(in_force: PoliciesInForce, changed: Callable[[PolicySet], None], seconds: float) -> Rounds:
    """Rounds that look whether policies changed; whatever goes wrong, the last good ones stay in force.

    Args:
        changed: told which policies are in force now.
        seconds: between looks; 0 to look only when somebody rings.
    """

    def look() -> None:
        policies = in_force.look(datetime.now(UTC))
        if policies is not None:
            changed(policies)

    return Rounds("policies", look, pause_seconds=seconds or None)
