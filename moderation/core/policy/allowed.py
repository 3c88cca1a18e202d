"""``allow``: found values that count for nothing in a policy because they stand on a list: a shop's own mail."""

from __future__ import annotations

from pydantic import Field

from moderation.core.policy.terms import AppName, Labels, Name, PolicyModel


class Allowed(PolicyModel):
    """Detections of some labels are not looked at where what they found in a text stands on a list at run time."""

    in_list: Name = Field(description="Name of a list that operators keep: moderation lists.")
    label: Labels = Field(description="What may be spared: a label, several, or {list: NAME}, and all under it.")
    app: list[AppName] | None = Field(None, min_length=1, description="Only for these apps; left out: for all.")
