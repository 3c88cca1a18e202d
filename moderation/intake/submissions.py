"""What comes in as submissions: posted items with their media looked at and stored, and objects read where they lie.

Nothing is stored for an item that is refused: all of its parts are looked at first. Faults are said with their field.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Annotated, Any, Literal, Protocol, get_args

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator
from pydantic_core import ErrorDetails
from typing_extensions import TypeAliasType

from ground.fetch import check_url
from ground.media.limits import Limits
from ground.named_by_apps import author_of, parent_of, thread_of, without_people
from ground.strict_json import NOT_BLANK, text_fault
from moderation.core.errors import FieldError, InputError, InvalidSubmission, MediaRefused, NotFound, UrlRefused
from moderation.core.events import EventType
from moderation.core.items import Part, PartType, Source
from moderation.hookspecs import Unavailable, Unreadable
from moderation.media.inspecting import MediaFacts, inspect, inspect_file, store_media
from moderation.pipeline.intake import Submission
from moderation.service import Service

NOT_COVERED = (
    "with MODERATION_PROFILE=works-council still pictures are taken, as base64 or as a file of a form, because their "
    "faces are covered before anything is stored"
)
MAX_ERRORS = 50
MAX_CONTENT_ID = 200
MAX_NAMED = 200
"""Letters of an author, a thread or a parent: items are found by so many."""

Way = Literal["text", "url", "s3", "base64", "upload"]
"""In what a part's content may be given."""
_GIVEN: tuple[Way, ...] = get_args(Way)
LIMIT = "x-limit"
"""In schemas: keywords whose values are settings, by the names of those; the OpenAPI document has the values."""
Text = Annotated[str, Field(json_schema_extra={"pattern": NOT_BLANK, LIMIT: {"maxLength": "max_text_chars"}})]
Named = Annotated[str, Field(min_length=1, max_length=MAX_NAMED, json_schema_extra={"pattern": NOT_BLANK})]
Address = Annotated[str, Field(max_length=2048, json_schema_extra={"format": "uri", "pattern": "^https?://"})]
Name = Annotated[str, Field(max_length=200)]
_BASE64 = r"^(data:[^,\u0000]*;base64,)?[A-Za-z0-9+/\s]+={0,2}\s*$"
Encoded = Annotated[str, Field(json_schema_extra={"minLength": 4, "pattern": _BASE64})]


class _Posted(BaseModel):
    """What parts have in common: content in exactly one way."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _in_one_way(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            given = [way for way in _GIVEN if data.get(way) is not None]
            if data.get("type") == "text" and given != ["text"]:
                raise ValueError("a text part has 'text' and nothing else")
            if data.get("type") != "text" and (len(given) != 1 or given == ["text"]):
                raise ValueError("give exactly one of url, s3, base64, upload")
        return data


class PostedText(_Posted):
    """A text. What is null may be left out."""

    type: Literal["text"] = Field(description="`text`.")
    text: Text = Field(description="The text, with more in it than blanks.")
    url: None = Field(None, description="For media.")
    s3: None = Field(None, description="For media.")
    base64: None = Field(None, description="For media.")
    upload: None = Field(None, description="For media.")
    name: Name | None = Field(None, description="File name, for display only.")


def _one_way(schema: dict[str, Any]) -> None:
    """Media comes in exactly one way: a schema for each."""

    def branch(way: Way) -> dict[str, Any]:
        others: dict[str, Any] = {name: {"type": "null"} for name in _GIVEN[1:] if name != way}
        return {"title": f"By {way}", "properties": {way: {"type": "string"}, **others}, "required": [way]}

    schema["oneOf"] = [branch(way) for way in _GIVEN[1:]]


class PostedMedia(_Posted):
    """A picture, film or sound, given in exactly one way. What is null may be left out."""

    model_config = ConfigDict(json_schema_extra=_one_way)

    type: Literal["image", "video", "audio"] = Field(description="What it is.")
    text: None = Field(None, description="For texts.")
    url: Address | None = Field(None, description="Fetched after the answer; http or https.")
    s3: Annotated[str, Field(max_length=2048, json_schema_extra={"pattern": "^s3://"})] | None = Field(
        None, description="s3://bucket/key; read in place, where that is allowed."
    )
    base64: Encoded | None = Field(None, description="The bytes, base64; a data: URL is taken too.")
    upload: Annotated[str, Field(max_length=200, json_schema_extra={"pattern": "^[0-9a-f]{32}$"})] | None = Field(
        None, description="The id of an upload; see POST /v1/uploads."
    )
    name: Name | None = Field(None, description="File name, for display only.")


PostedPart = TypeAliasType("PostedPart", Annotated[PostedText | PostedMedia, Field(discriminator="type")])
"""One part of a posted item."""


class PostedItem(BaseModel):
    """An item to be judged.

    Attributes:
        parts: in order; files of a form come after them.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    app: str | None = Field(None, max_length=100, description="Defaults to the key's app; no other is accepted.")
    content_id: str | None = Field(None, max_length=MAX_CONTENT_ID, description="Your own name for the content.")
    author: Named | None = Field(None, description="Who wrote it, by your own id.")
    thread: Named | None = Field(None, description="The conversation that it belongs to, by your own id.")
    parent: Named | None = Field(None, description="What it answers, by your own id.")
    parts: list[PostedPart] = Field(min_length=1, json_schema_extra={LIMIT: {"maxItems": "max_parts"}})
    metadata: dict[str, JsonValue] = Field(
        default_factory=dict, description="Your own facts, for rules and reviewers: some kilobytes as JSON."
    )
    callback_url: Address | None = Field(None, description="Receives the decision, signed.")
    events: list[EventType] | None = Field(
        None, min_length=1, max_length=4, description="What `callback_url` receives; left out: `item.decided` alone."
    )
    event_metadata: bool = Field(False, description="What it receives has the item's metadata, too.")


class PostedFile(Protocol):
    """A file that is posted beside the item, as a form has it."""

    @property
    def filename(self) -> str | None:
        """As the sender calls it."""
        ...

    @property
    def content_type(self) -> str | None:
        """As the sender declares it."""
        ...

    @property
    def stream(self) -> IO[bytes]:
        """Its bytes, read once."""
        ...


class ItemInvalid(InvalidSubmission):
    """Fields of an item are wrong; its text names the first three."""

    def __str__(self) -> str:
        said = [f"{error.field}: {error.message}" if error.field else error.message for error in self.errors[:3]]
        return "; ".join(said) + (f"; and {len(self.errors) - 3} more" if len(self.errors) > 3 else "")


class PartRefused(ItemInvalid):
    """A part is media that we do not accept; where more is wrong, it is the first that is."""


class OtherApp(InputError):
    """The item names another app than the one it is posted for."""


@dataclass(frozen=True)
class _Looked:
    """A part that may be accepted, its bytes not stored yet.

    Attributes:
        facts: of bytes that are to be stored; None for text, for objects that stay where they are, and for what is
            fetched later.
        object_facts: what S3 holds about an object.
    """

    part: Part
    data: bytes = b""
    facts: MediaFacts | None = None
    name: str | None = None
    object_facts: Mapping[str, str] = field(default_factory=dict)


class Submissions:
    """Turns what comes in at one time into submissions of one app."""

    def __init__(self, service: Service, app: str) -> None:
        self._service, self._settings, self._app = service, service.settings, app
        self._limits = Limits.of(service.settings)

    def of_object(
        self, uri: str, version: str | None, facts: Mapping[str, JsonValue], callback_url: str | None
    ) -> tuple[Submission, str]:
        """An object in S3 as a submission, and the etag of the bytes that were looked at.

        Args:
            version: of a bucket that keeps versions; None for the newest.
            facts: metadata beside what S3 holds about the object.

        Raises:
            As `InPlace.take`.
        """
        if self._settings.is_for_works_council:
            raise MediaRefused("unsupported", NOT_COVERED)
        taken = self._service.in_place.take(self._app, uri, "p0", version)
        submission = Submission(
            app=self._app,
            parts=(taken.part,),
            content_id=uri if len(uri) <= MAX_CONTENT_ID else None,
            metadata={**taken.metadata, **facts},
            callback_url=callback_url,
        )
        return submission, taken.etag

    def of_posted(self, data: Any, files: Sequence[PostedFile] = ()) -> Submission:
        """A posted item as a submission, its media stored.

        Args:
            data: JSON data, as it came.
            files: its last parts.

        Raises:
            ItemInvalid: with every faulty field; nothing was stored.
            OtherApp: nothing was stored.
            PolicyMissing: nothing was stored.
            StoreUnavailable: the media store did not take a part.
        """
        posted = self._validated(data, files)
        self._check_item(posted, len(files))
        looked: list[_Looked] = []
        faults: list[ItemInvalid] = []
        for number in range(len(posted.parts) + len(files)):
            try:
                looked.append(self._look(number, posted.parts, files))
            except ItemInvalid as fault:
                faults.append(fault)
        if faults:
            raise _joined(faults)
        self._service.judge.applicable(self._app, [part.part for part in looked])
        metadata = self._with_facts({**posted.metadata, **_named(posted)}, looked)
        if self._settings.is_for_works_council:
            metadata = without_people(metadata)
        return Submission(
            app=self._app,
            parts=tuple(self._stored(part) for part in looked),
            content_id=posted.content_id,
            metadata=metadata,
            callback_url=posted.callback_url,
            events=tuple(posted.events or ()),
            event_metadata=posted.event_metadata,
        )

    def _validated(self, data: Any, files: Sequence[PostedFile]) -> PostedItem:
        if not isinstance(data, Mapping):
            raise _invalid("", "an item is a JSON object")
        try:
            if files and data.get("parts") in (None, []):
                # The files are the parts; the model asks for one, so it gets a placeholder that is taken out again.
                posted = PostedItem.model_validate({**data, "parts": [{"type": "text", "text": "-"}]})
                return posted.model_copy(update={"parts": []})
            return PostedItem.model_validate(data)
        except ValidationError as error:
            raise ItemInvalid([_fault(item) for item in error.errors()[:MAX_ERRORS]]) from error

    def _check_item(self, posted: PostedItem, files: int) -> None:
        if posted.app is not None and posted.app != self._app:
            raise OtherApp(f"this key belongs to app '{self._app}'; leave 'app' out or use that app's key")
        if len(posted.parts) + files > self._settings.max_parts:
            raise _invalid("parts", f"at most {self._settings.max_parts} parts")
        if len(json.dumps(posted.metadata, ensure_ascii=False).encode()) > self._settings.max_metadata_bytes:
            raise _invalid("metadata", f"at most {self._settings.max_metadata_bytes:,} bytes as JSON")
        if posted.callback_url is not None:
            try:
                check_url(posted.callback_url, allow_private=self._settings.allow_private_urls)
            except UrlRefused as error:
                raise _invalid("callback_url", str(error)) from error

    def _look(self, number: int, parts: Sequence[PostedText | PostedMedia], files: Sequence[PostedFile]) -> _Looked:
        """The part of this number: the posted ones first, then the files."""
        if number < len(parts):
            return self._part(f"parts[{number}]", f"p{number}", parts[number])
        return self._file(f"file[{number - len(parts)}]", f"p{number}", files[number - len(parts)])

    def _part(self, field: str, part_id: str, posted: PostedText | PostedMedia) -> _Looked:
        if isinstance(posted, PostedText):
            return self._text(f"{field}.text", part_id, posted.text, is_document=False)
        given = next(way for way in _GIVEN if getattr(posted, way) is not None)
        if self._settings.is_for_works_council and given != "base64":
            raise _invalid(f"{field}.{given}", NOT_COVERED)
        try:
            if posted.s3 is not None:
                return self._in_place(f"{field}.s3", part_id, posted.s3, posted.type)
            if posted.url is not None:
                return self._to_fetch(f"{field}.url", part_id, posted.url, posted)
            data = self._bytes(field, posted)
            facts = inspect(data, self._limits, posted.type)
            return self._media(f"{field}.{given}", part_id, data, facts, posted.name)
        except MediaRefused as error:
            where = f"{field}.type" if error.kind == "mismatch" else f"{field}.{given}"
            raise PartRefused([FieldError(where, str(error))]) from error

    def _bytes(self, field: str, posted: PostedMedia) -> bytes:
        if posted.base64 is not None:
            return _decoded(f"{field}.base64", posted.base64)
        try:
            return self._service.uploads.read(self._app, posted.upload or "")
        except (NotFound, MediaRefused) as error:
            raise _invalid(f"{field}.upload", str(error)) from error

    def _to_fetch(self, field: str, part_id: str, url: str, posted: PostedMedia) -> _Looked:
        """A part whose bytes are fetched once it is stored; its address is checked without the network."""
        try:
            check_url(url, allow_private=self._settings.allow_private_urls)
        except UrlRefused as error:
            raise _invalid(field, str(error)) from error
        return _Looked(Part(id=part_id, type=posted.type, source=Source(url=url, name=_clean(posted.name))))

    def _in_place(self, field: str, part_id: str, uri: str, declared: PartType) -> _Looked:
        """An object that the app holds in S3; nothing of it is stored. Raises `MediaRefused` too."""
        try:
            taken = self._service.in_place.take(self._app, uri, part_id, declared=declared)
        except MediaRefused:
            raise
        except (InputError, NotFound) as error:
            raise _invalid(field, str(error)) from error
        return _Looked(taken.part, object_facts=taken.metadata)

    def _with_facts(self, posted: Mapping[str, Any], looked: Sequence[_Looked]) -> dict[str, Any]:
        """The item's metadata: what S3 holds about its objects (camera, place, time), then what the app itself says."""
        found: dict[str, Any] = {}
        for part in looked:
            found |= part.object_facts
        found |= posted
        if len(json.dumps(found, ensure_ascii=False).encode()) > self._settings.max_metadata_bytes:
            raise _invalid("metadata", f"with that of objects: at most {self._settings.max_metadata_bytes:,} bytes")
        return found

    def _file(self, field: str, part_id: str, file: PostedFile) -> _Looked:
        data = file.stream.read(self._limits.max_media_bytes + 1)
        try:
            facts = inspect_file(data, self._limits, file.content_type)
        except MediaRefused as error:
            raise PartRefused([FieldError(field, str(error))]) from error
        return self._media(field, part_id, data, facts, file.filename)

    def _media(self, field: str, part_id: str, data: bytes, facts: MediaFacts, name: str | None) -> _Looked:
        """Bytes by what they are; text in UTF-8 is a document."""
        if facts.type == "text":
            return self._text(field, part_id, data.decode("utf-8-sig"), is_document=True)
        if self._settings.is_for_works_council:
            data, name = self._covered(field, data, facts), None
            facts = inspect(data, self._limits, "image")
        return _Looked(Part(id=part_id, type=facts.type), data, facts, _clean(name))

    def _covered(self, field: str, data: bytes, facts: MediaFacts) -> bytes:
        """A copy of a still picture in which faces are covered; nothing else of it is kept. Raises `PartRefused`."""
        if facts.type != "image" or (facts.frames or 1) > 1:
            raise PartRefused([FieldError(field, NOT_COVERED)])
        try:
            return self._service.covering.cover(data)
        except (MediaRefused, Unreadable, Unavailable) as error:
            raise PartRefused([FieldError(field, f"its faces could not be covered: {error}")]) from error

    def _text(self, field: str, part_id: str, text: str, *, is_document: bool) -> _Looked:
        if fault := text_fault(text):
            raise _invalid(field, fault)
        if not text.strip():
            raise _invalid(field, "the text is empty")
        if len(text) > self._settings.max_text_chars:
            raise _invalid(field, f"{len(text):,} characters; at most {self._settings.max_text_chars:,} are accepted")
        return _Looked(Part(id=part_id, type="text", text=text, is_document=is_document))

    def _stored(self, looked: _Looked) -> Part:
        if looked.facts is None:
            return looked.part
        media = store_media(self._service.blobs, looked.data, looked.facts, looked.name)
        return looked.part.model_copy(update={"media": media})


def _named(posted: PostedItem) -> dict[str, str]:
    """What a posted item names, as metadata: there it is read by rules, counters, search and reviewers.

    Raises:
        ItemInvalid: metadata names another.
    """
    found = {}
    for name, named in _NAMED.items():
        value = getattr(posted, name)
        if value is None:
            continue
        if fault := text_fault(value):
            raise _invalid(name, fault)
        if not value.strip():
            raise _invalid(name, "it is empty")
        if (there := named(posted.metadata)) and there != value.strip():
            raise _invalid(name, f"metadata names another {name}; say it once")
        found[name] = value.strip()
    return found


_NAMED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "author": author_of,
    "thread": thread_of,
    "parent": parent_of,
}


def _invalid(field: str, message: str) -> ItemInvalid:
    return ItemInvalid([FieldError(field, message)])


def _decoded(field: str, text: str) -> bytes:
    if text.startswith("data:"):
        head, comma, text = text.partition(",")
        if not comma or not head.endswith(";base64"):
            raise _invalid(field, "a data: URL must be in base64, such as data:image/png;base64,iVBOR...")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _invalid(field, f"not base64: {error}") from error


def _joined(faults: Sequence[ItemInvalid]) -> ItemInvalid:
    """Faults of several parts as one, of the kind that the first has."""
    errors = [error for fault in faults for error in fault.errors][:MAX_ERRORS]
    return type(faults[0])(errors)


def _clean(name: str | None) -> str | None:
    """A file name for display: its last piece, printable, short."""
    if not name:
        return None
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[:200] or None


def _fault(error: ErrorDetails) -> FieldError:
    """What pydantic found, by the field as the sender knows it: without the type by which a part's model was chosen."""
    place, message = error["loc"], error["msg"].removeprefix("Value error, ")
    if error["type"] == "union_tag_invalid":
        known = ", ".join(f"'{each}'" for each in get_args(PartType))
        return FieldError(_field((*place, "type")), f"Input should be one of {known}")
    if error["type"] == "union_tag_not_found":
        return FieldError(_field((*place, "type")), "Field required")
    if place[:1] == ("parts",) and len(place) > 2:
        place = (*place[:2], *place[3:])
    return FieldError(_field(place), message)


def _field(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step[:60]}" if path else step[:60]
    return path
