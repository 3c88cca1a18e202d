"""Print the OpenAPI document of this checkout, as ``/openapi.json`` answers it.

usage: python -m tools.openapi_document > openapi.json
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from moderation.api.openapi import openapi
from moderation.service import Service
from moderation.serving.app import create_app
from moderation.settings import Settings
from review_ui.opening import open_review


def document() -> dict[str, Any]:
    """The document of a service with nothing in it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), detector_processes=0)
        service = Service.open(settings)
        review = open_review(settings, blobs=service.blobs)
        try:
            return openapi(create_app(service, review))
        finally:
            service.close()
            review.database.close()


def text_of_document() -> str:
    """The document as text, the same each time."""
    return json.dumps(document(), indent=1, sort_keys=True)


if __name__ == "__main__":
    sys.stdout.write(text_of_document())
