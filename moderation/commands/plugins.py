"""``moderation plugins``: what is loaded, with versions."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from moderation.commands.options import JSON, PLUGINS_DIR
from moderation.commands.terminal import console
from moderation.core.cards import card_lines, card_of
from moderation.core.egress import leaves_machine
from moderation.core.errors import InputError
from moderation.hookspecs import Detector, Extractor
from moderation.plugins import Plugins, load_plugins
from moderation.settings import Settings, with_places


@click.command()
@JSON
@PLUGINS_DIR
@click.option("--card", metavar="NAME", help="What a detector or extractor sees, and what it does not.")
@click.pass_obj
def plugins(settings: Settings, as_json: bool, plugins_dir: Path | None, card: str | None) -> None:
    """What is loaded, with versions: plugins, detectors, extractors, redactors."""
    loaded = load_plugins(with_places(settings, None, plugins_dir))
    if card is not None:
        _show_card(loaded, card, as_json)
        return
    if as_json:
        document = {
            "plugins": [
                {"name": p.name, "version": p.version, "source": p.source, "hooks": list(p.hooks)}
                for p in loaded.distributions
            ],
            "detectors": [
                {
                    "name": d.name,
                    "version": d.version,
                    "reads": sorted(d.reads),
                    "labels": sorted(d.labels),
                    "min_confidence": d.min_confidence,
                    "time_limit_seconds": d.time_limit_seconds,
                    "leaves_machine": leaves_machine(d),
                }
                for d in loaded.detectors
            ],
            "extractors": [
                {
                    "name": e.name,
                    "version": e.version,
                    "reads": sorted(e.reads),
                    "makes": sorted(e.makes),
                    "leaves_machine": leaves_machine(e),
                }
                for e in loaded.extractors
            ],
            "redactors": [{"name": r.name, "version": r.version, "reads": sorted(r.reads)} for r in loaded.redactors],
        }
        click.echo(json.dumps(document, indent=2))
        return
    drawn = console()
    table = Table("plugin", "version", "from", "hooks", title="Plugins", title_justify="left", box=None, pad_edge=False)
    for plugin in loaded.distributions:
        table.add_row(plugin.name, plugin.version, plugin.source, ", ".join(plugin.hooks))
    drawn.print(table)
    table = Table(
        "detector", "version", "reads", "labels", "from", "limit", "content",
        title="\nDetectors and extractors", title_justify="left", box=None, pad_edge=False,
    )  # fmt: skip
    for detector in loaded.detectors:
        table.add_row(
            detector.name,
            detector.version,
            ", ".join(sorted(detector.reads)),
            _shortened(sorted(detector.labels)),
            f"{detector.min_confidence:g} %",
            f"{detector.time_limit_seconds:g} s",
            _content(detector),
        )
    for extractor in loaded.extractors:
        made = f"makes {', '.join(sorted(extractor.makes))}"
        reads = ", ".join(sorted(extractor.reads))
        table.add_row(
            extractor.name,
            extractor.version,
            reads,
            made,
            "",
            f"{extractor.time_limit_seconds:g} s",
            _content(extractor),
        )
    drawn.print(table)


def _content(tool: Detector | Extractor) -> str:
    return "leaves" if leaves_machine(tool) else "stays here"


def _show_card(loaded: Plugins, name: str, as_json: bool) -> None:
    tools: list[Detector | Extractor] = [*loaded.detectors, *loaded.extractors]
    tool = next((tool for tool in tools if tool.name == name), None)
    if tool is None:
        raise InputError(f"no detector or extractor '{name}' is loaded; there are {', '.join(sorted(loaded.names))}")
    card = card_of(tool)
    if as_json:
        click.echo(json.dumps(card.model_dump(mode="json") if card is not None else None, indent=2))
        return
    click.secho(f"{tool.name} {tool.version}", bold=True)
    if card is None:
        click.echo("no card: nobody says what it sees and does not see")
        return
    table = Table("", "", box=None, pad_edge=False, show_header=False)
    for title, text in card_lines(card):
        table.add_row(title, Text(text))
    console().print(table)


def _shortened(labels: list[str], most: int = 4) -> str:
    shown = ", ".join(labels[:most])
    return f"{shown} and {len(labels) - most} more" if len(labels) > most else shown
