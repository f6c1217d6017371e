"""Which automations an event concerns: found by its name and its resources, before any trigger is evaluated."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from lictor.db.engine import Transaction
from lictor.db.types import load_json
from lictor.events.schemas import ID, ROLE
from lictor.events.triggers.compiled import IGNORED_EVENTS, EventNode, Labels, Node, compile_trigger, name_pattern
from lictor.resources.automations import queries

ResourceRow = tuple[Any, ...]
"""Of an event: its id, the resource's position, the event's time, the resource's id, its role, its other labels."""

MAX_NAMES_REMEMBERED = 10_000

Compiled = dict[UUID, tuple[datetime, Node]]
"""The triggers of enabled automations, each with when its automation changed last."""

_INDEX, _COMPILED = "trigger index", "compiled triggers"
"""Where a database's memory has them."""


class _Group:
    """Triggers that wait for events of one pattern of names."""

    def __init__(self) -> None:
        self.by_resource: defaultdict[str, list[tuple[UUID, EventNode]]] = defaultdict(list)
        self.others: list[tuple[UUID, EventNode]] = []

    def add(self, automation_id: UUID, trigger: EventNode) -> None:
        ids = next((ids for each in (trigger.match, *trigger.match_related) if (ids := each.ids) is not None), None)
        if ids is None:
            self.others.append((automation_id, trigger))
        else:
            for id in ids:
                self.by_resource[id].append((automation_id, trigger))

    def candidates(self, resource_ids: Iterable[str]) -> Iterator[tuple[UUID, EventNode]]:
        yield from self.others
        if self.by_resource:
            for id in set(resource_ids):
                yield from self.by_resource.get(id, ())


class TriggerIndex:
    """The triggers of all enabled automations, as they were at one version."""

    def __init__(self, token: UUID | None, automations: Iterable[tuple[UUID, Node]]) -> None:
        self.token = token
        self._order_free: dict[UUID, bool] = {}
        self._groups: defaultdict[str, _Group] = defaultdict(_Group)
        self._groups_of_name: dict[str, list[_Group]] = {}
        for id, root in automations:
            self._order_free[id] = root.is_order_free
            for trigger in root.leaves():
                for pattern in trigger.names:
                    self._groups[pattern].add(id, trigger)

    @property
    def is_empty(self) -> bool:
        return not self._order_free

    def is_order_free(self, automation_id: UUID) -> bool:
        return self._order_free[automation_id]

    def interested(self, name: str, rows: Sequence[ResourceRow]) -> list[UUID]:
        """The automations that an event concerns, by the rows of its resources.

        What an automation tells of itself does not concern it: it would fire for ever.
        """
        groups = self._groups_for(name)
        if not groups:
            return []
        found: dict[UUID, None] = {}
        subject = rows[0][3]
        labels: list[Labels] | None = None
        for group in groups:
            for automation_id, trigger in group.candidates(row[3] for row in rows):
                if automation_id not in found and subject != f"prefect.automation.{automation_id}":
                    labels = labels or [labels_of(row) for row in rows]
                    if trigger.covers(labels):
                        found[automation_id] = None
        return list(found)

    def _groups_for(self, name: str) -> list[_Group]:
        groups = self._groups_of_name.get(name)
        if groups is None:
            groups = (
                []
                if name in IGNORED_EVENTS
                else [group for pattern, group in self._groups.items() if name_pattern(pattern).fullmatch(name)]
            )
            if len(self._groups_of_name) < MAX_NAMES_REMEMBERED:
                self._groups_of_name[name] = groups
        return groups


def labels_of(row: ResourceRow) -> Labels:
    """All labels of a resource."""
    labels: dict[str, str] = load_json(row[5])
    labels[ID] = row[3]
    if row[4]:
        labels[ROLE] = row[4]
    return labels


async def current_index(tx: Transaction) -> TriggerIndex:
    """The index of the automations as they are now.

    If any has changed since it was made, it is made anew; of automations that have not changed themselves the compiled
    triggers are kept.
    """
    token = await tx.scalar(queries.CURRENT_VERSION)
    index: TriggerIndex | None = tx.memory.get(_INDEX)
    if index is None or index.token != token:
        compiled: Compiled = tx.memory.get(_COMPILED, {})
        compiled = {} if token is None else await _compiled(tx, compiled)
        index = TriggerIndex(token, ((id, root) for id, (_, root) in compiled.items()))
        tx.memory |= {_COMPILED: compiled, _INDEX: index}
    return index


async def _compiled(tx: Transaction, before: Compiled) -> Compiled:
    compiled: Compiled = {}
    changed: dict[UUID, datetime] = {}
    for row in await tx.all(queries.ENABLED_AUTOMATIONS):
        known = before.get(row.id)
        if known is not None and known[0] == row.updated:
            compiled[row.id] = known
        else:
            changed[row.id] = row.updated
    if changed:
        for row in await tx.all(queries.triggers_of(changed)):
            compiled[row.id] = changed[row.id], compile_trigger(load_json(row.trigger))
    return compiled
