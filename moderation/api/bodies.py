"""What the body of a request holds, as plain data: JSON, or a form with JSON and files."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import FileStorage

from moderation.api.problems import Refused, invalid
from moderation.api.strict_json import read_json

M = TypeVar("M", bound=BaseModel)


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


def read_model(request: Request, model: type[M]) -> M:
    """The body of a request that takes one kind of JSON.

    Raises:
        Refused: no JSON, or not what `model` says; the first fault is named.
    """
    check_encoding(request)
    if request.mimetype != "application/json":
        raise Refused(415, "unsupported-media-type", "send application/json")
    try:
        return model.model_validate(read_json(request.get_data()))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise invalid(".".join(str(step) for step in first["loc"]), first["msg"]) from error


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
    return read_json(given[0] if given else b"{}"), [file for file in request.files.getlist("file") if _is_chosen(file)]


def _is_chosen(file: FileStorage) -> bool:
    """False for what a browser sends of a file field in which nobody chose a file: no name, no bytes."""
    if file.filename:
        return True
    has_bytes = bool(file.stream.read(1))
    file.stream.seek(0)
    return has_bytes
