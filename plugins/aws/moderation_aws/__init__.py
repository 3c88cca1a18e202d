"""Amazon's detectors. Nothing is offered, and nothing sent, unless ``MODERATION_AWS_REGION`` is set.

Each is on demand: it looks at items under a policy that names it in ``needs`` or ``only_with``, and at no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation import hookimpl

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    import click

    from moderation.hookspecs import Finding, Spent
    from moderation.settings import Settings


@hookimpl
def register_detectors(settings: Settings) -> list[Any]:
    """Offer what is set up; see docs/aws-detectors.md for the list."""
    if settings.aws_region is None:
        return []
    from moderation_aws.offer import detectors

    return detectors(settings)


@hookimpl
def register_extractors(settings: Settings) -> list[Any]:
    """Offer ``rekognition.text`` and, where a bucket is named, ``transcribe.text``."""
    if settings.aws_region is None:
        return []
    from moderation_aws.offer import extractors

    return extractors(settings)


@hookimpl
def examine(settings: Settings, services: Collection[str]) -> list[Finding]:
    """Check settings and, when ``aws`` may be called, credentials, quotas, the bucket and each detector."""
    from moderation_aws.checking import examine_aws

    return list(examine_aws(settings, services))


@hookimpl
def report_costs(settings: Settings, since: date, until: date) -> list[Spent]:
    """Say what Amazon's detectors and language models have used: what ``moderation costs`` counts, by day."""
    from moderation_aws.costs import spent_between

    return spent_between(settings, since, until)


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Add ``moderation costs`` and ``moderation aws``."""
    from moderation_aws.commands import aws
    from moderation_aws.costs import costs_command

    cli.add_command(costs_command)
    cli.add_command(aws)
