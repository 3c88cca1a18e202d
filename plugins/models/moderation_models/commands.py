"""``moderation models``: what is there, whether it works, and how well."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.core.detections import Detection
from moderation.core.errors import InputError, PolicyFault
from moderation.core.taxonomy import CUSTOM_PREFIX, Taxonomy
from moderation_models.detector import ModelDetector
from moderation_models.evaluating import as_json, evaluate
from moderation_models.folder import SHIPPED, read_models
from moderation_models.labelled import Sample, read_samples
from moderation_models.ppe.command import train
from moderation_models.report import as_page, as_text
from moderation_models.trying import look_at, try_model

if TYPE_CHECKING:
    from moderation.settings import Settings

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def models() -> None:
    """Nets that are files: what is there, whether it works, and how well."""


models.add_command(train)


@models.command("list")
@click.pass_obj
def list_models(settings: Settings) -> None:
    """Each model: what it reads and finds, and its file."""
    for model in read_models(settings.models):
        file = model.file
        place = "shipped" if model.source.parent == SHIPPED else str(model.source)
        height, width = file.input.size
        click.secho(f"{model.name} {model.version}", bold=True, nl=False)
        click.echo(f"  {place}")
        click.echo(f"    {file.output.kind}, {width} x {height}, from {file.floor:g} %: {', '.join(model.labels)}")
        size = f"{model.weights.stat().st_size / 1e6:.1f} MB" if model.weights.is_file() else "missing"
        click.echo(f"    {model.weights.name}, {size}, weights: {file.licence.weights or 'licence not stated'}")


@models.command()
@click.argument("folder", type=_FOLDER, required=False)
@click.pass_obj
def check(settings: Settings, folder: Path | None) -> int:
    """Load each model and have it look at its examples; exit code 1 when something is wrong.

    FOLDER is one of models that may not be in use yet; without it, the shipped ones and those of MODERATION_MODELS.
    """
    try:
        found = read_models(folder or settings.models)
    except PolicyFault as error:
        click.echo(str(error))
        return 1
    failed = 0
    for model in found:
        if folder is not None and model.source.parent != folder:
            continue
        problems = try_model(model)
        failed += bool(problems)
        click.secho("wrong  " if problems else "ok     ", fg="red" if problems else "green", nl=False)
        examples = len(model.file.examples)
        click.echo(f"{model.name} {model.version}, {examples or 'no'} example{'' if examples == 1 else 's'}")
        for problem in problems:
            click.echo(f"         {model.source}: {problem}")
    return 1 if failed else 0


@models.command("evaluate")
@click.argument("source", type=click.Path(exists=True, path_type=Path), metavar="FOLDER")
@click.option("--model", "names", multiple=True, metavar="NAME", help="These only; else each that finds what is shown.")
@click.option(
    "--at", type=click.FloatRange(0, 100), help="Percent that counts as found.  [default: each model's floor]"
)
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with confusion and mistakes."
)
@click.option("--json", "as_data", is_flag=True, help="For machines.")
@click.pass_obj
def evaluate_models(
    settings: Settings, source: Path, names: tuple[str, ...], at: float | None, html: Path | None, as_data: bool
) -> int:
    """Hold what models find against what pictures show.

    FOLDER has a folder for each label (`Weapons`, `Custom/HELMET`, or a class by the net's own name) with pictures of
    it, and one called `none`; or is a COCO file, whose boxes count too.
    """
    known = {model.name: model for model in read_models(settings.models)}
    for name in names:
        if name not in known:
            raise InputError(f"no model '{name}'; there are {', '.join(known)}")
    taxonomy = Taxonomy(label for model in known.values() for label in model.labels if label.startswith(CUSTOM_PREFIX))
    samples = read_samples(source, list(known.values()), taxonomy)
    shown = {label for sample in samples for label in sample.labels}
    chosen = [known[name] for name in names] or [
        model
        for model in known.values()
        if any(taxonomy.overlap(label, each) for label in model.labels for each in shown)
    ]
    if not chosen:
        raise InputError(f"no model finds any of {', '.join(sorted(shown)) or 'these'}; name one with --model")
    results = []
    for model in chosen:
        edge = model.min_confidence if at is None else at
        above = {each for each in shown if any(taxonomy.covers(each, label) for label in model.labels)}
        labels = sorted({*model.labels, *above})
        results.append(evaluate(model.name, labels, edge, taxonomy, _looked(model, samples)))
    if as_data:
        click.echo(json.dumps([as_json(result) for result in results], indent=2))
    else:
        for result in results:
            for line in as_text(result):
                click.echo(line)
    if html is not None:
        html.write_text(as_page(results, str(source)), encoding="utf-8")
        click.echo(f"written to {html}", err=True)
    return 1 if any(result.unreadable for result in results) else 0


def _looked(model: ModelDetector, samples: Sequence[Sample]) -> Iterator[tuple[Sample, Sequence[Detection] | str]]:
    with click.progressbar(samples, label=model.name, file=sys.stderr, show_pos=True) as bar:
        for sample in bar:
            yield sample, look_at(model, sample.path)
