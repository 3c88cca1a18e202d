"""Nets as files: a YAML file and an ONNX file are a detector. The shipped ones, and those of ``MODERATION_MODELS``.

What a file may say is in docs/models.md. Nets run in the detectors' processes, on one thread, and are loaded at the
first look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation import hookimpl

if TYPE_CHECKING:
    from moderation.settings import Settings


@hookimpl
def register_detectors(settings: Settings) -> list[Any]:
    """Offer each model. A fault in any file stops the start, and is named with its line."""
    from moderation_models.folder import read_models

    return read_models(settings.models)
