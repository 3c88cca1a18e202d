"""A broker of MQTT of our own, with an account and a list of who may say what."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import free_port, wait_for

USER, PASSWORD = "moderation", "a secret of the broker's"


class Broker:
    """Mosquitto, which lets `USER` write below ``moderation/`` only; `heard` has what was said there."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.port = free_port()
        self._folder, self._binary = folder, binary
        self.password_file = folder / "password"
        self.password_file.write_text(PASSWORD + "\n")
        subprocess.run(["mosquitto_passwd", "-b", "-c", folder / "accounts", USER, PASSWORD], check=True)
        (folder / "acl").write_text(f"user {USER}\ntopic readwrite moderation/#\n")
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\nuser {getpass.getuser()}\n"
            f"password_file {folder / 'accounts'}\nacl_file {folder / 'acl'}\n"
        )
        self.heard: dict[str, list[str]] = {}
        self.start()

    def start(self) -> None:
        from paho.mqtt.client import Client, MQTTv5
        from paho.mqtt.enums import CallbackAPIVersion

        log = (self._folder / "log").open("ab")
        self._process = subprocess.Popen([self._binary, "-c", self._folder / "mosquitto.conf"], stdout=log, stderr=log)
        log.close()
        client: Any = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        client.username_pw_set(USER, PASSWORD)
        client.on_message = lambda _client, _data, message: self.heard.setdefault(message.topic, []).append(
            message.payload.decode()
        )
        subscribed: list[Any] = []
        client.on_subscribe = lambda *_: subscribed.append(True)
        wait_for(lambda: _connects(client, self.port))
        client.loop_start()
        client.subscribe("moderation/#", qos=1)
        wait_for(lambda: bool(subscribed))
        self._client = client

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._process.terminate()
        self._process.wait()


def _connects(client: Any, port: int) -> bool:
    try:
        client.connect("127.0.0.1", port)
    except OSError:
        time.sleep(0.05)
        return False
    return True


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker of our own, for a module of tests."""
    binary = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if binary is None:
        pytest.skip("mosquitto is not installed; `make test` installs it")
    opened = Broker(binary, tmp_path_factory.mktemp("broker"))
    yield opened
    opened.stop()
