"""Rules and detectors against plain baselines, in one run: ratios, because seconds differ from machine to machine."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from moderation_pii import TextPii
from moderation_text.detector import Blocklist

from moderation.core.detections import Detection
from moderation.core.items import Part
from moderation.core.rules.engine import Subject, evaluate
from moderation.core.taxonomy import Taxonomy
from moderation.policies.files import policy_paths, read_policy, shipped_rules
from moderation.testing import FakeContext

TEXT = (
    "Hello there, the tomatoes are ripe and I have far too many of them. Call 206-555-0100 before noon. " * 20
).strip()


def per_second(work: Callable[[], object], seconds: float = 1.0) -> float:
    """How often `work` runs in a second."""
    work()
    began, count = time.perf_counter(), 0
    while (now := time.perf_counter()) - began < seconds:
        work()
        count += 1
    return count / (now - began)


def main() -> None:
    """Print one line for each ratio."""
    taxonomy = Taxonomy()
    policies = [p for path in policy_paths([shipped_rules()]) if (p := read_policy(path, taxonomy)[0]) is not None]
    found = [Detection(label=n, parents=taxonomy.parents(n), confidence=70) for n in ("Weapons", "PII/EMAIL", "Face")]
    subject = Subject("shop", frozenset({"image", "text"}))
    rules = per_second(lambda: evaluate(policies, subject, found, taxonomy))
    dump = per_second(lambda: [d.model_dump_json() for d in found])
    print(
        f"evaluate {len(policies)} policies on 3 detections: {rules:,.0f}/s, {rules / dump:.3f} of writing them as JSON"
    )

    part, context = Part(id="p0", type="text", text=TEXT), FakeContext(Path(tempfile.gettempdir()))
    baseline = re.compile(
        r"\b(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b|[\w.+-]+@[\w-]+\.[\w.]+|\b\d{3}-\d{2}-\d{4}\b"
    )
    one = per_second(lambda: baseline.findall(TEXT))
    for detector in (TextPii(), Blocklist.load()):
        speed = per_second(lambda d=detector: d.detect(part, context))  # type: ignore[misc]
        print(f"{detector.name}: {speed * len(TEXT) / 1e6:.2f} MB/s, {speed / one:.3f} of one Python regex")


if __name__ == "__main__":
    main()
