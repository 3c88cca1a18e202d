"""The rule engine against hand-written chains of conditions and zen-engine, interleaved in one run on one core.

All judge the same items by the same rules; their answers are compared before anything is timed. All say the outcome and
which rules fired; the chains with the detections behind them. "ruling" is what the service stores of an item: the
outcome with its reason and labels; "explained" is all that it says when somebody asks why. One chain is
straightforward: each condition looks through the detections. The other is what a programmer makes of it who has
profiled it: the highest confidence for each label first. zen-engine is left out where it is not installed
(``pip install zen-engine``).

    python benchmarks/rules.py [--items 2000] [--rules 1000]
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from moderation.core.detections import Detection, Failure
from moderation.core.items import Tool
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import Policy
from moderation.core.policy.words.people import COVERS
from moderation.core.rules.choosing import choose
from moderation.core.rules.engine import evaluate
from moderation.core.rules.making import prepare
from moderation.core.rules.ruling import rule_on
from moderation.core.rules.scene import Subject
from moderation.core.taxonomy import Taxonomy
from moderation.policies.files import policy_of_bytes

TAXONOMY = Taxonomy()
LABELS = [label for label in TAXONOMY.labels if label != "Person"]
APPS = ["shop", "kids", "news", "sports"]
STRICT = {"approve": 0, "review": 1, "reject": 2}
DETECTOR = Tool(name="bench.detector", version="1")


@dataclass(frozen=True)
class Case:
    """One item: what is known of it."""

    subject: Subject
    detections: tuple[Detection, ...]


def make_rules(number: int, seed: int = 1) -> dict[str, Any]:
    """A policy of `number` mixed rules: bands, labels, people, facts of the app, pairs, exceptions, apps, counts."""
    chance = random.Random(seed)
    label = lambda: chance.choice(LABELS)  # noqa: E731
    high = lambda: chance.randint(50, 99)  # noqa: E731
    bands: dict[str, Any] = {}
    rules: list[dict[str, Any]] = []
    for position in range(number):
        kind, name = chance.random(), f"r{position}"
        then = chance.choice(["reject", {"review": "general"}, {"review": "first"}])
        if kind < 0.2:
            bands[name] = {"label": label(), "reject_from": high()}
            continue
        when: dict[str, Any] = {"label": label(), "at_least": high()}
        if kind < 0.4:
            pass
        elif kind < 0.5:
            worn = chance.choice(list(COVERS))
            when = {"people": {"lacking": {worn: COVERS[worn]}, "covered_at_least": high()}}
        elif kind < 0.55:
            when = {"metadata": {"key": "seller.group", "is": f"g{chance.randint(0, 199)}"}}
        elif kind < 0.65:
            when = {"all": [when, {"label": label(), "at_least": high()}]}
        elif kind < 0.75:
            when = {"all": [when, {"not": {"label": label(), "at_least": high()}}]}
        elif kind < 0.9:
            when = {"all": [{"app": [chance.choice(APPS)]}, when]}
        else:
            when["count"] = {"at_least": 2}
        rules.append({"id": name, "why": f"Reason {position}", "when": when, "then": then})
    return {
        "policy": "bench",
        "format": 1,
        "applies_to": {"content_type": ["image"]},
        "if_nothing_matches": "approve",
        "if_a_detector_fails": {"review": "general"},
        "queues": [{"name": "first", "a2i_flow": "first"}, {"name": "general", "a2i_flow": "general"}],
        "bands": bands,
        "rules": rules,
    }


def make_items(number: int, seed: int = 2) -> list[Case]:
    """Items as they come: most with nothing or one thing in them, some with several, some with people."""
    chance = random.Random(seed)
    cases = []
    for position in range(number):
        count = chance.choices([0, 1, 2, 3, 6], [45, 25, 15, 10, 5])[0]
        found = []
        for _ in range(count):
            label = chance.choice(LABELS)
            parents = TAXONOMY.parents(label)
            confidence = round(chance.uniform(50, 100), 2)
            found.append(Detection(label=label, parents=parents, confidence=confidence, detector=DETECTOR, part="p0"))
        for _ in range(chance.choices([0, 1, 2], [85, 10, 5])[0]):
            worn = {p: {COVERS[p]: chance.choice([99.0, 99.5, 20.0, 70.0])} for p in COVERS if chance.random() < 0.7}
            found.append(
                Detection(
                    label="Person",
                    parents=TAXONOMY.parents("Person"),
                    confidence=90,
                    detector=DETECTOR,
                    part="p0",
                    attributes={"parts": worn},
                )
            )
        facts = {"seller": {"group": f"g{chance.randint(0, 199)}"}}
        subject = Subject(chance.choice(APPS), frozenset({"image"}), f"item-{position}", facts)
        cases.append(Case(subject, tuple(found)))
    return cases


# The hand-written chain


def chain_of(document: Mapping[str, Any], *, profiled: bool) -> Callable[[Case], tuple[str, list[str]]]:
    """What a programmer would write: one ``if`` after the other."""
    lines = ["def judge(case):", "    fired, app, outcome = [], case.subject.app, 'approve'"]
    if profiled:
        lines += [
            "    best = {}",
            "    for d in case.detections:",
            "        for label in (d.label, *d.parents):",
            "            if d.confidence > best.get(label, -1): best[label] = d.confidence",
            "    worn = {}",
            "    for d in case.detections:",
            "        if d.label == 'Person':",
            "            for part, covers in d.attributes['parts'].items():",
            "                for cover, sure in covers.items():",
            "                    if sure < worn.get((part, cover), 101): worn[part, cover] = sure",
            "    group = case.subject.metadata.get('seller', {}).get('group')",
        ]
    else:
        lines += [
            "    def has(label, low):",
            "        return any(d.confidence >= low and label in (d.label, *d.parents) for d in case.detections)",
            "    group = case.subject.metadata.get('seller', {}).get('group')",
        ]
    for name, condition, then in _flat(document):
        lines += [f"    if {_python(condition, profiled=profiled)}:"]
        lines += [f"        fired.append(({name!r}, {_evidence(condition)}))"]
        if then == "reject":
            lines += ["        outcome = 'reject'"]
        else:
            lines += ["        if outcome == 'approve': outcome = 'review'"]
    lines += ["    return outcome, [name for name, _ in fired]"]
    scope: dict[str, Any] = {"found": _found, "bare": _bare}
    exec("\n".join(lines), scope)
    judge: Callable[[Case], tuple[str, list[str]]] = scope["judge"]
    return judge


def _bare(case: Case, part: str, cover: str, low: float) -> list[Detection]:
    people = [d for d in case.detections if d.label == "Person"]
    return [d for d in people if part in d.attributes["parts"] and d.attributes["parts"][part][cover] < low]  # type: ignore[index,operator,call-overload]


def _found(case: Case, label: str, low: float) -> list[Detection]:
    return [d for d in case.detections if d.confidence >= low and (d.label == label or label in d.parents)]


def _flat(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], str]]:
    """Each rule and side of a band: id, condition, outcome."""
    flat: list[tuple[str, Mapping[str, Any], str]] = [
        (f"{name}.reject", {"label": band["label"], "at_least": band["reject_from"]}, "reject")
        for name, band in document["bands"].items()
    ]
    return flat + [(r["id"], r["when"], "reject" if r["then"] == "reject" else "review") for r in document["rules"]]


def _python(condition: Mapping[str, Any], *, profiled: bool) -> str:
    if "all" in condition:
        return " and ".join(_python(part, profiled=profiled) for part in condition["all"])
    if "not" in condition:
        return f"not ({_python(condition['not'], profiled=profiled)})"
    if "app" in condition:
        return f"app in {tuple(condition['app'])!r}"
    if "metadata" in condition:
        return f"group == {condition['metadata']['is']!r}"
    if "people" in condition:
        part, cover, low = _cover(condition)
        return f"worn.get({(part, cover)!r}, 101) < {low}" if profiled else f"bare(case, {part!r}, {cover!r}, {low})"
    name, low = condition["label"], condition["at_least"]
    plain = f"best.get({name!r}, -1) >= {low}" if profiled else f"has({name!r}, {low})"
    if "count" in condition:
        return f"{plain} and len(found(case, {condition['label']!r}, {condition['at_least']})) >= 2"
    return plain


def _cover(condition: Mapping[str, Any]) -> tuple[str, str, float]:
    [(part, cover)] = condition["people"]["lacking"].items()
    return part, cover, condition["people"]["covered_at_least"]


def _evidence(condition: Mapping[str, Any]) -> str:
    if "people" in condition:
        part, cover, low = _cover(condition)
        return f"bare(case, {part!r}, {cover!r}, {low})"
    for part in condition.get("all", (condition,)):
        if "label" in part:
            return f"found(case, {part['label']!r}, {part['at_least']})"
    return "[]"


# zen-engine


def zen_of(document: Mapping[str, Any]) -> Callable[[Case], tuple[str, list[str]]] | None:
    """A decision table of the same rules, all hits collected; None where zen-engine is not installed."""
    try:
        import zen
    except ImportError:
        return None
    rows = [
        {"_id": name, "when": _zen(condition), "rule": json.dumps(name), "outcome": json.dumps(then)}
        for name, condition, then in _flat(document)
    ]
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": "when", "name": "when"}],
        "outputs": [
            {"id": "rule", "name": "rule", "field": "rule"},
            {"id": "outcome", "name": "outcome", "field": "outcome"},
        ],
        "rules": rows,
    }
    graph = {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode", "position": {"x": 0, "y": 0}},
            {"id": "t", "name": "t", "type": "decisionTableNode", "position": {"x": 1, "y": 0}, "content": table},
            {"id": "out", "name": "out", "type": "outputNode", "position": {"x": 2, "y": 0}},
        ],
        "edges": [
            {"id": "a", "type": "edge", "sourceId": "in", "targetId": "t"},
            {"id": "b", "type": "edge", "sourceId": "t", "targetId": "out"},
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(graph))

    def judge(case: Case) -> tuple[str, list[str]]:
        best = dict.fromkeys(_KEYS.values(), -1.0)
        counts: dict[str, list[float]] = {}
        for d in case.detections:
            for label in (d.label, *d.parents):
                best[_KEYS[label]] = max(best[_KEYS[label]], d.confidence)
                counts.setdefault(_KEYS[label], []).append(d.confidence)
        second = {f"{key}2": sorted(found)[-2] if len(found) > 1 else -1.0 for key, found in counts.items()}
        worn = dict.fromkeys(COVERS, 101.0)
        for d in case.detections:
            if d.label == "Person":
                for part, covers in d.attributes["parts"].items():  # type: ignore[union-attr]
                    worn[part] = min(worn[part], *covers.values())
        group = case.subject.metadata["seller"]["group"]  # type: ignore[index,call-overload]
        known = {"b": best, "s": {**_SECONDS, **second}, "w": worn, "group": group, "app": case.subject.app}
        answer = decision.evaluate(known)["result"]
        fired = answer if isinstance(answer, list) else []
        outcome = max((hit["outcome"] for hit in fired), key=STRICT.__getitem__, default="approve")
        return outcome, [hit["rule"] for hit in fired]

    return judge


_KEYS = {label: f"k{number}" for number, label in enumerate(TAXONOMY.labels)}
_SECONDS = {f"{key}2": -1.0 for key in _KEYS.values()}


def _zen(condition: Mapping[str, Any]) -> str:
    if "all" in condition:
        return " and ".join(_zen(part) for part in condition["all"])
    if "not" in condition:
        return f"not ({_zen(condition['not'])})"
    if "app" in condition:
        return f"app in {json.dumps(condition['app'])}"
    if "metadata" in condition:
        return f"group == {json.dumps(condition['metadata']['is'])}"
    if "people" in condition:
        part, _, low = _cover(condition)
        return f"w.{part} < {low}"
    key = _KEYS[condition["label"]]
    if "count" in condition:
        return f"s.{key}2 >= {condition['at_least']}"
    return f"b.{key} >= {condition['at_least']}"


# Ours


def policy_of(document: Mapping[str, Any]) -> Policy:
    """The policy as it comes into force."""
    policy, problems = parse_policy(dict(document), TAXONOMY)
    assert policy is not None, problems
    return policy


REACH = {"bench.other": frozenset(LABELS[::10])}
FAILED = Failure(detector=Tool(name="bench.other", version="1"), part="p0", kind="timed_out", message="too slow")


def ours(policy: Policy) -> Callable[[Case], tuple[str, Sequence[str]]]:
    """The engine: the outcome, and the rules that fired."""
    policies = [policy]

    def judge(case: Case) -> tuple[str, Sequence[str]]:
        choice = choose(policies, case.subject, case.detections, TAXONOMY)
        return choice.outcome, choice.policies[0].rules()

    return judge


def ways(policy: Policy) -> dict[str, Callable[[Case], Any]]:
    """The engine, asked for more and for less."""
    policies = [policy]
    return {
        "outcome alone": lambda case: choose(policies, case.subject, case.detections, TAXONOMY),
        "with a failed detector": lambda case: choose(
            policies, case.subject, [*case.detections, FAILED], TAXONOMY, REACH
        ),
        "ruling": lambda case: rule_on(policies, case.subject, case.detections, TAXONOMY),
        "explained": lambda case: evaluate(policies, case.subject, case.detections, TAXONOMY),
    }


def check_equal(judges: Mapping[str, Callable[[Case], Any]], policy: Policy, cases: Sequence[Case]) -> None:
    """All say the outcome of the explanation, and name its rules."""
    for case in cases:
        verdict = evaluate([policy], case.subject, case.detections, TAXONOMY)
        said = verdict.policies[0]
        fired = sorted(rule.rule for rule in (*said.deciding, *said.also_true))
        for name, judge in judges.items():
            outcome, rules = judge(case)
            assert (outcome, sorted(rules)) == (verdict.outcome, fired), (name, case, outcome, rules, verdict)


def timed(judges: Mapping[str, Callable[[Case], Any]], cases: Sequence[Case], rounds: int) -> dict[str, float]:
    """Items a second of CPU, the median over interleaved rounds."""
    speeds: dict[str, list[float]] = {name: [] for name in judges}
    for _ in range(rounds):
        for name, judge in judges.items():
            part = cases if "chain" not in name and "zen" not in name else cases[: max(20, len(cases) // 4)]
            part = cases[: max(20, len(cases) // 40)] if "zen" in name else part
            began = time.process_time()
            for case in part:
                judge(case)
            speeds[name].append(len(part) / (time.process_time() - began))
    return {name: statistics.median(found) for name, found in speeds.items()}


def first_items(document: Mapping[str, Any], case: Case) -> tuple[float, float]:
    """Seconds of CPU to make a policy's programs ready, and of the slowest first item of an app, once they are."""
    policy = policy_of(document)
    began = time.process_time()
    prepare(policy, TAXONOMY)
    ready = time.process_time() - began
    slowest = 0.0
    for app in [*APPS, "unheard of"]:
        subject = Subject(app, frozenset({"image"}), "first", {"seller": {"group": "g1"}})
        began = time.process_time()
        choose([policy], subject, case.detections, TAXONOMY)
        slowest = max(slowest, time.process_time() - began)
    return ready, slowest


def stored_bytes(policy: Policy, cases: Sequence[Case]) -> list[int]:
    """How long the rulings on items in which something was found are when they are stored, sorted."""
    found = [case for case in cases if case.detections]
    rulings = [rule_on([policy], case.subject, case.detections, TAXONOMY) for case in found]
    return sorted(len(each.model_dump_json(exclude_none=True, exclude_defaults=True)) for each in rulings)


def main() -> None:
    """Print speeds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--items", type=int, default=4000)
    parser.add_argument("--rules", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    cases = make_items(given.items)
    document = make_rules(given.rules)
    text = yaml.safe_dump(document, sort_keys=False).encode()
    loading = []
    for _ in range(3):
        began = time.process_time()
        assert policy_of_bytes("bench.yml", text, TAXONOMY)[0] is not None
        loading.append(time.process_time() - began)
    print(f"{given.rules} rules, {len(text.splitlines())} lines: read and checked in {min(loading):.2f} s of CPU")

    policy = policy_of(document)
    judges: dict[str, Callable[[Case], Any]] = {
        "ours": ours(policy),
        "straightforward chain": chain_of(document, profiled=False),
        "profiled chain": chain_of(document, profiled=True),
    }
    zen = zen_of(document)
    if zen is not None:
        judges["zen-engine"] = zen
    check_equal({k: v for k, v in judges.items() if k != "zen-engine"}, policy, cases)
    check_equal(judges, policy, cases[:200])
    ready, slowest = first_items(document, max(cases, key=lambda case: len(case.detections)))
    gc.collect()
    gc.freeze()  # as the service does once it has started
    speeds = timed({**judges, **ways(policy)}, cases, given.rounds)
    for name, speed in speeds.items():
        ratio = f"; ours is {speeds['ours'] / speed:.1f} times as fast" if name in judges and name != "ours" else ""
        print(f"{name:22} {speed:10,.0f} items/s{ratio}")
    if zen is None:
        print("zen-engine is not installed: left out")
    slower = speeds["outcome alone"] / speeds["with a failed detector"]
    print(f"one failed detector makes it {slower:.2f} times as slow")
    print(f"programs ready in {ready * 1e3:.1f} ms of CPU; the slowest first item of an app {slowest * 1e3:.2f} ms")
    sizes = stored_bytes(policy, cases)
    print(f"stored: {statistics.mean(sizes):,.0f} bytes on average, at most {sizes[-1]:,}")
    others = {size: {"ours": ours(policy_of(make_rules(size)))} for size in (100, 1000, 5000)}
    costs = {size: 1e6 / timed(judge, cases, 3)["ours"] for size, judge in others.items()}
    shown = ", ".join(f"{size} rules {cost:.1f} us" for size, cost in costs.items())
    print(f"cost of an item: {shown}; from 100 to 5000 it grows {costs[5000] / costs[100]:.1f} times")


if __name__ == "__main__":
    main()
