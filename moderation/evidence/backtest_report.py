"""A backtest's result for people and machines: a table for the terminal, JSON, and a page that needs no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from ground.statistics import Interval
from moderation.evidence.backtest import NOT_COVERED, Accuracy, Comparison, Side

OUTCOMES = ("approve", "review", "reject", NOT_COVERED)
SHOWN_DAYS, SHOWN_ITEMS = 60, 10


def as_text(result: Comparison, title: str, changes: Sequence[str]) -> Iterator[str]:
    """The report, line by line."""
    yield title
    for change in changes:
        yield f"  {change}"
    days = max(len(result.days), 1)
    yield f"\n{result.items:,} items of {days:,} {'day' if days == 1 else 'days'}: {result.moved:,} would move."
    if result.moved:
        yield from _table(("app", "content", "was", "would be", "items"), _moves(result))
        yield "\nWhat moves them"
        yield from _table(("rule", "items"), [(rule, f"{count:,}") for rule, count in result.rules.most_common(15)])
    yield "\nReviews and reviewers"
    yield from _table(("", "was", "would be", "change"), _load(result))
    yield f"  ({time_words(result)})"
    yield f"\nAgainst people's answers ({result.answered:,} items have one)"
    if result.answered:
        yield from _table(("", "was", "would be"), _accuracy(result))
    if result.not_looked_for:
        yield "\nNot looked for at the time, so that the new rules could not find it in these items:"
        for label, count in result.not_looked_for.most_common(10):
            yield f"  {label}: {count:,} items"
    if result.unrecorded:
        yield f"\nOf {result.unrecorded:,} items it was not recorded which detectors looked; they may miss something."
    if result.most_changed:
        yield "\nMost changed"
        for each in result.most_changed[:SHOWN_ITEMS]:
            people = f" (people said {each.people})" if each.people else ""
            yield f"  {each.item_id}  {each.app}: {each.was} -> {each.would_be}{people}"
            yield f"      {each.because}"
            if each.content:
                yield f"      {each.content}"


def time_words(result: Comparison) -> str:
    """How long a task is taken to be."""
    if result.timed:
        return f"a task is taken as {result.seconds_a_task:.0f} s, the mean of {result.timed:,} that were measured"
    return f"no task was measured; {result.seconds_a_task:.0f} s is assumed for each"


def _moves(result: Comparison) -> list[tuple[str, ...]]:
    moved = [(key, count) for key, count in result.moves.items() if key[2] != key[3]]
    moved.sort(key=lambda each: (-each[1], each[0]))
    return [(*key, f"{count:,}") for key, count in moved]


def _load(result: Comparison) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name, of in (
        ("reviews a day", result.reviews_a_day),
        ("samples among them", result.samples_a_day),
        ("reviewers' hours a day", result.hours_a_day),
    ):
        was, would_be = of(result.was), of(result.would_be)
        rows.append((name, f"{was:,.1f}", f"{would_be:,.1f}", f"{would_be - was:+,.1f}"))
    for outcome in OUTCOMES:
        was_count, now = result.was.outcomes[outcome], result.would_be.outcomes[outcome]
        if was_count or now:
            rows.append((f"{outcome}, items", f"{was_count:,}", f"{now:,}", f"{now - was_count:+,}"))
    return rows


def _accuracy(result: Comparison) -> list[tuple[str, ...]]:
    sides = (result.was, result.would_be)
    return [
        ("reject: precision", *(share_words(side.reject.precision) for side in sides)),
        ("reject: recall", *(share_words(side.reject.recall) for side in sides)),
        ("needs a person: precision", *(share_words(side.person.precision) for side in sides)),
        ("needs a person: recall", *(share_words(side.person.recall) for side in sides)),
    ]


def share_words(interval: Interval | None) -> str:
    """A share in percent with its interval."""
    if interval is None:
        return "no case"
    return f"{interval.share:.1%} ({interval.low:.1%} to {interval.high:.1%})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns under their heads; numbers to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        cells = [
            cell.rjust(width) if column and _is_number(rows[0][column] if rows else "") else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(cells)}".rstrip()


def _is_number(text: str) -> bool:
    return bool(text) and text.lstrip("+-")[:1].isdigit()


def as_json(result: Comparison, changes: Sequence[str]) -> dict[str, Any]:
    """The report as data."""

    def accuracy(of: Accuracy) -> dict[str, Any]:
        def interval(found: Interval | None) -> Any:
            return None if found is None else {"share": found.share, "low": found.low, "high": found.high}

        counts = {"right": of.right, "claimed": of.claimed, "true": of.true}
        return {**counts, "precision": interval(of.precision), "recall": interval(of.recall)}

    def side(of: Side) -> dict[str, Any]:
        return {
            "outcomes": dict(of.outcomes),
            "reviews_per_day": result.reviews_a_day(of),
            "samples_per_day": result.samples_a_day(of),
            "reviewer_hours_per_day": result.hours_a_day(of),
            "reject": accuracy(of.reject),
            "needs_a_person": accuracy(of.person),
        }

    return {
        "changes": list(changes),
        "items": result.items,
        "days": len(result.days),
        "moved": result.moved,
        "moves": [
            {"app": app, "content_types": types.split(", "), "was": was, "would_be": would_be, "items": count}
            for (app, types, was, would_be), count in sorted(result.moves.items())
        ],
        "rules": dict(result.rules.most_common()),
        "was": side(result.was),
        "would_be": side(result.would_be),
        "answered": result.answered,
        "seconds_per_task": result.seconds_a_task,
        "tasks_measured": result.timed,
        "not_looked_for": dict(result.not_looked_for),
        "unrecorded": result.unrecorded,
        "most_changed": [
            {
                "item": each.item_id,
                "app": each.app,
                "was": each.was,
                "would_be": each.would_be,
                "because": each.because,
                "people": each.people,
                "content": each.content,
                "link": each.link,
            }
            for each in result.most_changed
        ],
    }


def as_html(result: Comparison, title: str, changes: Sequence[str]) -> str:
    """The report as one page: no script, nothing from elsewhere, everything escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((files("moderation") / "evidence" / "backtest.html").read_text("utf-8"))
    grid: Counter[tuple[str, str]] = Counter()
    for (_, _, was, would_be), count in result.moves.items():
        grid[was, would_be] += count
    shown = [outcome for outcome in OUTCOMES if any(outcome in pair for pair in grid)]
    days = result.days[-SHOWN_DAYS:]
    bars = [(day, result.was.reviews[day], result.would_be.reviews[day]) for day in days]
    return template.render(
        title=title,
        changes=changes,
        result=result,
        grid=grid,
        shown=shown,
        largest=max(grid.values(), default=1),
        bars=bars,
        tallest=max((max(was, would_be) for _, was, would_be in bars), default=0) or 1,
        moves=_moves(result),
        load=_load(result),
        agreement=_accuracy(result),
        time_words=time_words(result),
        rules=result.rules.most_common(15),
        not_looked_for=result.not_looked_for.most_common(10),
    )
