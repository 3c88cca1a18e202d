"""Statements for many rows at once, prepared: compiled once, and then their values are converted and no more.

SQLAlchemy's `execute` looks at every parameter of every row anew, which takes longer than SQLite does to store it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect

Row = Mapping[str, Any]


def insert_many(c: Connection, table: sa.Table, rows: Sequence[Row], *, or_nothing: bool = False) -> None:
    """Insert rows, all with the same columns.

    Args:
        c: of a write.
        or_nothing: leave a row alone that is there already.
    """
    if rows:
        _insert(c.dialect, table, tuple(rows[0]), or_nothing).run(c, rows)


def update_many(c: Connection, table: sa.Table, key: str, rows: Sequence[Row], same: Sequence[tuple[str, Any]]) -> None:
    """Update rows, each found by a column that it names.

    Args:
        c: of a write.
        rows: `key` and the columns that differ, the same in all.
        same: columns and what they become in every row; None for NULL.
    """
    if rows:
        _update(c.dialect, table, key, tuple(rows[0]), tuple(same)).run(c, rows)


class _Prepared:
    """A compiled statement with a parameter, converted as its column wants it, for each value of a row."""

    def __init__(self, statement: Any, dialect: Dialect, columns: Mapping[str, str]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(columns))
        if compiled.insert_prefetch or compiled.update_prefetch:
            raise TypeError(f"rows leave out {compiled.insert_prefetch or compiled.update_prefetch}")
        self._text = str(compiled)
        names: list[str] = compiled.positiontup or list(compiled.binds)
        self._names = None if compiled.positiontup else names
        self._parameters: list[tuple[str | None, Callable[[Any], Any] | None, Any]] = []
        for name in names:
            convert, same = _converter(compiled.binds[name], dialect), compiled.params[name]
            # Where rows have no value for it, the statement itself says what a parameter is.
            is_same = name not in columns
            same = convert(same) if is_same and convert is not None else same
            self._parameters.append((None if is_same else columns[name], convert, same))

    def run(self, c: Connection, rows: Sequence[Row]) -> None:
        ready = [
            [
                same if column is None else row[column] if convert is None else convert(row[column])
                for column, convert, same in self._parameters
            ]
            for row in rows
        ]
        values: Any = (
            [dict(zip(self._names, row, strict=True)) for row in ready] if self._names else list(map(tuple, ready))
        )
        c.exec_driver_sql(self._text, values)


def _converter(bind: sa.BindParameter[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    return bind.type.dialect_impl(dialect).bind_processor(dialect)


@lru_cache(maxsize=100)
def _insert(dialect: Dialect, table: sa.Table, columns: tuple[str, ...], or_nothing: bool) -> _Prepared:
    insert: Any = (postgresql if dialect.name == "postgresql" else sqlite).insert(table)
    if or_nothing:
        insert = insert.on_conflict_do_nothing()
    return _Prepared(insert, dialect, {column: column for column in columns})


@lru_cache(maxsize=100)
def _update(
    dialect: Dialect, table: sa.Table, key: str, columns: tuple[str, ...], same: tuple[tuple[str, Any], ...]
) -> _Prepared:
    differing = {f"its_{column}": column for column in columns}
    values: dict[str, Any] = {column: sa.null() if value is None else value for column, value in same}
    values |= {
        column: sa.bindparam(name, type_=table.c[column].type) for name, column in differing.items() if column != key
    }
    found = table.c[key] == sa.bindparam(f"its_{key}", type_=table.c[key].type)
    return _Prepared(sa.update(table).where(found).values(values), dialect, differing)
