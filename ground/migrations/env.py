"""Alembic's entry: runs the revisions on the engine that `ground.database.Database.migrate` hands over."""

from alembic import context
from sqlalchemy import MetaData
from sqlalchemy.engine import Engine

from ground.failpoints import failpoint


def _run(engine: Engine, metadata: MetaData, version_table: str) -> None:
    with failpoint("database.migrate"), engine.execution_options(is_write=True).begin() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            version_table=version_table,
            render_as_batch=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()


_attributes = context.config.attributes
_run(_attributes["engine"], _attributes["metadata"], _attributes["version_table"])
