"""``moderation serve``: the whole service in one process."""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ground.errors import SettingsError
from ground.processes import Processes, Ready
from ground.web.listening import listen
from moderation.commands.options import HOST, PLUGINS_DIR, PORT, RULES
from moderation.detection import forking
from moderation.settings import PREFIX, Settings, with_places

if TYPE_CHECKING:
    from moderation.serving.server import Server


@click.command()
@HOST
@PORT
@RULES
@PLUGINS_DIR
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that answer HTTP at the same address; more than one need Postgres and Redis.",
)
@click.pass_obj
def serve(
    settings: Settings,
    host: str | None,
    port: int | None,
    rules: Path | None,
    plugins_dir: Path | None,
    processes: int,
) -> None:
    """The whole service in one process: API, workers, portal, A2I endpoint."""
    given = {"host": host, "port": port}
    settings = settings.model_copy(update={name: value for name, value in given.items() if value is not None})
    settings = with_places(settings, rules, plugins_dir)
    if processes == 1:
        forking.start()  # before what follows imports the rest; it takes as long
    from moderation.serving.server import Server
    from moderation.storage.opening import wait_for_databases

    wait_for_databases(settings)
    if processes > 1:
        _serve_by_several(settings, processes)
        return
    with Server(settings) as server:
        server.start()
        say_hello(server)
        settle_memory()
        signal.signal(signal.SIGHUP, lambda *_: server.service.reload_policies())
        wait_for_signal()
        click.echo("stopping ...")


def _serve_by_several(settings: Settings, processes: int) -> None:
    """Processes that listen on the same sockets. SIGHUP has others take their places, one after the other."""
    from moderation.serving.server import Server  # once, before they are forked

    for value, name in ((settings.database_url, "DATABASE_URL"), (settings.redis_url, "REDIS_URL")):
        if value is None:
            raise SettingsError(f"several processes share a database and Redis; set {PREFIX}{name}, or serve by one")
    sockets = listen(settings)
    stop, restart = set_by_signals(), threading.Event()
    signal.signal(signal.SIGHUP, lambda *_: restart.set())
    is_first = multiprocessing.get_context("fork").Semaphore()

    def work(ready: Ready) -> None:
        with Server(settings, sockets) as server:
            server.start()
            signal.signal(signal.SIGHUP, lambda *_: server.service.reload_policies())
            ready()
            if is_first.acquire(block=False):
                say_hello(server)
            settle_memory()
            stop.wait()

    Processes("serve", work, processes, stop, restart=restart).run()
    click.echo("stopping ...")


def say_hello(server: Server) -> None:
    """Where everything is, and the first admin's password when there is one."""
    service = server.service
    in_force = ", ".join(policy.name for policy in service.policies.policies)
    click.echo(f"Moderation serves at {server.url}")
    click.echo(f"  API and docs   {server.url}/docs")
    click.echo(f"  portal         {server.url}/review")
    click.echo(f"  A2I endpoint   {server.url}/a2i")
    click.echo(f"  Comprehend     {server.url}/comprehend")
    click.echo(f"  data           {service.settings.data.resolve()}")
    click.echo(f"  policies       {in_force}")
    for name, why in service.policies.not_in_force:
        click.echo(f"                 {name} waits: {why}")
    if server.first_admin_password is not None:
        click.echo("\nThis is the first start. Sign in to the portal as the first admin (shown only once):")
        click.echo(f"  name      admin\n  password  {server.first_admin_password}\n")
    click.echo("Make an API key with: moderation keys add --app APP" + _data_option(service.settings))


def settle_memory() -> None:
    """Tell Python that what is loaded now stays: collecting garbage then looks at what items leave behind only.

    And not at every 700th object: two hundred texts in work are more, and were looked at again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
    sys.setswitchinterval(0.0005)


def set_by_signals() -> threading.Event:
    """Set once somebody asks the process to end (Ctrl-C or SIGTERM)."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def wait_for_signal() -> None:
    """Until somebody asks the process to end (Ctrl-C or SIGTERM)."""
    set_by_signals().wait()


def _data_option(settings: Settings) -> str:
    return "" if settings.data == Path("data") else f" --data {settings.data}"
