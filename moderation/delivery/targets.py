"""Targets: who is told of events of all items, as the settings and ``targets.yml`` say it.

``MODERATION_NOTIFY`` names topics, buses and queues on AWS that hear of every decision; a file names those that hear of
other events, of some apps alone, with the items' metadata, and brokers of MQTT and browsers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ground.errors import UrlRefused
from ground.fetch import check_url
from moderation.core.decisions import FinalOutcome
from moderation.core.errors import SettingsError
from moderation.core.events import EventType, Listener
from moderation.delivery.mqtt import MqttTarget, check_address
from moderation.delivery.notifiers import AnyTarget, target_named
from moderation.delivery.web_push import PushTarget, from_base64url, read_key
from moderation.settings import Settings
from moderation.yaml_reader import parse_document

_NAME = r"[a-z0-9][a-z0-9._-]{0,62}"
_OF_MQTT = ("user", "password_file", "ca_file", "certificate_file", "key_file")
_OF_PUSH = ("subscription", "vapid_key_file", "contact")


@dataclass(frozen=True)
class Addressed:
    """A target, and what it is told."""

    target: AnyTarget
    listener: Listener


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Keys(_Model):
    """Of a browser, in base64url."""

    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=100)


class Subscription(_Model):
    """What ``JSON.stringify(await registration.pushManager.subscribe(..))`` gives in a browser."""

    endpoint: str = Field(max_length=2048)
    keys: Keys
    expiration_time: Any = Field(None, alias="expirationTime")

    @model_validator(mode="after")
    def _is_usable(self) -> Subscription:
        if not self.endpoint.startswith("https://"):
            raise ValueError("endpoint: not https://")
        try:
            lengths = len(from_base64url(self.keys.p256dh)), len(from_base64url(self.keys.auth))
        except ValueError as error:
            raise ValueError("keys: not in base64url") from error
        if lengths != (65, 16):
            raise ValueError("keys: p256dh has 65 bytes and auth has 16")
        return self


class Said(_Model):
    """An entry of ``targets.yml``.

    Attributes:
        to: ARN or address of a topic, bus, queue or broker's topic; ``webpush:`` and a word for a browser.
        metadata: True for events with the items' metadata.
    """

    to: str = Field(min_length=1, max_length=400)
    events: list[EventType] = Field(default=["item.decided"], min_length=1)
    apps: list[str] | None = Field(None, min_length=1)
    outcomes: list[FinalOutcome] | None = Field(None, min_length=1)
    metadata: bool = Field(False, strict=True)
    user: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    subscription: Subscription | None = None
    vapid_key_file: Path | None = None
    contact: str | None = Field(None, pattern=r"^(mailto:\S+@\S+|https://\S+)$")

    @property
    def kind(self) -> Literal["aws", "mqtt", "webpush"]:
        """Which keys it may have."""
        if self.to.startswith(("mqtt:", "mqtts:")):
            return "mqtt"
        return "webpush" if self.to.startswith("webpush:") else "aws"

    @model_validator(mode="after")
    def _fits(self) -> Said:
        for kind, names in (("mqtt", _OF_MQTT), ("webpush", _OF_PUSH)):
            for name in names:
                if getattr(self, name) is not None and self.kind != kind:
                    raise ValueError(f"{name}: it is for targets that begin with {kind}:")
        if self.kind == "webpush" and (missing := [name for name in _OF_PUSH if getattr(self, name) is None]):
            raise ValueError(f"{missing[0]}: missing; a browser is told with {', '.join(_OF_PUSH)}")
        if self.password_file is not None and self.user is None:
            raise ValueError("password_file: say user too")
        return self


def addressed(settings: Settings) -> tuple[Addressed, ...]:
    """Who is told what, each once.

    Raises:
        SettingsError: an entry is no target, or is there twice; with the setting, or file and line.
    """
    found = [
        Addressed(target, Listener(target.name))
        for name in dict.fromkeys(settings.notify.split())
        for target in [target_named("MODERATION_NOTIFY", name, settings.a2i_region)]
    ]
    if settings.targets is not None:
        found += _of_file(settings.targets, settings)
    names = [each.target.name for each in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise SettingsError(f"{twice[:200]!r} is a target twice; say all that it is told in one entry")
    return tuple(found)


def _of_file(path: Path, settings: Settings) -> list[Addressed]:
    try:
        document = parse_document(str(path), path.read_bytes())
    except OSError as error:
        raise SettingsError(f"MODERATION_TARGETS: {path}: {error.strerror}") from error
    if document.faults:
        raise SettingsError("\n".join(fault.render() for fault in document.faults))
    data = document.data
    listed = data.get("targets") if isinstance(data, dict) else None
    if not isinstance(listed, list) or set(data) != {"targets"}:
        raise SettingsError(f"{path}: write targets: and below it a list of entries with to:")
    found = []
    for number, each in enumerate(listed):
        try:
            found.append(_entry(Said.model_validate(each), settings))
        except ValidationError as error:
            line = document.at(("targets", number)).line
            raise SettingsError(f"{path}:{line}: {_first(error)}") from error
        except SettingsError as error:
            raise SettingsError(f"{path}:{document.at(('targets', number)).line}: {error}") from error
    return found


def _first(error: ValidationError) -> str:
    """What is wrong, without the value, which may be a secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    where, message = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _entry(said: Said, settings: Settings) -> Addressed:
    if said.kind == "mqtt":
        target: AnyTarget = _broker(said)
    elif said.kind == "webpush":
        target = _browser(said, settings)
    else:
        target = target_named("to", said.to, settings.a2i_region)
    listener = Listener(
        target.name,
        frozenset(said.events),
        None if said.apps is None else frozenset(said.apps),
        None if said.outcomes is None else frozenset(said.outcomes),
        said.metadata,
    )
    return Addressed(target, listener)


def _broker(said: Said) -> MqttTarget:
    if find_spec("paho") is None:
        raise SettingsError("to: brokers are told by an extra: pip install 'moderation[mqtt]'")
    return MqttTarget(check_address(said.to), **{name: getattr(said, name) for name in _OF_MQTT})


def _browser(said: Said, settings: Settings) -> PushTarget:
    if find_spec("http_ece") is None:
        raise SettingsError("to: browsers are told by an extra: pip install 'moderation[webpush]'")
    given, key_file, contact = said.subscription, said.vapid_key_file, said.contact
    assert given is not None
    assert key_file is not None
    assert contact is not None
    read_key(key_file)
    try:
        check_url(given.endpoint, allow_private=settings.allow_private_urls)
    except UrlRefused as error:
        raise SettingsError(f"subscription.endpoint: {error}") from error
    keys = from_base64url(given.keys.p256dh), from_base64url(given.keys.auth)
    return PushTarget(said.to, given.endpoint, *keys, key_file, contact)


def listeners(found: Sequence[Addressed]) -> tuple[Listener, ...]:
    """What the store has to know of targets."""
    return tuple(each.listener for each in found)
