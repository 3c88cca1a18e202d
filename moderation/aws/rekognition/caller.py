"""What every operation is given beside its parameters: the service, and who asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from moderation.films.looking import OPERATOR
from moderation.hookspecs import Detector
from moderation.service import Service
from review_ui.a2i import owners
from review_ui.service import ReviewService


@dataclass(frozen=True)
class Caller:
    """Who calls, and what answers.

    Attributes:
        models: see `moderation.aws.models`.
        app: whose access key it is; None for the operator's.
    """

    service: Service
    review: ReviewService
    models: Mapping[str, Detector]
    app: str | None

    @property
    def name(self) -> str:
        """The app as detectors are told it."""
        return self.app or OPERATOR

    @property
    def at_a2i(self) -> owners.Caller:
        """The caller as the A2I endpoint knows it."""
        return owners.Caller(self.app)
