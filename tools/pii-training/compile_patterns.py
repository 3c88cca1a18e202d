"""Write moderation_pii/patterns.automaton: run it when a pattern has changed.

    python tools/pii-training/compile_patterns.py

Without it all works, but each start compiles the patterns first, which takes seconds.
"""

from __future__ import annotations

from moderation_pii.detector import EXPRESSIONS, SIGNS
from moderation_pii.prefilter import SHIPPED, Prefilter


def main() -> int:
    """Compile and write."""
    Prefilter(EXPRESSIONS, SIGNS).write(SHIPPED)
    print(f"{SHIPPED}: {SHIPPED.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
