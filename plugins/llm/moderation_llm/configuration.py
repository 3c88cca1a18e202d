"""The file that ``MODERATION_LLM_CONFIG`` names: which model is asked, where, about what."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from moderation_aws.calls import Account
from moderation_aws.shared import open_store
from pydantic import Field, JsonValue, model_validator

from moderation.core.errors import SettingsError
from moderation.core.policy.terms import PolicyModel, wrong
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy
from moderation.yaml_reader import read_model
from moderation_llm.chat import ChatModel
from moderation_llm.converse import ConverseModel
from moderation_llm.models import Meter, Model

if TYPE_CHECKING:
    from moderation.settings import Settings

OURS = {"model", "messages", "temperature", "max_tokens", "stream", "response_format", "n"}
"""Fields of a request that are not to be set by `body`."""
NOT_BY_DEFAULT = ("PII", "People", "Text", "PPE", "Quality", "Custom")
"""Branches of the taxonomy that other detectors see better, left out where no labels are named."""


class Prices(PolicyModel):
    """US dollars for a million tokens; nothing where the model is your own."""

    input: float = Field(0.0, ge=0)
    output: float = Field(0.0, ge=0)


class LlmConfig(PolicyModel):
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

    via: Literal["openai", "bedrock"] = "openai"
    endpoint: str | None = None
    model: str = Field(min_length=1, max_length=200)
    key_file: str | None = None
    reads: list[Literal["text", "image"]] = Field(["text"], min_length=1)
    labels: dict[str, str] = Field(default_factory=dict)
    report_from: float = Field(30.0, ge=0, le=100)
    form: Literal["json_schema", "json_object", "text"] = "json_schema"
    body: dict[str, JsonValue] = Field(default_factory=dict)
    max_tokens: int = Field(2000, ge=64, le=32_000)
    max_chars: int = Field(12_000, ge=500, le=200_000)
    wait_seconds: float = Field(30.0, ge=1, le=70)
    prices: Prices = Prices()
    examines: bool = True

    @model_validator(mode="after")
    def _can_be_meant(self) -> LlmConfig:
        if (self.endpoint is None) == (self.via == "openai"):
            raise wrong("via: openai needs an endpoint, and via: bedrock has none", at="endpoint")
        if self.via == "bedrock" and (self.key_file is not None or self.body):
            raise wrong("via: bedrock takes AWS credentials, and no key_file or body", at="via")
        if self.endpoint is not None:
            _check_address(self.endpoint)
        taken = sorted(OURS & set(self.body))
        if taken:
            raise wrong(f"{', '.join(taken)} cannot be set here", at="body", hint="there are keys of their own")
        taxonomy = Taxonomy(self.labels)
        for label in self.labels:
            if label not in taxonomy:
                close = taxonomy.suggest(label)
                hint = f"did you mean '{close}'?" if close else f"your own begin with '{CUSTOM_PREFIX}'"
                raise wrong(f"unknown label '{label}'", at="labels", hint=hint)
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
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine."""
        host = urlsplit(self.endpoint or "").hostname or ""
        return host == "localhost" or host.startswith("127.") or host == "::1"

    @property
    def digest(self) -> str:
        """Of all that answers depend on."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


def load_config(path: Path) -> LlmConfig:
    """Read the file.

    Raises:
        PolicyFault: with every fault of it, at its line.
    """
    return read_model(path, LlmConfig, "mend MODERATION_LLM_CONFIG")


def _check_address(address: str) -> None:
    """Refuse what is no address of an endpoint, as a validator does."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        hint = "such as http://127.0.0.1:8080/v1"
        raise wrong("an http or https address is wanted", at="endpoint", hint=hint)
    if parts.username or parts.password:
        raise wrong("no passwords in the address", at="endpoint", hint="put the key into a file; name it in key_file")


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
        key_file=Path(config.key_file) if config.key_file is not None else None,
        form=config.form,
        body=body,
        max_tokens=config.max_tokens,
        wait_seconds=config.wait_seconds,
        meter=meter,
    )
