"""``moderation models train ppe``: the heads of ``vision.ppe`` anew, from one's own pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ground.statistics import Interval
from moderation.core.errors import InputError

if TYPE_CHECKING:
    from moderation.settings import Settings
    from moderation_models.ppe.samples import Picture
    from moderation_models.ppe.training import Figures


@click.group()
def train() -> None:
    """Small heads over the features of a net, trained from your own pictures in minutes."""


@train.command()
@click.option(
    "--from", "source", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER",
    help="Pictures with YOLO files beside them: 0 helmet, 1 vest, 2 bare head, 3 no vest, 4 mask, 5 bare face.",
)  # fmt: skip
@click.option(
    "--reviewed", is_flag=True, help="Learn from what reviewers answered about pictures of this installation."
)
@click.option(
    "--to", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER", help="[default: MODERATION_MODELS]"
)
@click.option("--afresh", is_flag=True, help="Begin with nothing, not with the heads in use.")
@click.option("--even-if-worse", is_flag=True, help="Write a head that is right less often than the one in use, too.")
@click.pass_obj
def ppe(
    settings: Settings, source: Path | None, reviewed: bool, to: Path | None, afresh: bool, even_if_worse: bool
) -> int:
    """Train what tells helmets, face masks and high-visibility vests, and write it where vision.ppe reads it.

    One picture of five is held back, and the figures are of those. A head that is worse there than the one in use is
    not written. The service takes heads up when it starts.
    """
    from moderation_models.ppe.covers import head_path
    from moderation_models.ppe.reviewed import read_reviewed
    from moderation_models.ppe.samples import read_pictures
    from moderation_models.ppe.training import train as learn
    from moderation_models.ppe.training import write_head

    if (source is None) == (not reviewed):
        raise InputError("say where to learn from: --from FOLDER or --reviewed, one of them")
    folder = to or settings.models
    if folder is None:
        raise InputError("say where heads go: set MODERATION_MODELS to a folder, or --to FOLDER")
    pictures = read_pictures(source) if source is not None else read_reviewed(settings)
    if not pictures:
        raise InputError(
            "no reviewed picture says what somebody wears: one person and one part in doubt, or an approval"
        )
    folder.mkdir(parents=True, exist_ok=True)
    worse = 0
    for trained in learn(pictures, folder, afresh=afresh, told=_told):
        path = folder / trained.cover.file
        click.secho(trained.cover.name, bold=True, nl=False)
        click.echo(f": learnt from {trained.learnt} body parts, measured on {trained.held} of other pictures")
        if trained.before is not None:
            _say("before", trained.before)
        _say("after", trained.after)
        if not trained.is_better and not even_if_worse:
            worse += 1
            click.echo(f"    right less often than {head_path(trained.cover, folder)}, which stays in use")
            continue
        write_head(trained.head, path)
        click.echo(f"    written to {path}")
    return 1 if worse else 0


def _told(pictures: Iterable[Picture]) -> Iterator[Picture]:
    listed: Sequence[Picture] = list(pictures)
    with click.progressbar(listed, label="pictures", file=sys.stderr, show_pos=True) as bar:
        yield from bar


def _say(when: str, figures: Figures) -> None:
    said = [
        f"worn and told so {_share(figures.worn)}",
        f"bare and told so {_share(figures.bare)}",
        f"told for sure {_share(figures.sure)}, rightly {_share(figures.sure_right)}",
    ]
    click.echo(f"    {when + ':':8}{'; '.join(said)}")


def _share(interval: Interval | None) -> str:
    if interval is None:
        return "no case"
    return f"{100 * interval.share:.1f} % ({100 * interval.low:.1f} to {100 * interval.high:.1f})"
