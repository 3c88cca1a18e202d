"""``moderation watch``: what cameras show becomes items."""

from __future__ import annotations

import json
import signal
import threading
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moderation.commands.options import JSON
from moderation.core.errors import InputError, UrlRefused
from moderation.core.works_council import ALARM_AFTER_SECONDS
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.cameras.files import Camera
    from moderation.cameras.states import Judged
    from moderation.cameras.watching import Event, Watcher
    from moderation.service import Service


@click.command()
@click.argument("url", required=False)
@click.option("--place", help="Where the camera looks, such as gate-1; with a URL.")
@click.option("--every", default="2s", show_default=True, help="From one picture to the next; with a URL.")
@click.option("--app", default="site-cameras", show_default=True, help="Whose items they become; with a URL.")
@click.option("--callback-url", metavar="URL", help="Where decisions are delivered; with a URL.")
@click.option(
    "--cameras", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file of cameras (cameras.yml)."
)
@click.option("--alert-url", metavar="URL", help="Changes are posted there too, as JSON.")
@click.option("--for", "for_seconds", type=float, metavar="SECONDS", help="End after so long.  [default: never]")
@JSON
@click.pass_obj
def watch(
    settings: Settings,
    url: str | None,
    place: str | None,
    every: str,
    app: str,
    callback_url: str | None,
    cameras: Path | None,
    alert_url: str | None,
    for_seconds: float | None,
    as_json: bool,
) -> int:
    """Make items of what cameras show: RTSP, HTTP (MJPEG, HLS), or a film that is played in a loop.

    Runs beside `serve` or `worker`. A line says each change: a camera that is offline, frozen or black, and that is
    back; and when two of its last five pictures were not approved. Each camera has a process of its own.
    """
    from ground.fetch import check_url
    from moderation.cameras.files import camera_of, read_cameras
    from moderation.cameras.reader import need_reader
    from moderation.cameras.telling import Telling
    from moderation.cameras.watching import Watcher
    from moderation.delivery.targets import addressed
    from moderation.service import Service
    from moderation.storage.opening import need_data_folder

    if (url is None) == (cameras is None):
        raise click.UsageError("say a URL and --place, or --cameras FILE")
    if url is not None and place is None:
        raise click.UsageError("say where the camera looks: --place gate-1")
    need_reader()
    for each in (callback_url, alert_url):
        if each is not None:
            try:
                check_url(each, allow_private=settings.allow_private_urls)
            except UrlRefused as error:
                raise click.UsageError(str(error)) from error
    said = {"url": url, "place": place, "every": every, "app": app, "callback_url": callback_url}
    watched = read_cameras(cameras) if cameras is not None else [camera_of(said)]
    need_data_folder(settings, settings.database_url)
    service = Service.open(settings)
    stop = threading.Event()
    stack = ExitStack()
    stack.callback(service.close)
    with stack:
        _check_policies(service, watched)
        service.watch_policies()

        telling = Telling(
            alert_url,
            addressed(settings),
            lambda message: click.echo(message, err=True),
            allow_private=settings.allow_private_urls,
        )
        stack.callback(telling.close)

        def tell(event: Event) -> None:
            _say(event, as_json)
            telling.tell(event)

        posting = _Posting(service)
        after = ALARM_AFTER_SECONDS if settings.is_for_works_council else 0.0
        watchers = [
            Watcher(camera, posting, tell, lambda: datetime.now(UTC), stop, alarm_after=after) for camera in watched
        ]
        faults: list[BaseException] = []
        threads = [threading.Thread(target=_run, args=(each, faults), daemon=True) for each in watchers]
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        for thread in threads:
            thread.start()
        click.echo(f"watching {len(watched)} camera{'s' if len(watched) > 1 else ''}", err=True)
        stop.wait(for_seconds)
        stop.set()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]
    click.echo(f"{sum(each.posted for each in watchers):,} items", err=True)
    return 0


def _run(watcher: Watcher, faults: list[BaseException]) -> None:
    """Watch; a fault of ours ends all of it: a camera that nobody watches any more would look like a calm one."""
    try:
        watcher.run()
    except BaseException as error:  # told by the command's own thread
        faults.append(error)
        watcher.stop.set()


class _Posting:
    """Items into the service's own database."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def post(self, app: str, item: dict[str, Any]) -> str:
        """See `Posting.post`."""
        from moderation.intake.submissions import Submissions

        made = self._service.pipeline.prepare(Submissions(self._service, app).of_posted(item))
        self._service.pipeline.intake([made])
        return str(made.id)

    def judged(self, item_id: str) -> Judged | None:
        """See `Posting.judged`."""
        from moderation.cameras.states import Judged
        from moderation.core.egress import stays_here

        record = self._service.store.get_item(item_id)
        if stays_here(record.failures):
            return None  # what has to stay on this machine is told to nobody elsewhere
        if record.decision is not None:
            return Judged(str(record.decision.outcome), record.decision.reason)
        if record.status != "in_review":
            return None
        return Judged("review", record.ruling.reason if record.ruling is not None else "")


def _check_policies(service: Service, cameras: list[Camera]) -> None:
    """Raise `InputError` where nobody would look at a camera's pictures: every item would be refused, unseen."""
    for app in sorted({camera.app for camera in cameras}):
        if not service.judge.policies.for_content(app, {"image"}):
            raise InputError(f"no policy in force covers pictures of app '{app}'; see GET /v1/policies")


def _say(event: Event, as_json: bool) -> None:
    from moderation.cameras.telling import said

    if as_json:
        click.echo(json.dumps(said(event)))
    else:
        click.echo(f"{event.at:%Y-%m-%d %H:%M:%S}  {event.place}  {event.state}: {event.message}")
