"""The ``moderation`` command, also as ``python -m moderation``."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it, and say nothing where it is interrupted while it still starts.

    Args:
        arguments: instead of those of the process.
    """
    try:
        from moderation.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run(arguments)


if __name__ == "__main__":
    main()
