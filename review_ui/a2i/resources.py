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
from review_ui.a2i.owners import OPERATOR, Caller, Granting
from review_ui.a2i.service import A2IService, Links
from review_ui.a2i.tags import check_tags, delete_all_tags, put_tags, tags_of
from review_ui.a2i.template_needs import FRAME_HOSTS, SCRIPT_HOSTS, Hosts, hosts_in, hosts_of, unknown_elements
from review_ui.a2i.templates import Fault, render

Parameters = Mapping[str, Any]
PAGE = 100
WORKTEAM, TASK_UI, FLOW = "workteam/private-crowd", "human-task-ui", "flow-definition"
LABELLING_JOB = "labeling-job"
"""What things are in ARNs."""
_SAID = {WORKTEAM: "work team", TASK_UI: "human task UI", FLOW: "flow definition"}


def create_human_task_ui(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """CreateHumanTaskUi. A template with an element that is not offered is refused: nobody could answer its page."""
    content = p["UiTemplate"]["Content"]
    if unknown := unknown_elements(content):
        raise invalid(f"uiTemplate.content has elements that are not offered here: {', '.join(unknown)}"[:1000])
    check_tags(p.get("Tags"))
    insert_named(review, tables.task_uis, p["HumanTaskUiName"], {"content": content, "app": caller.app})
    arn = review.arn("human-task-ui", p["HumanTaskUiName"])
    put_tags(review, arn, p.get("Tags"))
    return {"HumanTaskUiArn": arn}


def describe_human_task_ui(review: A2IService, p: Parameters, caller: Caller, links: Links) -> dict[str, Any]:
    """DescribeHumanTaskUi: digest of the template and a short-lived address of it, not its text."""
    row = need_usable(review, caller, tables.task_uis, TASK_UI, p["HumanTaskUiName"])
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


def list_human_task_uis(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """ListHumanTaskUis."""

    def summary(row: Any) -> dict[str, Any]:
        arn = review.arn("human-task-ui", row.name)
        return {"HumanTaskUiName": row.name, "HumanTaskUiArn": arn, "CreationTime": epoch(row.created_at)}

    # Pages of labelling jobs have names that no operation takes.
    shown = tables.task_uis.c.name.not_like("%:%")
    return page(review, caller, tables.task_uis, TASK_UI, p, "HumanTaskUiSummaries", summary, where=shown)


def delete_human_task_ui(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """DeleteHumanTaskUi."""
    if not delete_named(review, tables.task_uis, p["HumanTaskUiName"], caller):
        raise ApiError("ResourceNotFound", f"Human task UI {p['HumanTaskUiName']} does not exist")
    delete_all_tags(review, review.arn("human-task-ui", p["HumanTaskUiName"]))
    return {}


def render_ui_template(review: A2IService, p: Parameters, caller: Caller, links: Links) -> dict[str, Any]:
    """RenderUiTemplate: a template filled in with a task's input, and what is wrong with it."""
    if ("UiTemplate" in p) == ("HumanTaskUiArn" in p):
        raise invalid("Give either UiTemplate or HumanTaskUiArn")
    if "UiTemplate" in p:
        content, allowed = p["UiTemplate"]["Content"], hosts_in({}, review.template_hosts)
    else:
        name = name_in(p["HumanTaskUiArn"], review.arn("human-task-ui", ""), "humanTaskUiArn")
        content = need_usable(review, caller, tables.task_uis, TASK_UI, name).content
        allowed = allowed_hosts(review, name)
    try:
        task_input = read_object(p["Task"]["Input"])
    except ValueError as error:
        raise invalid("Task.Input is not a JSON object") from error
    granting = Granting(review.objects, caller.app, links.read_link)
    done = render(content, task_input, granting)
    refused = (Fault("TemplateError", f"{uri} is not this access key's to read") for uri in granting.refused)
    faults = [*done.faults, *refused, *refused_hosts(done.html, allowed, links)]
    return {"RenderedContent": done.html, "Errors": [{"Code": each.code, "Message": each.message} for each in faults]}


def allowed_hosts(review: A2IService, name: str) -> Hosts:
    """Hosts that a task UI's page may load scripts from and show in frames: its tags say so, or the operator."""
    return hosts_in(tags_of(review, review.arn("human-task-ui", name)), review.template_hosts)


def refused_hosts(page: str, allowed: Hosts, links: Links) -> list[Fault]:
    """What a page loads that it may not. Granted objects lie at this endpoint: a frame of one is opened on its own."""
    wanted = hosts_of(page)
    kinds = (
        ("scripts", wanted.scripts - allowed.scripts, SCRIPT_HOSTS),
        ("frames", wanted.frames - allowed.frames - {links.host()}, FRAME_HOSTS),
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
    """The row of that name, whosever it is, or None."""
    return review.database.read(lambda c: c.execute(sa.select(table).where(table.c.name == name)).first())


def find_usable(review: A2IService, caller: Caller, table: sa.Table, kind: str, name: str) -> Any:
    """The row of that name when the caller may use it, or None."""

    def work(c: Connection) -> Any:
        usable = caller.may_use(c, table, review.arn(kind, ""))
        return c.execute(sa.select(table).where(table.c.name == name, usable)).first()

    return review.database.read(work)


def need_usable(review: A2IService, caller: Caller, table: sa.Table, kind: str, name: str) -> Any:
    """The row of that name; `ResourceNotFound` when there is none that the caller may use."""
    row = find_usable(review, caller, table, kind, name)
    if row is None:
        raise ApiError("ResourceNotFound", f"The {_SAID[kind]} {name} does not exist")
    return row


def delete_named(review: A2IService, table: sa.Table, name: str, caller: Caller = OPERATOR) -> bool:
    """Delete a row that is the caller's; says whether it was there."""
    mine = caller.owns(table)
    query = sa.delete(table).where(table.c.name == name, mine)
    return bool(review.database.write(lambda c: c.execute(query).rowcount, step="a2i.delete_named"))


def page(
    review: A2IService,
    caller: Caller,
    table: sa.Table,
    kind: str,
    p: Parameters,
    key: str,
    summary: Callable[[Any], dict[str, Any]],
    where: sa.ColumnElement[bool] | None = None,
) -> dict[str, Any]:
    """A page of a list of what the caller may use.

    Newest first unless asked otherwise, filtered by name and time where the operation can.
    """
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
            query.where(caller.may_use(c, table, review.arn(kind, ""))) if "app" in table.c else query,
            table.c.name if p.get("SortBy") == "Name" else table.c.created_at,
            table.c.name,
            ascending=p.get("SortOrder") == "Ascending",
            token=p.get("NextToken"),
            size=int(p.get("MaxResults") or PAGE),
        )

    rows, token = review.database.read(work)
    return {key: [summary(row) for row in rows]} | ({"NextToken": token} if token else {})
