"""Settings: frozen models, one for each package, each adding to the one below it. Environment over file over defaults.

Variables are named ``MODERATION_*``. The file is the one named by ``MODERATION_SETTINGS``, a flat YAML mapping of the
names. Unknown names are errors. No other module reads the environment.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ground import failpoints
from ground.errors import SettingsError
from ground.failpoints import PATTERN

PREFIX = "MODERATION_"
SETTINGS_FILE = f"{PREFIX}SETTINGS"
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class GroundSettings(BaseModel):
    """What is set for every part: where it listens, where it keeps things, what it takes. Bytes and seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, defer_build=True)

    data: Path = Field(Path("data"), description="Folder for the databases and media of an embedded installation.")
    host: str = Field("127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `serve` listens on.")
    threads: int = Field(16, ge=1, le=256, description="Threads that answer HTTP.")
    connections: int = Field(
        20_000,
        ge=16,
        le=1_000_000,
        description="Open connections of a process beyond which those that were idle longest are closed; fewer where "
        "the system lets a process open fewer files.",
    )
    idle_seconds: float = Field(
        60.0, gt=0, description="Before a connection is closed that is idle, or does not take its answer."
    )
    receive_seconds: float = Field(
        30.0, gt=0, description="Longest until a request is here as a whole; a second more for each 16 kB of its body."
    )
    public_url: str | None = Field(None, description="How others reach this service; empty for http://HOST:PORT.")
    max_body_bytes: int = Field(30_000_000, ge=1, description="Largest request body.")
    max_media_bytes: int = Field(15_728_640, ge=1, description="Largest single picture, film or sound.")
    max_pixels: int = Field(40_000_000, ge=1, description="Largest picture, width times height.")
    max_frames: int = Field(300, ge=1, description="Most frames of an animated picture.")
    max_text_chars: int = Field(200_000, ge=1, description="Longest text part, in code points.")
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
    media_in_place: str = Field(
        "",
        description="Objects that apps may name instead of sending bytes, read where they lie and never copied: "
        "`APP=s3://bucket/prefix/`, separated by blanks.",
    )
    a2i_region: str = Field("us-east-1", description="AWS Region of the human loops.")
    otlp_endpoint: str | None = Field(
        None,
        pattern=r"^https?://[^\s?#@]+$",
        description="Collector that traces are told to by OTLP over HTTP, such as http://127.0.0.1:4318; empty for "
        "none.",
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR; DEBUG is for this program's own lines.")
    failpoint: str | None = Field(
        None,
        pattern=PATTERN,
        description="For tests of a kill: where a process ends itself, as `items.decide:after:3` (just after its third "
        "commit of that name); empty for nowhere.",
    )
    log_format: Literal["text", "json"] = Field("text", description="`json`: a log line is an object with fields.")

    @field_validator("log_level")
    @classmethod
    def _know_level(cls, given: str) -> str:
        if given.upper() not in _LEVELS:
            raise ValueError(f"expected one of {', '.join(_LEVELS)}")
        return given.upper()

    @classmethod
    def load(cls, **given: Any) -> Self:
        """The settings in force. `given` (from the command line) wins; None values are ignored.

        A failpoint that they name is armed.

        Raises:
            SettingsError: a name is unknown or a value is wrong; names the setting.
        """
        known = {f"{PREFIX}{name.upper()}": name for name in cls.model_fields}
        for name in sorted(os.environ):
            if name.startswith(PREFIX) and name not in known and name != SETTINGS_FILE:
                raise SettingsError(f"unknown setting {name}; {_hint(name, [*known, SETTINGS_FILE])}")
        in_file = _of_file()
        for name in in_file:
            if name not in cls.model_fields:
                raise SettingsError(
                    f"{os.environ[SETTINGS_FILE]}: unknown setting {name}; {_hint(name, cls.model_fields)}"
                )
        in_variables = {name: os.environ[variable] for variable, name in known.items() if variable in os.environ}
        named = {name: value for name, value in given.items() if value is not None}
        try:
            settings = cls(**{**in_file, **in_variables, **named})
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else ""
            raise SettingsError(f"setting {name} ({PREFIX}{name.upper()}): {first['msg']}") from error
        failpoints.arm(settings.failpoint)
        return settings


def _of_file() -> dict[str, Any]:
    """What the YAML file named by ``MODERATION_SETTINGS`` says; nothing when no file is named."""
    name = os.environ.get(SETTINGS_FILE)
    if not name:
        return {}
    import yaml  # most starts have no such file

    try:
        content = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{SETTINGS_FILE}={name} cannot be read: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise SettingsError(f"{name}: expected a mapping of setting names to values")
    return {str(key): value for key, value in content.items()}


def _hint(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else "`moderation doctor --settings` lists all settings"
