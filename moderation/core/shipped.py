"""What this project's own plugins offer, so that a misspelled name can be told from a plugin that is not installed."""

from __future__ import annotations

from collections.abc import Mapping

SHIPPED_TOOLS: Mapping[str, str] = {
    "pii.text": "plugins/pii",
    "text.blocklist": "plugins/text",
    "vision.faces": "plugins/vision",
    "vision.exif": "plugins/vision",
    "vision.quality": "plugins/vision",
    "vision.text": "plugins/vision",
    "vision.frames": "plugins/vision",
    "vision.nudity": "plugins/nudenet",
    "rekognition.moderation": "the AWS plugin",
    "rekognition.ppe": "the AWS plugin",
    "comprehend.pii": "the AWS plugin",
    "comprehend.toxicity": "the AWS plugin",
}
"""Detector or extractor to the plugin that offers it; what a site's own plugins offer is not here and as good."""
