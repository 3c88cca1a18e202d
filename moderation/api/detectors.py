"""``/v1/detectors``: what looks at content here, and what is known of how well."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response

from moderation.api.auth import Gate
from moderation.api.openapi import Operation
from moderation.api.schemas.detectors import DetectorList, DetectorView
from moderation.core.cards import card_of
from moderation.core.errors import NotFound
from moderation.service import Service


def blueprint(service: Service, gate: Gate) -> Blueprint:
    """The resource over `service`."""
    detectors = Blueprint("detectors", __name__, url_prefix="/v1/detectors")
    detectors.before_request(gate.admit)

    @detectors.get("")
    @Operation("The detectors and extractors that are loaded.", {200: DetectorList}, problems=(401, 422, 503))
    def list_detectors() -> Response:
        """All detectors and extractors, by name, each with its model card."""
        listed = DetectorList(detectors=sorted(_views(service), key=lambda view: view.name))
        return Response(listed.model_dump_json(), content_type="application/json")

    @detectors.get("/<detector>")
    @Operation("One detector or extractor.", {200: DetectorView})
    def get_detector(detector: str) -> Response:
        """One detector or extractor, with its model card."""
        for view in _views(service):
            if view.name == detector:
                return Response(view.model_dump_json(), content_type="application/json")
        raise NotFound(f"no detector '{detector}' is loaded")

    return detectors


def _views(service: Service) -> Iterator[DetectorView]:
    plugins = service.judge.plugins
    for detector in plugins.detectors:
        yield DetectorView(
            name=detector.name,
            version=detector.version,
            reads=sorted(detector.reads),
            labels=sorted(detector.labels),
            min_confidence=detector.min_confidence,
            card=card_of(detector),
        )
    for extractor in plugins.extractors:
        yield DetectorView(
            name=extractor.name,
            version=extractor.version,
            reads=sorted(extractor.reads),
            makes=sorted(extractor.makes),
            card=card_of(extractor),
        )
