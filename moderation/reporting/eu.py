"""The regulators' report: the tables of Implementing Regulation (EU) 2024/2835, filled with what is stored.

A value that nothing stored says is blank, never 0, and named with its reason. Times are in hours and shares from 0 to
1, as the instructions of Annex II have them; a 0 means that nothing of the kind happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from typing import Any

from ground.statistics import Interval
from moderation.core.dsa import LANGUAGES, MEMBER_STATES, OTHER, Category
from moderation.reporting import templates as t
from moderation.reporting.automation import Automation
from moderation.reporting.figures import Figures, Measure

EVERY = "*"
"""In the place of a row's name: all rows of the table."""
NO_ORDERS = "orders of authorities do not come to this service"
NOT_HERE = "this service decides about content: what you restrict elsewhere is not known to it"
WHOLE = "an item is approved or rejected as a whole; a part of a decision is not recorded"
UNTRUSTED = "whether a notice came from a trusted flagger is not recorded"
UNSAMPLED = "people looked at no samples of it: a sampling in the deciding policies sends them some"
ERASED = "an appeal about withdrawn content is erased with it"
YOURS = "only you know it"
LANGUAGE = "the language of content is not recorded with decisions"
NO_MEDIAN = "nothing was decided of which there could be a median"
NOTHING_REVERSED = "no body has reversed a decision"


@dataclass(frozen=True)
class NotDerived:
    """A value that nothing stored says.

    Attributes:
        row: what the row is about: category, indicator; `EVERY` for all rows of the table.
        scope: of the row, where the table has one.
    """

    table: str
    row: str
    scope: str
    column: str
    why: str


@dataclass
class Table:
    """A table of the report.

    Attributes:
        name: of its file, without ``.csv``.
        values: the columns that hold what is reported, of `columns`.
    """

    name: str
    columns: tuple[str, ...]
    values: tuple[str, ...]
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Report:
    """The report: its tables, and what they leave blank."""

    tables: list[Table]
    not_derived: list[NotDerived]


@dataclass(frozen=True)
class About:
    """What a report says of its provider; None where nobody said."""

    provider: str | None = None
    service: str | None = None
    published: date | None = None
    previous: date | None = None


def report(made: Figures, about: About) -> Report:
    """The report of what was counted. Pure."""
    last = (made.until - timedelta(days=1)).date()
    filling = _Filling(made, about, f"{made.since.date().isoformat()}/{last.isoformat()}")
    tables = [
        filling.identification(last),
        filling.categories(),
        filling.orders(),
        filling.notices(),
        filling.own_initiative(terms=False),
        filling.own_initiative(terms=True),
        filling.appeals(),
        filling.automated_means(),
        filling.human_resources(),
        filling.recipients(),
        filling.qualitative(),
    ]
    return Report(tables, filling.missing)


class _Filling:
    """Fills one table after the other, and notes what is missing."""

    def __init__(self, made: Figures, about: About, period: str) -> None:
        self._made, self._about, self._period = made, about, period
        self.missing: list[NotDerived] = []

    def _miss(self, table: str, row: str, column: str, why: str, scope: str = "") -> str:
        self.missing.append(NotDerived(table, row, scope, column, why))
        return ""

    def _head(self, applicability: str) -> dict[str, Any]:
        service = self._about.service or ""
        return {"Applicability": applicability, "Service": service, "Reporting period": self._period}

    # Tables

    def identification(self, last: date) -> Table:
        about = self._about
        said = (about.provider, about.published, about.previous, self._made.since.date(), last)
        table = Table("1_report_identification", ("Applicability", "Service", "Indicator", "Value"), ("Value",))
        for indicator, value in zip(t.IDENTIFICATION, said, strict=True):
            shown = value if value is not None else self._miss(table.name, indicator, "Value", YOURS)
            row = {"Applicability": t.ALL, "Service": about.service or "", "Indicator": indicator, "Value": str(shown)}
            table.rows.append(row)
        return table

    def categories(self) -> Table:
        code = "Category of illegal content / incompatible with the terms and conditions"
        columns = ("Category label", "Category description", code, "Contextual information")
        table = Table("2_categories_names", columns, ())
        for label, title, name in t.named_categories():
            table.rows.append({"Category label": label, "Category description": title, code: name, columns[3]: ""})
        return table

    def orders(self) -> Table:
        columns = (*_BY_CATEGORY, "Scope", *t.ORDERS, *t.ORDERS_CONTEXT)
        table = Table("3_member_states_orders", _named(columns, "Category of illegal content"), t.ORDERS)
        codes = [*t.category_codes(terms=False), (t.NO_ORDER, None, None)]
        for scope in (t.TOTAL, *MEMBER_STATES):
            for code, _, _ in codes:
                row = {"Category of illegal content": code, "Scope": scope}
                table.rows.append(_blank(table, self._head(t.ALL) | row))
        for column in t.ORDERS:
            self._miss(table.name, EVERY, column, NO_ORDERS, EVERY)
        return table

    def notices(self) -> Table:
        made, of = self._made, "Category of illegal content"
        table = Table("4_notices", _named((*_BY_CATEGORY, *t.NOTICES, *t.NOTICES_CONTEXT), of), t.NOTICES)
        knows_trust = bool(made.notices) and all(each.is_trusted is not None for each in made.notices)
        for code, category, keyword in [*t.category_codes(terms=False), (t.NO_NOTICE, None, None)]:
            which = _which_notices(code, category, keyword)
            values = _of_notices(made, which)
            row = self._head(t.HOSTING) | {of: code}
            for column, (everyone, trusted) in zip(t.NOTICES[::2], values, strict=True):
                pair = t.NOTICES[t.NOTICES.index(column) + 1]
                row[column] = self._or_missing(
                    table.name, code, column, everyone, NO_MEDIAN, _which_other(category, code)
                )
                why = NO_MEDIAN if knows_trust else UNTRUSTED
                value = trusted if knows_trust else None
                row[pair] = self._or_missing(table.name, code, pair, value, why, _which_other(category, code))
            table.rows.append(_blank(table, row))
        return table

    def own_initiative(self, *, terms: bool) -> Table:
        of = "Category of incompatibility with the provider's terms and conditions" if terms else _ILLEGAL
        name = "6_own_initiative_TC" if terms else "5_own_initiative_illegal"
        table = Table(name, _named((*_BY_CATEGORY, *t.MEASURES, *t.MEASURES_CONTEXT), of), t.MEASURES)
        basis = "terms" if terms else "law"
        mine = Counter({m: n for m, n in self._made.measures.items() if (m.basis, m.source) == (basis, _OWN)})
        known = {"", *t.VISIBILITY.values(), *t.MEASURES[:2]}
        for column in (each for each in t.MEASURES if each not in known):
            self._miss(name, EVERY, column, NOT_HERE)
        for code, category, keyword in t.category_codes(terms=terms):
            if keyword == "":
                assert category is not None
                others = sorted({m.reference for m in mine if m.category == category.name and not m.keyword})
                for reference in others or [""]:
                    table.rows.append(self._measured(table, of, OTHER, reference, _sum(mine, category, "", reference)))
            else:
                table.rows.append(self._measured(table, of, code, "", _sum(mine, category, keyword)))
        unfounded = sum(n for m, n in self._made.measures.items() if not m.basis and m.source == _OWN)
        if unfounded:
            why = f"{unfounded} restrictions are in neither table 5 nor 6: their policies name no ground"
            self._miss(name, t.TOTAL, t.MEASURES[0], why, "in part")
        return table

    def _measured(self, table: Table, of: str, code: str, other: str, found: Counter[str]) -> dict[str, Any]:
        row = self._head(t.ALL) | {of: code, _DESCRIPTION: other}
        row |= {t.MEASURES[0]: found["all"], t.MEASURES[1]: found["fully"]}
        row |= {column: found[restriction] for restriction, column in t.VISIBILITY.items()}
        return _blank(table, row)

    def appeals(self) -> Table:
        table = Table("7_appeals_and_recidivism", _INDICATORS, ("Value",))
        values = dict(_appealed(self._made))
        for applicability, section, indicator, scope in t.APPEALS:
            value, context = values.get((indicator, scope), (None, ""))
            why = _WHY_NO_APPEALS.get((indicator, scope)) or _WHY_NO_APPEALS.get((EVERY, scope)) or NOT_HERE
            if scope == t.PARTLY and section != t.BODIES and indicator in _COUNTED:
                why = WHOLE
            table.rows.append(self._indicated(table, applicability, section, indicator, scope, value, context, why))
        return table

    def automated_means(self) -> Table:
        table = Table("8_automated_means", _SAID, ("Value",))
        values = dict(_automated(self._made))
        for applicability, section, indicator, scope in t.AUTOMATION:
            value, context = values.get((indicator, scope), (None, ""))
            why = LANGUAGE if scope in LANGUAGES else UNTRUSTED if scope == t.NAM_TRUSTED else UNSAMPLED
            table.rows.append(self._indicated(table, applicability, section, indicator, scope, value, context, why))
        return table

    def human_resources(self) -> Table:
        table = Table("9_human_resources", (*_HEAD, "Section", "Indicator", "Scope", "Value", _CONTEXT), ("Value",))
        for applicability, section, indicator, scope in t.RESOURCES:
            table.rows.append(self._indicated(table, applicability, section, indicator, scope, None, "", YOURS))
        return table

    def recipients(self) -> Table:
        table = Table("10_AMAR", (*_HEAD, "Section", "Indicator", "Scope", "Value"), ("Value",))
        for scope in (t.TOTAL, *MEMBER_STATES):
            table.rows.append(self._indicated(table, t.VLOPS_AND_VLOSES, "AMAR", t.RECIPIENTS, scope, None, "", YOURS))
        return table

    def qualitative(self) -> Table:
        table = Table("11_qualitative", (*_HEAD, "Indicator", "Value"), ("Value",))
        for applicability, indicator in t.QUALITATIVE:
            row = self._head(applicability) | {"Indicator": indicator}
            row["Value"] = self._miss(table.name, indicator, "Value", "it is for you to write")
            table.rows.append(row)
        return table

    def _indicated(
        self,
        table: Table,
        applicability: str,
        section: str,
        indicator: str,
        scope: str,
        value: float | int | None,
        context: str,
        why: str,
    ) -> dict[str, Any]:
        row = self._head(applicability) | {"Section": section, "Indicator": indicator, "Scope": scope}
        row["Value"] = self._or_missing(table.name, indicator, "Value", value, why, scope)
        return _blank(table, row | {column: context for column in table.columns if column.startswith("Contextual")})

    def _or_missing(self, table: str, row: str, column: str, value: Any, why: str, scope: str = "") -> Any:
        if value is None:
            return self._miss(table, row, column, why, scope)
        return round(value, 4) if isinstance(value, float) else value


_OWN = "own_initiative"
_HEAD = ("Applicability", "Service", "Reporting period")
_ILLEGAL = "Category of illegal content"
_DESCRIPTION = 'Description of the sub-category "Other"'
_BY_CATEGORY = (*_HEAD, "", _DESCRIPTION)
_CONTEXT = "Contextual information"
_INDICATORS = (*_HEAD, "Section", "Indicator", "Scope", "Value", "Contextual Information")
_SAID = _INDICATORS
_COUNTED = (t.SUBMITTED, t.OF_VISIBILITY, t.OF_NOTICE)

_WHY_NO_APPEALS: Mapping[tuple[str, str], str] = {
    (t.SUBMITTED, t.OMITTED): ERASED,
    (t.DISPUTED, t.IMPLEMENTED): NOTHING_REVERSED,
    **{(each, t.MEDIAN): NO_MEDIAN for each in (t.SUBMITTED, t.OF_VISIBILITY, t.OF_NOTICE, t.DISPUTED)},
    **{(t.OF_TRUSTED_NOTICE, scope): UNTRUSTED for scope in (t.TOTAL_NUMBER, t.UPHELD, t.PARTLY, t.REVERSED, t.MEDIAN)},
}


def _named(columns: Iterable[str], category: str) -> tuple[str, ...]:
    return tuple(category if column == "" else column for column in columns)


def _blank(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {column: row.get(column, "") for column in table.columns}


def _which_other(category: Category | None, code: str) -> str:
    """Which of the rows of the same name it is."""
    return category.code if category is not None and code == OTHER else ""


def _which_notices(code: str, category: Category | None, keyword: str | None) -> str | None:
    """The category whose notices a row counts, empty for those that name none; None for a row of none, "*" for all."""
    if code == t.TOTAL:
        return EVERY
    if code == t.NO_NOTICE:
        return ""
    assert category is not None
    # Notices name a category and no keyword: they stand in its row and in that of no other keyword.
    return category.name if not keyword else None


def _of_notices(made: Figures, which: str | None) -> Iterator[tuple[Any, Any]]:
    """Of each pair of columns, what all notices and what those of trusted flaggers come to."""

    def is_mine(category: str) -> bool:
        return which in (EVERY, category)

    for _ in range(2):  # a notice is about one item, so that both count the same
        everyone = sum(n for each, n in made.notices.items() if is_mine(each.category))
        yield everyone, sum(n for each, n in made.notices.items() if is_mine(each.category) and each.is_trusted)
    suffix = "" if which == EVERY else f"/{which}"
    yield tuple(
        made.median_hours("notice", f"{of}{suffix}") if which is not None else None for of in ("all", "trusted")
    )  # type: ignore[misc]
    for basis in ("law", "terms"):
        acts = [(c, trust, n) for (b, c, trust), n in made.acted.items() if b == basis and is_mine(c)]
        yield sum(n for _, _, n in acts), sum(n for _, trust, n in acts if trust)


def _sum(
    measures: Mapping[Measure, int], category: Category | None, keyword: str | None, reference: str | None = None
) -> Counter[str]:
    """How many restrictions a row has: all, fully automated, and by restriction."""
    found: Counter[str] = Counter()
    for each, number in measures.items():
        if category is not None and each.category != category.name:
            continue
        if keyword is not None and each.keyword != keyword:
            continue
        if reference is not None and each.reference != reference:
            continue
        found["all"] += number
        found["fully"] += number if each.automation == "fully" else 0
        found[each.restriction] += number
    return found


_Values = Iterator[tuple[tuple[str, str], tuple[float | int | None, str]]]
"""Indicator and scope, to value and context."""


def _appealed(made: Figures) -> _Values:
    every = [(each.was, each.became, n) for each, n in made.appealed.items()]
    of_restriction = [(was, became, n) for was, became, n in every if was == "reject"]
    of_notice = [(e.was, e.became, n) for e, n in made.appealed.items() if e.was == "approve" and e.is_about_notice]
    hours = {"reject": made.hours.get(("appeal", "reject"), ()), "approve": made.hours.get(("appeal", "approve"), ())}
    times: Mapping[str, Sequence[float]] = {
        t.SUBMITTED: [*hours["reject"], *hours["approve"]],
        t.OF_VISIBILITY: list(hours["reject"]),
        t.OF_NOTICE: list(made.hours.get(("appeal", "notice"), ())),
    }
    for indicator, counted in ((t.SUBMITTED, every), (t.OF_VISIBILITY, of_restriction), (t.OF_NOTICE, of_notice)):
        is_open = sum(n for _, became, n in counted if became == "open")
        yield (indicator, t.TOTAL_NUMBER), (sum(n for _, _, n in counted), f"{is_open} not decided yet")
        yield (indicator, t.UPHELD), (sum(n for was, became, n in counted if was == became), "")
        reversed_ = sum(n for was, became, n in counted if became not in ("open", was))
        yield (indicator, t.REVERSED), (reversed_, "")
        yield (indicator, t.MEDIAN), (median(times[indicator]) if times[indicator] else None, "hours")
    yield (t.NEWLY_IMPOSED, t.TOTAL_NUMBER), (made.imposed_on_appeal, "")
    yield (t.DISPUTED, t.TOTAL_NUMBER), (sum(made.disputes.values()), f"{made.disputes['open']} not settled yet")
    for scope, outcome in ((t.UPHELD, "upheld"), (t.PARTLY, "partially_reversed"), (t.REVERSED, "reversed")):
        yield (t.DISPUTED, scope), (made.disputes[outcome], "")
    yield (t.DISPUTED, t.OMITTED), (made.disputes["omitted"], "")
    yield (t.DISPUTED, t.MEDIAN), (made.median_hours("dispute", "all"), "hours")
    reversing, followed = made.implemented
    yield (t.DISPUTED, t.IMPLEMENTED), (followed / reversing if reversing else None, f"{followed} of {reversing}")


def _automated(made: Figures) -> _Values:
    scopes = ((t.TOTAL_NUMBER, None, made.automation), (t.OWN, _OWN, made.automation_own))
    for scope, source, rates in scopes:
        mine = {m: n for m, n in made.measures.items() if source is None or m.source == source}
        fully = sum(n for m, n in mine.items() if m.automation == "fully")
        yield (t.BY_MACHINE, scope), (fully, "")
        yield (t.NOT_BY_MACHINE, scope), (sum(mine.values()) - fully, "people took part")
        assert rates is not None  # figures() has made it
        for indicator, found in (
            (t.ACCURACY, rates.accuracy),
            (t.PRECISION, rates.precision),
            (t.RECALL, rates.recall),
        ):
            yield (indicator, scope), (found.share if found is not None else None, _estimated(found, rates))
    by_rules = sum(n for (by, _), n in made.settled_by.items() if by == "rules")
    yield (t.NOTICES_BY_MACHINE, t.NAM), (by_rules, "of those that came and were settled in the period")
    yield (t.NOTICES_NOT_BY_MACHINE, t.NAM), (sum(made.settled_by.values()) - by_rules, "people decided")


def _estimated(found: Interval | None, rates: Automation) -> str:
    if found is None:
        return ""
    looked_at, covered, there = sum(rates.samples), sum(rates.covered), sum(rates.items)
    return (
        f"95 % interval {found.low:.4f} to {found.high:.4f}; estimated from {looked_at} samples that people looked at, "
        f"picked by the items' ids alone; samplings reach {covered} of {there} items that rules decided"
    )
