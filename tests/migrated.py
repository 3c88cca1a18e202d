"""Fresh SQLite databases of the tests' own process: migrated once, then copied. A hundred revisions take their time."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

from ground.database import Database


def migrate_once() -> None:
    """Have `Database.migrate` begin an empty file with what the revisions lead to; it goes on as always."""
    migrate = Database.migrate
    made: dict[tuple[Path, str], bytes] = {}
    making = threading.Lock()

    def begin_with_a_copy(self: Database) -> None:
        path = Path(self.engine.url.database or "")
        with making:
            if self.is_sqlite and path.stat().st_size == 0:
                key = (self._migrations, self._version_table)
                if key not in made:
                    made[key] = _migrated(self, migrate)
                path.write_bytes(made[key])
        migrate(self)

    Database.migrate = begin_with_a_copy  # type: ignore[method-assign]


def _migrated(like: Database, migrate: object) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.db"
        database = Database(f"sqlite:///{path}", like._migrations, like._metadata, like._version_table)
        migrate(database)  # type: ignore[operator]
        database.truncate_journal()
        database.close()
        return path.read_bytes()
