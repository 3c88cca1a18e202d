"""Tags of what is made here, for its owners: AddTags, ListTags, DeleteTags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.awswire.errors import ApiError, invalid
from ground.awswire.paging import read_page
from review_ui.a2i import tables
from review_ui.a2i.owners import OPERATOR, Caller
from review_ui.a2i.service import A2IService
from review_ui.a2i.template_needs import FRAME_HOSTS, SCRIPT_HOSTS, wrong_hosts

MOST = 50
"""Tags that one thing may have, as on AWS."""
_KINDS: Mapping[str, sa.Table] = {
    "workteam/private-crowd": tables.workteams,
    "workforce": tables.workforces,
    "human-task-ui": tables.task_uis,
    "flow-definition": tables.flow_definitions,
    "labeling-job": tables.labelling_jobs,
}
Tags = Sequence[Mapping[str, str]]


def add_tags(review: A2IService, p: Mapping[str, Any], caller: Caller = OPERATOR) -> dict[str, Any]:
    """AddTags: those of the same key are replaced. The answer has all of them."""
    _need(review, p["ResourceArn"], caller)
    check_tags(p["Tags"])
    put_tags(review, p["ResourceArn"], p["Tags"])
    query = sa.select(tables.tags).where(tables.tags.c.arn == p["ResourceArn"]).order_by(tables.tags.c.key)
    return {"Tags": review.database.read(lambda c: [_view(row) for row in c.execute(query)])}


def list_tags(review: A2IService, p: Mapping[str, Any], caller: Caller = OPERATOR) -> dict[str, Any]:
    """ListTags, by key."""
    _need(review, p["ResourceArn"], caller)
    query = sa.select(tables.tags).where(tables.tags.c.arn == p["ResourceArn"])

    def work(c: Connection) -> tuple[Sequence[Any], str | None]:
        key, size = tables.tags.c.key, int(p.get("MaxResults") or MOST)
        return read_page(c, query, key, key, ascending=True, token=p.get("NextToken"), size=size)

    rows, token = review.database.read(work)
    return {"Tags": [_view(row) for row in rows]} | ({"NextToken": token} if token else {})


def delete_tags(review: A2IService, p: Mapping[str, Any], caller: Caller = OPERATOR) -> dict[str, Any]:
    """DeleteTags; keys that are not there change nothing."""
    _need(review, p["ResourceArn"], caller)
    of_keys = sa.delete(tables.tags).where(tables.tags.c.arn == p["ResourceArn"], tables.tags.c.key.in_(p["TagKeys"]))
    review.database.write(lambda c: c.execute(of_keys), step="a2i.delete_tags")
    return {}


def tags_of(review: A2IService, arn: str) -> dict[str, str]:
    """A thing's tags."""
    query = sa.select(tables.tags).where(tables.tags.c.arn == arn)
    return review.database.read(lambda c: {row.key: row.value for row in c.execute(query)})


def check_tags(given: Tags | None) -> None:
    """Refuse hosts that are none: what a template's page may load is read from these tags."""
    for tag in given or ():
        if tag["Key"] in (SCRIPT_HOSTS, FRAME_HOSTS) and (wrong := wrong_hosts(tag["Value"])):
            raise invalid(f"The tag {tag['Key']} takes names of hosts, separated by blanks; these are none: {wrong}")


def put_tags(review: A2IService, arn: str, given: Tags | None) -> None:
    """Give a thing tags; others stay as they are. Raises `ApiError` when there would be too many."""
    if not given:
        return
    values = {tag["Key"]: tag["Value"] for tag in given}

    def work(c: Connection) -> None:
        c.execute(sa.delete(tables.tags).where(tables.tags.c.arn == arn, tables.tags.c.key.in_(values)))
        c.execute(sa.insert(tables.tags), [{"arn": arn, "key": key, "value": value} for key, value in values.items()])
        count = sa.select(sa.func.count()).where(tables.tags.c.arn == arn)
        if c.execute(count).scalar_one() > MOST:
            raise invalid(f"A resource has at most {MOST} tags")

    review.database.write(work, step="a2i.put_tags")


def delete_all_tags(review: A2IService, arn: str) -> None:
    """Forget the tags of a thing that is deleted."""
    of_arn = sa.delete(tables.tags).where(tables.tags.c.arn == arn)
    review.database.write(lambda c: c.execute(of_arn), step="a2i.delete_all_tags")


def _need(review: A2IService, arn: str, caller: Caller) -> None:
    for kind, table in _KINDS.items():
        if arn.startswith(review.arn(kind, "")):
            # There is one workforce for all, which is the operator's.
            is_theirs = caller.owns(table) if "app" in table.c else sa.literal(caller.app is None)
            named = sa.select(table.c.name).where(table.c.name == arn.removeprefix(review.arn(kind, "")), is_theirs)
            if review.database.read(partial(_is_any, named)):
                return
    # Of the three operations' models none has an error for it; SageMaker's control plane calls it so elsewhere.
    raise ApiError("ValidationException", f"Could not find {arn[:256]}")


def _is_any(query: sa.Select[Any], c: Connection) -> bool:
    return c.execute(query).first() is not None


def _view(row: Any) -> dict[str, str]:
    return {"Key": row.key, "Value": row.value}
