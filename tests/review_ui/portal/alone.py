"""A program without the moderation service: the A2I endpoint and the portal, where `moderation` cannot be imported.

Run as ``python -m tests.review_ui.portal.alone FOLDER``. Prints a line of JSON (address, an access key, a reviewer's name and
password), then answers until its standard input ends.
"""

from __future__ import annotations

import json
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any


class Absent(MetaPathFinder):
    """Finds no module of the service or of its plugins, as if none was installed."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0].startswith("moderation"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def main(folder: Path) -> None:
    """Serve until standard input ends."""
    sys.meta_path.insert(0, Absent())
    from review_ui.people.people import People
    from review_ui.server import A2IServer
    from review_ui.settings import ReviewSettings

    with A2IServer(ReviewSettings.load(data=folder, port=0, undo_seconds=0.0)) as server:
        key = server.review.add_access_key()
        People(server.review.database).add("ann", "reviewer", "a long enough password")
        server.start()
        sys.stdout.write(json.dumps({"url": server.url, "id": key.id, "secret": key.secret}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    loaded = sorted(name for name in sys.modules if name.partition(".")[0].startswith("moderation"))
    sys.stdout.write(json.dumps({"loaded": loaded}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
