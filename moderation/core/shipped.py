"""What this project's own plugins offer, so that a misspelled name can be told from a plugin that is not installed."""

from __future__ import annotations

from collections.abc import Mapping

SHIPPED_TOOLS: Mapping[str, str] = {
    "pii.text": "plugins/pii",
    "text.blocklist": "plugins/text",
    "text.toxicity": "plugins/text",
    "llm.policy": "plugins/llm (MODERATION_LLM_CONFIG)",
    "speech.text": "plugins/speech",
    "film.frames": "plugins/film (pip install 'moderation[film]')",
    "text.hashes": "plugins/hashes (moderation hashes import)",
    "vision.hashes": "plugins/hashes (moderation hashes import)",
    "vision.faces": "plugins/vision",
    "vision.faces_quick": "plugins/vision",
    "vision.faces_wary": "plugins/vision",
    "vision.exif": "plugins/vision",
    "vision.provenance": "plugins/vision",
    "vision.quality": "plugins/vision",
    "vision.lettering": "plugins/vision",
    "vision.text": "plugins/vision",
    "vision.frames": "plugins/vision",
    "vision.explicit": "plugins/models",
    "vision.hints": "plugins/models",
    "vision.ppe": "plugins/models",
    "vision.nudity": "plugins/nudenet",
    **dict.fromkeys(
        (
            "rekognition.moderation",
            "rekognition.ppe",
            "rekognition.faces",
            "rekognition.text",
            "rekognition.labels",
            "rekognition.custom_labels",
            "rekognition.video",
            "comprehend.pii",
            "comprehend.toxicity",
            "comprehendmedical.phi",
            "transcribe.text",
            "transcribe.toxicity",
        ),
        "plugins/aws (MODERATION_AWS_REGION)",
    ),
}
"""Detector or extractor to the plugin that offers it; what a site's own plugins offer is not here and as good."""
