"""The ``moderation`` command, also as ``python -m moderation``."""

import atexit
import gc
import os
import sys
from collections.abc import Sequence

STARTS_WITH_OBJECTS = 150_000
"""More than a start makes between two looks for garbage, of which it leaves none: each look is at all that is there."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it, and say nothing where it is interrupted while it still starts.

    Args:
        arguments: instead of those of the process.
    """
    gc.set_threshold(STARTS_WITH_OBJECTS)
    # Python ends by looking for garbage in all that there is, several times; what is left goes with the process.
    atexit.register(gc.freeze)
    # Else pydantic looks for plugins of its own in all that is installed; those could change what policies mean.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from moderation.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run(arguments)


if __name__ == "__main__":
    main()
