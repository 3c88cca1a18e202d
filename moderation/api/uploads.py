"""``/v1/uploads``: an address for large media; and ``/uploads``, our own such address when media lies in a folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, g, request

from moderation.api.auth import Gate
from moderation.api.bodies import read_model
from moderation.api.openapi import Operation
from moderation.api.problems import Refused, invalid
from moderation.api.schemas.uploads import UploadForm, UploadView, WantedUpload
from moderation.core.errors import FieldError, MediaRefused, NotFound
from moderation.intake.submissions import NOT_COVERED
from moderation.service import Service


def blueprint(service: Service, gate: Gate, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Blueprint:
    """The resource over `service`."""
    uploads = Blueprint("uploads", __name__)

    @uploads.post("/v1/uploads")
    @Operation(
        "A short-lived address to which one large object is sent, to be named in an item afterwards. Of S3, or ours.",
        {201: UploadView},
        bodies=(WantedUpload,),
        problems=(400, 401, 413, 415, 422, 503),
    )
    def post_upload() -> Response:
        """An address to which one object may be sent."""
        gate.admit()
        if service.settings.is_for_works_council:
            raise invalid("content_type", NOT_COVERED)
        wanted = read_model(request, WantedUpload)
        own_url = service.settings.public_url or request.host_url
        made = service.uploads.begin(g.app_name, wanted.content_type, wanted.size_bytes, own_url, clock())
        view = UploadView.model_validate(made, from_attributes=True)
        return Response(view.model_dump_json(), 201, content_type="application/json")

    @uploads.post("/uploads")
    @Operation(
        "Our own upload address. What `POST /v1/uploads` gave is all it asks for.",
        {204: None},
        form=UploadForm,
        problems=(400, 403, 413, 415, 422, 503),
        is_open=True,
    )
    def post_file() -> Response:
        """Take the form that ``POST /v1/uploads`` described. Its signature is the key."""
        if request.mimetype != "multipart/form-data":
            raise Refused(415, "unsupported-media-type", "send multipart/form-data: the fields given, then the file")
        if list(request.files) != ["file"] or len(request.files.getlist("file")) != 1:
            raise invalid("file", "one file, as the last field")
        most = service.settings.max_media_bytes
        data = request.files["file"].stream.read(most + 1)
        try:
            service.uploads.take(request.form, data, clock())
        except NotFound as error:
            raise Refused(403, "upload-refused", str(error)) from error
        except MediaRefused as error:
            raise Refused(422, "media", f"file: {error}", [FieldError("file", str(error))]) from error
        # S3 answers a POST with 204 too. Pages of other origins may read it: the signature is all there is to know.
        return Response(status=204, headers={"Access-Control-Allow-Origin": "*"})

    return uploads
