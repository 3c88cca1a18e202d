"""Events told to brokers of MQTT 5, each in a message that the broker has to acknowledge (QoS 1).

A connection is made for each message: nothing waits in a client that a killed process would lose, and a broker that
comes back needs nobody to notice. What is wrong with a topic or an account is said by the broker's reason code.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from moderation.core.errors import SettingsError, StoreUnavailable

SECONDS = 10.0
"""For each of connecting and being acknowledged."""
_ADDRESS = re.compile(r"mqtts?://[^/@\s?#]+/[^\s?#+]{1,200}")
_FILLED = re.compile(r"\{(\w+)\}")
FACTS = ("app", "type", "item")
"""What may stand in braces in a topic."""


@dataclass(frozen=True)
class MqttTarget:
    """A topic of a broker.

    Attributes:
        name: its address, ``mqtts://host:port/topic``; ``{app}``, ``{type}`` and ``{item}`` in the topic are filled in.
        user: None for a broker that asks for none.
        password_file: read at each connection, so that it can be changed.
        ca_file: certificates that the broker's is signed by; None for the machine's.
        certificate_file, key_file: of this client, for brokers that ask for one.
    """

    name: str
    user: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    @property
    def service(self) -> str:
        """``mqtt``."""
        return "mqtt"

    def topic(self, facts: Mapping[str, str]) -> str:
        """Where an event goes that these facts are true of."""
        _, _, pattern = self.name.partition("://")[2].partition("/")
        return _FILLED.sub(lambda found: facts[found[1]], pattern)


def check_address(name: str) -> str:
    """The address of a topic. Raises `SettingsError`, which says what is wrong."""
    if not _ADDRESS.fullmatch(name):
        raise SettingsError(f"{name[:200]!r} is not mqtt://host/topic or mqtts://host:port/topic, without # and +")
    try:
        _ = urlsplit(name).port
    except ValueError as error:
        raise SettingsError(f"{name[:200]!r}: {error}") from error
    for found in _FILLED.findall(name):
        if found not in FACTS:
            raise SettingsError(f"{name[:200]!r}: {{{found}}} is none of {', '.join(f'{{{each}}}' for each in FACTS)}")
    return name


def publish(target: MqttTarget, facts: Mapping[str, str], text: str) -> None:
    """Tell a broker, and wait until it says that it has the message.

    Args:
        facts: of the event, by the names that a topic may have in braces.

    Raises:
        StoreUnavailable: it did not take it.
    """
    from paho.mqtt.client import Client, MQTTv5
    from paho.mqtt.enums import CallbackAPIVersion
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    address = urlsplit(target.name)
    is_encrypted = address.scheme == "mqtts"
    said = _Said()
    client: Any = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5, reconnect_on_failure=False)
    client.on_connect = lambda _client, _data, _flags, code, _more: said.connected(code)
    client.on_publish = lambda _client, _data, _number, code, _more: said.published(code)
    client.on_disconnect = lambda _client, _data, _flags, code, _more: said.gone(code)
    try:
        if target.user is not None:
            client.username_pw_set(target.user, _password(target))
        if is_encrypted:
            client.tls_set(target.ca_file, target.certificate_file, target.key_file)
        properties: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = "application/json"
        client.connect_timeout = SECONDS
        client.connect(address.hostname, address.port or (8883 if is_encrypted else 1883))
        client.loop_start()
        try:
            said.need(said.is_connected, "let us in")
            client.publish(target.topic(facts), text.encode(), qos=1, properties=properties)
            said.need(said.is_published, "acknowledged it")
        finally:
            client.disconnect()
            client.loop_stop()
    except (OSError, ValueError) as error:  # of the network, TLS, or a file of the target
        raise StoreUnavailable(f"mqtt: {type(error).__name__}") from error


def _password(target: MqttTarget) -> str | None:
    return None if target.password_file is None else target.password_file.read_text(encoding="utf-8").strip()


class _Said:
    """What the broker said; written by the client's thread."""

    def __init__(self) -> None:
        self.is_connected, self.is_published = threading.Event(), threading.Event()
        self._refusal: str | None = None

    def connected(self, code: Any) -> None:
        self._note(code, self.is_connected)

    def published(self, code: Any) -> None:
        self._note(code, self.is_published)

    def gone(self, code: Any) -> None:
        if not self.is_published.is_set():
            self._refusal = self._refusal or f"mqtt closed the connection: {code}"
        self.is_connected.set()
        self.is_published.set()

    def _note(self, code: Any, event: threading.Event) -> None:
        if code.is_failure:
            self._refusal = self._refusal or f"mqtt answered {code}"
        event.set()

    def need(self, event: threading.Event, done: str) -> None:
        """Wait. Raises `StoreUnavailable` when it was refused, or nobody said anything."""
        is_said = event.wait(SECONDS)
        if self._refusal is not None:
            raise StoreUnavailable(self._refusal)
        if not is_said:
            raise StoreUnavailable(f"mqtt has not {done} in {SECONDS:.0f} s")
