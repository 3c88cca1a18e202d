"""Random policies that are valid, random items, and what detectors may find in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from moderation.core.detections import Detection, Failure
from moderation.core.items import Box, Span, TimeRange, Tool
from moderation.core.rules.scene import Subject
from moderation.core.taxonomy import Taxonomy

TAXONOMY = Taxonomy()


LABELS = ["Violence", "Weapons", "Weapon Violence", "Graphic Violence", "Explicit", "Alcohol", "Hate Symbols"]


DETECTORS = {
    "det.a": frozenset({"Weapons", "Weapon Violence", "Graphic Violence", "Violence"}),
    "det.b": frozenset({"Explicit", "Alcohol", "Hate Symbols", "Person"}),
    "det.c": None,
}


QUEUES = ["first", "second", "general"]


PERCENTS = [0, 30, 49.9, 50, 60, 75, 90, 95, 100]


labels = st.sampled_from(LABELS)


percents = st.sampled_from(PERCENTS)


asks = st.sampled_from(["approve", "reject", *({"review": queue} for queue in QUEUES)])


failure_asks = st.sampled_from([{"approve": "a reason"}, "reject", *({"review": queue} for queue in QUEUES)])


def highest(table: dict[str, Any]) -> float:
    """The largest number of a table."""
    return float(max(each for key, each in table.items() if key != "by"))


tables = st.builds(
    lambda by, low, rows: {"by": f"metadata.{by}", **rows, "default": low},
    st.sampled_from(["a", "a.b"]),
    percents,
    st.dictionaries(st.sampled_from(["5", "x", "true", "y"]), percents, min_size=1, max_size=3),
)
"""Tables of thresholds."""


times = st.sampled_from(
    [
        {"seconds": {"at_least": 4}},
        {"share_of_time": {"at_least": 40}},
        {"share_of_time": {"below": 40}},
        {"runs": {"at_least": 2}},
        {"seconds": {"below": 6}, "runs": {"at_most": 1}},
        {"seconds": {"at_least": 3}, "share_of_time": {"at_least": 20, "below": 90}},
    ]
)


@st.composite
def label_conditions(draw: st.DrawFn) -> dict[str, Any]:
    some = st.one_of(labels, st.lists(labels, min_size=1, max_size=3, unique=True), st.just({"list": "named"}))
    condition: dict[str, Any] = {"label": draw(some)}
    if draw(st.booleans()):
        condition["at_least"] = draw(st.one_of(percents, percents, tables))
    if draw(st.integers(0, 3)) == 0:
        low = condition.get("at_least", 0)
        high = [p for p in PERCENTS if p > (highest(low) if isinstance(low, dict) else low)]
        assume(high)
        condition["below"] = draw(st.sampled_from(high))
        if not isinstance(low, dict) and draw(st.booleans()):
            condition["below"] = {"by": "metadata.a.b", "5": draw(st.sampled_from(high)), "default": condition["below"]}
    extra = draw(st.integers(0, 15))
    if extra == 0:
        condition["exact"] = True
    elif extra == 1:
        condition["count"] = draw(st.sampled_from([{"at_least": 2}, {"at_most": 1}, {"at_least": 1, "at_most": 2}]))
    elif extra == 2:
        condition["different_labels"] = draw(st.sampled_from([{"at_least": 2}, {"at_most": 1}]))
    elif extra == 3:
        condition["box_area"] = draw(st.sampled_from([{"at_least": 20}, {"below": 20}]))
    elif extra == 4:
        condition["detector"] = draw(st.sampled_from([["det.a"], ["det.a", "det.b"], "det.b"]))
    elif extra == 5:
        condition["span_length"] = draw(st.sampled_from([{"at_least": 5}, {"below": 5}]))
    elif extra == 6:
        condition["seconds"] = draw(st.sampled_from([{"at_least": 5, "below": 9}, {"below": 5}]))
    elif extra in (14, 15):
        condition |= draw(times)
        if extra == 15:
            condition["count"] = draw(st.sampled_from([{"at_least": 2}, {"at_most": 1}]))
    elif extra in (7, 8):
        other = st.one_of(
            some,
            st.builds(
                lambda a, p, s: {"label": a, "at_least": p, "share": s}, some, percents, st.sampled_from([0, 50, 75])
            ),
        )
        kinds = st.lists(st.sampled_from(["inside", "overlaps", "without"]), min_size=1, max_size=2, unique=True)
        condition |= {kind: draw(other) for kind in draw(kinds)}
        if extra == 8:
            more = [{"count": {"at_most": 1}}, {"different_labels": {"at_least": 2}}, {"seconds": {"at_least": 5}}]
            condition |= draw(st.sampled_from(more))
    return condition


facts = st.one_of(
    st.builds(lambda a: {"app": a}, st.lists(st.sampled_from(["shop", "kids"]), min_size=1, max_size=2, unique=True)),
    st.builds(lambda t: {"content_type": [t]}, st.sampled_from(["image", "text"])),
    st.builds(lambda p: {"score": "risk", "at_least": p}, st.one_of(st.sampled_from([30, 60, 90]), tables)),
    st.sampled_from([{"content": {"in_list": "bad"}}, {"metadata": {"key": "a", "in_list": "watch"}}]),
    st.sampled_from(
        [
            {"width": {"below": 200}},
            {"bytes": {"at_least": 1000}},
            {"frames": {"at_least": 2}},
            {"duration": {"at_least": 2, "below": 9}},
            {"sound": {"below": 1}},
            {"text_length": {"at_least": 5, "below": 20}},
            {"media_type": ["image/*"]},
            {"media_type": ["image/png", "video/*"]},
            {"parts": {"at_least": 2}},
            {"parts": {"at_most": 1}},
            {"flags": {"at_least": 3}},
            {"flags": {"below": 2}},
            {"hour": {"at_least": 22, "below": 6}},
            {"hour": {"at_least": 9, "below": 17}, "zone": "Asia/Tokyo"},
            {"weekday": ["sat", "sun"], "zone": "Europe/Zurich"},
        ]
    ),
    st.builds(
        lambda name, bounds: {"counter": name, **bounds},
        st.sampled_from(["rejects", "posts"]),
        st.sampled_from([{"at_least": 2}, {"at_most": 0}, {"at_least": 1, "below": 3}]),
    ),
    st.builds(
        lambda test: {"metadata": test},
        st.sampled_from(
            [
                {"key": "a.b", "is": 5},
                {"key": "a.b", "in": ["x", 5.0, True]},
                {"key": "a", "has": "x"},
                {"key": "a.b", "at_least": 1, "below": 5},
                {"key": "a.b", "below": 6},
                {"key": "a", "given": True},
                {"key": "a.b", "given": False},
            ]
        ),
    ),
    st.builds(
        lambda sure, covered, bare, hidden, count, torso, lasting: {
            "people": {
                "lacking": {"head": "head_cover", **torso},
                "at_least": sure,
                "covered_at_least": covered,
                **bare,
                "if_part_not_visible": hidden,
                "count": count,
                **lasting,
            }
        },
        st.sampled_from([30, 75]),
        st.sampled_from([50, 90]),
        st.sampled_from([{}, {}, {"bare_below": 20}, {"bare_below": 50}]),
        st.sampled_from(["ignore", "counts_as_lacking"]),
        st.sampled_from([{"at_least": 1}, {"at_most": 1}, {"at_least": 2, "at_most": 3}]),
        st.sampled_from([{}, {"torso": "vest"}]),
        st.one_of(st.just({}), st.just({}), times),
    ),
)


conditions = st.recursive(
    st.one_of(label_conditions(), label_conditions(), facts),
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
        st.builds(lambda part: {"one_part": part}, inner),
    ),
    max_leaves=5,
)


modes = st.sampled_from([None, None, None, None, {"shadow_until": "2030-01-01"}, {"percent": 40}])


@st.composite
def policies(draw: st.DrawFn, *, plain: bool = False) -> dict[str, Any]:
    """A valid policy document; `plain` ones say nothing that more confidence could make milder."""
    bands = {}
    for number in range(draw(st.integers(0, 2))):
        low, high = sorted(draw(st.lists(st.sampled_from(PERCENTS), min_size=2, max_size=2, unique=True)))
        first: Any = low
        if not plain and draw(st.integers(0, 3)) == 0:
            first = {
                "by": "metadata.a.b",
                "5": draw(st.sampled_from([p for p in PERCENTS if p < high])),
                "default": low,
            }
        bands[f"band{number}"] = {"label": draw(labels), "review_from": first, "reject_from": high, "queue": "second"}
        if mode := None if plain else draw(modes):
            bands[f"band{number}"]["mode"] = mode
    rules: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 5))):
        when = draw(st.builds(lambda a, p: {"label": a, "at_least": p}, labels, percents) if plain else conditions)
        rule: dict[str, Any] = {"id": f"rule{number}", "when": when, "then": draw(asks)}
        targets = [f"rule{n}" for n in range(number)] + [f"{name}.{s}" for name in bands for s in ("review", "reject")]
        if not plain and targets and draw(st.integers(0, 2)) == 0:
            rule["overrides"] = draw(st.lists(st.sampled_from(targets), min_size=1, max_size=2, unique=True))
        if not plain and (mode := draw(modes)):
            rule["mode"] = mode
        rules.append(rule)
    document: dict[str, Any] = {
        "policy": "p",
        "format": 1,
        "applies_to": {"content_type": ["image", "text"]},
        "needs": list(DETECTORS),
        "if_nothing_matches": draw(asks),
        "if_a_detector_fails": draw(failure_asks),
        "queues": [{"name": name, "a2i_flow": name} for name in QUEUES],
        "lists": {"named": draw(st.lists(labels, min_size=1, max_size=2, unique=True))},
        "scores": {
            "risk": {
                "combine": draw(st.sampled_from(["noisy_or", "weighted_maximum"])),
                "of": [
                    {"label": "Weapons", "weight": 0.5},
                    {"label": "Explicit", "exact": True},
                    {"label": "Alcohol", "weight": 0.8, "detector": "det.b"},
                ],
            }
        },
        "counters": {
            "rejects": {"of": "reject", "by": "metadata.a", "within": "24h"},
            "posts": {"of": "posted", "by": "app", "within": "1h"},
        },
        "bands": bands,
        "rules": rules,
    }
    if bands and not plain and draw(st.booleans()):
        change = draw(
            st.sampled_from(
                [
                    {"enabled": False},
                    {"review_from": 10, "reject_from": 20},
                    {"review_from": 10, "reject_from": {"by": "metadata.a.b", "5": 60, "default": 20}},
                ]
            )
        )
        document["apps"] = {"kids": {"change": {"band0": change}, "if_nothing_matches": draw(asks)}}
    return document


def found(
    label: str,
    confidence: float,
    part: str,
    detector: str,
    *,
    small: bool,
    length: int | None = None,
    left: float = 0,
    start: int | None = None,
    attributes: dict[str, Any] | None = None,
) -> Detection:
    box = Box(left=left, top=0, width=0.2, height=0.2) if small else None
    span = Span(start=2, end=2 + length) if length is not None else None
    return Detection(
        label=label,
        parents=TAXONOMY.parents(label),
        confidence=confidence,
        part=part,
        box=box,
        span=span,
        time_range=TimeRange(start=start, end=start + (length or 0)) if start is not None else None,
        attributes=attributes or {},
        detector=Tool(name=detector, version="1"),
    )


confidences = st.one_of(percents, st.floats(0, 100))
parts = st.sampled_from(["p0", "p1", "p1.0", ""])
starts = st.sampled_from([None, None, 0, 1, 3, 4, 8])
people = st.builds(
    lambda confidence, part, start, seen: found(
        "Person",
        confidence,
        part,
        "det.b",
        small=False,
        length=3,
        start=start,
        attributes={"parts": seen} if seen is not None else {},
    ),
    confidences,
    parts,
    starts,
    st.sampled_from(
        [
            None,
            {},
            {"head": {}},
            {"head": {"head_cover": 60}},
            {"head": {"head_cover": None}},
            {"head": {"head_cover": 95}, "face": {}},
            {"head": {"head_cover": 95}, "torso": {"vest": 30}},
            {"head": {"head_cover": 95}, "torso": {"vest": 95}},
        ]
    ),
)
detections = st.one_of(
    st.builds(
        found,
        labels,
        confidences,
        parts,
        st.sampled_from(["det.a", "det.b"]),
        small=st.booleans(),
        length=st.sampled_from([None, None, 3, 5, 9]),
        start=starts,
        left=st.sampled_from([0, 0, 0.1, 0.05, 0.5]),
    ),
    people,
)


failures = st.builds(
    lambda name, part: Failure(detector=Tool(name=name, version="1"), part=part, kind="raised", message="x"),
    st.sampled_from(list(DETECTORS)),
    st.sampled_from(["p0", "p1", ""]),
)


subjects = st.builds(
    lambda app, number, facts, rejects, posts, bad, watch, sizes, at, flags: Subject(
        app,
        frozenset({"image", "text"}),
        f"item-{number}",
        facts,
        {"p0": frozenset({"text"}), "p1": frozenset({"image"})},
        {"p/rejects": rejects, "p/posts": posts},
        {"bad content": bad, "watch metadata.a": watch},
        sizes,
        at,
        flags,
    ),
    st.sampled_from(["shop", "kids", "news"]),
    st.integers(0, 50),
    st.sampled_from([{}, {"a": {"b": 5}}, {"a": {"b": True}}, {"a": ["x"]}, {"a.b": "x"}, {"a": {"b": None}}]),
    st.sampled_from([0, 1, 2, 3, None]),
    st.sampled_from([0, 1, 2, 7]),
    st.sampled_from([(True, "1"), (False, "1"), (False, "1"), None]),
    st.sampled_from([(True, "1"), (False, "")]),
    st.sampled_from(
        [
            {},
            {
                "p0": {"text_length": 5},
                "p1": {
                    "width": 100,
                    "bytes": 900,
                    "media_type": "image/gif",
                    "frames": None,
                    "duration": 20,
                    "sound": 0,
                },
            },
            {
                "p0": {"text_length": 50},
                "p1": {
                    "width": None,
                    "bytes": None,
                    "media_type": None,
                    "frames": None,
                    "duration": None,
                    "sound": None,
                },
            },
        ]
    ),
    st.sampled_from([None, datetime(2026, 11, 28, 23, tzinfo=UTC), datetime(2026, 11, 27, 12, tzinfo=UTC)]),
    st.sampled_from([0.0, 1.75, 3.0]),
)
