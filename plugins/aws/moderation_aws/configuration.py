"""The configuration file (``MODERATION_AWS_CONFIG``), and the account that it and the settings make."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from moderation.core.errors import SettingsError
from moderation_aws.calls import Account
from moderation_aws.custom_labels import ModelOptions
from moderation_aws.endpoints import EndpointOptions
from moderation_aws.films import FilmOptions
from moderation_aws.guardrails import GuardrailOptions
from moderation_aws.image_faces import FaceOptions
from moderation_aws.image_labels import LabelOptions
from moderation_aws.image_moderation import ModerationOptions
from moderation_aws.image_text import TextOptions
from moderation_aws.languages import LanguageOptions
from moderation_aws.pictures import Fitting
from moderation_aws.ppe import PpeOptions
from moderation_aws.shared import open_store
from moderation_aws.transcription import TranscribeOptions

if TYPE_CHECKING:
    from moderation.settings import Settings

Positive = Annotated[float, Field(gt=0)]


class AwsConfig(BaseModel):
    """The file's content; a missing key has the default of its detector.

    Attributes:
        bucket: where films and sounds are put for the services that read from S3 only, when the media store is not S3.
        megapixels: pictures with more are made smaller before they are sent; null sends them as large as AWS takes.
        calls_per_second: your account's quotas, by ``service.Operation``.
        prices: your prices in US dollars a unit, by ``service.Operation``; they go over the shipped table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bucket: str | None = None
    megapixels: Positive | None = 2.0
    moderation: ModerationOptions = ModerationOptions()
    ppe: PpeOptions = PpeOptions()
    faces: FaceOptions = FaceOptions()
    text: TextOptions = TextOptions()
    labels: LabelOptions | None = None
    custom_labels: tuple[ModelOptions, ...] = ()
    comprehend: LanguageOptions = LanguageOptions()
    transcribe: TranscribeOptions = TranscribeOptions()
    video: FilmOptions = FilmOptions()
    endpoints: tuple[EndpointOptions, ...] = ()
    guardrails: tuple[GuardrailOptions, ...] = ()
    calls_per_second: dict[str, Positive] = {}
    prices: dict[str, Annotated[float, Field(ge=0)]] = {}


def load_config(settings: Settings) -> AwsConfig:
    """The configuration that the settings name; the defaults when they name none.

    Raises:
        SettingsError: it cannot be read, or a value is wrong; names the file and the key.
    """
    path = settings.aws_config
    if path is None:
        return AwsConfig()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"MODERATION_AWS_CONFIG={path} cannot be read: {error}") from error
    if content is None:
        return AwsConfig()
    if not isinstance(content, Mapping):
        raise SettingsError(f"{path}: expected a mapping of names to values; see docs/aws-detectors.md")
    try:
        return AwsConfig.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise SettingsError(f"{path}: {where}: {first['msg']}; see docs/aws-detectors.md") from error


def open_account(settings: Settings, config: AwsConfig) -> Account:
    """The account in the Region of the settings. Nothing is called."""
    assert settings.aws_region is not None
    return Account(
        region=settings.aws_region,
        store=open_store(settings),
        rates={**default_rates(settings.aws_region), **config.calls_per_second},
        bucket=config.bucket or (settings.media_bucket if own_media(settings) else None),
        own_media=own_media(settings),
    )


def own_media(settings: Settings) -> str | None:
    """See `Account.own_media`: names that `moderation.media` makes, where the bucket is in the detectors' Region."""
    is_here = settings.media_s3 and settings.a2i_region == settings.aws_region
    return f"s3://{settings.media_bucket}/media/" if is_here else None


def fitting(settings: Settings, config: AwsConfig) -> Fitting:
    """How pictures are fitted."""
    return Fitting(config.megapixels, own_media(settings))


def default_rates(region: str) -> dict[str, float]:
    """The quotas of a new account, by ``service.Operation``."""
    table = _table("quotas.yml")
    column = 0 if region in table["fast_regions"] else 1
    return {name: float(rates[column]) for name, rates in table["operations"].items()}


def _table(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((files("moderation_aws") / name).read_text(encoding="utf-8"))
    return content
