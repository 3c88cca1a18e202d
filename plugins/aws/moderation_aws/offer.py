"""What the plugin offers under the settings and the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation_aws.configuration import fitting, load_config, open_account
from moderation_aws.custom_labels import CustomLabels
from moderation_aws.endpoints import Endpoint
from moderation_aws.films import Films
from moderation_aws.guardrails import Guardrail
from moderation_aws.image_faces import Faces
from moderation_aws.image_labels import ImageLabels
from moderation_aws.image_moderation import ImageModeration
from moderation_aws.image_text import ImageText
from moderation_aws.ppe import Ppe
from moderation_aws.speech import Speech, SpeechToxicity
from moderation_aws.text_phi import TextPhi
from moderation_aws.text_pii import TextPii
from moderation_aws.text_toxicity import TextToxicity

if TYPE_CHECKING:
    from moderation.settings import Settings


def detectors(settings: Settings) -> list[Any]:
    """Those that need nothing more than a Region, and those that are configured."""
    config = load_config(settings)
    account, fit = open_account(settings, config), fitting(settings, config)
    offered: list[Any] = [
        ImageModeration(account, fit, config.moderation),
        Ppe(account, fit, config.ppe),
        Faces(account, fit, config.faces),
        TextPii(account, config.comprehend),
        TextToxicity(account, config.comprehend),
        TextPhi(account, config.comprehend),
    ]
    if account.bucket is not None:
        offered.append(Films(account, config.video))
        if config.transcribe.toxicity:
            offered.append(SpeechToxicity(account, config.transcribe))
    if config.labels is not None:
        offered.append(ImageLabels(account, fit, config.labels))
    if config.custom_labels:
        offered.append(CustomLabels(account, fit, config.custom_labels))
    offered += [Endpoint(account, fit, each) for each in config.endpoints]
    offered += [Guardrail(account, fit, each) for each in config.guardrails]
    return offered


def extractors(settings: Settings) -> list[Any]:
    """Those that need nothing more than a Region, and those that are configured."""
    config = load_config(settings)
    account = open_account(settings, config)
    offered: list[Any] = [ImageText(account, fitting(settings, config), config.text)]
    if account.bucket is not None:
        offered.append(Speech(account, config.transcribe))
    return offered
