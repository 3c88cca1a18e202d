"""What was used, in money: the meter's counts times the price table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import click
import yaml
from rich.console import Console
from rich.table import Table

from moderation.core.errors import InputError
from moderation.hookspecs import Spent
from moderation_aws.configuration import load_config
from moderation_aws.shared import StoreFailed, Usage, open_store

if TYPE_CHECKING:
    from moderation.settings import Settings


@dataclass(frozen=True)
class Price:
    """US dollars for one unit."""

    dollars: float
    unit: str


METERED_IN_DOLLARS = "llm."
"""What operations begin with that are counted in dollars, at the price of the time of the call: language models."""
IN_DOLLARS = Price(1.0, "USD")


@dataclass(frozen=True)
class Cost:
    """What one app used of one operation through one detector in a month.

    Attributes:
        month: ``YYYY-MM``.
        dollars: an estimate; None for an operation without a price.
    """

    month: str
    app: str
    detector: str
    operation: str
    calls: int
    units: float
    unit: str
    dollars: float | None


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Price]:
    table = yaml.safe_load((files("moderation_aws") / "prices.yml").read_text(encoding="utf-8"))
    return {operation: Price(float(row["dollars"]), row["unit"]) for operation, row in table.items()}


def price_table(own: Mapping[str, float]) -> dict[str, Price]:
    """The shipped prices, with one's own over them; both by ``service.Operation``."""
    table = dict(_shipped())
    for operation, dollars in own.items():
        table[operation] = Price(dollars, table[operation].unit if operation in table else "unit")
    return table


def costs(usage: Iterable[Usage], prices: Mapping[str, Price]) -> list[Cost]:
    """The costs of each month by app, detector and operation; operations that are free of charge are left out."""
    sums: dict[tuple[str, str, str, str], tuple[int, float]] = {}
    for used in usage:
        key = (used.day[:7], used.app, used.detector, used.operation)
        calls, units = sums.get(key, (0, 0.0))
        sums[key] = (calls + used.calls, units + used.units)
    found = []
    for (month, app, detector, operation), (calls, units) in sorted(sums.items()):
        if (priced := _priced(operation, units, prices)) is not None:
            found.append(Cost(month, app, detector, operation, calls, units, *priced))
    return found


def spent_between(settings: Settings, since: date, until: date) -> list[Spent]:
    """What was used from one day to another, both included, by day. Raises `StoreFailed` or `SettingsError`."""
    prices, found = price_table(load_config(settings).prices), []
    for used in open_store(settings).usage(since.isoformat()):
        priced = _priced(used.operation, used.units, prices)
        if used.day <= until.isoformat() and priced is not None:
            about = (used.app, used.detector, used.operation, used.calls, used.units)
            found.append(Spent(date.fromisoformat(used.day), *about, *priced))
    return found


def _priced(operation: str, units: float, prices: Mapping[str, Price]) -> tuple[str, float | None] | None:
    """What is billed, and US dollars; None for what is free of charge."""
    price = IN_DOLLARS if operation.startswith(METERED_IN_DOLLARS) else prices.get(operation)
    if price is None:
        return ("", None) if units else None
    return price.unit, units * price.dollars


@click.command("costs")
@click.option("--since", metavar="YYYY-MM-DD", help="From this day on.  [default: the first of this month]")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def costs_command(settings: Settings, since: str | None, as_json: bool) -> None:
    """What AWS detectors and language models have cost, by app and detector: an estimate by list prices."""
    first = since or datetime.now(UTC).date().replace(day=1).isoformat()
    try:
        datetime.strptime(first, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise InputError(f"--since {first}: a day is wanted, such as 2026-11-01") from error
    try:
        found = costs(open_store(settings).usage(first), price_table(load_config(settings).prices))
    except StoreFailed as error:
        raise InputError(f"what was used cannot be read: {error}") from error
    if as_json:
        click.echo(json.dumps([cost.__dict__ for cost in found], indent=2))
        return
    table = Table("month", "app", "detector", "operation", box=None, pad_edge=False, header_style="")
    for title in ("calls", "units", "USD"):
        table.add_column(title, justify="right")
    for cost in found:
        dollars = "no price" if cost.dollars is None else f"{cost.dollars:.4f}"
        units = f"{cost.units:g} {cost.unit}"
        table.add_row(cost.month, cost.app, cost.detector, cost.operation, str(cost.calls), units, dollars)
    Console(width=140).print(table)
    total = sum(cost.dollars or 0.0 for cost in found)
    click.echo(
        f"{total:.4f} USD since {first}, by list prices; hours of running models are not in it (aws models list)"
    )
