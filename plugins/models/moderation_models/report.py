"""An evaluation for people: a table for the terminal, and a page that needs no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

from ground.statistics import Interval
from moderation_models.evaluating import Counted, Evaluation, bands_of

SHOWN_MISTAKES = 50


def as_text(result: Evaluation) -> Iterator[str]:
    """The report, line by line."""
    yield f"{result.model}: {result.looked_at:,} pictures; found counts from {result.at:g} %"
    for title, counts in (("pictures", result.pictures), ("places", result.places)):
        if counts:
            yield f"\n  {title:34} {'right':>6} {'wrong':>6} {'missed':>6}  {'precision':19} {'recall':19} off by"
        for label, counted in counts.items():
            if not counted.is_anything:
                continue
            off = f"{counted.off_by:.0f} points" if counted.off_by is not None else ""
            numbers = f"{counted.right:6} {counted.wrong:6} {counted.missed:6}"
            yield f"  {label:34} {numbers}  {percent(counted.precision):19} {percent(counted.recall):19} {off}"
    if result.unreadable:
        yield f"\n  could not be looked at, and in none of these numbers: {len(result.unreadable):,}"
        yield from (f"    {name}: {why}" for name, why in result.unreadable[:10])


def percent(share: Interval | None) -> str:
    """A share with its 95 % interval; a dash where there is nothing to take a share of."""
    return f"{100 * share.share:.1f} % ({100 * share.low:.0f}-{100 * share.high:.0f})" if share is not None else "-"


def as_page(results: Sequence[Evaluation], source: str) -> str:
    """An HTML page with confusion, calibration and mistakes of each model."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((files("moderation_models") / "report.html").read_text(encoding="utf-8"))
    return template.render(
        results=results, source=source, percent=percent, bands=lambda counted: list(bands_of(counted)),
        mistakes=_mistakes, rows=_rows, columns=_columns, most=SHOWN_MISTAKES,
    )  # fmt: skip


def _rows(result: Evaluation) -> list[str]:
    return sorted({shown for shown, _ in result.confusion})


def _columns(result: Evaluation) -> list[str]:
    return sorted({found for _, found in result.confusion})


def _mistakes(counted: Counted) -> list[tuple[str, str]]:
    """The surest mistakes first, then what was missed."""
    worst = sorted(counted.mistakes, key=lambda each: (each[1] is None, -(each[1] or 0), each[0]))
    return [(name, "missed" if sure is None else f"found, {sure:.0f} %") for name, sure in worst[:SHOWN_MISTAKES]]
