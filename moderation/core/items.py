"""Items: what an app posts to be judged, and the parts it is made of.

Everything here is immutable. A part is either *given* by the app or *extracted* by a plugin from another part (text
in a picture, a transcript, a frame), and says which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic.json_schema import SkipJsonSchema

PartType = Literal["text", "image", "video", "audio"]
PART_TYPES: tuple[PartType, ...] = ("text", "image", "video", "audio")

Ratio = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


_set_dict, _set_fields, _set_extra, _set_private = (
    vars(BaseModel)[slot].__set__
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)


class Frozen(BaseModel):
    """Base of the core's values: immutable, unknown fields refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64", defer_build=True
    )

    _all_fields: ClassVar[set[str]] = set()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls._all_fields = set(cls.model_fields)

    @classmethod
    def trusted(cls, values: dict[str, Any]) -> Self:
        """A value of fields that are known to be right, all of them given: ten times faster than checking them."""
        # The slots are pydantic's own; tests/core/test_trusted.py holds them against those of a checked value. All
        # values of a class share one set of their fields: nothing is added to it, because they are frozen.
        made = object.__new__(cls)
        _set_dict(made, values)
        _set_fields(made, cls._all_fields)
        _set_extra(made, None)
        _set_private(made, None)
        return made


class Span(Frozen):
    """Where in a text: Unicode code points, ``[start, end)``. Slice a Python string with it directly.

    Accepts ``{"start": 3, "end": 9}`` or ``(3, 9)``.

    Attributes:
        start: first code point.
        end: first code point after it.
    """

    start: int = Field(ge=0)
    end: int = Field(ge=0)

    @model_validator(mode="before")
    @classmethod
    def _from_pair(cls, value: Any) -> Any:
        if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
            return {"start": value[0], "end": value[1]}
        return value

    @model_validator(mode="after")
    def _is_ordered(self) -> Span:
        if self.end < self.start:
            raise ValueError(f"span ends ({self.end}) before it starts ({self.start})")
        return self


class Box(Frozen):
    """Where in a picture: ratios of its width and height, after EXIF orientation; origin top left.

    Accepts a mapping or ``(left, top, width, height)``.

    Attributes:
        left: from the left edge, 0-1 of the width.
        top: from the upper edge, 0-1 of the height.
        width: 0-1 of the picture's.
        height: 0-1 of the picture's.
    """

    left: Ratio
    top: Ratio
    width: Ratio
    height: Ratio

    @model_validator(mode="before")
    @classmethod
    def _from_four(cls, value: Any) -> Any:
        if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 4:
            return dict(zip(("left", "top", "width", "height"), value, strict=True))
        return value


class TimeRange(Frozen):
    """When in a film or sound: seconds from the start, ``[start, end)``. Accepts a mapping or ``(start, end)``.

    Attributes:
        start: seconds.
        end: seconds.
    """

    start: float = Field(ge=0, allow_inf_nan=False)
    end: float = Field(ge=0, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _from_pair(cls, value: Any) -> Any:
        if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
            return {"start": value[0], "end": value[1]}
        return value

    @model_validator(mode="after")
    def _is_ordered(self) -> TimeRange:
        if self.end < self.start:
            raise ValueError(f"time range ends ({self.end}) before it starts ({self.start})")
        return self


class Tool(Frozen):
    """A detector or extractor, by name (``vendor.task``) and version.

    Attributes:
        name: such as ``pii.text``.
        version: as it says itself.
    """

    name: str = Field(min_length=1, max_length=100)
    version: str = Field(min_length=1, max_length=100)


class Media(Frozen):
    """Where a part's bytes lie and what they are; the bytes themselves never travel with an item.

    Attributes:
        uri: ``s3://bucket/key``; embedded, the bucket is a folder under the data folder.
        sha256: hex digest of the bytes, checked when they are read.
        content_type: sniffed from the bytes, never from a name, such as ``image/png``.
        size_bytes: length of the bytes.
        width: pixels after EXIF orientation, for pictures and films.
        height: pixels after EXIF orientation, for pictures and films.
        frames: number of frames; 1 for a still picture.
        seconds: how long a film or sound plays; None for what was stored before it was measured.
        sound_seconds: how long its sound plays, 0 for a silent film; None for what was stored before that was measured.
        name: the file name the app gave, for display only; never used as a path.
        is_deceptive: True for a JPEG that is another picture when its decoder makes it smaller; those who look at it
            decode all of it.
        left_out: what belongs to a film and is not in its file, such as subtitles at an address of their own, for
            people; nobody looked at it.
    """

    uri: str
    sha256: str
    content_type: str
    size_bytes: int = Field(ge=0)
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    seconds: float | None = Field(None, ge=0, allow_inf_nan=False, exclude_if=lambda seconds: seconds is None)
    sound_seconds: float | None = Field(None, ge=0, allow_inf_nan=False, exclude_if=lambda seconds: seconds is None)
    name: str | None = None
    is_deceptive: bool = False
    left_out: tuple[str, ...] = Field((), exclude_if=lambda left: not left)


class Place(Frozen):
    """Ties a stretch of extracted text to where it came from in the part it was read from.

    Attributes:
        span: in the extracted text.
        box: in the picture; None where it was none.
        time_range: in the film or sound; None where it was none.
        confidence: percent, how sure the extractor is of what it read; None where it does not say.
    """

    span: Span
    box: Box | None = None
    time_range: TimeRange | None = None
    confidence: float | None = Field(None, ge=0, le=100, allow_inf_nan=False, exclude_if=lambda sure: sure is None)


class Extraction(Frozen):
    """How an extracted part came to be.

    Attributes:
        part: id of the part it was extracted from.
        extractor: who did it.
        places: for text, which stretch stood where (boxes in a picture, seconds in a sound), in text order.
        time_range: for a frame, when it is shown.
        is_glance: of a picture of a film that is looked at closely (`moderation.redacting`), that a quick look will do,
            because another of its scene was taken shortly before; of the film, that such pictures may be small.
    """

    part: str
    extractor: Tool
    places: tuple[Place, ...] = ()
    time_range: TimeRange | None = None
    # Between the service and its tools; no item that an app sees has it.
    is_glance: SkipJsonSchema[bool] = Field(False, exclude_if=lambda glance: not glance)


class Source(Frozen):
    """Where a part's bytes are to be fetched from, as long as they are not here.

    Attributes:
        url: as the app gave it.
        name: the file name the app gave, for display only.
        problem: why they could not be fetched, for people; None while that is still to be tried.
    """

    url: str
    name: str | None = None
    problem: str | None = None


class Part(Frozen):
    """One piece of an item.

    A text part has `text`; the others have `media`, or a `source` until that is fetched. What an extractor returns has
    no `id` yet and may carry `data` (bytes that the pipeline puts into the media store); the pipeline fills in `id`,
    `media` and `extraction.part`.

    Attributes:
        id: unique in the item: ``p0``, ``p1`` for given parts, ``p1.0`` for the first part extracted from ``p1``.
        type: what it is; decides which detectors look at it.
        text: the text, for text parts.
        media: the bytes' place and facts, for the others.
        source: where the bytes are to be fetched from; None for a part that is here.
        data: bytes on their way from an extractor to the media store; None everywhere else.
        is_document: True for text that was posted as a file.
        extraction: None when the app gave the part.
    """

    id: str = ""
    type: PartType
    text: str | None = None
    media: Media | None = None
    source: Source | None = Field(None, exclude_if=lambda source: source is None)
    data: bytes | None = None
    is_document: bool = False
    extraction: Extraction | None = None

    @property
    def is_here(self) -> bool:
        """True when there is something of it to look at."""
        return self.text is not None or self.media is not None

    @property
    def content_types(self) -> frozenset[str]:
        """What a policy's ``content_type`` may call this part: its type, and ``document`` for text from a file."""
        return frozenset({self.type, "document"} if self.is_document else {self.type})


Lane = Literal["texts", "media", "fetches"]
"""Quick and slow work, kept apart so that no text waits behind pictures, and nothing behind somebody else's server."""
LANES: tuple[Lane, ...] = get_args(Lane)
MODERATED: tuple[Lane, ...] = ("texts", "media")
"""The lanes of items that can be moderated; in the third they wait until their media is fetched."""


class Item(Frozen):
    """What an app posted, as it was accepted.

    Attributes:
        id: UUIDv7 in canonical lower-case form: sorts by time.
        app: the app whose key posted it.
        content_id: the app's own name for the content; not unique.
        parts: given parts in the order posted; extracted parts are kept beside the item, not in it.
        metadata: the app's own facts, for conditions and reviewers; JSON values.
        callback_url: where the decision is delivered; None for no delivery.
        events: what that is told of; empty for decisions alone.
        event_metadata: True when what it is told has the metadata, too.
        created_at: UTC.
    """

    id: str
    app: str
    content_id: str | None = None
    parts: tuple[Part, ...]
    metadata: Mapping[str, JsonValue] = Field(default_factory=dict)
    callback_url: str | None = None
    events: tuple[str, ...] = Field((), exclude_if=lambda events: not events)
    event_metadata: bool = Field(False, exclude_if=lambda wanted: not wanted)
    created_at: datetime

    @property
    def lane(self) -> Lane:
        """Texts are looked at in milliseconds, hundreds at once; everything else takes its time."""
        if any(part.source is not None and part.source.problem is None for part in self.parts):
            return "fetches"
        return "texts" if all(part.type == "text" for part in self.parts) else "media"
