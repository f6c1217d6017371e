"""What may hold of an event, said once: as SQL, for what is stored, and as Python, for what has just been stored."""

import fnmatch
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from lictor.db import functions
from lictor.events.rows import StoredEvent, StoredResource
from lictor.events.table import event, event_resource
from lictor.query.operators import Clause

S = TypeVar("S")


@dataclass(frozen=True, eq=False)
class Predicate(Generic[S]):
    """A condition: its SQL, and whether it holds of a row in memory. Both say the same."""

    clause: Clause
    holds: Callable[[S], bool]


def every(predicates: Iterable[Predicate[S]]) -> Predicate[S]:
    """All of them hold."""
    listed = list(predicates)
    if len(listed) == 1:
        return listed[0]
    tests = [predicate.holds for predicate in listed]
    return Predicate(
        sa.and_(sa.true(), *(predicate.clause for predicate in listed)),
        lambda subject: all(test(subject) for test in tests),
    )


def some(predicates: Iterable[Predicate[S]]) -> Predicate[S]:
    """At least one of them holds."""
    listed = list(predicates)
    return Predicate(
        sa.or_(sa.false(), *(predicate.clause for predicate in listed)),
        lambda subject: any(predicate.holds(subject) for predicate in listed),
    )


def no(predicate: Predicate[S]) -> Predicate[S]:
    """It does not hold; for what is never null."""
    return Predicate(sa.not_(predicate.clause), lambda subject: not predicate.holds(subject))


@dataclass(frozen=True, eq=False)
class Field(Generic[S]):
    """Something that predicates are about: its column, and its value in memory."""

    column: sa.ColumnElement[Any]
    read: Callable[[S], Any]

    def is_one_of(self, values: Collection[Any]) -> Predicate[S]:
        wanted = frozenset(values)
        return Predicate(functions.value_in(self.column, values), lambda subject: self.read(subject) in wanted)

    def starts_with(self, prefixes: Sequence[str]) -> Predicate[S]:
        wanted = tuple(prefixes)
        return Predicate(
            functions.starts_with_any(self.column, prefixes), lambda subject: self.read(subject).startswith(wanted)
        )

    def matches(self, patterns: Sequence[str]) -> Predicate[S]:
        """It is like one of the patterns, or unlike one of those that begin with an exclamation mark."""
        kinds = [
            _matching(self, [p for p in patterns if not p.startswith("!")], negated=False),
            _matching(self, [p[1:] for p in patterns if p.startswith("!")], negated=True),
        ]
        return some(kind for kind in kinds if kind is not None)


def _matching(field: Field[S], patterns: Sequence[str], *, negated: bool) -> Predicate[S] | None:
    if not patterns:
        return None
    tests = [re.compile(fnmatch.translate(pattern.replace("[", "[[]"))).match for pattern in patterns]

    def holds(subject: S) -> bool:
        value = field.read(subject)
        return value is not None and any((test(value) is None) is negated for test in tests)

    return Predicate(functions.matches_any(field.column, patterns, negated=negated), holds)


NAME: Field[StoredEvent] = Field(event.c.event, lambda told: told.event)
ID: Field[StoredEvent] = Field(event.c.id, lambda told: told.id)

RESOURCE_ID: Field[StoredResource] = Field(event_resource.c.resource_id, lambda resource: resource.id)
ROLE: Field[StoredResource] = Field(event_resource.c.role, lambda resource: resource.role)

PRIMARY: Predicate[StoredResource] = Predicate(
    event_resource.c.position == sa.literal_column("0"), lambda resource: resource.is_primary
)
RELATED = no(PRIMARY)


def label(name: str) -> Field[StoredResource]:
    """One of the labels of a resource, besides its id and its role."""
    return Field(functions.json_member(event_resource.c.labels, name), lambda resource: resource.labels.get(name))


def in_role(pairs: Sequence[tuple[str, str]]) -> Predicate[StoredResource]:
    """The resource is one of these, in the role beside it."""
    wanted = frozenset(pairs)
    return Predicate(
        functions.pair_in(event_resource.c.resource_id, event_resource.c.role, pairs),
        lambda resource: (resource.id, resource.role) in wanted,
    )


def has_resource(predicate: Predicate[StoredResource], *scope: Clause) -> Predicate[StoredEvent]:
    """A resource of the event is such; the scope says nothing new, but which rows to look at."""
    ids = sa.select(event_resource.c.event_id).where(predicate.clause, *scope)
    return Predicate(event.c.id.in_(ids), lambda told: any(predicate.holds(resource) for resource in told.resources))
