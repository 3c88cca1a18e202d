"""From a request to submissions: strict JSON, multipart, media taken in. Everything wrong is said with its field."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Request
from pydantic import ValidationError
from werkzeug.datastructures import FileStorage

from moderation.api.problems import Refused, invalid
from moderation.api.schemas import PostedItem, PostedPart
from moderation.blobs import Blobs
from moderation.core.errors import FieldError, MediaRefused, NotFound, UrlRefused
from moderation.core.items import Part
from moderation.fetch import FetchFailed, check_url, fetch
from moderation.media import Limits, inspect, store_media
from moderation.pipeline import Submission
from moderation.settings import Settings

MAX_JSON_DEPTH = 40
_BIGGEST = 2**63


def read_json(data: bytes) -> Any:
    """JSON as RFC 8259 means it, and nothing that could hurt later: no doubled keys, NaN, NUL, lone surrogates.

    Raises:
        Refused: 400, naming what is wrong.
    """
    try:
        document = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_bounded,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise Refused(400, "not-json", "the body is not UTF-8") from error
    except RecursionError as error:
        raise Refused(400, "not-json", f"the body is nested deeper than {MAX_JSON_DEPTH} levels") from error
    except ValueError as error:
        raise Refused(400, "not-json", f"the body is not JSON: {error}") from error
    _check_text(document, "", 0)
    return document


def read_items(request: Request) -> tuple[Any, list[FileStorage]]:
    """The item of a request as plain data, and its files."""
    if request.mimetype == "multipart/form-data":
        raw = request.form.get("item", "{}")
        unknown = sorted(set(request.form) - {"item"}) + sorted(set(request.files) - {"file"})
        if unknown:
            raise invalid(unknown[0], "unknown field; use 'item' for the JSON and 'file' for files")
        return read_json(raw.encode("utf-8", "surrogatepass")), request.files.getlist("file")
    if request.mimetype not in ("application/json", ""):
        raise Refused(415, "unsupported-media-type", "send application/json or multipart/form-data")
    return read_json(request.get_data(cache=True)), []


class Intake:
    """Turns posted items into submissions of one app; media goes into the store on the way.

    Args:
        app: the key's app.
    """

    def __init__(self, settings: Settings, blobs: Blobs, app: str) -> None:
        self._settings, self._blobs, self._app = settings, blobs, app
        self._limits = Limits.of(settings)

    def submission(self, data: Any, files: Sequence[FileStorage] = ()) -> Submission:
        """One submission. Raises `Refused` with every fault found."""
        posted = self._validated(data, files)
        if posted.app is not None and posted.app != self._app:
            raise Refused(403, "other-app", f"this key belongs to app '{self._app}', not '{posted.app}'")
        if len(posted.parts) + len(files) > self._settings.max_parts:
            raise invalid("parts", f"at most {self._settings.max_parts} parts")
        metadata = json.dumps(posted.metadata)
        if len(metadata) > self._settings.max_metadata_bytes:
            raise invalid("metadata", f"at most {self._settings.max_metadata_bytes:,} bytes as JSON")
        if posted.callback_url is not None:
            try:
                check_url(posted.callback_url, allow_private=self._settings.allow_private_urls)
            except UrlRefused as error:
                raise invalid("callback_url", str(error)) from error
        parts = [self._part(f"parts[{n}]", f"p{n}", part) for n, part in enumerate(posted.parts)]
        for number, file in enumerate(files):
            parts.append(self._file(f"file[{number}]", f"p{len(parts)}", file))
        return Submission(
            app=self._app,
            parts=tuple(parts),
            content_id=posted.content_id,
            metadata=posted.metadata,
            callback_url=posted.callback_url,
        )

    def _validated(self, data: Any, files: Sequence[FileStorage]) -> PostedItem:
        if not isinstance(data, Mapping):
            raise invalid("", "an item is a JSON object")
        try:
            if files and not data.get("parts"):
                # The files are the parts; the model asks for one, so it gets a placeholder that is taken out again.
                posted = PostedItem.model_validate({**data, "parts": [{"type": "text", "text": "-"}]})
                return posted.model_copy(update={"parts": []})
            return PostedItem.model_validate(data)
        except ValidationError as error:
            errors = [FieldError(_field(item["loc"]), item["msg"]) for item in error.errors()[:50]]
            detail = "; ".join(f"{e.field}: {e.message}" for e in errors[:3])
            raise Refused(422, "invalid", detail, errors) from error

    def _part(self, field: str, part_id: str, posted: PostedPart) -> Part:
        given = [name for name in ("text", "url", "s3", "base64", "upload") if getattr(posted, name) is not None]
        if posted.type == "text":
            if given != ["text"] or posted.text is None:
                raise invalid(field, "a text part has 'text' and nothing else")
            return self._text(f"{field}.text", part_id, posted.text, is_document=False)
        if len(given) != 1 or given == ["text"]:
            raise invalid(field, "give exactly one of url, s3, base64")
        data = self._bytes(field, posted)
        return self._media(f"{field}.{given[0]}", part_id, data, posted.type, posted.name)

    def _bytes(self, field: str, posted: PostedPart) -> bytes:
        if posted.base64 is not None:
            return self._decoded(f"{field}.base64", posted.base64)
        if posted.url is not None:
            try:
                return fetch(
                    posted.url,
                    max_bytes=self._limits.max_media_bytes,
                    timeout_seconds=self._settings.fetch_timeout_seconds,
                    allow_private=self._settings.allow_private_urls,
                )
            except (UrlRefused, FetchFailed) as error:
                raise invalid(f"{field}.url", str(error)) from error
        if posted.s3 is not None:
            if not self._settings.media_s3:
                raise invalid(f"{field}.s3", "this installation keeps media in a folder; send base64, url or a file")
            try:
                return self._blobs.get(posted.s3)
            except NotFound as error:
                raise invalid(f"{field}.s3", str(error)) from error
        raise invalid(f"{field}.upload", "uploads are not offered yet; send base64, url or a file")

    def _decoded(self, field: str, text: str) -> bytes:
        if text.startswith("data:"):
            text = text.partition(",")[2]
        if len(text) > self._limits.max_media_bytes * 4 // 3 + 4:
            raise invalid(field, f"at most {self._limits.max_media_bytes:,} bytes")
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise invalid(field, f"not base64: {error}") from error

    def _file(self, field: str, part_id: str, file: FileStorage) -> Part:
        data = file.stream.read(self._limits.max_media_bytes + 1)
        return self._media(field, part_id, data, None, file.filename)

    def _media(self, field: str, part_id: str, data: bytes, declared: Any, name: str | None) -> Part:
        try:
            facts = inspect(data, self._limits, declared)
        except MediaRefused as error:
            raise Refused(422, f"media-{error.kind}", f"{field}: {error}", [FieldError(field, str(error))]) from error
        if facts.type == "text":
            return self._text(field, part_id, data.decode("utf-8-sig"), is_document=True)
        return Part(id=part_id, type=facts.type, media=store_media(self._blobs, data, facts, _clean(name)))

    def _text(self, field: str, part_id: str, text: str, *, is_document: bool) -> Part:
        if not text.strip():
            raise invalid(field, "the text is empty")
        if len(text) > self._settings.max_text_chars:
            raise invalid(field, f"{len(text):,} characters; at most {self._settings.max_text_chars:,} are accepted")
        return Part(id=part_id, type="text", text=text, is_document=is_document)


def _clean(name: str | None) -> str | None:
    """A file name for display: its last piece, printable, short."""
    if not name:
        return None
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[:200] or None


def _field(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"key {key[:60]!r} stands twice in one object")
        found[key] = value
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _bounded(digits: str) -> int:
    if len(digits) > 20 or not -_BIGGEST <= int(digits) < _BIGGEST:
        raise ValueError("a whole number does not fit in 64 bits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number


def _check_text(value: Any, path: str, depth: int) -> None:
    """Refuse what databases and browsers stumble over."""
    if depth > MAX_JSON_DEPTH:
        raise Refused(400, "not-json", f"the body is nested deeper than {MAX_JSON_DEPTH} levels")
    if isinstance(value, str):
        if "\x00" in value:
            raise invalid(path, "the text has a NUL character")
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise invalid(path, "the text has half of a surrogate pair, which is no character")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_text(key, path or "key", depth)
            _check_text(inner, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _check_text(inner, f"{path}[{number}]", depth + 1)
