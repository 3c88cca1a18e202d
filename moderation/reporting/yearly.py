"""The transparency report of a time as rows: what, of what, how many, and between what an estimate lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ground.statistics import Interval
from moderation.core.dsa import BY_NAME
from moderation.reporting.figures import Figures

COLUMNS = ("section", "figure", "app", "policy", "ground", "detail", "value", "low", "high", "unit", "note")
FEW = "few"
"""In the place of a number that would say something of single people."""


@dataclass(frozen=True)
class Row:
    """A line of the report.

    Attributes:
        detail: what else tells it from others.
        value: None where nothing says it, and `note` says why; `FEW` where it is kept back.
        low, high: the 95 % interval of an estimate.
        unit: ``decisions``, ``hours``, ``share`` (0-1) and so on.
    """

    section: str
    figure: str
    value: float | int | str | None
    unit: str
    app: str = ""
    policy: str = ""
    ground: str = ""
    detail: str = ""
    low: float | None = None
    high: float | None = None
    note: str = ""

    def cells(self) -> tuple[Any, ...]:
        """As a file has them."""
        return tuple("" if (cell := getattr(self, name)) is None else _cell(cell) for name in COLUMNS)


def _cell(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def rows(made: Figures, least: int = 0) -> Iterator[Row]:
    """The report, section by section.

    Args:
        least: counts of fewer than these are kept back (`FEW`), with what could be reckoned from them; 0 for none.
    """
    found = _rows(made)
    return _kept_back(found, least) if least > 1 else found


def _rows(made: Figures) -> Iterator[Row]:
    yield from _notices(made)
    yield from _decisions(made)
    yield from _measures(made)
    yield from _automation(made)
    yield from _appeals(made)
    yield from _disputes(made)
    yield from _missing(made)


def _notices(made: Figures) -> Iterator[Row]:
    yield Row("notices", "received", sum(made.notices.values()), "notices", note="reports of users")
    for noticed, number in sorted(made.notices.items(), key=str):
        yield Row("notices", noticed.outcome, number, "notices", app=noticed.app, detail=noticed.category)
    yield _median(made, "notices", "median time to action", "notice", "all", "no notice was upheld")


def _decisions(made: Figures) -> Iterator[Row]:
    total = sum(made.decided.values())
    yield Row("decisions", "all", total, "decisions")
    for each, number in sorted(made.decided.items()):
        yield Row("decisions", each.outcome, number, "decisions", app=each.app, policy=each.policy, detail=each.by)
    by_rules = sum(number for each, number in made.decided.items() if each.by == "rules")
    share = by_rules / total if total else None
    yield Row("decisions", "automated share", share, "share", detail="of all decisions", note="" if total else "none")
    for by in ("rules", "people"):
        yield _median(made, "decisions", "median time from post", "decision", by, f"{by} decided nothing first", by)


def _measures(made: Figures) -> Iterator[Row]:
    total = sum(made.measures.values())
    yield Row("restrictions", "newly imposed", total, "restrictions")
    for each, number in sorted(made.measures.items()):
        category = BY_NAME[each.category].title if each.category else ""
        detail = "; ".join(part for part in (category, each.restriction, each.automation, each.source) if part)
        basis = {"law": "by law", "terms": "by terms", "": "ground not known"}[each.basis]
        yield Row("restrictions", basis, number, "restrictions", each.app, each.policy, each.ground, detail)
    automated = sum(number for each, number in made.measures.items() if each.automation == "fully")
    share = automated / total if total else None
    yield Row("restrictions", "automated share", share, "share", note="" if total else "none")


def _automation(made: Figures) -> Iterator[Row]:
    found = made.automation
    assert found is not None  # figures() has made it
    rejects, approvals = found.samples
    for side, looked_at, at in (("rejects", rejects, 0), ("approvals", approvals, 1)):
        detail = f"{side}: {looked_at} samples looked at; samplings reach {found.covered[at]} of {found.items[at]}"
        yield Row("error rate", "samples", looked_at, "samples", detail=detail)
    wrong = found.accuracy
    error = None if wrong is None else Interval(1 - wrong.share, 1 - wrong.high, 1 - wrong.low)
    why = "no sampling of the deciding policies was looked at"
    yield _estimate("error rate of rules", error, why)
    yield _estimate("precision of rejects", found.precision, f"{why}, of rejects")
    yield _estimate("recall of rejects", found.recall, f"{why}, of rejects and approvals both")
    for policy, outcome in found.unsampled:
        yield Row("error rate", "not estimated", None, "share", policy=policy, detail=outcome, note="no samples of it")


def _estimate(figure: str, found: Interval | None, why: str) -> Row:
    if found is None:
        return Row("error rate", figure, None, "share", note=why)
    return Row("error rate", figure, found.share, "share", low=found.low, high=found.high, note="95 % interval")


def _appeals(made: Figures) -> Iterator[Row]:
    yield Row("appeals", "submitted", sum(made.appealed.values()), "appeals")
    counted: Counter[tuple[str, str]] = Counter()
    for each, number in made.appealed.items():
        became = "open" if each.became == "open" else "upheld" if each.became == each.was else "overturned"
        counted[became, each.was] += number
    for (became, was), number in sorted(counted.items()):
        yield Row("appeals", became, number, "appeals", detail=f"of a decision to {was}")
    for was in ("reject", "approve"):
        why = f"no appeal of a decision to {was} was decided"
        yield _median(made, "appeals", "median time", "appeal", was, why, f"of a decision to {was}")


def _disputes(made: Figures) -> Iterator[Row]:
    yield Row("out-of-court disputes", "submitted", sum(made.disputes.values()), "disputes", note="as recorded here")
    for outcome, number in sorted(made.disputes.items()):
        yield Row("out-of-court disputes", outcome.replace("_", " "), number, "disputes")
    yield _median(made, "out-of-court disputes", "median time", "dispute", "all", "none was settled")


def _missing(made: Figures) -> Iterator[Row]:
    yield Row("left out", "items withdrawn", made.withdrawn, "items", note="nothing of them is known any more")
    yield Row("left out", "decisions gone", made.gone, "decisions", note="items withdrawn or kept long enough")
    yield Row("left out", "ground not known", made.unfounded, "restrictions", note="the policy names none")


def _median(made: Figures, section: str, figure: str, what: str, of: str, why: str, detail: str = "") -> Row:
    value = made.median_hours(what, of)
    return Row(section, figure, value, "hours", detail=detail, note="" if value is not None else why)


_SHARED = ("share", "hours")
"""Units that could be reckoned back into counts."""


def _kept_back(found: Iterable[Row], least: int) -> Iterator[Row]:
    """Small counts kept back; where one of a section is, the next larger ones too, so that no difference tells it."""
    kept = list(found)
    for section in dict.fromkeys(row.section for row in kept):
        mine = [row for row in kept if row.section == section]
        counts = [row for row in mine if row.unit not in _SHARED and isinstance(row.value, int)]
        small = [row for row in counts if 0 < row.value < least]  # type: ignore[operator]
        if not small:
            yield from mine
            continue
        hidden = {id(row) for row in small}
        larger = sorted((row for row in counts if row.value and id(row) not in hidden), key=lambda row: row.value)  # type: ignore[arg-type, return-value]
        hidden |= {id(row) for row in larger[:1]} if len(small) == 1 else set()
        for row in mine:
            is_hidden = id(row) in hidden or row.unit in _SHARED
            note = f"kept back: fewer than {least} somewhere in this section"
            yield replace(row, value=FEW, low=None, high=None, note=note) if is_hidden and row.value else row
