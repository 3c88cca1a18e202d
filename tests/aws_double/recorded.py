"""A double that plays recordings of `moderation.aws.recorder`: what Amazon said to the same request, once more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ground.awswire.errors import ApiError
from moderation.aws.recorder.recordings import digest_key, read_recordings, without_content


class Recorded:
    """Answers by a folder of recordings; stands where `moderation.aws.recorder.forwarding.Amazon` is asked."""

    def __init__(self, folder: Path) -> None:
        self._key = digest_key(folder)
        self._answers = {self._of(each.service, each.operation, each.request): each.amazon for each in read_recordings(folder)}  # fmt: skip

    def ask(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        found = self._answers.get(self._of(service, operation, without_content(parameters, self._key)))
        if found is None:
            raise ApiError("NotRecorded", f"{operation} was not recorded with these parameters", 404)
        if found.document is None:
            raise ApiError(found.error, "as it was recorded")
        return found.document

    @staticmethod
    def _of(service: str, operation: str, request: Mapping[str, Any]) -> str:
        return json.dumps([service, operation, request], sort_keys=True)
