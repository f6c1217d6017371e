"""What automations have counted, from rows and back, many automations at once."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from lictor.db.bulk import Insertion
from lictor.db.engine import Transaction
from lictor.db.functions import insert_unless, value_in
from lictor.db.types import dump_json, load_json
from lictor.events.triggers.compiled import EventNode, Node
from lictor.events.triggers.evaluation import Bucket, Key, Memory, Part, due_of
from lictor.events.triggers.grace import grace_of
from lictor.resources.automations.trigger_tables import trigger_bucket, trigger_part

BUCKETS = Insertion(
    trigger_bucket,
    ("trigger_id", "key_digest", "automation_id", "key", "start", "end", "due", "count", "last_event", "event_ids"),
    "(trigger_id, key_digest) DO UPDATE SET "
    + ", ".join(
        f'"{name}" = excluded."{name}"' for name in ("start", "end", "due", "count", "last_event", "event_ids")
    ),
)
PARTS = Insertion(
    trigger_part,
    ("parent_id", "trigger_id", "automation_id", "fired", "place", "firing"),
    "(parent_id, trigger_id) DO UPDATE SET "
    + ", ".join(f'"{name}" = excluded."{name}"' for name in ("fired", "place", "firing")),
)


_SELECT_BUCKETS = sa.select(trigger_bucket, trigger_bucket.c.count.label("counted"))


def digest(key: Key) -> str:
    """A key of any length as an index can hold it."""
    return hashlib.sha256(dump_json(list(key)).encode()).hexdigest()


async def load(
    tx: Transaction, roots: Mapping[UUID, Node], keys: Iterable[tuple[UUID, Key]], until: datetime
) -> dict[UUID, Memory]:
    """What automations remember of some keys of their triggers, and of all whose windows are due."""
    found: defaultdict[UUID, Memory] = defaultdict(Memory)
    wanted = list(keys)
    conditions = [trigger_bucket.c.due <= until]
    if wanted:
        digests = value_in(trigger_bucket.c.key_digest, list({digest(key) for _, key in wanted}))
        conditions.append(value_in(trigger_bucket.c.trigger_id, list({id for id, _ in wanted})) & digests)
    ours = value_in(trigger_bucket.c.automation_id, list(roots))
    leaves = {leaf.id: leaf for root in roots.values() for leaf in root.leaves()}
    grace = grace_of(tx)
    for row in await tx.all(_SELECT_BUCKETS.where(ours, sa.or_(*conditions))):
        event = None if row.last_event is None else load_json(row.last_event)
        place = (row.trigger_id, tuple(load_json(row.key)))
        event_ids = () if row.event_ids is None else tuple(load_json(row.event_ids))
        memory, bucket = found[row.automation_id], Bucket(row.start, row.end, row.counted, event, event_ids)
        memory.buckets[place] = bucket
        leaf = leaves.get(row.trigger_id)
        if leaf is None or row.due != due_of(leaf, bucket, grace):
            memory.changed_buckets.add(place)  # its trigger is gone, or another grace was set
    composite = [id for id, root in roots.items() if not isinstance(root, EventNode)]
    if composite:
        for row in await tx.all(sa.select(trigger_part).where(value_in(trigger_part.c.automation_id, composite))):
            parts = found[row.automation_id].parts.setdefault(row.parent_id, {})
            parts[row.trigger_id] = Part(row.fired, row.place, load_json(row.firing))
    return found


async def save(tx: Transaction, roots: Mapping[UUID, Node], memories: Mapping[UUID, Memory]) -> None:
    """Writes what has changed of it."""
    grace = grace_of(tx)
    buckets, gone, parts, dropped = [], [], [], []
    for automation_id, memory in sorted(memories.items()):
        leaves = {leaf.id: leaf for leaf in roots[automation_id].leaves()}
        for trigger_id, key in sorted(memory.changed_buckets):
            bucket = memory.buckets.get((trigger_id, key))
            if bucket is None or trigger_id not in leaves:
                gone.append((trigger_id, digest(key)))
            else:
                buckets.append(bucket_row(automation_id, leaves[trigger_id], key, bucket, grace))
        for parent_id, trigger_id in sorted(memory.changed_parts):
            part = memory.parts[parent_id].get(trigger_id)
            if part is None:
                dropped.append((parent_id, trigger_id))
            else:
                shown = dump_json(part.shown)
                parts.append((parent_id, trigger_id, automation_id, part.fired, part.place, shown))
    await BUCKETS.run(tx, buckets)
    await PARTS.run(tx, parts)
    await _delete(tx, (trigger_bucket.c.trigger_id, trigger_bucket.c.key_digest), gone)
    await _delete(tx, (trigger_part.c.parent_id, trigger_part.c.trigger_id), dropped)


def bucket_row(automation_id: UUID, trigger: EventNode, key: Key, bucket: Bucket, grace: timedelta) -> tuple[Any, ...]:
    """The row of a window."""
    event = None if bucket.last_event is None else dump_json(bucket.last_event)
    return (
        trigger.id,
        digest(key),
        automation_id,
        dump_json(list(key)),
        bucket.start,
        bucket.end,
        due_of(trigger, bucket, grace),
        bucket.count,
        event,
        dump_json(bucket.event_ids),
    )


async def _delete(
    tx: Transaction, columns: tuple[sa.Column[Any], sa.Column[Any]], pairs: Sequence[tuple[Any, Any]]
) -> None:
    first, second = columns
    of_first: defaultdict[Any, list[Any]] = defaultdict(list)
    for one, other in pairs:
        of_first[one].append(other)
    for one, others in of_first.items():
        await tx.execute(sa.delete(first.table).where(first == one, value_in(second, others)))


async def open_lasting_windows(tx: Transaction, automation_id: UUID, root: Node, now: datetime) -> None:
    """Begins to wait for what is expected at all times, where that has not begun yet."""
    grace = grace_of(tx)
    rows = [
        bucket_row(automation_id, leaf, (), Bucket(now, now + leaf.within), grace)
        for leaf in root.leaves()
        if leaf.has_lasting_window
    ]
    for row in rows:
        columns = dict(zip((column.name for column in BUCKETS.columns), row, strict=True))
        await tx.execute(insert_unless(trigger_bucket, columns, "trigger_id", "key_digest"))


async def forget(tx: Transaction, automation_id: UUID) -> None:
    """Forgets what an automation has counted."""
    for table in (trigger_bucket, trigger_part):
        await tx.execute(sa.delete(table).where(table.c.automation_id == automation_id))
