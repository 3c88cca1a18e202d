"""Work teams and workforces, as far as A2I needs them. One private workforce an account and Region, as on AWS."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ground.awswire.errors import ApiError, invalid
from ground.awswire.times import epoch
from review_ui.a2i import tables
from review_ui.a2i.flows import has_active_loops
from review_ui.a2i.owners import OPERATOR, Caller
from review_ui.a2i.resources import WORKTEAM, Parameters, delete_named, find, find_usable, insert_named, page
from review_ui.a2i.service import A2IService, Links
from review_ui.a2i.tags import delete_all_tags, put_tags

_TEAM_KEYS = ("MemberDefinitions", "Description", "NotificationConfiguration", "WorkerAccessConfiguration")


def create_workteam(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """CreateWorkteam; there is a limit to their number, as on AWS."""
    if find(review, tables.workteams, p["WorkteamName"]) is not None:
        raise ApiError("ResourceInUse", f"{p['WorkteamName']} exists already")
    count, most = sa.select(sa.func.count()).select_from(tables.workteams), review.most_workteams
    if review.database.read(lambda c: c.execute(count).scalar_one()) >= most:
        raise ApiError("ResourceLimitExceeded", f"There are {most} work teams, which is all there can be")
    document = {key: p[key] for key in _TEAM_KEYS if key in p}
    insert_named(review, tables.workteams, p["WorkteamName"], {"document": document, "app": caller.app})
    arn = review.arn(WORKTEAM, p["WorkteamName"])
    put_tags(review, arn, p.get("Tags"))
    return {"WorkteamArn": arn}


def describe_workteam(review: A2IService, p: Parameters, caller: Caller, links: Links) -> dict[str, Any]:
    """DescribeWorkteam. AWS answers a ValidationException for a team that is not there."""
    return {"Workteam": _view(review, _need(review, p["WorkteamName"], caller), links)}


def list_workteams(review: A2IService, p: Parameters, caller: Caller, links: Links) -> dict[str, Any]:
    """ListWorkteams, by name or by the day they were made."""
    return page(review, caller, tables.workteams, WORKTEAM, p, "Workteams", lambda row: _view(review, row, links))


def update_workteam(review: A2IService, p: Parameters, caller: Caller, links: Links) -> dict[str, Any]:
    """UpdateWorkteam: what is given replaces what there was."""
    row = _need_own(review, p["WorkteamName"], caller)
    document = {**row.document, **{key: p[key] for key in _TEAM_KEYS if key in p}}
    update = sa.update(tables.workteams).where(tables.workteams.c.name == row.name).values(document=document)
    review.database.write(lambda c: c.execute(update), step="a2i.update_workteam")
    return {"Workteam": _view(review, _need(review, p["WorkteamName"], caller), links)}


def delete_workteam(review: A2IService, p: Parameters, caller: Caller = OPERATOR) -> dict[str, Any]:
    """DeleteWorkteam; refused while a flow definition sends work to it."""
    name = p["WorkteamName"]
    arn = review.arn(WORKTEAM, name)
    if caller.app is not None:
        _need_own(review, name, caller)
    there = tables.flow_definitions.c.deleting_at.is_(None) | has_active_loops()
    flows = review.database.read(lambda c: list(c.execute(sa.select(tables.flow_definitions).where(there))))
    for flow in flows:
        if flow.document["HumanLoopConfig"]["WorkteamArn"] == arn:
            raise ApiError("ResourceLimitExceeded", f"Work team {name} is used by flow definition {flow.name}")
    delete_all_tags(review, arn)
    return {"Success": delete_named(review, tables.workteams, name, caller)}


def create_workforce(review: A2IService, p: Parameters) -> dict[str, Any]:
    """CreateWorkforce; there is one in an account and Region."""
    if review.database.read(lambda c: c.execute(sa.select(tables.workforces)).first()) is not None:
        raise invalid("Only one private workforce is allowed in an account and Region; delete the one there is")
    if ("CognitoConfig" in p) == ("OidcConfig" in p):
        raise invalid("Give either CognitoConfig or OidcConfig")
    document = {key: p[key] for key in ("CognitoConfig", "SourceIpConfig", "WorkforceVpcConfig") if key in p}
    if "OidcConfig" in p:
        # The client secret is for signing in only; describing a workforce never shows it.
        document["OidcConfig"] = {key: value for key, value in p["OidcConfig"].items() if key != "ClientSecret"}
    insert_named(review, tables.workforces, p["WorkforceName"], {"document": document, "updated_at": review.clock()})
    arn = review.arn("workforce", p["WorkforceName"])
    put_tags(review, arn, p.get("Tags"))
    return {"WorkforceArn": arn}


def describe_workforce(review: A2IService, p: Parameters) -> dict[str, Any]:
    """DescribeWorkforce."""
    return {"Workforce": _workforce(review, _need_workforce(review, p["WorkforceName"]))}


def list_workforces(review: A2IService, p: Parameters) -> dict[str, Any]:
    """ListWorkforces."""
    return page(review, OPERATOR, tables.workforces, "workforce", p, "Workforces", lambda row: _workforce(review, row))


def update_workforce(review: A2IService, p: Parameters) -> dict[str, Any]:
    """UpdateWorkforce: addresses, sign-in."""
    row = _need_workforce(review, p["WorkforceName"])
    document = {**row.document, **{key: p[key] for key in ("SourceIpConfig", "WorkforceVpcConfig") if key in p}}
    if "OidcConfig" in p:
        document["OidcConfig"] = {key: value for key, value in p["OidcConfig"].items() if key != "ClientSecret"}
    values = {"document": document, "updated_at": review.clock()}
    update = sa.update(tables.workforces).where(tables.workforces.c.name == row.name).values(values)
    review.database.write(lambda c: c.execute(update), step="a2i.update_workforce")
    return {"Workforce": _workforce(review, _need_workforce(review, p["WorkforceName"]))}


def delete_workforce(review: A2IService, p: Parameters) -> dict[str, Any]:
    """DeleteWorkforce; only once its work teams are deleted, as on AWS."""
    row = _need_workforce(review, p["WorkforceName"])
    if review.database.read(lambda c: c.execute(sa.select(tables.workteams).limit(1)).first()) is not None:
        raise invalid(f"Workforce {row.name} has work teams; delete them first")
    delete_named(review, tables.workforces, row.name)
    delete_all_tags(review, review.arn("workforce", row.name))
    return {}


def _need(review: A2IService, name: str, caller: Caller) -> Any:
    row = find_usable(review, caller, tables.workteams, WORKTEAM, name)
    if row is None:
        raise invalid(f"Could not find work team {name}")
    return row


def _need_own(review: A2IService, name: str, caller: Caller) -> Any:
    """A team that the caller may change; of a lent one it is said that it is another's."""
    row = _need(review, name, caller)
    if caller.app not in (None, row.app):
        raise ApiError("AccessDeniedException", f"Work team {name} is lent to this access key; its owner changes it")
    return row


def _need_workforce(review: A2IService, name: str) -> Any:
    row = find(review, tables.workforces, name)
    if row is None:
        raise invalid(f"Could not find workforce {name}")
    return row


def _view(review: A2IService, row: Any, links: Links) -> dict[str, Any]:
    return {
        "WorkteamName": row.name,
        "WorkteamArn": review.arn(WORKTEAM, row.name),
        "SubDomain": links.portal(),
        "CreateDate": epoch(row.created_at),
        **row.document,
    }


def _workforce(review: A2IService, row: Any) -> dict[str, Any]:
    return {
        "WorkforceName": row.name,
        "WorkforceArn": review.arn("workforce", row.name),
        "Status": "Active",
        "CreateDate": epoch(row.created_at),
        "LastUpdatedDate": epoch(row.updated_at),
        **row.document,
    }
