"""Nets as files: a YAML file and an ONNX file are a detector. The shipped ones, and those of ``MODERATION_MODELS``.

What a file may say is in docs/models.md. Nets run in the detectors' processes, on one thread, and are loaded at the
first look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation import hookimpl
from moderation.hookspecs import Finding

if TYPE_CHECKING:
    from collections.abc import Collection

    import click

    from moderation.settings import Settings


@hookimpl
def register_detectors(settings: Settings) -> list[Any]:
    """Offer each model. A fault in any file stops the start, and is named with its line."""
    from moderation_models.folder import read_models

    return read_models(settings.models)


@hookimpl
def examine(settings: Settings, services: Collection[str]) -> list[Finding]:
    """Load each net, and have it look at its examples."""
    from moderation_models.folder import read_models
    from moderation_models.trying import try_model

    found = []
    for model in read_models(settings.models):
        problems = try_model(model)
        found += [Finding(f"{model.name}: {problem} ({model.source})", is_problem=True) for problem in problems]
        if not problems:
            looked = f", and is right about its {len(model.file.examples)} examples" if model.file.examples else ""
            found.append(Finding(f"{model.name} {model.version} loads{looked}"))
    return found


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Add ``moderation models``."""
    from moderation_models.commands import models

    cli.add_command(models)
