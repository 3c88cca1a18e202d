"""Pages of lists. A token names the last row that was seen, so rows that come or go in between shift nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.awswire.errors import invalid


def read_page(
    c: Connection,
    query: sa.Select[Any],
    order_by: sa.ColumnElement[Any],
    name: sa.ColumnElement[str],
    *,
    ascending: bool,
    token: str | None,
    size: int,
) -> tuple[Sequence[Any], str | None]:
    """The next `size` rows, and the token for those after them; None at the end.

    Args:
        order_by: the column that sorts, a time or a text; rows with the same value are sorted by `name`, upwards.
        name: a column with a different value in each row.
        token: of the page before; None for the first.

    Raises:
        ApiError: the token is none of ours.
    """
    if token is not None:
        value, last = _read(token, isinstance(order_by.type, sa.String))
        beyond = order_by > value if ascending else order_by < value
        query = query.where(beyond | ((order_by == value) & (name > last)))
    query = query.order_by(order_by.asc() if ascending else order_by.desc(), name)
    rows = list(c.execute(query.add_columns(order_by.label("page_key"), name.label("page_name")).limit(size + 1)))
    if len(rows) <= size:
        return rows, None
    last_row = rows[size - 1]
    return rows[:size], _make(last_row.page_key, last_row.page_name)


def _make(value: str | datetime, name: str) -> str:
    key = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([key, name]).encode()).decode()


def _read(token: str, is_text: bool) -> tuple[str | datetime, str]:
    parse: Callable[[str], str | datetime] = str if is_text else _moment
    try:
        value, name = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
        if not isinstance(value, str) or not isinstance(name, str) or "\x00" in value + name:
            raise ValueError("not two texts")
        (value + name).encode()
        return parse(value), name
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise invalid("NextToken is not one of ours") from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)
