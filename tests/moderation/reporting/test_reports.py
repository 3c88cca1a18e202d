"""Reports of a time: every figure is what a recount of the raw rows comes to, and what nothing says is named."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from moderation.cli import run
from moderation.core.dsa import CATEGORY_OF
from moderation.reporting import templates as t
from moderation.reporting.automation import Sampled, automation
from moderation.reporting.eu import EVERY, About, Report, report
from moderation.reporting.figures import Figures, figures
from moderation.reporting.writing import write_report
from moderation.reporting.yearly import FEW, rows
from moderation.settings import load_settings
from tests.houses.docket import NEW_YEAR, SECRET, Docket

SINCE, UNTIL = NEW_YEAR, datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def docket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docket]:
    """A year, with something of everything, and something on either side of it."""
    folder = tmp_path_factory.mktemp("docket")
    made = Docket(load_settings(data=folder / "data"), folder / "rules")
    for day in (-3, 400):
        made.by_rules("PII/SSN", day)
    numbers = [made.by_rules("PII/SSN", day, sampled=said) for day, said in enumerate(["reject"] * 6 + ["approve"], 5)]
    weapons = [made.by_rules("Weapons", 20 + n, hours=2 + n) for n in range(3)]
    clean = [made.by_rules(None, 30 + n, sampled="approve") for n in range(5)]
    missed = [made.by_rules(None, 40, sampled="reject"), made.by_rules(None, 41), made.by_rules(None, 42, app="forum")]
    made.by_rules("Gambling", 50)
    made.by_rules("Swimwear or Underwear", 51)
    made.by_people("reject", 60, hours=30)
    made.by_people("reject", 61, reasons=["fraud"])
    approved = made.by_people("approve", 62)
    made.reported(missed[0], 70, "reject", days=2)
    made.reported(missed[1], 71, "approve")
    made.reported(clean[0], 72, None)
    made.appealed(numbers[0], 80, "approve")
    made.appealed(numbers[0], 90, "approve", days=4)  # about the approval
    made.appealed(numbers[1], 81, "reject", days=6)
    made.appealed(approved, 82, "reject")
    made.appealed(missed[1], 83, "approve", days=1)  # of who reported it
    made.appealed(weapons[0], 84, None)
    made.disputed(numbers[2], 100, "reversed")
    made.disputed(numbers[3], 101, "reversed", is_followed=False)
    made.disputed(weapons[1], 102, "upheld")
    made.disputed(weapons[2], 103, None)
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def counted(docket: Docket) -> Figures:
    return figures(docket.database, docket.versions, SINCE, UNTIL)


@pytest.fixture(scope="module")
def tables(counted: Figures) -> Report:
    return report(counted, About("Board Ltd", "Board"))


class Raw:
    """The raw rows, read past the service."""

    def __init__(self, docket: Docket) -> None:
        self._db = sqlite3.connect(docket.settings.data / "moderation.db")
        self._db.row_factory = sqlite3.Row
        self.decisions = [
            {
                "item": row["item_id"],
                "number": row["number"],
                "at": _at(row["decided_at"]),
                **json.loads(row["document"]),
            }
            for row in self._rows("decisions")
        ]
        self.items = {row["id"]: json.loads(row["document"]) for row in self._rows("items")}
        self.loops, self.flags, self.disputes = self._rows("item_loops"), self._rows("flags"), self._rows("disputes")
        self._db.close()

    def _rows(self, table: str) -> list[Any]:
        return list(self._db.execute(f"SELECT * FROM {table}"))

    def of_year(self) -> Iterator[dict[str, Any]]:
        return (each for each in self.decisions if SINCE <= each["at"] < UNTIL)

    def before(self, decision: dict[str, Any]) -> dict[str, Any] | None:
        wanted = (decision["item"], decision["number"] - 1)
        return next((each for each in self.decisions if (each["item"], each["number"]) == wanted), None)

    def measures(self) -> list[dict[str, Any]]:
        """Restrictions that the decision before did not have."""
        return [
            each
            for each in self.of_year()
            if _restricts(each) and ((was := self.before(each)) is None or not _restricts(was))
        ]

    def is_noticed(self, decision: dict[str, Any]) -> bool:
        at = [(f["item_id"], _at(f["settled_at"])) for f in self.flags if f["outcome"] == "upheld"]
        return (decision["item"], decision["at"]) in at


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _restricts(decision: dict[str, Any]) -> bool:
    return decision["outcome"] == "reject" or bool(decision.get("actions"))


def _ground(decision: dict[str, Any]) -> tuple[str, str, str]:
    """Basis, category and keyword, by what the policy of the house says."""
    if "fraud" in decision.get("reasons", ()):
        return "law", "scams_and_fraud", ""
    if decision.get("actions"):
        return "terms", "other_violation_tc", "nudity"
    if "Weapons" in decision["labels"]:
        return "law", "unsafe_and_prohibited_products", "prohibited_products"
    if "PII/SSN" in decision["labels"]:
        return "terms", "data_protection_and_privacy_violations", ""
    return "", "", ""


def cells(found: Report, name: str, key: str = "Value") -> dict[tuple[str, str], Any]:
    """The values of a table of indicators."""
    table = next(each for each in found.tables if each.name == name)
    return {(row["Indicator"], row.get("Scope", "")): row[key] for row in table.rows}


@pytest.mark.parametrize(("name", "basis"), [("5_own_initiative_illegal", "law"), ("6_own_initiative_TC", "terms")])
def test_own_initiative_measures_are_those_of_a_recount(docket: Docket, tables: Report, name: str, basis: str) -> None:
    raw = Raw(docket)
    own = [m for m in raw.measures() if not raw.is_noticed(m) and _ground(m)[0] == basis]

    table = next(each for each in tables.tables if each.name == name)
    category, seen = "", Counter[str]()
    for row in table.rows:
        code = row[table.columns[3]]
        category = code[len("STATEMENT_CATEGORY_") :].lower() if code.startswith("STATEMENT_") else category
        mine = [
            m
            for m in own
            if code == "TOTAL"
            or (_ground(m)[1] == category and (code.startswith("STATEMENT_") or _keyword(code) == _ground(m)[2]))
        ]
        assert row[t.MEASURES[0]] == len(mine), (category, code)
        assert row[t.MEASURES[1]] == sum(m["decided_by"] == "rules" for m in mine), (category, code)
        seen[code] += row[t.MEASURES[0]]
    assert seen["TOTAL"] == len(own) > 0


def _keyword(code: str) -> str:
    name = code[len("KEYWORD_") :].lower()
    return name if name in CATEGORY_OF else ""


def test_subcategories_add_up_to_their_category(tables: Report) -> None:
    for table in tables.tables[4:6]:
        whole, parts = 0, 0
        for row in table.rows[1:]:
            number, is_category = row[t.MEASURES[0]], row[table.columns[3]].startswith("STATEMENT_")
            if is_category:
                assert whole == parts
                whole, parts = number, 0
            else:
                parts += number
        assert whole == parts


def test_what_has_no_keyword_is_described(tables: Report) -> None:
    described = [row for table in tables.tables[4:6] for row in table.rows if row[table.columns[4]]]

    assert {(row['Description of the sub-category "Other"'], row[t.MEASURES[0]]) for row in described} == {
        ("Penal Code, article 263", 1),
        ("Rules, section 2", 9),
    }


def test_notices_are_those_of_a_recount(docket: Docket, tables: Report) -> None:
    raw, table = Raw(docket), next(each for each in tables.tables if each.name == "4_notices")
    total, unnamed = table.rows[0], table.rows[-1]

    upheld = [f for f in raw.flags if f["outcome"] == "upheld"]
    hours = median((_at(f["settled_at"]) - _at(f["created_at"])).total_seconds() / 3600 for f in upheld)
    acts = {(f["item_id"], f["settled_at"]) for f in upheld}
    assert total[t.NOTICES[0]] == unnamed[t.NOTICES[0]] == total[t.NOTICES[2]] == len(raw.flags) == 3
    assert total["Median time to take action"] == pytest.approx(hours)
    # What was upheld here names no ground: neither law nor terms.
    assert (len(acts), total[t.NOTICES[6]], total[t.NOTICES[8]]) == (1, 0, 0)
    assert {row[t.NOTICES[0]] for row in table.rows[1:-1]} == {0}


def test_appeals_are_those_of_a_recount(docket: Docket, tables: Report) -> None:
    raw, values = Raw(docket), cells(tables, "7_appeals_and_recidivism")
    appeals = {(r["item_id"], r["appeal"]): _at(r["created_at"]) for r in raw.loops if r["purpose"] == "appeal"}
    found = []
    for (item, _), at in appeals.items():
        mine = sorted((d for d in raw.decisions if d["item"] == item), key=lambda d: d["number"])
        was = [d for d in mine if d["at"] <= at][-1]
        became = next((d for d in mine if d["at"] > at), None)
        found.append(
            (was["outcome"], became and became["outcome"], became and (became["at"] - at).total_seconds() / 3600)
        )

    assert values[t.SUBMITTED, "Total number"] == len(found) == 6
    assert values[t.SUBMITTED, "Decisions upheld"] == sum(was == became for was, became, _ in found)
    assert values[t.SUBMITTED, "Decisions reversed"] == sum(became not in (None, was) for was, became, _ in found)
    assert values[t.SUBMITTED, "Median time"] == pytest.approx(median(h for *_, h in found if h is not None))
    assert values[t.NEWLY_IMPOSED, "Total number"] == sum((was, new) == ("approve", "reject") for was, new, _ in found)
    of_restriction = [each for each in found if each[0] == "reject"]
    assert values[t.OF_VISIBILITY, "Total number"] == len(of_restriction)
    assert values[t.OF_VISIBILITY, "Decisions reversed"] == sum(new == "approve" for _, new, _ in of_restriction)
    assert values[t.OF_NOTICE, "Total number"] == values[t.OF_NOTICE, "Decisions upheld"] == 1
    assert values[t.OF_NOTICE, "Median time"] == 24


def test_disputes_are_those_of_a_recount(docket: Docket, tables: Report) -> None:
    raw, values = Raw(docket), cells(tables, "7_appeals_and_recidivism")
    outcomes = Counter(row["outcome"] for row in raw.disputes)
    followed = [row["followed_at"] is not None for row in raw.disputes if row["outcome"] == "reversed"]

    assert values[t.DISPUTED, "Total number"] == len(raw.disputes) == 4
    assert values[t.DISPUTED, "Decisions upheld"] == outcomes["upheld"] == 1
    assert values[t.DISPUTED, "Decisions reversed"] == outcomes["reversed"] == 2
    assert values[t.DISPUTED, "Percentage of outcomes implemented"] == sum(followed) / len(followed) == 0.5
    assert values[t.DISPUTED, "Median time"] == 30 * 24


def test_automated_means_are_those_of_a_recount(docket: Docket, tables: Report) -> None:
    raw, values = Raw(docket), cells(tables, "8_automated_means")
    measures = raw.measures()

    by_rules = [m for m in measures if m["decided_by"] == "rules"]
    assert values[t.BY_MACHINE, "Total number"] == len(by_rules)
    assert values[t.NOT_BY_MACHINE, "Total number"] == len(measures) - len(by_rules)
    own = [m for m in measures if not raw.is_noticed(m)]
    assert values[t.BY_MACHINE, t.OWN] == sum(m["decided_by"] == "rules" for m in own)
    assert values[t.NOT_BY_MACHINE, t.OWN] == sum(m["decided_by"] == "people" for m in own)

    firsts = [d for d in raw.of_year() if d["number"] == 1 and d["decided_by"] == "rules"]
    population = Counter(d["outcome"] for d in firsts)
    looks = Counter[tuple[str, bool]]()
    for row in raw.loops:
        if row["purpose"] == "sample":
            wanted = "reject" if row["sampling"] == "rejects" else "approve"
            looks[wanted, row["outcome"] == wanted] += 1
    precision = looks["reject", True] / (looks["reject", True] + looks["reject", False])
    kept = looks["approve", True] / (looks["approve", True] + looks["approve", False])
    accuracy = (population["reject"] * precision + population["approve"] * kept) / population.total()
    right, missed = population["reject"] * precision, population["approve"] * (1 - kept)
    assert values[t.PRECISION, "Total number"] == pytest.approx(precision, abs=1e-4)
    assert values[t.ACCURACY, "Total number"] == pytest.approx(accuracy, abs=1e-4)
    assert values[t.RECALL, "Total number"] == pytest.approx(right / (right + missed), abs=1e-4)
    said = cells(tables, "8_automated_means", "Contextual Information")[t.PRECISION, "Total number"]
    assert said.startswith("95 % interval 0.4")
    assert "13 samples" in said


def test_every_blank_value_is_named_and_nothing_named_has_a_value(tables: Report) -> None:
    named = {(each.table, each.row, each.column) for each in tables.not_derived if each.scope != "in part"}
    for table in tables.tables:
        for row in table.rows:
            key = row.get("Indicator") or row.get(table.columns[3], "")
            for column in table.values:
                scoped = [
                    each
                    for each in tables.not_derived
                    if (each.table, each.column) == (table.name, column)
                    and each.row in (key, EVERY)
                    and each.scope in (row.get("Scope", ""), "", EVERY, "in part")
                    and each.scope != "in part"
                ]
                is_named = bool(scoped) and ((table.name, key, column) in named or (table.name, EVERY, column) in named)
                is_blank = row[column] == ""
                if key != "KEYWORD_OTHER":  # of several rows of one name
                    assert is_blank == is_named, (table.name, key, row.get("Scope"), column)
    assert all(each.why for each in tables.not_derived)


def test_restrictions_without_a_ground_are_in_no_category_and_said_so(docket: Docket, tables: Report) -> None:
    raw = Raw(docket)
    unfounded = [m for m in raw.measures() if not _ground(m)[0] and not raw.is_noticed(m)]

    said = [each.why for each in tables.not_derived if each.scope == "in part"]
    assert len(said) == 2
    assert all(why.startswith(f"{len(unfounded)} restrictions") for why in said)


def test_the_folder_has_tables_rows_for_the_database_and_what_is_missing(docket: Docket, tmp_path: Path) -> None:
    made = write_report(docket.database, docket.versions, SINCE, UNTIL, About(), tmp_path / "out")

    raw = Raw(docket)
    filed = [json.loads(line) for line in (tmp_path / "out" / "dsa_statements.jsonl").read_text().splitlines()]
    wanted = {f"{m['item']}-{m['number']}" for m in raw.measures() if _ground(m)[0]}
    assert {row["puid"] for row in filed} == wanted
    assert made.statements == len(wanted)
    beside = list(csv.DictReader((tmp_path / "out" / "without_ground.csv").read_text().splitlines()))
    assert {row["item"] for row in beside} == {m["item"] for m in raw.measures() if not _ground(m)[0]}
    files = sorted(path.name for path in (tmp_path / "out").glob("*.csv"))
    assert len([name for name in files if name[0].isdigit()]) == 11
    assert not any(SECRET[-8:] in path.read_text() for path in (tmp_path / "out").iterdir())


def test_the_yearly_report_is_what_a_recount_comes_to(docket: Docket, counted: Figures) -> None:
    raw, found = Raw(docket), list(rows(counted))
    values = {(row.section, row.figure, row.app, row.policy, row.detail): row.value for row in found}

    year = list(raw.of_year())
    assert values["decisions", "all", "", "", ""] == len(year)
    assert values["decisions", "automated share", "", "", "of all decisions"] == pytest.approx(
        sum(d["decided_by"] == "rules" for d in year) / len(year)
    )
    by = Counter((d["outcome"], d["decided_by"]) for d in year if raw.items[d["item"]]["app"] == "shop")
    for (outcome, who), number in by.items():
        assert values["decisions", outcome, "shop", "board", who] == number
    first = [d for d in year if d["number"] == 1 and d["decided_by"] == "people"]
    hours = median((d["at"] - _posted(raw, d)).total_seconds() / 3600 for d in first)
    assert values["decisions", "median time from post", "", "", "people"] == pytest.approx(hours)
    by_ground = [row.value for row in found if row.section == "restrictions" and row.policy]
    assert sum(by_ground) == len(raw.measures())
    error = next(row for row in found if row.figure == "error rate of rules")
    assert error.low is not None
    assert error.high is not None
    assert error.low < error.value < error.high


def _posted(raw: Raw, decision: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(raw.items[decision["item"]]["created_at"])


def test_small_numbers_are_kept_back_with_what_would_tell_them(counted: Figures) -> None:
    found = list(rows(counted, least=5))

    for row in found:
        if row.unit not in ("share", "hours") and isinstance(row.value, int):
            assert row.value == 0 or row.value >= 5, row
    for section in {row.section for row in found}:
        mine = [row for row in found if row.section == section]
        shown = [row for row in mine if isinstance(row.value, int) and row.value]
        assert sum(row.value == FEW for row in mine) != 1 or not shown


def test_one_app_is_reported_by_itself(docket: Docket) -> None:
    made = figures(docket.database, docket.versions, SINCE, UNTIL, "forum")

    assert sum(made.decided.values()) == 1
    assert not made.appealed
    assert not made.notices


def test_what_was_withdrawn_is_counted_as_gone(tmp_path: Path) -> None:
    from moderation.storage.withdrawing import Erasures

    docket = Docket(load_settings(data=tmp_path / "data"), tmp_path / "rules")
    gone = docket.by_rules("PII/SSN", 5)
    docket.by_rules("PII/SSN", 6)
    docket.disputed(gone, 8, "upheld")
    Erasures(docket.database).withdraw([gone], datetime(2026, 3, 1, tzinfo=UTC), "asked")

    made = figures(docket.database, docket.versions, SINCE, UNTIL)

    assert (made.withdrawn, made.gone, sum(made.decided.values()), sum(made.disputes.values())) == (1, 1, 1, 0)
    docket.database.close()


def test_strata_are_weighed_by_how_many_items_they_have() -> None:
    found = automation(
        {("a", "reject"): 900, ("b", "reject"): 100, ("a", "approve"): 1000},
        {("a", "reject"): Sampled(100, 90), ("b", "reject"): Sampled(100, 50)},
    )

    assert found.precision is not None
    assert found.precision.share == pytest.approx(0.86)
    assert found.recall is None
    assert found.unsampled == (("a", "approve"),)
    assert found.covered == (1000, 0)


def test_the_commands_write_them(docket: Docket, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = str(docket.settings.data), tmp_path / "eu"

    assert run(["report", "transparency", "--year", "2026", "--data", data]) == 0
    assert capsys.readouterr().out.startswith("section,figure,app,policy")
    days = ["--from", "2026-01-01", "--to", "2026-12-31"]
    assert run(["report", "eu-2024-2835", *days, "--out", str(out), "--data", data]) == 0
    assert "11 tables" in capsys.readouterr().out
    assert (out / "not_derived.csv").exists()
    assert (
        run(["report", "eu-2024-2835", "--from", "2026-02-01", "--to", "2026-01-01", "--out", str(out), "--data", data])
        == 2
    )
    assert "--to: it lies before --from" in capsys.readouterr().err


def test_a_setting_keeps_small_numbers_back(
    docket: Docket, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODERATION_LEAST_GROUP", "5")

    assert run(["report", "transparency", "--year", "2026", "--data", str(docket.settings.data)]) == 0
    assert FEW in [row["value"] for row in csv.DictReader(capsys.readouterr().out.splitlines())]
