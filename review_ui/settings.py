"""What is set for the A2I endpoint and the portal."""

from __future__ import annotations

from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from ground.settings import GroundSettings
from review_ui.care.severity import LEVELS, LIKELY, SEVERITY

Named = dict[str, float]
"""Numbers by name; in a variable, a mapping in JSON or YAML."""


class ReviewSettings(GroundSettings):
    """Everything that the A2I endpoint and the portal need, with or without the moderation service above them."""

    review_database_url: str | None = Field(
        None, description="Database of the A2I endpoint and the portal; empty for SQLite under the data folder."
    )
    a2i_events: str | None = Field(
        None,
        description="Where the own A2I endpoint tells status changes: event buses (ARN), SQS queues, http addresses; "
        "separated by blanks.",
    )
    a2i_most_loops: int = Field(
        0, ge=0, description="Loops in progress beyond which the own A2I endpoint answers 402; 0 for any number."
    )
    a2i_most_workteams: int = Field(25, ge=1, description="Work teams that the own A2I endpoint takes; AWS takes 25.")
    a2i_calls_per_second: float = Field(
        0.0,
        ge=0,
        description="A2I calls a second of one access key, beyond which it is answered 429; 0 for any number.",
    )
    a2i_check_signatures: bool = Field(
        True,
        description="Off, the own A2I endpoint takes unsigned requests; on a loopback `host` only.",
    )
    a2i_template_hosts: str = Field(
        "",
        description="Hosts, separated by blanks, that the pages of all task templates may load scripts from and show "
        "in frames; tags of a template can allow more for itself.",
    )
    session_hours: float = Field(12.0, gt=0, description="How long a sign-in to the portal lasts.")
    oidc_issuer: str | None = Field(
        None, description="OpenID Connect provider that people sign in to the portal with; empty for passwords only."
    )
    oidc_client_id: str | None = Field(None, description="What the provider calls this portal.")
    oidc_client_secret: str | None = Field(
        None, description="Secret that the provider gave with the client id; empty for a public client."
    )
    oidc_groups_claim: str = Field("groups", min_length=1, description="Claim of the id token that lists groups.")
    oidc_roles: str = Field(
        "",
        description="Roles of the provider's groups, as `group=role` separated by blanks; of several that fit "
        "somebody, the first counts.",
    )
    oidc_only: bool = Field(False, description="Take no passwords: sign-in goes through the provider only.")
    undo_seconds: float = Field(
        10.0, ge=0, le=300, description="How long a reviewer can undo the last answer; it counts after that."
    )
    severity: dict[str, str] = Field(
        SEVERITY, description="How hard labels, and all under them, are on those who look: `moderate` or `severe`."
    )
    severity_from: float = Field(
        LIKELY, ge=0, le=100, description="Least confidence of a detection that counts for it."
    )
    severe_by_choice: bool = Field(True, description="Give severe tasks only to reviewers who opted in.")
    daily_minutes: Named = Field(
        {"severe": 120.0}, description="Most minutes a day (UTC) that a reviewer looks at a severity or label."
    )
    daily_items: Named = Field({}, description="Most items a day (UTC) of a severity or label for a reviewer.")
    break_after_minutes: float = Field(30.0, gt=0, description="Minutes of severe content until a break is proposed.")
    break_enforced_minutes: float = Field(
        45.0, gt=0, description="Minutes of severe content until a break is enforced."
    )
    break_minutes: float = Field(
        10.0, gt=0, description="Length of a break, and the shortest pause that counts as one."
    )
    golden_percent: float = Field(
        3.0, ge=0, le=50, description="How many of a queue's tasks have a known answer, once leads made some."
    )

    @field_validator("a2i_template_hosts")
    @classmethod
    def know_hosts(cls, given: str) -> str:
        """Names of hosts: they go into a policy that browsers read."""
        if not given:
            return given
        from review_ui.a2i.template_needs import wrong_hosts  # what reads pages loads with who has some

        if wrong := wrong_hosts(given):
            raise ValueError(f"these are no names of hosts: {', '.join(wrong)}")
        return given

    @field_validator("severity", "daily_minutes", "daily_items", mode="before")
    @classmethod
    def read_mapping(cls, given: Any) -> Any:
        """A variable has a mapping as JSON or YAML."""
        if not isinstance(given, str):
            return given
        import yaml  # most starts have no such variable

        try:
            return yaml.safe_load(given) or {}
        except yaml.YAMLError as error:
            raise ValueError('expected a mapping, such as {"severe": 60}') from error

    @field_validator("severity")
    @classmethod
    def know_levels(cls, given: dict[str, str]) -> dict[str, str]:
        """Listed labels have a severity that is not the mildest."""
        for label, level in given.items():
            if level not in LEVELS[1:]:
                raise ValueError(f"'{label}' is '{level}'; a listed label is moderate or severe")
        return given

    @field_validator("daily_minutes", "daily_items")
    @classmethod
    def know_names(cls, given: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        """Limits of severities, or of labels that have one."""
        known = {*LEVELS, *info.data.get("severity", {})}
        for name, limit in given.items():
            if name not in known:
                raise ValueError(f"'{name}' is neither a severity ({', '.join(LEVELS)}) nor a label in `severity`")
            if not 0 <= limit < float("inf"):
                raise ValueError(f"'{name}' has {limit}; a limit is 0 or more")
        return given

    @field_validator("break_enforced_minutes")
    @classmethod
    def propose_first(cls, given: float, info: ValidationInfo) -> float:
        """A break is proposed before it is enforced."""
        if given < info.data.get("break_after_minutes", 0):
            raise ValueError("a break is enforced after it was proposed: not less than `break_after_minutes`")
        return given
