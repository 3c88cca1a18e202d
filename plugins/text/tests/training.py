"""What trains ``text.toxicity``, out of ``tools/text-training``."""

import sys
from pathlib import Path

TRAINING = Path(__file__).parents[3] / "tools" / "text-training"

# Its modules know each other by their bare names, as scripts do.
sys.path.append(str(TRAINING))
try:
    import evaluating
    import fitting
    import grammar
    import sources
    import train
finally:
    sys.path.remove(str(TRAINING))

__all__ = ["evaluating", "fitting", "grammar", "sources", "train"]
