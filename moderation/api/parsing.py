"""From a request to submissions: JSON or multipart, media looked at and stored. Faults are said with their field.

Nothing is stored for an item that is refused: all of its parts are looked at first.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Request
from pydantic import ValidationError
from werkzeug.datastructures import FileStorage

from ground.fetch import FetchFailed, check_url, fetch
from moderation.api.problems import Refused, invalid
from moderation.api.schemas import PostedItem, PostedPart
from moderation.api.strict_json import check_text, read_json
from moderation.core.errors import FieldError, InputError, MediaRefused, NotFound, UrlRefused
from moderation.core.items import Part
from moderation.media.inspecting import Limits, MediaFacts, inspect, store_media
from moderation.pipeline.intake import Submission
from moderation.service import Service

FETCHING_SECONDS = 30.0
"""What all fetches of one request may take together; each has its own limit besides."""
MAX_ERRORS = 50


def read_items(request: Request) -> tuple[Any, list[FileStorage]]:
    """The item of a request as plain data, and its files.

    Raises:
        Refused: neither JSON nor a form of fields we know.
    """
    check_encoding(request)
    if request.mimetype == "multipart/form-data":
        return _read_form(request)
    if request.mimetype not in ("application/json", ""):
        raise Refused(415, "unsupported-media-type", "send application/json or multipart/form-data")
    return read_json(request.get_data(cache=True)), []


def read_batch(request: Request, most: int) -> list[Any]:
    """The items of a batch as plain data: ``{"items": [...]}`` or the list itself.

    Raises:
        Refused: not JSON, or not a list of 1 to `most`.
    """
    check_encoding(request)
    if request.mimetype not in ("application/json", ""):
        raise Refused(415, "unsupported-media-type", "send application/json; a batch has no files")
    data = read_json(request.get_data(cache=True))
    if isinstance(data, dict):
        if unknown := sorted(set(data) - {"items"}):
            raise invalid(unknown[0][:60], "unknown field; a batch has 'items'")
        data = data.get("items")
    if not isinstance(data, list) or not 1 <= len(data) <= most:
        raise invalid("items", f"a list of 1 to {most} items")
    return data


def check_encoding(request: Request) -> None:
    """Refuse compressed bodies: their size would be known only after unpacking them."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("identity", ""):
        raise Refused(415, "unsupported-media-type", "send the body without Content-Encoding")


def _read_form(request: Request) -> tuple[Any, list[FileStorage]]:
    unknown = sorted(set(request.form) - {"item"}) + sorted(set(request.files) - {"item", "file"})
    if unknown:
        raise invalid(unknown[0][:60], "unknown field; use 'item' for the JSON and 'file' for files")
    # A form made from a Blob or by `curl -F item=@item.json` sends the JSON as a file.
    given = [text.encode("utf-8", "surrogatepass") for text in request.form.getlist("item")]
    given += [file.stream.read() for file in request.files.getlist("item")]
    if len(given) > 1:
        raise invalid("item", "give it once")
    return read_json(given[0] if given else b"{}"), request.files.getlist("file")


@dataclass(frozen=True)
class _Looked:
    """A part that may be accepted, its bytes not stored yet.

    Attributes:
        facts: of bytes that are to be stored; None for text, and for objects that stay where they are.
        object_facts: what S3 holds about an object.
    """

    part: Part
    data: bytes = b""
    facts: MediaFacts | None = None
    name: str | None = None
    object_facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """What it turned out to be."""
        if self.facts is not None:
            return self.facts.content_type
        return self.part.media.content_type if self.part.media else "text/plain"


class Intake:
    """Turns the posted items of one request into submissions of one app.

    Args:
        app: the key's app.
    """

    def __init__(self, service: Service, app: str) -> None:
        self._service, self._settings, self._app = service, service.settings, app
        self._limits = Limits.of(service.settings)
        self._fetch_until = time.monotonic() + FETCHING_SECONDS

    def submission(self, data: Any, files: Sequence[FileStorage] = ()) -> Submission:
        """One submission, its media stored.

        Raises:
            Refused: with every faulty field; nothing was stored.
            PolicyMissing: nothing was stored.
            StoreUnavailable: the media store did not take a part.
        """
        posted = self._validated(data, files)
        self._check_item(posted, len(files))
        looked: list[_Looked] = []
        faults: list[Refused] = []
        for number in range(len(posted.parts) + len(files)):
            try:
                looked.append(self._look(number, posted.parts, files))
            except Refused as refused:
                faults.append(refused)
        if faults:
            raise _joined(faults)
        self._service.judge.applicable(self._app, [part.part for part in looked])
        return Submission(
            app=self._app,
            parts=tuple(self._stored(part) for part in looked),
            content_id=posted.content_id,
            metadata=self._with_facts(posted.metadata, looked),
            callback_url=posted.callback_url,
        )

    def _validated(self, data: Any, files: Sequence[FileStorage]) -> PostedItem:
        if not isinstance(data, Mapping):
            raise invalid("", "an item is a JSON object")
        try:
            if files and data.get("parts") in (None, []):
                # The files are the parts; the model asks for one, so it gets a placeholder that is taken out again.
                posted = PostedItem.model_validate({**data, "parts": [{"type": "text", "text": "-"}]})
                return posted.model_copy(update={"parts": []})
            return PostedItem.model_validate(data)
        except ValidationError as error:
            errors = [FieldError(_field(item["loc"]), item["msg"]) for item in error.errors()[:MAX_ERRORS]]
            raise Refused(422, "invalid", _detail(errors), errors) from error

    def _check_item(self, posted: PostedItem, files: int) -> None:
        if posted.app is not None and posted.app != self._app:
            message = f"this key belongs to app '{self._app}'; leave 'app' out or use that app's key"
            raise Refused(403, "other-app", message, [FieldError("app", message)])
        if len(posted.parts) + files > self._settings.max_parts:
            raise invalid("parts", f"at most {self._settings.max_parts} parts")
        if len(json.dumps(posted.metadata, ensure_ascii=False).encode()) > self._settings.max_metadata_bytes:
            raise invalid("metadata", f"at most {self._settings.max_metadata_bytes:,} bytes as JSON")
        if posted.callback_url is not None:
            try:
                check_url(posted.callback_url, allow_private=self._settings.allow_private_urls)
            except UrlRefused as error:
                raise invalid("callback_url", str(error)) from error

    def _look(self, number: int, parts: Sequence[PostedPart], files: Sequence[FileStorage]) -> _Looked:
        """The part of this number: the posted ones first, then the files."""
        if number < len(parts):
            return self._part(f"parts[{number}]", f"p{number}", parts[number])
        return self._file(f"file[{number - len(parts)}]", f"p{number}", files[number - len(parts)])

    def _part(self, field: str, part_id: str, posted: PostedPart) -> _Looked:
        given = [name for name in ("text", "url", "s3", "base64", "upload") if getattr(posted, name) is not None]
        if posted.type == "text":
            if given != ["text"] or posted.text is None:
                raise invalid(field, "a text part has 'text' and nothing else")
            return self._text(f"{field}.text", part_id, posted.text, is_document=False)
        if len(given) != 1 or given == ["text"]:
            raise invalid(field, "give exactly one of url, s3, base64, upload")
        if posted.s3 is not None:
            looked = self._in_place(f"{field}.s3", part_id, posted.s3)
        else:
            looked = self._media(f"{field}.{given[0]}", part_id, self._bytes(field, posted), posted.name)
        if looked.part.type != posted.type:
            raise invalid(f"{field}.type", f"declared as {posted.type}, but the content is {looked.content_type}")
        return looked

    def _bytes(self, field: str, posted: PostedPart) -> bytes:
        if posted.base64 is not None:
            return _decoded(f"{field}.base64", posted.base64)
        if posted.url is not None:
            return self._fetched(f"{field}.url", posted.url)
        try:
            return self._service.uploads.read(self._app, posted.upload or "")
        except (NotFound, MediaRefused) as error:
            raise invalid(f"{field}.upload", str(error)) from error

    def _fetched(self, field: str, url: str) -> bytes:
        left = self._fetch_until - time.monotonic()
        if left <= 0:
            raise invalid(field, f"not fetched: the addresses before it took {FETCHING_SECONDS:g} s; send the bytes")
        try:
            return fetch(
                url,
                max_bytes=self._limits.max_media_bytes,
                timeout_seconds=min(self._settings.fetch_timeout_seconds, left),
                allow_private=self._settings.allow_private_urls,
            )
        except (UrlRefused, FetchFailed) as error:
            raise invalid(field, str(error)) from error

    def _in_place(self, field: str, part_id: str, uri: str) -> _Looked:
        """An object that the app holds in S3; nothing of it is stored."""
        try:
            taken = self._service.in_place.take(self._app, uri, part_id)
        except MediaRefused as error:
            raise _refused_media(field, error) from error
        except (InputError, NotFound) as error:
            raise invalid(field, str(error)) from error
        if taken.part.text is not None:
            looked = self._text(field, part_id, taken.part.text, is_document=True)
            return replace(looked, object_facts=taken.metadata)
        return _Looked(taken.part, object_facts=taken.metadata)

    def _with_facts(self, posted: Mapping[str, Any], looked: Sequence[_Looked]) -> dict[str, Any]:
        """The item's metadata: what S3 holds about its objects (camera, place, time), then what the app itself says."""
        found: dict[str, Any] = {}
        for part in looked:
            found |= part.object_facts
        found |= posted
        if len(json.dumps(found, ensure_ascii=False).encode()) > self._settings.max_metadata_bytes:
            raise invalid("metadata", f"with that of objects: at most {self._settings.max_metadata_bytes:,} bytes")
        return found

    def _file(self, field: str, part_id: str, file: FileStorage) -> _Looked:
        return self._media(field, part_id, file.stream.read(self._limits.max_media_bytes + 1), file.filename)

    def _media(self, field: str, part_id: str, data: bytes, name: str | None) -> _Looked:
        """Bytes by what they are; text in UTF-8 is a document."""
        try:
            facts = inspect(data, self._limits, None)
        except MediaRefused as error:
            raise _refused_media(field, error) from error
        if facts.type == "text":
            return self._text(field, part_id, data.decode("utf-8-sig"), is_document=True)
        return _Looked(Part(id=part_id, type=facts.type), data, facts, _clean(name))

    def _text(self, field: str, part_id: str, text: str, *, is_document: bool) -> _Looked:
        check_text(field, text)
        if not text.strip():
            raise invalid(field, "the text is empty")
        if len(text) > self._settings.max_text_chars:
            raise invalid(field, f"{len(text):,} characters; at most {self._settings.max_text_chars:,} are accepted")
        return _Looked(Part(id=part_id, type="text", text=text, is_document=is_document))

    def _stored(self, looked: _Looked) -> Part:
        if looked.facts is None:
            return looked.part
        media = store_media(self._service.blobs, looked.data, looked.facts, looked.name)
        return looked.part.model_copy(update={"media": media})


def _refused_media(field: str, error: MediaRefused) -> Refused:
    return Refused(422, "media", f"{field}: {error}", [FieldError(field, str(error))])


def _decoded(field: str, text: str) -> bytes:
    if text.startswith("data:"):
        head, comma, text = text.partition(",")
        if not comma or not head.endswith(";base64"):
            raise invalid(field, "a data: URL must be in base64, such as data:image/png;base64,iVBOR...")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid(field, f"not base64: {error}") from error


def _joined(faults: Sequence[Refused]) -> Refused:
    """Faults of several parts as one; the kind is that of the first."""
    if len(faults) == 1:
        return faults[0]
    errors = [error for fault in faults for error in fault.errors][:MAX_ERRORS]
    return Refused(422, faults[0].slug, _detail(errors), errors)


def _detail(errors: Sequence[FieldError]) -> str:
    said = [f"{error.field}: {error.message}" if error.field else error.message for error in errors[:3]]
    return "; ".join(said) + (f"; and {len(errors) - 3} more" if len(errors) > 3 else "")


def _clean(name: str | None) -> str | None:
    """A file name for display: its last piece, printable, short."""
    if not name:
        return None
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[:200] or None


def _field(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step[:60]}" if path else step[:60]
    return path
