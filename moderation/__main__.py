"""The ``moderation`` command, also as ``python -m moderation``."""

import sys


def main() -> None:
    """Run it, and say nothing where it is interrupted while it still starts."""
    try:
        from moderation.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
