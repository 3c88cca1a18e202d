"""The file that ``MODERATION_LLM_CONFIG`` names: which model is asked, where, about what."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from moderation_aws.calls import Account
from moderation_aws.shared import open_store
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator, model_validator

from moderation.core.errors import SettingsError
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy
from moderation_llm.chat import ChatModel
from moderation_llm.converse import ConverseModel
from moderation_llm.models import Meter, Model

if TYPE_CHECKING:
    from moderation.settings import Settings

NOT_BY_DEFAULT = ("PII", "People", "Text", "PPE", "Quality", "Custom")
"""Branches of the taxonomy that other detectors see better, left out where no labels are named."""


class Prices(BaseModel):
    """US dollars for a million tokens; nothing where the model is your own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Annotated[float, Field(ge=0)] = 0.0
    output: Annotated[float, Field(ge=0)] = 0.0


class LlmConfig(BaseModel):
    """The file's content.

    Attributes:
        via: an endpoint that speaks OpenAI's chat completions, or Amazon Bedrock's Converse in the Region of the AWS
            detectors.
        endpoint: what ``/chat/completions`` is appended to, such as ``http://127.0.0.1:8080/v1``. Your own choice, so
            any address may be named, loopback too.
        model: its name there; on Bedrock its id or inference profile.
        key_file: file with the key that is sent as a bearer token.
        reads: text, or also pictures where the model sees.
        labels: the labels it may give, each with what is meant by it; empty for the taxonomy's but personal data,
            people, equipment and quality.
        report_from: percent; it stays silent below.
        form: how the endpoint is told to keep to the form of the answer; ``text`` where it can only be asked to.
        body: more fields of the request, such as ``{reasoning_effort: low}``.
        max_tokens: of an answer.
        max_chars: of a text in one call; longer texts are cut, up to `MAX_PIECES`.
        wait_seconds: for one answer.
        prices: for ``moderation costs``.
        examines: whether its silence is a look at the part; false: it only finds, and somebody else has to look.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    via: Literal["openai", "bedrock"] = "openai"
    endpoint: str | None = None
    model: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
    key_file: Path | None = None
    reads: Annotated[tuple[Literal["text", "image"], ...], Field(min_length=1)] = ("text",)
    labels: dict[str, Annotated[str, Field(max_length=2000)]] = {}
    report_from: Annotated[float, Field(ge=0, le=100)] = 30.0
    form: Literal["json_schema", "json_object", "text"] = "json_schema"
    body: dict[str, JsonValue] = {}
    max_tokens: Annotated[int, Field(ge=64, le=32_000)] = 2000
    max_chars: Annotated[int, Field(ge=500, le=200_000)] = 12_000
    wait_seconds: Annotated[float, Field(ge=1, le=70)] = 30.0
    prices: Prices = Prices()
    examines: bool = True

    @field_validator("endpoint")
    @classmethod
    def _is_an_address(cls, given: str | None) -> str | None:
        if given is not None:
            parts = urlsplit(given)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
                raise ValueError("an http or https address is wanted, such as http://127.0.0.1:8080/v1")
            if parts.username or parts.password:
                raise ValueError("no passwords in the address; put the key into a file and name it in key_file")
        return given

    @field_validator("labels")
    @classmethod
    def _are_labels(cls, given: dict[str, str]) -> dict[str, str]:
        taxonomy = Taxonomy(given)
        for label in given:
            if label not in taxonomy:
                close = taxonomy.suggest(label)
                hint = f"did you mean '{close}'?" if close else f"your own begin with '{CUSTOM_PREFIX}'"
                raise ValueError(f"unknown label '{label}'; {hint}")
        return given

    @field_validator("body")
    @classmethod
    def _leaves_ours(cls, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
        taken = sorted(
            {"model", "messages", "temperature", "max_tokens", "stream", "response_format", "n"} & set(given)
        )
        if taken:
            raise ValueError(f"{', '.join(taken)} cannot be set here")
        return given

    @model_validator(mode="after")
    def _fits_together(self) -> LlmConfig:
        if (self.endpoint is None) == (self.via == "openai"):
            raise ValueError("via: openai needs an endpoint, and via: bedrock has none")
        if self.via == "bedrock" and (self.key_file is not None or self.body):
            raise ValueError("via: bedrock takes AWS credentials, and no key_file or body")
        return self

    @property
    def known_labels(self) -> tuple[str, ...]:
        """The labels that it may give, sorted."""
        if self.labels:
            return tuple(sorted(self.labels))
        taxonomy = Taxonomy()
        tops = {name: (taxonomy.parents(name) or (name,))[-1] for name in taxonomy.labels}
        return tuple(sorted(name for name, top in tops.items() if top not in NOT_BY_DEFAULT))

    @property
    def digest(self) -> str:
        """Of all that answers depend on."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


def load_config(path: Path) -> LlmConfig:
    """Read the file.

    Raises:
        SettingsError: it cannot be read, or a value is wrong; names the file and the key.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise SettingsError(f"MODERATION_LLM_CONFIG={path} cannot be read: {error}") from error
    if not isinstance(content, Mapping):
        raise SettingsError(f"{path}: expected a mapping with the keys endpoint and model; see docs/llm.md")
    try:
        return LlmConfig.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise SettingsError(f"{path}: {where}{': ' if where else ''}{first['msg']}; see docs/llm.md") from error


def open_model(settings: Settings, config: LlmConfig) -> Model:
    """What asks the model. Nothing is called.

    Raises:
        SettingsError: Bedrock is to be asked, and no Region is set.
    """
    meter = Meter(open_store(settings), config.model, config.prices.input, config.prices.output)
    if config.via == "bedrock":
        if settings.aws_region is None:
            raise SettingsError("via: bedrock asks in the Region of the AWS detectors: set MODERATION_AWS_REGION")
        return ConverseModel(Account(settings.aws_region, meter.store), config.model, config.max_tokens, meter)
    assert config.endpoint is not None
    body: dict[str, Any] = dict(config.body)
    return ChatModel(
        url=f"{config.endpoint.rstrip('/')}/chat/completions",
        model=config.model,
        key_file=config.key_file,
        form=config.form,
        body=body,
        max_tokens=config.max_tokens,
        wait_seconds=config.wait_seconds,
        meter=meter,
    )
