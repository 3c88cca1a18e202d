"""``cameras.yml``: which cameras there are, and how often and when each is looked at."""

from __future__ import annotations

import re
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from moderation.core.errors import InputError
from moderation.yaml_reader import parse_document

_URL = re.compile(r"(?:rtsps?|https?)://\S+", re.IGNORECASE)
_NAME = r"[a-z0-9][a-z0-9._-]{0,63}"


def _seconds(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?s", value):
        return float(value[:-1])
    raise ValueError("a number of seconds with its unit, such as 2s")


def _clock(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        return time.fromisoformat(value)
    raise ValueError("a time in quotes, such as '22:00'")


def _zone(value: Any) -> Any:
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        raise ValueError("no time zone; such as Europe/Zurich") from error


Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=0.2, le=3600)]
Clock = Annotated[time, BeforeValidator(_clock)]


class Quiet(BaseModel):
    """Hours in which nobody looks, over midnight where the second is the smaller."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    zone: Annotated[str, BeforeValidator(_zone)] = "UTC"

    def holds(self, now: datetime) -> bool:
        """True in these hours. `now` is aware."""
        at = now.astimezone(ZoneInfo(self.zone)).time().replace(tzinfo=None)
        return self.start <= at < self.end if self.start < self.end else at >= self.start or at < self.end


class Camera(BaseModel):
    """One camera.

    Attributes:
        url: RTSP, HTTP (MJPEG, HLS), or a film's path, which is played in a loop. It may have a password in it.
        place: where it looks; the name of the camera, too.
        every: seconds from one picture to the next.
        app: whose items they become.
        callback_url: where decisions are delivered.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(min_length=1, max_length=2048)
    place: str = Field(pattern=f"^{_NAME}$")
    every: Seconds = 2.0
    app: str = Field("site-cameras", pattern=f"^{_NAME}$")
    quiet: Quiet | None = None
    callback_url: str | None = None

    @property
    def is_file(self) -> bool:
        """True of a film that is played in a loop."""
        return not _URL.fullmatch(self.url)

    @model_validator(mode="after")
    def _is_there(self) -> Camera:
        if self.is_file and ("://" in self.url or not Path(self.url).is_file()):
            raise ValueError("url: neither rtsp://, http:// or https:// nor a film that is there")
        return self


def read_cameras(path: Path) -> list[Camera]:
    """The cameras of a file.

    Raises:
        InputError: with the file, the line and what is wrong.
    """
    try:
        document = parse_document(str(path), path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    if document.faults:
        raise InputError("\n".join(fault.render() for fault in document.faults))
    data = document.data
    listed = data.get("cameras") if isinstance(data, dict) else None
    if not isinstance(listed, list) or set(data) != {"cameras"} or not listed:
        raise InputError(f"{path}: write cameras: and below it a list of {{url, place}}")
    found: list[Camera] = []
    for number, each in enumerate(listed):
        try:
            camera = camera_of(each)
        except InputError as error:
            line = document.at(("cameras", number)).line
            raise InputError(f"{path}:{line}: {error}") from error
        if any(other.place == camera.place for other in found):
            raise InputError(f"{path}: two cameras are called {camera.place}")
        found.append(camera)
    return found


def camera_of(said: Any) -> Camera:
    """A camera from what is said of it. Raises `InputError`, which never repeats an address."""
    try:
        return Camera.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        message = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{where}: {message}" if where else message) from error
