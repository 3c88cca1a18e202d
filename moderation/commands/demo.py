"""``moderation demo``: a fresh service, real examples posted over HTTP, and a table of what became of them."""

from __future__ import annotations

import http.client
import json
import logging
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import yaml
from rich.console import Console
from rich.live import Live
from rich.table import Table

from moderation.commands.serve import wait_for_signal
from moderation.commands.terminal import console
from moderation.core.errors import SettingsError
from moderation.core.verdicts import NotExamined
from moderation.core.wording import waiting_words
from moderation.serving.server import Server
from moderation.settings import Settings

APP = "demo"
PATIENCE_SECONDS = 120.0
WAIT_SECONDS = 30
_COLOURS = {"approve": "green", "reject": "red", "review": "yellow", "refused": "magenta"}


@dataclass
class Row:
    """One example on its way.

    Attributes:
        client: of the app that posts it.
    """

    title: str
    client: _Client
    began: float = 0.0
    item_id: str | None = None
    outcome: str = ""
    rule: str = ""
    milliseconds: int | None = None
    unseen: Sequence[str] = ()


@click.command()
@click.option(
    "--exit", "exit_after", is_flag=True, help="Stop after the table; exit code 0 only if all got an outcome."
)
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.  [default: 8000, or a free one]")
@click.pass_obj
def demo(settings: Settings, exit_after: bool, port: int | None) -> int:
    """Serve on a fresh folder, post everything in examples/, and show the outcomes as they come.

    The folder is removed at the end; with --data it is one that you name, new or empty, and is kept.
    """
    kept = settings.data if _is_named() else None
    if kept is not None and kept.is_dir() and any(kept.iterdir()):
        raise click.UsageError(f"--data {kept}: the demo works in a fresh folder, and this one is not empty")
    if settings.log_level.upper() == "INFO":
        logging.getLogger().setLevel(logging.ERROR)  # the table is what is to be seen
    folder = examples_folder()
    drawn = console(width=None if sys.stdout.isatty() else 130)
    with _fresh_server(settings, port, kept) as server:
        drawn.print(f"A fresh service listens at {server.url}. Its detectors load their models ...")
        drawn.print(
            f"ready after {_until_ready(server):.1f} s; posting the examples, each when the one before is done."
        )
        examples = yaml.safe_load((folder / "examples.yml").read_text(encoding="utf-8"))
        apps = dict.fromkeys([APP, *(example.get("app", APP) for example in examples)])
        keys = {app: server.service.accounts.add_key(app, datetime.now(UTC)).key for app in apps}
        clients = {app: _Client(server.url, key) for app, key in keys.items()}
        rows = [Row(example["title"], clients[example.get("app", APP)]) for example in examples]
        _post_all(drawn, rows, examples, folder)
        if not drawn.is_terminal:
            drawn.print()
        undone = [row.title for row in rows if not row.outcome]
        counts = {name: sum(row.outcome == name for row in rows) for name in _COLOURS}
        drawn.print("  ".join(f"[{_COLOURS[name]}]{count} {name}[/]" for name, count in counts.items()))
        for line in dict.fromkeys(line for row in rows for line in row.unseen):
            drawn.print(f"[dim]{line}[/]", soft_wrap=True)
        if undone:
            drawn.print(f"[red]no outcome within {PATIENCE_SECONDS:g} s: {', '.join(undone)}[/]")
        if exit_after:
            return 1 if undone else 0
        drawn.print(f"\nNow review what waits: {server.url}/review")
        drawn.print(f"  name      admin\n  password  {server.first_admin_password}")
        drawn.print(f"API key of app {APP}: {keys[APP]}", soft_wrap=True)
        drawn.print(
            "Ctrl-C ends the demo" + (" and removes its data." if kept is None else f"; its data stays in {kept}.")
        )
        wait_for_signal()
    return 0


def examples_folder() -> Path:
    """The shipped examples: the checkout's, or the installed package's."""
    beside = Path(__file__).resolve().parent.parent.parent
    checkout, installed = beside / "examples", beside / "moderation_data" / "examples"
    return checkout if checkout.is_dir() else installed


def _is_named() -> bool:
    """True if ``--data`` was said on the command line: MODERATION_DATA names an installation, not a place to try in."""
    return click.get_current_context().get_parameter_source("data") is click.core.ParameterSource.COMMANDLINE


@contextmanager
def _fresh_server(settings: Settings, port: int | None, kept: Path | None) -> Iterator[Server]:
    made = tempfile.TemporaryDirectory(prefix="moderation-demo-") if kept is None else nullcontext(str(kept))
    with made as folder:
        fresh = settings.model_copy(update={"data": Path(folder), "port": settings.port if port is None else port})
        try:
            server = Server(fresh)
        except SettingsError:
            if port is not None:
                raise
            server = Server(fresh.model_copy(update={"port": 0}))
        with server:
            server.start()
            yield server


def _until_ready(server: Server) -> float:
    """Seconds until each detector has answered once, or until it is no use to wait on; the table then shows why."""
    began = time.monotonic()
    while server.service.judge.runner.problems() and time.monotonic() - began < PATIENCE_SECONDS:
        time.sleep(0.05)
    return time.monotonic() - began


def _post_all(drawn: Console, rows: Sequence[Row], examples: Sequence[Mapping[str, Any]], folder: Path) -> None:
    with Live(_table(rows), console=drawn, auto_refresh=False, transient=False) as live:
        for row, example in zip(rows, examples, strict=True):
            _post(row, example, folder)
            live.update(_table(rows), refresh=drawn.is_terminal)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(not row.outcome for row in rows) and time.monotonic() < deadline:
            for row in rows:
                if not row.outcome and row.item_id is not None:
                    _look(row)
            live.update(_table(rows), refresh=drawn.is_terminal)
            time.sleep(0.05)


def _post(row: Row, example: Mapping[str, Any], folder: Path) -> None:
    files = [(name, (folder / name).read_bytes()) for name in example["files"]]
    item: dict[str, Any] = {"content_id": row.title}
    if "text" in example:
        item["parts"] = [{"type": "text", "text": example["text"]}]
    row.began = time.monotonic()
    status, answer = row.client.post(item, files)
    if status in (200, 202):
        row.item_id = answer["id"]
        _look(row)
    else:
        row.outcome, row.rule = "refused", str(answer.get("detail", status))
        row.milliseconds = round((time.monotonic() - row.began) * 1000)


def _look(row: Row) -> None:
    answer = row.client.get(f"/v1/items/{row.item_id}")
    verdict = answer.get("verdict")
    if answer["status"] == "pending" or verdict is None:
        return
    deciding = [
        rule for policy in verdict["policies"] for rule in policy["deciding"] if policy["outcome"] == verdict["outcome"]
    ]
    row.outcome = verdict["outcome"]
    names = [f"{rule['rule']} ({Path(rule['place']).name})" for rule in deciding]
    row.rule = ", ".join(names[:2]) if names else verdict["reason"]
    row.milliseconds = round((time.monotonic() - row.began) * 1000)
    row.unseen = [waiting_words(NotExamined(**each)) for each in verdict["not_examined"]]


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("item")
    table.add_column("outcome")
    table.add_column("deciding rule, or reason", overflow="fold")
    table.add_column("ms", justify="right")
    for row in rows:
        outcome = f"[{_COLOURS[row.outcome]}]{row.outcome}[/]" if row.outcome else "[dim]...[/]"
        table.add_row(row.title, outcome, row.rule, "" if row.milliseconds is None else f"{row.milliseconds:,}")
    return table


class _Client:
    """What any app would use: HTTP with a key."""

    def __init__(self, url: str, key: str) -> None:
        self._address = urlsplit(url).netloc
        self._headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str) -> Any:
        """A GET that is expected to succeed."""
        return self._call("GET", path, None, {})[1]

    def post(self, item: Mapping[str, Any], files: Sequence[tuple[str, bytes]]) -> tuple[int, Any]:
        """Post an item with files as multipart/form-data, and wait for what becomes of it."""
        boundary = secrets.token_hex(16)
        pieces = [f'--{boundary}\r\nContent-Disposition: form-data; name="item"\r\n\r\n{json.dumps(item)}\r\n'.encode()]
        for name, data in files:
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
            pieces += [head.encode(), data, b"\r\n"]
        pieces.append(f"--{boundary}--\r\n".encode())
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self._call("POST", f"/v1/items?wait={WAIT_SECONDS}", b"".join(pieces), kind)

    def _call(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            connection.request(method, path, body, {**self._headers, **headers})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()
