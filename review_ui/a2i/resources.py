"""SageMaker's control plane as far as A2I needs it: task templates, and what all its named things have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.awswire.errors import ApiError, invalid
from ground.awswire.paging import read_page
from ground.awswire.strict_json import read_object
from ground.awswire.times import epoch, read_epoch
from ground.database import insert_or_nothing
from review_ui.a2i import tables
from review_ui.a2i.service import A2IService, Links
from review_ui.a2i.tags import check_tags, delete_all_tags, put_tags, tags_of
from review_ui.a2i.template_needs import FRAME_HOSTS, SCRIPT_HOSTS, Hosts, hosts_in, hosts_of, unknown_elements
from review_ui.a2i.templates import Fault, render

Parameters = Mapping[str, Any]
PAGE = 100


def create_human_task_ui(review: A2IService, p: Parameters) -> dict[str, Any]:
    """CreateHumanTaskUi. A template with an element that is not offered is refused: nobody could answer its page."""
    content = p["UiTemplate"]["Content"]
    if unknown := unknown_elements(content):
        raise invalid(f"uiTemplate.content has elements that are not offered here: {', '.join(unknown)}"[:1000])
    check_tags(p.get("Tags"))
    insert_named(review, tables.task_uis, p["HumanTaskUiName"], {"content": content})
    arn = review.arn("human-task-ui", p["HumanTaskUiName"])
    put_tags(review, arn, p.get("Tags"))
    return {"HumanTaskUiArn": arn}


def describe_human_task_ui(review: A2IService, p: Parameters, links: Links) -> dict[str, Any]:
    """DescribeHumanTaskUi: digest of the template and a short-lived address of it, not its text."""
    row = need(review, tables.task_uis, p["HumanTaskUiName"], "human task UI")
    content = row.content.encode()
    digest = hashlib.sha256(content).hexdigest()
    uri = review.blobs.put(f"a2i-templates/{row.name}/{digest}.html", content, "text/html")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return {
        "HumanTaskUiArn": review.arn("human-task-ui", row.name),
        "HumanTaskUiName": row.name,
        "HumanTaskUiStatus": "Active",
        "CreationTime": epoch(row.created_at),
        "UiTemplate": {"Url": links.read_link(bucket, key), "ContentSha256": digest},
    }


def list_human_task_uis(review: A2IService, p: Parameters) -> dict[str, Any]:
    """ListHumanTaskUis."""

    def summary(row: Any) -> dict[str, Any]:
        arn = review.arn("human-task-ui", row.name)
        return {"HumanTaskUiName": row.name, "HumanTaskUiArn": arn, "CreationTime": epoch(row.created_at)}

    return page(review, tables.task_uis, p, "HumanTaskUiSummaries", summary)


def delete_human_task_ui(review: A2IService, p: Parameters) -> dict[str, Any]:
    """DeleteHumanTaskUi."""
    if not delete_named(review, tables.task_uis, p["HumanTaskUiName"]):
        raise ApiError("ResourceNotFound", f"Human task UI {p['HumanTaskUiName']} does not exist")
    delete_all_tags(review, review.arn("human-task-ui", p["HumanTaskUiName"]))
    return {}


def render_ui_template(review: A2IService, p: Parameters, links: Links) -> dict[str, Any]:
    """RenderUiTemplate: a template filled in with a task's input, and what is wrong with it."""
    if ("UiTemplate" in p) == ("HumanTaskUiArn" in p):
        raise invalid("Give either UiTemplate or HumanTaskUiArn")
    if "UiTemplate" in p:
        content, allowed = p["UiTemplate"]["Content"], hosts_in({}, review.template_hosts)
    else:
        name = name_in(p["HumanTaskUiArn"], review.arn("human-task-ui", ""), "humanTaskUiArn")
        content = need(review, tables.task_uis, name, "human task UI").content
        allowed = allowed_hosts(review, name)
    try:
        task_input = read_object(p["Task"]["Input"])
    except ValueError as error:
        raise invalid("Task.Input is not a JSON object") from error
    done = render(content, task_input, links.read_link)
    faults = [*done.faults, *refused_hosts(done.html, allowed)]
    return {"RenderedContent": done.html, "Errors": [{"Code": each.code, "Message": each.message} for each in faults]}


def allowed_hosts(review: A2IService, name: str) -> Hosts:
    """Hosts that a task UI's page may load scripts from and show in frames: its tags say so, or the operator."""
    return hosts_in(tags_of(review, review.arn("human-task-ui", name)), review.template_hosts)


def refused_hosts(page: str, allowed: Hosts) -> list[Fault]:
    """What a page loads that it may not."""
    wanted = hosts_of(page)
    kinds = (
        ("scripts", wanted.scripts - allowed.scripts, SCRIPT_HOSTS),
        ("frames", wanted.frames - allowed.frames, FRAME_HOSTS),
    )
    return [
        Fault("HostNotAllowed", f"{kind} from {host} are not allowed; the tag {tag} of the task UI can allow them")
        for kind, hosts, tag in kinds
        for host in sorted(hosts)
    ]


def name_in(arn: str, prefix: str, member: str) -> str:
    """The name in an ARN; a swapped or foreign ARN is refused."""
    if not arn.startswith(prefix):
        raise invalid(
            f"1 validation error detected: Value '{arn}' at '{member}' failed to satisfy constraint: "
            f"Member must begin with {prefix}"
        )
    return arn.removeprefix(prefix)


def insert_named(review: A2IService, table: sa.Table, name: str, values: Mapping[str, Any]) -> None:
    """A new row; `ResourceInUse` when the name is taken."""
    row = {"name": name, "created_at": review.clock(), **values}
    if not review.database.write(
        lambda c: c.execute(insert_or_nothing(c, table).values(row)).rowcount, step="a2i.insert_named"
    ):
        raise ApiError("ResourceInUse", f"{name} exists already")


def find(review: A2IService, table: sa.Table, name: str) -> Any:
    """The row of that name, or None."""
    return review.database.read(lambda c: c.execute(sa.select(table).where(table.c.name == name)).first())


def need(review: A2IService, table: sa.Table, name: str, kind: str) -> Any:
    """The row of that name; `ResourceNotFound` when there is none."""
    row = find(review, table, name)
    if row is None:
        raise ApiError("ResourceNotFound", f"The {kind} {name} does not exist")
    return row


def delete_named(review: A2IService, table: sa.Table, name: str) -> bool:
    """Delete a row; says whether it was there."""
    return bool(
        review.database.write(
            lambda c: c.execute(sa.delete(table).where(table.c.name == name)).rowcount, step="a2i.delete_named"
        )
    )


def page(
    review: A2IService,
    table: sa.Table,
    p: Parameters,
    key: str,
    summary: Callable[[Any], dict[str, Any]],
    where: sa.ColumnElement[bool] | None = None,
) -> dict[str, Any]:
    """A page of a list: newest first unless asked otherwise, filtered by name and time where the operation can."""
    query = sa.select(table) if where is None else sa.select(table).where(where)
    if p.get("NameContains"):
        query = query.where(table.c.name.contains(p["NameContains"], autoescape=True))
    if p.get("CreationTimeAfter") is not None:
        query = query.where(table.c.created_at > read_epoch(p["CreationTimeAfter"]))
    if p.get("CreationTimeBefore") is not None:
        query = query.where(table.c.created_at < read_epoch(p["CreationTimeBefore"]))

    def work(c: Connection) -> tuple[Sequence[Any], str | None]:
        return read_page(
            c,
            query,
            table.c.name if p.get("SortBy") == "Name" else table.c.created_at,
            table.c.name,
            ascending=p.get("SortOrder") == "Ascending",
            token=p.get("NextToken"),
            size=int(p.get("MaxResults") or PAGE),
        )

    rows, token = review.database.read(work)
    return {key: [summary(row) for row in rows]} | ({"NextToken": token} if token else {})
