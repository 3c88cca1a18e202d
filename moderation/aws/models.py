"""Which of the operator's detectors stand behind names that AWS gives to models of one's own."""

from __future__ import annotations

from collections.abc import Mapping

from ground.errors import SettingsError
from moderation.hookspecs import Detector
from moderation.service import Service

ALL_LABELS = "DetectLabels"
"""What ``aws_models`` calls the operation that has no ARN."""


def read_models(service: Service) -> Mapping[str, Detector]:
    """Detectors by the ARN of a model's version, or by `ALL_LABELS`, as ``MODERATION_AWS_MODELS`` has them.

    Raises:
        SettingsError: an entry is not ``NAME=DETECTOR``, or no such detector is loaded that reads pictures.
    """
    loaded = {each.name: each for each in service.judge.plugins.detectors if "image" in each.reads}
    models = {}
    for entry in service.settings.aws_models.split():
        name, _, detector = entry.rpartition("=")
        if not name or (name != ALL_LABELS and not name.startswith("arn:")):
            raise SettingsError(f"MODERATION_AWS_MODELS: {entry[:200]!r} is not ARN=DETECTOR or {ALL_LABELS}=DETECTOR")
        if detector not in loaded:
            known = ", ".join(sorted(loaded))
            raise SettingsError(f"MODERATION_AWS_MODELS: no detector {detector[:100]!r} of pictures is loaded: {known}")
        models[name] = loaded[detector]
    return models
