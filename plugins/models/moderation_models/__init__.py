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
    """Offer each model, and ``vision.ppe``. A fault in any file stops the start, and is named with its line."""
    from moderation_models.folder import read_models
    from moderation_models.ppe.detector import Ppe

    return [*read_models(settings.models), Ppe(settings.models)]


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
    return [*found, _equipment(settings)]


def _equipment(settings: Settings) -> Finding:
    """Whether ``vision.ppe`` works, and by which heads."""
    from PIL import Image

    from moderation.core.errors import ModerationError
    from moderation_models.ppe.covers import COVERS, SHIPPED, head_path
    from moderation_models.ppe.detector import Ppe

    try:
        Ppe(settings.models).look(Image.new("RGB", (333, 222), "grey"))
    except ModerationError as error:
        return Finding(f"vision.ppe: {error}", is_problem=True)
    own = [cover.name for cover in COVERS if head_path(cover, settings.models).parent != SHIPPED]
    return Finding(f"vision.ppe loads{', with heads of your own for ' + ', '.join(own) if own else ''}")


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Add ``moderation models``."""
    from moderation_models.commands import models

    cli.add_command(models)
