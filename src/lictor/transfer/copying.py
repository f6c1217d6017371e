"""One table's way from the source into the target."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from lictor.cancelling import cancel
from lictor.transfer.endpoints import Source, Stamp, Target
from lictor.transfer.plans import Plan
from lictor.transfer.report import TableReport
from lictor.transfer.rows import COMPLAINTS, Fitting, Row, chain

T = TypeVar("T")

BATCH_ROWS = 5_000
BATCH_CHARACTERS = 4_000_000


@dataclass(frozen=True)
class Batch:
    """Rows to be stored together; those whose ids are `stale` replace older ones."""

    rows: Sequence[Row]
    stale: frozenset[bytes]
    looked_at: int


class TableCopy:
    """Brings over what the target lacks, or has an older version of, in batches that are each complete or not there."""

    def __init__(
        self,
        plan: Plan,
        report: TableReport,
        source: Source,
        target: Target,
        aliases: dict[sa.Table, dict[bytes, bytes]],
        available: frozenset[str],
    ) -> None:
        self._plan = plan
        self._report = report
        self._source = source
        self._target = target
        self._aliases = aliases
        self._query = plan.query(available)
        self._fitting = Fitting(plan, source.decoders, target.encode_tags, aliases)
        self._id = chain(source.decoders.uuid)
        self._moment = chain(source.decoders.moment)
        self._was_empty = False

    async def run(self, advanced: Callable[[int], None]) -> None:
        self._was_empty = await self._target.count(self._plan.table) == 0
        async with aclosing(ahead(self._batches())) as batches:
            async for batch in batches:
                await self._store(batch)
                advanced(batch.looked_at)
        self._report.in_target = await self._target.count(self._plan.table)

    async def _batches(self) -> AsyncGenerator[Batch]:
        stamps_query = f'SELECT id, updated FROM "{self._plan.name}"'
        async with aclosing(self._source.stream(stamps_query, BATCH_ROWS)) as streams:
            async for stamps in streams:
                missing, stale = await self._wanted(stamps)
                rows: list[Row] = []
                size = 0
                async with aclosing(self._source.rows(self._query, missing)) as pieces:
                    async for piece in pieces:
                        for raw in piece:
                            if row := self._fitted(raw):
                                rows.append(row)
                                size += sum(len(value) for value in row if type(value) is str)
                        if size > BATCH_CHARACTERS:
                            yield Batch(rows, stale, 0)
                            rows, size = [], 0
                yield Batch(rows, stale, len(stamps))

    async def _wanted(self, stamps: Sequence[Stamp]) -> tuple[list[Any], frozenset[bytes]]:
        """The ids, as the source has them, of rows that the target lacks or has older; and which are the older ones."""
        found = {key: stamp for stamp in stamps if (key := self._key(stamp)) is not None}
        if self._was_empty:
            return [written for written, _ in found.values()], frozenset()
        there = await self._target.existing(self._plan.table, found.keys())
        stale = frozenset(key for key, updated in there.items() if self._is_newer(found[key], updated))
        return [written for key, (written, _) in found.items() if key not in there or key in stale], stale

    def _key(self, stamp: Stamp) -> bytes | None:
        try:
            key: bytes = self._id(stamp[0])
        except COMPLAINTS:
            self._report.leave_out(repr(stamp[0]), "its id is no UUID")
            return None
        return key

    def _is_newer(self, stamp: Stamp, updated: int | None) -> bool:
        try:
            return updated is not None and self._moment(stamp[1]) > updated
        except COMPLAINTS:
            return False

    def _fitted(self, raw: Row) -> Row | None:
        fitted = self._fitting.fit(raw)
        if fitted.remarks:
            key = self._id(raw[0])
            note = self._report.leave_out if fitted.row is None else self._report.change
            for remark in fitted.remarks:
                note(key, remark)
        return fitted.row

    async def _store(self, batch: Batch) -> None:
        rows = await self._with_parents(batch.rows)
        fresh = [row for row in rows if row[0] not in batch.stale]
        refused: set[bytes] = set()
        added = await self._carefully(self._target.insert, fresh, refused)
        self._report.new += added
        if added + len(refused) < len(fresh):
            await self._explain([row for row in fresh if row[0] not in refused])
        if batch.stale:
            older = [row for row in rows if row[0] in batch.stale]
            self._report.updated += await self._carefully(self._target.update, older, refused)

    async def _with_parents(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows that can stand beside those they refer to; what may be empty is emptied where it refers to none."""
        for name, parent in self._plan.references.items():
            position = self._plan.names.index(name)
            wanted = {row[position] for row in rows} - {None}
            if wanted and (lost := wanted - (await self._target.existing(parent, wanted)).keys()):
                rows = list(self._without(rows, position, lost))
        return rows

    def _without(self, rows: Sequence[Row], position: int, lost: set[bytes]) -> list[Row]:
        column = self._plan.filled[position]
        parent = self._plan.references[column.name].name
        kept = []
        for row in rows:
            if row[position] not in lost:
                kept.append(row)
            elif column.nullable:
                self._report.change(row[0], f"{column.name} names no {parent}, now empty")
                kept.append((*row[:position], None, *row[position + 1 :]))
            else:
                self._report.leave_out(row[0], f"{column.name} names no {parent}")
        return kept

    async def _carefully(
        self, write: Callable[[Plan, Sequence[Row]], Awaitable[int]], rows: Sequence[Row], refused: set[bytes]
    ) -> int:
        """Writes the rows; where some cannot be stored, all the others. Adds the ids of those to `refused`."""
        if not rows:
            return 0
        try:
            return await write(self._plan, rows)
        except self._target.complaints as complaint:
            if len(rows) == 1:
                refused.add(rows[0][0])
                self._report.leave_out(rows[0][0], f"the database refused it: {' '.join(str(complaint).split())}")
                return 0
        middle = len(rows) // 2
        return await self._carefully(write, rows[:middle], refused) + await self._carefully(
            write, rows[middle:], refused
        )

    async def _explain(self, rows: Sequence[Row]) -> None:
        """Finds whose place the rows that were not added would have taken."""
        there = await self._target.existing(self._plan.table, [row[0] for row in rows])
        for row in rows:
            if row[0] in there:
                continue
            names, holder = await self._holder(row)
            if holder is None:
                self._report.leave_out(row[0], "the target did not take it")
            elif self._plan.merges:
                self._aliases.setdefault(self._plan.table, {})[row[0]] = holder
                self._report.merged += 1
            else:
                self._report.leave_out(row[0], f"the target has another one with the same {' and '.join(names)}")

    async def _holder(self, row: Row) -> tuple[list[str], bytes | None]:
        """The row of the target that has what may occur only once, and what that is."""
        values: Mapping[str, Any] = dict(zip(self._plan.names, row, strict=True))
        for constraint in self._plan.table.constraints:
            if isinstance(constraint, sa.UniqueConstraint):
                names = [column.name for column in constraint.columns]
                if holder := await self._target.find(self._plan.table, {name: values[name] for name in names}):
                    return names, holder
        return [], None


async def ahead(items: AsyncGenerator[T]) -> AsyncGenerator[T]:
    """The same items, each made while the one before it is being worked on."""
    end = object()

    async def following() -> Any:
        return await anext(items, end)

    pending = asyncio.create_task(following())
    try:
        while (item := await pending) is not end:
            pending = asyncio.create_task(following())
            yield item
    finally:
        await cancel(pending)
        await items.aclose()
