"""What automations have counted, on its way from Prefect's tables to ours: they go on counting here.

The automations themselves are rows like any other (`plans.py`). Their state is small, changes all the time, and has no ids
that both sides know. So it is taken over as a whole, for each automation that has neither evaluated an event nor fired
here: from then on what Lictor has counted itself is what counts.
"""

import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import TypeAdapter

from lictor.db.base import utc_now
from lictor.db.bulk import Insertion
from lictor.db.engine import Database, Transaction
from lictor.db.functions import value_in
from lictor.db.types import dump_json, from_micros, load_json
from lictor.events.triggers import memory
from lictor.events.triggers.compiled import EventNode, Node, compile_trigger
from lictor.events.triggers.evaluation import Bucket, nodes
from lictor.events.triggers.grace import DEFAULT_GRACE
from lictor.resources.automations import queries
from lictor.resources.automations.actions import AnyAction
from lictor.resources.automations.firing_tables import firing
from lictor.resources.automations.table import automation, automation_related_resource
from lictor.resources.automations.trigger_tables import trigger_event
from lictor.resources.automations.triggers import AnyTrigger
from lictor.resources.automations.writes import stored_json
from lictor.transfer.endpoints import Source, quoted
from lictor.transfer.report import Report, TableReport
from lictor.transfer.rows import COMPLAINTS, NUL_IN_JSON, Aliases, chain
from lictor.transfer.values import Convert, Unstorable, text

RELATED_COLUMNS = ("id", "automation_id", "resource_id", "automation_owned_by_resource")
BUCKET_COLUMNS = ("id", "automation_id", "trigger_id", "bucketing_key", "start", "end", "count", "last_event")
PART_COLUMNS = ("id", "automation_id", "parent_trigger_id", "child_trigger_id", "child_fired_at", "child_firing")

STATE_COLUMNS = {
    "automation_related_resource": RELATED_COLUMNS,
    "automation_bucket": BUCKET_COLUMNS,
    "composite_trigger_child_firing": PART_COLUMNS,
}
"""What is read of the source's tables."""

BATCH_ROWS = 500

_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_trigger: TypeAdapter[Any] = TypeAdapter(AnyTrigger)
_actions: TypeAdapter[Any] = TypeAdapter(list[AnyAction])

_RELATED = Insertion(
    automation_related_resource, ("automation_id", "resource_id", "is_owner"), "(automation_id, resource_id) DO NOTHING"
)

_Row = tuple[Any, ...]
_Make = Callable[[Node, Sequence[Any]], _Row | str]
"""Our row for one of the source's, or why there is none."""


def checks_of(aliases: Aliases) -> dict[str, Convert]:
    """For an automation's columns: triggers and actions as we store them.

    They name other objects by their ids, of which some are called otherwise here (`aliases`).
    """
    rename = _renaming(aliases)
    actions = _stored(_actions, rename)
    return {
        "trigger": _stored(_trigger, rename),
        "actions": actions,
        "actions_on_trigger": actions,
        "actions_on_resolve": actions,
    }


def _stored(kind: TypeAdapter[Any], rename: Callable[[str], str]) -> Convert:
    def convert(source: str | bytes) -> str:
        value = kind.validate_json(rename(_as_text(source)))
        if isinstance(value, list):
            return dump_json([one.model_dump(mode="json") for one in value])
        return stored_json(value)

    return convert


def _renaming(aliases: Aliases) -> Callable[[str], str]:
    def rename(source: str) -> str:
        """The text with the ids that objects have here."""

        def renamed(found: re.Match[str]) -> str:
            id = UUID(found[0]).bytes
            here = next((known[id] for known in aliases.values() if id in known), None)
            return found[0] if here is None else str(UUID(bytes=here))

        return _UUID.sub(renamed, source) if any(aliases.values()) else source

    return rename


def _as_text(source: str | bytes) -> str:
    return source.decode() if isinstance(source, bytes) else source


def _storable(source: str) -> str:
    if "\\u0000" in source and NUL_IN_JSON.search(source):
        raise Unstorable("it holds characters that cannot be stored")
    return source


async def take_over(source: Source, db: Database, aliases: Aliases, report: Report) -> None:
    """Brings over what the source's automations have counted, and lets those here begin to wait."""
    tables = [TableReport(name, await source.count(name)) for name in STATE_COLUMNS]
    report.tables += tables
    if not report.of(automation.name).in_source:
        return
    state = _State(source, db, _renaming(aliases))
    ids = [UUID(bytes=state.id(row[0])) async for row in state.rows("SELECT id FROM automation")]
    fresh = await db.try_write(lambda tx: _make_room(tx, ids))
    roots = await _roots(db, ids)
    related, buckets, parts = tables
    await state.bring(related, _RELATED, state.related_row, roots)
    elsewhere = roots.keys() - fresh
    waiting = {id: root for id, root in roots.items() if id in fresh}
    await state.bring(buckets, memory.BUCKETS, state.bucket_row, waiting, elsewhere)
    await state.bring(parts, memory.PARTS, state.part_row, waiting, elsewhere)
    await db.try_write(lambda tx: _begin_to_wait(tx, waiting))


async def _make_room(tx: Transaction, ids: Collection[UUID]) -> frozenset[UUID]:
    """Forgets what an earlier import brought of automations that have not been at work here; which these are."""
    has_counted = sa.exists().where(
        trigger_event.c.automation_id == automation.c.id, trigger_event.c.evaluated.is_not(None)
    )
    has_fired = sa.exists().where(firing.c.automation_id == automation.c.id)
    idle = sa.select(automation.c.id).where(value_in(automation.c.id, list(ids)), ~has_counted, ~has_fired)
    fresh = frozenset(row.id for row in await tx.all(idle.order_by(automation.c.id).with_for_update()))
    for id in sorted(fresh):
        await memory.forget(tx, id)
    return fresh


async def _roots(db: Database, ids: Collection[UUID]) -> dict[UUID, Node]:
    statement = sa.select(automation.c.id, automation.c.trigger).where(value_in(automation.c.id, list(ids)))
    return {row.id: compile_trigger(load_json(row.trigger)) for row in await db.read.all(statement)}


async def _begin_to_wait(tx: Transaction, roots: Mapping[UUID, Node]) -> None:
    """Opens the windows that are open at all times, where none came over, and tells servers that there is something new."""
    enabled = sa.select(automation.c.id).where(value_in(automation.c.id, list(roots)), automation.c.enabled)
    for row in await tx.all(enabled.order_by(automation.c.id)):
        await memory.open_lasting_windows(tx, row.id, roots[row.id], utc_now())
    await tx.execute(queries.new_version())


_NO_AUTOMATION = "its automation did not come over"
_NO_TRIGGER = "its trigger is no part of its automation any more"
_HERE_BY_NOW = "Lictor has counted for its automation itself"


@dataclass
class _State:
    """The source's rows that tell what automations have counted, and what becomes of them."""

    source: Source
    db: Database
    rename: Callable[[str], str]

    def __post_init__(self) -> None:
        self.id = chain(self.source.decoders.uuid)
        self._moment = chain(self.source.decoders.moment, from_micros)
        self._text = chain(self.source.decoders.text, text)
        self._json = chain(self.source.decoders.json, _as_text, _storable, self.rename, load_json)
        self._places = count(1)

    async def rows(self, query: str) -> AsyncIterator[Sequence[Any]]:
        async for batch in self.batches(query):
            for row in batch:
                yield row

    async def batches(self, query: str) -> AsyncIterator[Sequence[Sequence[Any]]]:
        async with aclosing(self.source.stream(query, BATCH_ROWS)) as stream:
            async for batch in stream:
                yield batch

    async def bring(
        self,
        table: TableReport,
        insertion: Insertion,
        make: _Make,
        roots: Mapping[UUID, Node],
        elsewhere: Collection[UUID] = (),
    ) -> None:
        """Writes our rows for the source's, of the automations whose triggers are given."""
        query = f'SELECT {quoted(STATE_COLUMNS[table.name])} FROM "{table.name}" ORDER BY created, id'
        async for batch in self.batches(query):
            rows = []
            for id, automation_id, *rest in batch:
                try:
                    of = UUID(bytes=self.id(automation_id))
                    made = make(roots[of], (of, *rest)) if of in roots else self._reason(of, elsewhere)
                except COMPLAINTS as complaint:
                    made = f"it is not as it should be: {complaint}".partition("\n")[0]
                if isinstance(made, str):
                    table.leave_out(self._shown(id), made)
                else:
                    rows.append(made)
            if rows:
                once = list({row[:2]: row for row in rows}.values())
                await self.db.try_write(lambda tx, once=once: insertion.run(tx, once))  # type: ignore[misc]
                table.new += len(rows)
        table.in_target = table.new

    def _reason(self, automation_id: UUID, elsewhere: Collection[UUID]) -> str:
        return _HERE_BY_NOW if automation_id in elsewhere else _NO_AUTOMATION

    def _shown(self, id: Any) -> bytes | str:
        try:
            key: bytes = self.id(id)
        except COMPLAINTS:
            return repr(id)
        return key

    def related_row(self, _root: Node, row: Sequence[Any]) -> _Row | str:
        automation_id, resource_id, is_owner = row
        if resource_id is None:
            return "it names no resource"
        return (automation_id, self.rename(self._text(resource_id)), bool(is_owner))

    def bucket_row(self, root: Node, row: Sequence[Any]) -> _Row | str:
        automation_id, trigger_id, key, start, end, counted, last_event = row
        leaf = _find(root, UUID(bytes=self.id(trigger_id)))
        if not isinstance(leaf, EventNode):
            return _NO_TRIGGER
        if leaf.is_order_free:
            return "its trigger needs to count nothing here"
        labels = tuple(map(str, self._json(key)))
        event = None if last_event is None else self._json(last_event)
        bucket = Bucket(self._moment(start), self._moment(end), counted, event)
        return memory.bucket_row(automation_id, leaf, labels, bucket, DEFAULT_GRACE)

    def part_row(self, root: Node, row: Sequence[Any]) -> _Row | str:
        automation_id, parent_id, trigger_id, fired, shown = row
        node = _find(root, UUID(bytes=self.id(trigger_id)))
        if node is None or node.parent is None or node.parent.id != UUID(bytes=self.id(parent_id)):
            return _NO_TRIGGER
        told = self._json(shown)
        moment = datetime.fromisoformat(told["triggered"]) if fired is None else self._moment(fired)
        return (node.parent.id, node.id, automation_id, moment, next(self._places), dump_json(told))


def _find(root: Node, id: UUID) -> Node | None:
    return next((node for node in nodes(root) if node.id == id), None)
