"""The import itself.

For each table, the ids of the source and when each row was updated last are held against the target; rows that it
lacks, or has an older version of, are fetched, fitted and stored, each batch in a transaction of its own. So an import
that was interrupted goes on where it stopped, one that is repeated brings what is new, and none makes a row twice.
"""

from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

import sqlalchemy as sa

from lictor.db.engine import Database
from lictor.resources.automations.table import automation
from lictor.resources.block_documents.table import block_document
from lictor.resources.runs.derived_tables import derived_tables_of
from lictor.transfer.automations import checks_of, take_over
from lictor.transfer.copying import BATCH_ROWS, TableCopy
from lictor.transfer.endpoints import Source, Target
from lictor.transfer.plans import PARENT, PLANS
from lictor.transfer.report import Report, TableReport
from lictor.transfer.rows import COMPLAINTS, chain
from lictor.transfer.slots import take_over_slots
from lictor.transfer.values import Convert

UNMENTIONED = frozenset({"alembic_version", "csrf_token", "configuration", "event_resources"}) | {
    "automation_event_follower",
    "automation_held_event",
}
"""Tables whose rows are nobody's history, or say once more what those of another table say."""


class Watcher(Protocol):
    """Is told how the import goes."""

    def begun(self, rows: int) -> None:
        """So many rows are to be looked at."""

    def advanced(self, table: str, rows: int) -> None:
        """So many more rows of the table have been dealt with."""

    def settling(self) -> None:
        """All rows are there; what is left is to be done once."""


async def copy_all(source: Source, target: Target, db: Database, watcher: Watcher, sealed_anew: Convert) -> Report:
    """Imports a source that was found fit into a target that is ready, which is open as `db`, too.

    `sealed_anew` exchanges the keys of secrets.
    """
    columns = await source.tables()
    report = Report([TableReport(plan.name, await source.count(plan.name)) for plan in PLANS])
    watcher.begun(sum(table.in_source for table in report.tables))
    aliases: dict[sa.Table, dict[bytes, bytes]] = {}
    checks = {block_document: {"data": sealed_anew}, automation: checks_of(aliases)}
    for each, table in zip(PLANS, report.tables, strict=True):
        plan = replace(each, checks=checks.get(each.table, each.checks))
        copy = TableCopy(plan, table, source, target, aliases, columns[plan.name])
        await copy.run(lambda rows, name=plan.name: watcher.advanced(name, rows))  # type: ignore[misc]
    watcher.settling()
    await _link_parents(source, target, report.of(PARENT.table.name))
    await take_over(source, db, aliases, report)
    await take_over_slots(source, db)
    filled = [table for plan in PLANS if report.of(plan.name).written for table in plan.tables]
    await target.settle(filled + derived_tables_of(filled))
    for name in sorted(columns.keys() - {table.name for table in report.tables} - UNMENTIONED):
        if rows := await source.count(name):
            report.without_room[name] = rows
    return report


async def _link_parents(source: Source, target: Target, report: TableReport) -> None:
    """Now that both are there, names to each subflow run the task run that stands for it."""
    parents = next(iter(PARENT.foreign_keys)).column.table
    query = f'SELECT id, "{PARENT.name}" FROM "{PARENT.table.name}" WHERE "{PARENT.name}" IS NOT NULL'
    decode = chain(source.decoders.uuid)
    async with aclosing(source.stream(query, BATCH_ROWS)) as streams:
        async for stream in streams:
            pairs: list[tuple[bytes, bytes]] = []
            for child, parent in stream:
                try:
                    pairs.append((decode(child), decode(parent)))
                except COMPLAINTS:
                    report.change(repr(child), f"{PARENT.name} is no UUID, now empty")
            there = await target.existing(parents, {parent for _, parent in pairs})
            for child, parent in pairs:
                if parent not in there:
                    report.change(child, f"{PARENT.name} names no {parents.name}, now empty")
            if there:
                await target.link(PARENT, [pair for pair in pairs if pair[1] in there])
