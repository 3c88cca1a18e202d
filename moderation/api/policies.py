"""``/v1/policies``: what is in force."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response

from moderation.api.auth import Gate
from moderation.api.openapi import Operation
from moderation.api.schemas.policies import PolicyList, PolicyText, PolicyView, RuleView, WaitingPolicy
from moderation.core.errors import NotFound
from moderation.core.policy.file import branch_ids
from moderation.core.policy.policies import Policy
from moderation.core.rules.caps import cap_of
from moderation.evidence.hit_rates import HitRate
from moderation.service import Service


def blueprint(service: Service, gate: Gate) -> Blueprint:
    """The resource over `service`."""
    policies = Blueprint("policies", __name__, url_prefix="/v1/policies")
    policies.before_request(gate.admit)

    @policies.get("")
    @Operation("The policies in force.", {200: PolicyList}, problems=(401, 422, 503))
    def list_policies() -> Response:
        """All policies in force, and those that wait for a detector."""
        waiting = [WaitingPolicy(name=name, why=why) for name, why in service.policies.not_in_force]
        faults = [fault.render() for fault in service.in_force.faults]
        listed = PolicyList(policies=[_view(p) for p in service.policies.policies], not_in_force=waiting, faults=faults)
        return Response(listed.model_dump_json(), content_type="application/json")

    @policies.get("/<name>")
    @Operation("One policy, with its text.", {200: PolicyText})
    def get_policy(name: str) -> Response:
        """One policy with its text."""
        try:
            policy = service.policies.get(name)
        except KeyError as error:
            raise NotFound(f"no policy '{name}' is in force") from error
        view = PolicyText(**_view(policy).model_dump(), text=policy.text, rules=list(_rules(policy, service)))
        return Response(view.model_dump_json(), content_type="application/json")

    return policies


def _rules(policy: Policy, service: Service) -> Iterator[RuleView]:
    rates = service.hit_rates()
    nothing = HitRate(items=0, fired=0, rejected=0)
    for name in branch_ids(policy.file):
        rate = rates.get((policy.name, name), nothing)
        yield RuleView(
            rule=name,
            fired_today=rate.fired,
            rejected_today=rate.rejected,
            at_most_per_day=cap_of(policy.file, name),
            items_today=rate.items,
            usual_share=rate.past,
            alarm=rate.alarm,
        )


def _view(policy: Policy) -> PolicyView:
    return PolicyView(
        name=policy.name,
        version=policy.version,
        description=policy.description,
        content_types=list(policy.file.applies_to.content_type),
        apps=policy.file.applies_to.app,
        queues=[queue.name for queue in policy.file.queues],
        needs=policy.file.needs,
    )
