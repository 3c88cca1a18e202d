"""The settings: one frozen model. Environment variables ``MODERATION_*`` over a file over the defaults.

The file is the one named by ``MODERATION_SETTINGS``, a flat YAML mapping of the names below. Unknown names are errors.
No other module reads the environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from moderation.core.errors import SettingsError
from review_ui.care.severity import LEVELS, LIKELY, SEVERITY, check_severity

PREFIX = "MODERATION_"
SETTINGS_FILE = f"{PREFIX}SETTINGS"
Named = Annotated[dict[str, float], NoDecode]
"""Numbers by name; in a variable, a mapping in JSON or YAML."""


class Settings(BaseSettings):
    """Everything that can be set. Sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    data: Path = Field(Path("data"), description="Folder for the databases and media of an embedded installation.")
    rules: Path | None = Field(None, description="Folder of policy files; empty for the shipped ones.")
    lists: Path | None = Field(None, description="Folder of block lists; empty for the shipped ones.")
    plugins_dir: Path | None = Field(None, description="Folder of loose plugin files (*.py).")
    host: str = Field("127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `serve` listens on.")
    threads: int = Field(16, ge=1, le=256, description="Threads that answer HTTP.")
    public_url: str | None = Field(None, description="How others reach this service; empty for http://HOST:PORT.")
    database_url: str | None = Field(None, description="SQLAlchemy URL; empty for SQLite under the data folder.")
    review_database_url: str | None = Field(
        None, description="Database of the A2I endpoint and the portal; empty for SQLite under the data folder."
    )
    redis_url: str | None = Field(None, description="Redis for RQ; empty for threads in the serving process.")
    workers: int = Field(2, ge=0, le=64, description="Threads in the serving process that moderate items.")
    lease_seconds: float = Field(120.0, gt=0, description="How long a worker holds an item before others may take it.")
    sweep_seconds: float = Field(10.0, gt=0, description="How often waiting work is looked for.")
    max_attempts: int = Field(5, ge=1, le=5, description="Tries per item before it goes to people as it is.")
    max_body_bytes: int = Field(30_000_000, ge=1, description="Largest request body.")
    max_media_bytes: int = Field(15_728_640, ge=1, description="Largest single picture, film or sound.")
    max_parts: int = Field(16, ge=1, le=100, description="Most given parts of one item.")
    max_text_chars: int = Field(200_000, ge=1, description="Longest text part, in code points.")
    max_pixels: int = Field(40_000_000, ge=1, description="Largest picture, width times height.")
    max_frames: int = Field(300, ge=1, description="Most frames of an animated picture.")
    max_metadata_bytes: int = Field(16_384, ge=1, description="Largest metadata of an item, as JSON.")
    max_backlog: int = Field(100_000, ge=1, description="Waiting items beyond which posts are answered 429.")
    fetch_timeout_seconds: float = Field(10.0, gt=0, description="Longest fetch of one media URL.")
    allow_private_urls: bool = Field(
        False, description="Let media URLs and callbacks reach loopback and private addresses."
    )
    media_bucket: str = Field("moderation", description="Bucket of stored media; embedded, a folder of that name.")
    media_s3: bool = Field(False, description="Keep media in S3 instead of the data folder.")
    media_encryption: str | None = Field(
        None,
        pattern=r"^(AES256|aws:kms|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]+)$",
        description="How stored media is encrypted in S3: empty as the bucket does, `AES256`, `aws:kms`, or a KMS key "
        "(ARN).",
    )
    media_keep_days: int | None = Field(
        None,
        ge=0,
        le=3650,
        description="Days that media is kept after the decision where no policy says it; empty for good.",
    )
    upload_seconds: int = Field(900, ge=1, le=604_800, description="How long an upload address can be used.")
    media_in_place: str = Field(
        "",
        description="Objects that apps may name instead of sending bytes, read where they lie and never copied: "
        "`APP=s3://bucket/prefix/`, separated by blanks.",
    )
    a2i_endpoint_url: str | None = Field(
        None, description="A2I endpoint; empty for this service's own, `aws` for Amazon's."
    )
    a2i_fallback: Literal["own"] | None = Field(
        None, description="`own`: human loops that Amazon's A2I refuses for good go to this service's own endpoint."
    )
    a2i_region: str = Field("us-east-1", description="AWS Region of the human loops.")
    a2i_role_arn: str = Field(
        "arn:aws:iam::000000000000:role/moderation", description="Role for flow definitions; matters on AWS only."
    )
    a2i_workteam_arn: str | None = Field(None, description="Private work team on AWS; empty for our own endpoint's.")
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
    aws_region: str | None = Field(
        None, description="AWS Region of the AWS detectors; empty: none is offered and nothing is sent to AWS."
    )
    aws_config: Path | None = Field(
        None, description="YAML file with what AWS detectors need beside the Region; see docs/aws-detectors.md."
    )
    poll_seconds: float = Field(5.0, gt=0, description="Shortest pause between looks at open human loops.")
    webhook_secret: str | None = Field(
        None, description="Secret (whsec_...) that signs every app's webhooks; empty for a secret of each app's own."
    )
    webhook_timeout_seconds: float = Field(20.0, gt=0, le=30, description="Longest single delivery attempt.")
    notify: str = Field(
        "",
        description="Where all decisions are told: SNS topics (ARN), EventBridge buses (ARN), SQS queues (ARN or URL); "
        "separated by blanks.",
    )
    rules_seconds: float = Field(
        2.0, ge=0, description="Pause between looks at policy files for changes; 0 reloads on SIGHUP and start only."
    )
    redact_key_file: Path | None = Field(
        None, description="File with the key of reversible tokens (`moderation redact --new-key`); empty for none."
    )
    comprehend_s3: bool = Field(
        False,
        description="Let jobs at `/comprehend` read and write S3 with this machine's AWS credentials; else buckets are "
        "folders of the data folder's media.",
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
    severity: Annotated[dict[str, str], NoDecode] = Field(
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
    overturn_alarm_percent: float = Field(
        10.0, ge=0, le=100, description="Share of sampled decisions overturned by people above which there is an alarm."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator("severity", "daily_minutes", "daily_items", mode="before")
    @classmethod
    def read_mapping(cls, given: Any) -> Any:
        """A variable has a mapping as JSON or YAML."""
        if not isinstance(given, str):
            return given
        try:
            return yaml.safe_load(given) or {}
        except yaml.YAMLError as error:
            raise ValueError('expected a mapping, such as {"severe": 60}') from error

    @field_validator("severity")
    @classmethod
    def know_labels(cls, given: dict[str, str]) -> dict[str, str]:
        """Labels of the taxonomy, or of a plugin, with a severity that is not the mildest."""
        check_severity(given)
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

    @field_validator("a2i_fallback")
    @classmethod
    def _only_for_amazon(cls, value: str | None, info: ValidationInfo) -> str | None:
        # A loop is known by the account in its ARN, which is the same at every endpoint of ours.
        if value is not None and info.data.get("a2i_endpoint_url") != "aws":
            raise ValueError(f"only where {PREFIX}A2I_ENDPOINT_URL is aws; unset it, or set that")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line over environment over file; nothing else."""
        return init_settings, env_settings, _FileSource(settings_cls)


class _FileSource(PydanticBaseSettingsSource):
    """The YAML file named by ``MODERATION_SETTINGS``."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        """Unused: `__call__` gives the whole mapping."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The file's content, or nothing when no file is named."""
        name = os.environ.get(SETTINGS_FILE)
        if not name:
            return {}
        try:
            content = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise SettingsError(f"{SETTINGS_FILE}={name} cannot be read: {error}") from error
        if not isinstance(content, Mapping):
            raise SettingsError(f"{name}: expected a mapping of setting names to values")
        return {str(key): value for key, value in content.items()}


def load_settings(**given: Any) -> Settings:
    """The settings in force. `given` (from the command line) wins; None values are ignored.

    Raises:
        SettingsError: a name is unknown or a value is wrong; names the setting.
    """
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {SETTINGS_FILE}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingsError(f"unknown setting {unknown[0]}; `moderation doctor` lists all settings")
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        raise SettingsError(f"setting {name} ({PREFIX}{name.upper()}): {first['msg']}") from error


def with_places(settings: Settings, rules: Path | None, plugins_dir: Path | None) -> Settings:
    """The settings with the folders that a command line named."""
    given = {"rules": rules, "plugins_dir": plugins_dir}
    return settings.model_copy(update={name: path for name, path in given.items() if path is not None})
