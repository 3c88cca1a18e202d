"""Writing the regulators' report into a folder: its tables, what they leave blank, and the database's rows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from ground.database import Database
from ground.spreadsheets import csv_lines
from moderation.core.errors import InputError
from moderation.core.statement_rows import dsa_row
from moderation.core.statements import Statement
from moderation.policies.versions import PolicyVersions
from moderation.reporting.eu import About, Report, report
from moderation.reporting.figures import Figures, figures

NOT_DERIVED = "not_derived"
STATEMENTS = "dsa_statements.jsonl"
WITHOUT_GROUND = "without_ground"


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        statements: rows for the DSA Transparency Database.
        unfounded: restrictions without one, because no ground is known.
    """

    figures: Figures
    report: Report
    statements: int
    unfounded: int


def write_report(
    database: Database,
    versions: PolicyVersions,
    since: datetime,
    until: datetime,
    about: About,
    folder: Path,
    app: str | None = None,
) -> Written:
    """Write all files of the report into `folder`, which is made; those of an earlier run are written anew.

    Raises:
        InputError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            (folder / STATEMENTS).open("w", encoding="utf-8") as filed,
            (folder / f"{WITHOUT_GROUND}.csv").open("w", encoding="utf-8", newline="") as unfiled,
        ):
            rows = _Rows(filed, unfiled)
            made = figures(database, versions, since, until, app, rows.add)
        found = report(made, about)
        for table in found.tables:
            lines = ([row[column] for column in table.columns] for row in table.rows)
            _write(folder / f"{table.name}.csv", [table.columns, *lines])
        head = ("table", "row", "scope", "column", "why")
        missing = ((each.table, each.row, each.scope, each.column, each.why) for each in found.not_derived)
        _write(folder / f"{NOT_DERIVED}.csv", [head, *missing])
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}") from error
    return Written(made, found, rows.filed, rows.unfiled)


class _Rows:
    """Writes each restriction as a row for the database, or says why it has none."""

    def __init__(self, filed: IO[str], unfiled: IO[str]) -> None:
        self._to, self._beside = filed, unfiled
        self.filed = self.unfiled = 0
        self._beside.writelines(csv_lines([("item", "decision", "policy", "policy_version", "rules", "why")]))

    def add(self, said: Statement) -> None:
        """Take in a restriction."""
        if said.ground is None:
            version, rules = said.policy.version, " ".join(said.rules)
            row = (said.item_id, said.number, said.policy.name, version, rules, said.no_ground)
            self._beside.writelines(csv_lines([row]))
            self.unfiled += 1
        else:
            self._to.write(json.dumps(dsa_row(said), ensure_ascii=False) + "\n")
            self.filed += 1


def _write(path: Path, rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(csv_lines(rows))
