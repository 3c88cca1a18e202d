"""How faults and tests of policies are shown on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

from moderation.core.errors import Fault
from moderation.core.policy.policies import Policy
from moderation.policies.cases import TestResult, never_fired, untried_edges


def counted(number: int, thing: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def annotation(fault: Fault) -> str:
    """A fault as a workflow command of GitHub Actions, which shows it at its line in a pull request."""
    message = f"{fault.message}: {fault.hint}" if fault.hint else fault.message
    message = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    place = {"file": fault.path, "line": max(fault.line, 1), "col": max(fault.column, 1), "title": fault.code}
    shown = ",".join(
        f"{name}={str(value).replace('%', '%25').replace(',', '%2C').replace(':', '%3A')}"
        for name, value in place.items()
    )
    return f"::{'error' if fault.is_error else 'warning'} {shown}::{message}"


def show_tests(policy: Policy, results: Sequence[TestResult]) -> None:
    """How a policy's own tests went, and what none of them tries."""
    good = sum(result.passed for result in results)
    click.echo(f"{policy.path}: {good} of {counted(len(results), 'test')} passed")
    for result in results:
        if not result.passed:
            _show_failed(policy, result)
    if unfired := never_fired(policy, results):
        click.echo(f"  no test fires: {', '.join(unfired)}")
    if edges := untried_edges(policy):
        click.echo(f"  no test is at the edge: {', '.join(edges)}")


def _show_failed(policy: Policy, result: TestResult) -> None:
    click.secho(f"  FAILED  {result.name}  ({policy.path}:{result.line})", fg="red")
    click.echo(f"          expected  {result.expected}\n          got       {result.got}")
    click.echo(f"          because   {result.verdict.because}")
    click.echo(f"          reasons   {', '.join(result.reasons) or 'no rule'}")
    if result.missing:
        click.echo(f"          missing   {', '.join(result.missing)}")
    for rule in result.verdict.near_misses:
        short = "; ".join(
            f"{e.detection.label} at {e.detection.confidence:g}, {-(e.margin or 0):g} short" for e in rule.evidence
        )
        click.echo(f"          nearly    {rule.rule} ({short})")
