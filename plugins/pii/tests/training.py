"""Documents to measure with, and how they are scored, out of ``tools/pii-training``."""

import sys
from pathlib import Path

TRAINING = Path(__file__).parents[3] / "tools" / "pii-training"

# Its modules know each other by their bare names, as scripts do.
sys.path.append(str(TRAINING))
try:
    from scoring import Scores
    from unseen import unseen
finally:
    sys.path.remove(str(TRAINING))

__all__ = ["Scores", "unseen"]
