"""Small sets of related rows are found first, and steer the query that follows.

A filter on deployments that three of a thousand meet becomes three ids, for which the planner has statistics and
indexes; one that none meets answers the request at once; one that many meet stays a condition, because rows that match
are then soon met. Whatever costs little to know anyway (ids, a row by its unique name) is left as it is.

    {"deployments": {"tags": {"all_": ["nightly"]}}, "flow_runs": {"state": {"name": {"any_": ["Late"]}}}}

asks the deployments first, then the flow runs of those that were found, then the task runs of those flow runs.

Where many related rows belong to one, as task runs to a flow run, the rows themselves are found first:

    {"flow_runs": {"name": {"any_": ["gentle-otter"]}}, "task_runs": {"name": {"like_": "load"}}}

finds one flow run, and then looks at its task runs, not at a million for those that load something.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lictor.db.compiled_query import Answering, BoundQuery, QueryPlan
from lictor.db.functions import Statement
from lictor.query.compiler import Conditions
from lictor.query.criteria import Combinator, form_of
from lictor.query.filter_key import CriterionKey, FilterKey, Slots, Term
from lictor.query.relations import Relation, is_by_key, matching, related_ids, related_owners

MAX_RELATED_IDS = 500
"""Of a larger set no more is known than that it is large."""

MAX_OWNED_ROWS = 2_000
"""So many rows that match are looked at to find the few that they belong to."""

FEW_OWNERS = 10
"""Of so few rows each is asked by itself for a related row."""


class RelatedSets:
    """What filters ask of the rows of a resource; what they ask of related ones becomes ids as it is resolved."""

    def __init__(self, keys: dict[str, FilterKey], slots: Slots) -> None:
        self.keys = keys
        self.slots = slots
        self.own_ids: Term | None = None
        self.is_empty = False

    async def resolve(self, own: str, table: sa.Table, relations: Sequence[Relation], connection: Answering) -> None:
        """Resolves the sets of the relations of the resource `own`, those first that lie beyond another."""
        reached: set[str] = set()  # directly, so that they need not be reached through another one
        to_one = [relation for relation in relations if relation.key is not None]
        to_many = [relation for relation in relations if relation.key is None]
        await self._resolve_all(to_one, reached, connection)
        if not self.is_empty and any(relation.is_asked(self._remaining(set())) for relation in to_many):
            await self._resolve_own(own, table, to_one, to_many, connection)
        await self._resolve_all(to_many, reached, connection)

    async def _resolve_all(self, relations: Sequence[Relation], reached: set[str], connection: Answering) -> None:
        for relation in relations:
            if not self.is_empty and relation.is_asked(self._remaining(reached)):
                await self._resolve(relation, reached, connection)
            reached.add(relation.resource)

    async def _resolve_own(
        self,
        own: str,
        table: sa.Table,
        to_one: Sequence[Relation],
        to_many: Sequence[Relation],
        connection: Answering,
    ) -> None:
        """The ids of the rows themselves that meet all else that is asked, where these are few."""
        beyond = set[str]().union(*(relation.resources for relation in to_many))
        remaining = self._remaining(beyond)
        if all(key.is_empty for key in remaining.keys.values()):
            return
        ids: Statement = sa.select(table.c.id).limit(_literal(MAX_RELATED_IDS + 1))
        ids = matching(ids, own, to_one, remaining)
        found = [row[0] for row in await self._rows(ids, table, remaining, connection)]
        if len(found) <= MAX_RELATED_IDS:
            self.keys = {name: key for name, key in self.keys.items() if name in beyond}
            self._keep_owners({*found})

    def _remaining(self, reached: set[str]) -> Conditions:
        return Conditions({name: key for name, key in self.keys.items() if name not in reached})

    async def _resolve(self, relation: Relation, reached: set[str], connection: Answering) -> None:
        if relation.key is None:
            await self._resolve_owners(relation, reached, connection)
            return
        for further in relation.beyond:
            if not self.is_empty and further.is_asked(self._remaining(reached)):
                await self._resolve(further, reached, connection)
        remaining = self._remaining(reached)
        if self.is_empty or is_by_key(relation, remaining) or self._asks_nothing(relation, remaining):
            return
        ids = related_ids(relation, remaining).limit(_literal(MAX_RELATED_IDS + 1))
        found = [row[0] for row in await self._rows(ids, relation, remaining, connection)]
        if len(found) <= MAX_RELATED_IDS:
            self._forget(relation, remaining)
            self.keys[relation.resource] = self._ids(found)

    async def _resolve_owners(self, relation: Relation, reached: set[str], connection: Answering) -> None:
        """Of a to-many relation, the ids of the rows that have a related row that matches."""
        remaining = self._remaining(reached)
        if self._asks_nothing(relation, remaining):
            return
        related = related_owners(relation, remaining)
        if self.own_ids is not None:
            if len(self.slots[self.own_ids.slot]) <= FEW_OWNERS:
                return
            related = related.where(remaining.term(relation.on.left, self.own_ids))
        owned = related.limit(_literal(MAX_OWNED_ROWS + 1)).subquery("owned")
        owner = next(iter(owned.c))
        owners: Statement = sa.select(owner, sa.func.count()).group_by(owner)
        rows = await self._rows(owners, relation, remaining, connection)
        if len(rows) <= MAX_RELATED_IDS and sum(row[1] for row in rows) <= MAX_OWNED_ROWS:
            self._forget(relation, remaining)
            self._keep_owners({row[0] for row in rows})

    def _keep_owners(self, owners: set[Any]) -> None:
        """Where several relations have few owners, a row has to be one of each."""
        known = owners if self.own_ids is None else owners & {*self.slots[self.own_ids.slot]}
        self.own_ids = self._ids(list(known)).criteria[0][1].terms[0]
        self.is_empty = not known

    def _asks_nothing(self, relation: Relation, remaining: Conditions) -> bool:
        """Whether of these rows, and of those beyond them, no more is asked than that they are there."""
        return all(key.is_empty for name, key in remaining.keys.items() if name in relation.resources)

    def _forget(self, relation: Relation, remaining: Conditions) -> None:
        for name in relation.resources & remaining.keys.keys():
            del self.keys[name]

    async def _rows(
        self, statement: Statement, of: Relation | sa.Table, remaining: Conditions, connection: Answering
    ) -> Sequence[Any]:
        plan = QueryPlan(statement, "related_set", remaining.binds.parameters)
        key = ("related_set", of, self.own_ids, *remaining.keys.items())
        rows = await connection.all(BoundQuery(key, {}, self.slots, lambda: plan))
        self.is_empty = not rows
        return rows

    def _ids(self, ids: list[Any]) -> FilterKey:
        term = Term("any_", form_of(ids), self.slots.add(ids))
        criterion = CriterionKey(Combinator.and_, (term,), contradictory=not ids)
        return FilterKey(None, Combinator.and_, (("id", criterion),), resolved=True)


def _literal(number: int) -> sa.ColumnElement[int]:
    return sa.literal_column(str(number), sa.Integer)
