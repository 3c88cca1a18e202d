"""Names that AWS answers with, and ours."""

from __future__ import annotations

from moderation.core.taxonomy import REKOGNITION_TOPS, Taxonomy
from moderation_aws.calls import CallRefused

_TAXONOMY = Taxonomy()


MODERATION_LABELS = _TAXONOMY.below(*REKOGNITION_TOPS)
"""Amazon Rekognition's moderation taxonomy 7.0: 52 labels."""


def moderation_label(name: str, parent: str) -> str:
    """Our label for one of Rekognition's moderation labels: the same name, or its parent's when it is new to us.

    Raises:
        CallRefused: neither is known. AWS may add labels at any time, and what it means nobody here can say.
    """
    for known in (name, parent):
        if known in MODERATION_LABELS:
            return known
    message = f"Rekognition answered with a label that this version does not know: '{name[:100]}'"
    raise CallRefused("UnknownLabel", message)


COMPREHEND_PII = tuple(
    label for label in _TAXONOMY.children("PII") if label not in ("PII/GPS_POSITION", "PII/DEVICE_SERIAL")
)
TOXICITY = tuple(label for label in _TAXONOMY.children("Toxicity") if label != "Toxicity/SPAM")


def pii_label(kind: str) -> str:
    """Our label for a Comprehend entity type; ``PII`` for one that is new."""
    return f"PII/{kind}" if f"PII/{kind}" in COMPREHEND_PII else "PII"


def toxicity_label(name: str) -> str:
    """Our label for a toxicity category of Comprehend or Transcribe, in any case; ``Toxicity`` for a new one."""
    label = f"Toxicity/{name.upper()}"
    return label if label in TOXICITY else "Toxicity"
