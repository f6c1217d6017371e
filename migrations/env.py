"""Where Alembic begins: in a transaction that nobody else migrates in."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection

from lictor.db.migrations import VERSION_TABLE
from lictor.db.revisions import in_turn
from lictor.settings import read_settings

handed_over: dict[str, Any] = context.config.attributes  # by `lictor.db.revisions`; nothing by Alembic's command line


def run(connection: Connection) -> None:
    def is_of_this_database(thing: Any, *_: Any) -> bool:
        """Things with `ddl_if` are for one kind of database only."""
        condition = getattr(thing, "_ddl_if", None)
        return condition is None or condition.dialect == connection.dialect.name

    context.configure(
        connection=connection,
        target_metadata=handed_over.get("metadata"),
        version_table=VERSION_TABLE,
        include_object=is_of_this_database,
        user_module_prefix="types.",
    )
    context.run_migrations()


if "connection" in handed_over:
    run(handed_over["connection"])
else:
    asyncio.run(in_turn(read_settings().database, run))
