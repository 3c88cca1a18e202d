"""Statements for many rows at once, prepared: written once, and then values are converted and no more.

SQLAlchemy's `execute` looks at every parameter of every row anew, which takes longer than SQLite does to store it. And
Postgres takes all rows in one statement, as JSON: a statement for each costs it ten times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, Dialect

from ground.database import UTCDateTime
from ground.encoded_json import as_json

Row = Mapping[str, Any]
Converter = Callable[[Any], Any]
Constants = Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Ready:
    """A statement for many rows, or none, whose values are what the driver takes already. It may run more than once.

    Whoever makes it before the transaction begins keeps others waiting for a shorter time.
    """

    _text: str
    _values: Any

    def run(self, c: Connection) -> int:
        """Run it, in a write; says how many rows were written."""
        return c.exec_driver_sql(self._text, self._values).rowcount if self._values else 0


_NOTHING = Ready("", ())


def run_all(c: Connection, statements: Iterable[Ready]) -> list[int]:
    """Run statements one after the other, in a write; says of each how many rows were written.

    Postgres is sent all at once (libpq's pipeline mode): it does not wait for us between them, nor we for each answer.
    """
    every = list(statements)
    raw = c.connection.driver_connection
    if c.dialect.driver != "psycopg" or raw is None:
        return [each.run(c) for each in every]
    sent = [(each, raw.cursor()) for each in every if each._values]
    try:
        with raw.pipeline():
            for each, cursor in sent:
                cursor.execute(each._text, each._values)
    except c.dialect.loaded_dbapi.Error as error:
        texts = "; ".join(each._text for each, _ in sent)
        raise sa.exc.DBAPIError.instance(texts, None, error, c.dialect.loaded_dbapi.Error, dialect=c.dialect) from error
    counts = {id(each): cursor.rowcount for each, cursor in sent}
    return [counts.get(id(each), 0) for each in every]


def ready_insert(dialect: Dialect, table: sa.Table, rows: Sequence[Row], *, or_nothing: bool = False) -> Ready:
    """See `insert_many`."""
    if not rows:
        return _NOTHING
    return _insert(dialect, table, tuple(rows[0]), "DO NOTHING" if or_nothing else "").ready(rows)


def ready_add(dialect: Dialect, table: sa.Table, rows: Sequence[Row]) -> Ready:
    """See `add_many`."""
    return _insert(dialect, table, tuple(rows[0]), "ADD").ready(rows) if rows else _NOTHING


def ready_update(
    dialect: Dialect, table: sa.Table, key: str, rows: Sequence[Row], same: Constants, while_: Constants = ()
) -> Ready:
    """See `update_many`."""
    if not rows:
        return _NOTHING
    return _update(dialect, table, key, tuple(rows[0]), tuple(same), tuple(while_)).ready(rows)


def insert_many(c: Connection, table: sa.Table, rows: Sequence[Row], *, or_nothing: bool = False) -> int:
    """Insert rows, all with the same columns; a column that they leave out gets what the database gives it.

    Args:
        c: of a write.
        or_nothing: leave a row alone that is there already.

    Returns:
        How many were not there before.
    """
    return ready_insert(c.dialect, table, rows, or_nothing=or_nothing).run(c)


def add_many(c: Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert rows of numbers; where one of the same primary key is there, add to its numbers.

    Args:
        c: of a write.
        rows: of each key one, in an order that is the same everywhere: transactions that add to the same rows in
            different orders wait for each other for ever.
    """
    ready_add(c.dialect, table, rows).run(c)


def update_many(
    c: Connection, table: sa.Table, key: str, rows: Sequence[Row], same: Constants, while_: Constants = ()
) -> int:
    """Update rows, each found by a column that it names; says how many there were.

    Args:
        c: of a write.
        rows: `key` and the columns that differ, the same in all.
        same: columns and what they become in every row; None for NULL.
        while_: only rows that have these values in these columns.
    """
    return ready_update(c.dialect, table, key, rows, same, while_).run(c)


def among(c: Connection, column: sa.Column[Any], values: Collection[Any]) -> sa.ColumnElement[bool]:
    """The rows that have one of many values, with one parameter however many there are."""
    if c.dialect.name == "postgresql":
        kind = sa.Text() if isinstance(column.type, sa.String) else column.type
        return column == sa.func.any(sa.bindparam(None, list(values), type_=postgresql.ARRAY(kind)))
    listed = sa.func.json_each(as_json(list(values))).table_valued("value")
    return column.in_(sa.select(listed.c.value))


class _Prepared:
    """A statement and how the columns of rows become its parameters.

    Args:
        constants: parameters that are the same for all rows; they come first.
    """

    def __init__(
        self, text: str, dialect: Dialect, columns: Sequence[sa.Column[Any]], constants: Sequence[Any] = ()
    ) -> None:
        self._text = text
        self._is_one = dialect.name == "postgresql"
        make = _json_value if self._is_one else _driver_value
        # Plain strings: SQLAlchemy's own take the writer of JSON longer than all else in a row.
        self._names = [str(column.name) for column in columns]
        self._converters = [make(column, dialect) for column in columns]
        self._constants = tuple(constants)

    def ready(self, rows: Sequence[Row]) -> Ready:
        """The statement for rows."""
        # Column by column: most need no conversion, and then cost nothing.
        values: list[Sequence[Any]] = []
        for name, convert in zip(self._names, self._converters, strict=True):
            column = [row[name] for row in rows]
            values.append(column if convert is None else [convert(value) for value in column])
        if not self._is_one:
            constants = [[value] * len(rows) for value in self._constants]
            return Ready(self._text, list(zip(*constants, *values, strict=True)))
        names = self._names
        one = as_json([dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)])
        return Ready(self._text, (*self._constants, one))


@lru_cache(maxsize=100)
def _insert(dialect: Dialect, table: sa.Table, names: tuple[str, ...], conflict: str) -> _Prepared:
    """An insert.

    Args:
        conflict: ``DO NOTHING`` or ``ADD`` where a row is there already; else that is an error.
    """
    columns = [table.c[name] for name in names]
    into = f"INSERT INTO {_quoted(dialect, table)} ({', '.join(_quoted(dialect, column) for column in columns)})"
    if dialect.name == "postgresql":
        what = " ".join(("SELECT", ", ".join(_taken(dialect, column) for column in columns), _from(dialect, columns)))
    else:
        what = f"VALUES ({', '.join('?' * len(columns))})"
    unless = ""
    if conflict == "ADD":
        keys = ", ".join(_quoted(dialect, column) for column in table.primary_key.columns)
        more = [_quoted(dialect, column) for column in columns if not column.primary_key]
        sums = (f"{name} = {_quoted(dialect, table)}.{name} + excluded.{name}" for name in more)
        unless = f" ON CONFLICT ({keys}) DO UPDATE SET {', '.join(sums)}"
    elif conflict:
        unless = f" ON CONFLICT {conflict}"
    return _Prepared(f"{into} {what}{unless}", dialect, columns)


@lru_cache(maxsize=100)
def _update(
    dialect: Dialect,
    table: sa.Table,
    key: str,
    names: tuple[str, ...],
    same: tuple[tuple[str, Any], ...],
    while_: tuple[tuple[str, str], ...],
) -> _Prepared:
    is_postgres = dialect.name == "postgresql"
    constants, sets = [], []
    for name, value in same:
        column = table.c[name]
        convert = _driver_value(column, dialect)
        constants.append(value if value is None or convert is None else convert(value))
        place = f"%s::{column.type.compile(dialect)}" if is_postgres else "?"
        sets.append(f"{_quoted(dialect, column)} = {place}")
    # The key comes last, as the statement for one row has it.
    columns = [*(table.c[name] for name in names if name != key), table.c[key]]
    for column in columns[:-1]:
        sets.append(f"{_quoted(dialect, column)} = {_taken(dialect, column) if is_postgres else '?'}")
    found = f"{_quoted(dialect, table)}.{_quoted(dialect, table.c[key])}"
    where = f"{_from(dialect, columns)} WHERE {found} = {_taken(dialect, table.c[key])}"
    end = where if is_postgres else f"WHERE {found} = ?"
    for name, value in while_:
        literal = sa.literal(value).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        end += f" AND {_quoted(dialect, table)}.{_quoted(dialect, table.c[name])} = {literal}"
    text = " ".join(("UPDATE", _quoted(dialect, table), "SET", ", ".join(sets), end))
    return _Prepared(text, dialect, columns, constants)


def _quoted(dialect: Dialect, named: sa.Table | sa.Column[Any]) -> str:
    quoted: str = dialect.identifier_preparer.quote(named.name)
    return quoted


def _from(dialect: Dialect, columns: Sequence[sa.Column[Any]]) -> str:
    """The rows of a JSON array, for Postgres."""
    listed = ", ".join(f"{_quoted(dialect, column)} {_read_as(dialect, column)}" for column in columns)
    return f"FROM json_to_recordset(%s::JSON) AS v ({listed})"


def _read_as(dialect: Dialect, column: sa.Column[Any]) -> str:
    """A column's type, but that a document is a text among the rows, so that it is kept letter for letter."""
    return "TEXT" if _is_json(column) else column.type.compile(dialect)


def _taken(dialect: Dialect, column: sa.Column[Any]) -> str:
    value = f"v.{_quoted(dialect, column)}"
    return f"{value}::JSON" if _is_json(column) else value


def _is_json(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.JSON)


def _driver_value(column: sa.Column[Any], dialect: Dialect) -> Converter | None:
    """What makes of a value what the driver takes; None for nothing."""
    if _is_json(column):
        return as_json
    if dialect.name == "sqlite" and isinstance(column.type, UTCDateTime):
        return _sqlite_time
    return column.type.dialect_impl(dialect).bind_processor(dialect)


@lru_cache(maxsize=1000)  # of rows that are written together many have the same time
def _sqlite_time(value: datetime | None) -> str | None:
    """A time as SQLAlchemy stores it in SQLite, several times as fast."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _json_value(column: sa.Column[Any], _: Dialect) -> Converter | None:
    """What makes of a value what stands for it in JSON."""
    if isinstance(column.type, sa.LargeBinary):
        return lambda value: None if value is None else "\\x" + bytes(value).hex()
    return as_json if _is_json(column) else None
