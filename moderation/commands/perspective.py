"""``moderation perspective``: the attributes that ``/perspective`` has scores for, and cards of your own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import yaml

from moderation.commands.options import JSON
from moderation.core.errors import InputError, NotFound
from moderation.core.items import Part
from moderation.plugins import Plugins, load_plugins
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.detection.runner import Runner

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def perspective() -> None:
    """Attributes of the endpoint for Perspective's callers, and what was measured of them."""


@perspective.command()
@JSON
@click.pass_obj
def attributes(settings: Settings, as_json: bool) -> int:
    """List the attributes with scores, and their figures. Exit code 1 when a card cannot be used here."""
    from moderation.perspective.attributes import NAMES, Attributes

    found = Attributes.load(settings.perspective_cards, load_plugins(settings).detectors)
    without = {name: found.why_not(name) for name in sorted({*NAMES, *found.missing} - set(found.cards))}
    if as_json:
        cards = {name: card.model_dump(mode="json") for name, card in found.cards.items()}
        click.echo(json.dumps({"attributes": cards, "without": without}, indent=2))
        return 1 if found.missing else 0
    for name, card in found.cards.items():
        figures = card.figures
        click.echo(f"{name}: {card.means}")
        click.echo(f"  measured on {card.count:,} texts, {card.positives:,} with it: {card.texts}")
        click.echo(f"  AUROC {figures.auroc:.2f}, average precision {figures.average_precision:.2f}")
        precision = "none" if figures.precision is None else f"precision {figures.precision:.2f}"
        click.echo(f"  scores from 0.5 on, where {card.share:g} % have it: {precision}, recall {figures.recall:.2f}")
        for note in card.notes:
            click.echo(f"  {note}")
    for name, reason in without.items():
        click.echo(f"{name}: no score: {reason}")
    return 1 if found.missing else 0


@perspective.command()
@click.argument("name")
@click.argument("texts", type=_FILE)
@click.option("--label", "labels", multiple=True, required=True, help="A label that the attribute stands for; repeat.")
@click.option("--detector", "detectors", multiple=True, required=True, help="Who looks; repeat.")
@click.option("--means", required=True, help="What the attribute means, as a sentence.")
@click.option("--source", required=True, help="Which texts they are, and who judged them.")
@click.option("--language", "languages", multiple=True, default=("en",), show_default=True, help="Of the texts.")
@click.option(
    "--share",
    type=click.FloatRange(0.1, 90),
    default=10.0,
    show_default=True,
    help="Percent of your comments that have it; scores hold where that is so.",
)
@click.pass_obj
def measure(
    settings: Settings,
    name: str,
    texts: Path,
    labels: tuple[str, ...],
    detectors: tuple[str, ...],
    means: str,
    source: str,
    languages: tuple[str, ...],
    share: float,
) -> int:
    """Measure attribute NAME on TEXTS, a CSV file with columns text and label (1 or 0), and print its card.

    Put what it prints into the file that MODERATION_PERSPECTIVE_CARDS names.
    """
    from moderation.perspective.measuring import measure as measured_on
    from moderation.perspective.measuring import read_texts

    plugins = load_plugins(settings)
    loaded = {each.name: each.version for each in plugins.detectors if "text" in each.reads}
    if unknown := sorted(set(detectors) - set(loaded)):
        raise InputError(f"no detector {unknown[0]} that reads texts is loaded; there are {', '.join(sorted(loaded))}")
    rows = read_texts(texts)
    bar = click.progressbar(rows, label="Texts", file=sys.stderr, hidden=not sys.stderr.isatty())
    with _runner(settings, plugins) as runner, bar as shown:
        result = measured_on(
            runner,
            shown,
            labels,
            {each: loaded[each] for each in detectors},
            means=means,
            source=source,
            languages=languages,
            share=share,
        )
    if result.left_out:
        click.echo(f"{result.left_out} texts could not be read, and are left out", err=True)
    document = {"attributes": {name: result.card}}
    click.echo(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110), nl=False)
    return 0


@contextmanager
def _runner(settings: Settings, plugins: Plugins) -> Iterator[Runner]:
    """Detectors alone: no policies, no database."""
    from moderation.detection.runner import Runner

    def no_file(part: Part) -> Path:
        raise NotFound(f"part {part.id} is a text")

    runner = Runner(plugins, settings.plugins_dir, no_file)
    try:
        yield runner
    finally:
        runner.close()
