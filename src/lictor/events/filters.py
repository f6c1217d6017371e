"""What can be asked of events."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from pydantic import AfterValidator, Field, RootModel

from lictor.db.base import utc_now
from lictor.db.functions import contains
from lictor.db.interests import Interest
from lictor.events import predicates
from lictor.events.predicates import NAME, PRIMARY, RELATED, RESOURCE_ID, ROLE, Predicate, every, has_resource, no
from lictor.events.rows import StoredEvent, StoredResource
from lictor.events.schemas import ID as ID_LABEL
from lictor.events.schemas import ROLE as ROLE_LABEL
from lictor.events.table import event, event_resource
from lictor.query.criteria import RequestModel
from lictor.query.operators import Clause
from lictor.resources.logs.filters import MAX_QUERY_CHARACTERS
from lictor.resources.logs.text_search import TextSearch
from lictor.validation.fields import DateTime

LOOKS_BACK = timedelta(days=180)
"""From when on events are listed, unless it is said."""

MAX_LABELS = 50
"""Filters in a list, and labels in a specification."""

ForEvent = Iterator[Predicate[StoredEvent]]
ForResource = Iterator[Predicate[StoredResource]]


def _few(labels: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
    if len(labels) > MAX_LABELS:
        raise ValueError(f"must name at most {MAX_LABELS} labels")
    return labels


class ResourceSpecification(RootModel[Annotated[dict[str, str | list[str]], AfterValidator(_few)]]):
    """Labels, and what each may be: one or more patterns in which `*` stands for any text and `?` for any character.

    A pattern that begins with `!` says what the label may not be; a resource that lacks it does not match at all.
    No resource matches an empty list.
    """

    def asked(self, *, role: bool) -> ForResource:
        """What is asked of one resource; its role is a label only of the primary one."""
        for name, given in self.root.items():
            patterns = [given] if isinstance(given, str) else given
            if name == ID_LABEL:
                field = RESOURCE_ID
            elif name == ROLE_LABEL and role:
                field = ROLE
            else:
                field = predicates.label(name)
            yield field.matches(patterns)


def _day_before(days: timedelta) -> datetime:
    return datetime.combine(utc_now().date(), datetime.min.time(), UTC) - days


class EventOccurredFilter(RequestModel):
    """What to ask of the time at which an event happened."""

    since: DateTime = Field(
        default_factory=lambda: _day_before(LOOKS_BACK),
        description="It happened then or later; 180 days before today unless given.",
    )
    until: DateTime = Field(default_factory=utc_now, description="It happened then or earlier; now unless given.")

    def predicate(self) -> Predicate[StoredEvent]:
        return Predicate(_between(event.c.occurred, self), lambda told: self.since <= told.occurred <= self.until)


def _between(column: sa.ColumnElement[Any], occurred: EventOccurredFilter) -> Clause:
    return sa.and_(column >= occurred.since, column <= occurred.until)


class EventNameFilter(RequestModel):
    """What to ask of the name of an event. An empty list asks nothing."""

    prefix: list[str] | None = Field(default=None, description="It begins with one of these.")
    exclude_prefix: list[str] | None = Field(default=None, description="It begins with none of these.")
    name: list[str] | None = Field(default=None, description="It is one of these.")
    exclude_name: list[str] | None = Field(default=None, description="It is none of these.")

    def asked(self) -> ForEvent:
        if self.name:
            yield NAME.is_one_of(self.name)
        if self.exclude_name:
            yield no(NAME.is_one_of(self.exclude_name))
        if self.prefix:
            yield NAME.starts_with(self.prefix)
        if self.exclude_prefix:
            yield no(NAME.starts_with(self.exclude_prefix))


class EventResourceFilter(RequestModel):
    """What to ask of the resource that an event is about. An empty list asks nothing."""

    id: list[str] | None = Field(default=None, description="Its id is one of these.")
    id_prefix: list[str] | None = Field(default=None, description="Its id begins with one of these.")
    labels: ResourceSpecification | None = Field(default=None, description="It has these labels.")
    distinct: bool = Field(default=False, description="Whether to list one event of each resource only.")

    def asked(self) -> ForResource:
        yield from _ids_asked(self)
        if self.labels is not None:
            yield from self.labels.asked(role=False)


class EventRelatedFilter(RequestModel):
    """What to ask of a related resource: there is one of which all of this is true. An empty list asks nothing."""

    id: list[str] | None = Field(default=None, description="Its id is one of these.")
    role: list[str] | None = Field(default=None, description="Its role is one of these.")
    resources_in_roles: list[tuple[str, str]] | None = Field(
        default=None, description="Its id and its role are one of these pairs."
    )
    labels: ResourceSpecification | None = Field(default=None, description="It has these labels.")

    def asked(self) -> ForResource:
        if self.id:
            yield RESOURCE_ID.is_one_of(self.id)
        if self.role:
            yield ROLE.is_one_of(self.role)
        if self.resources_in_roles:
            yield predicates.in_role(self.resources_in_roles)
        if self.labels is not None:
            yield from self.labels.asked(role=True)


class EventAnyResourceFilter(RequestModel):
    """What to ask of any resource of an event: there is one of which all of this is true. An empty list asks nothing."""

    id: list[str] | None = Field(default=None, description="Its id is one of these.")
    id_prefix: list[str] | None = Field(default=None, description="Its id begins with one of these.")
    labels: ResourceSpecification | None = Field(default=None, description="It has these labels.")

    def asked(self) -> ForResource:
        yield from _ids_asked(self)
        if self.labels is not None:
            yield from self.labels.asked(role=True)


def _ids_asked(filter_: EventResourceFilter | EventAnyResourceFilter) -> ForResource:
    if filter_.id:
        yield RESOURCE_ID.is_one_of(filter_.id)
    if filter_.id_prefix:
        yield RESOURCE_ID.starts_with(filter_.id_prefix)


class EventIDFilter(RequestModel):
    """What to ask of the id of an event. An empty list asks nothing."""

    id: list[UUID] | None = Field(default=None, description="It is one of these.")

    def asked(self) -> ForEvent:
        if self.id:
            yield predicates.ID.is_one_of(self.id)


class EventTextFilter(RequestModel):
    """What to look for in the name of an event, its resources and its payload, in upper or lower case."""

    query: str = Field(
        max_length=MAX_QUERY_CHARACTERS,
        description='One of these words is there; words with + must all be, none with - or ! may be; "words in quotes"'
        " are one.",
        examples=["error -debug", '"connection timeout"'],
    )

    def asked(self) -> ForEvent:
        search = TextSearch.read(self.query)
        for word in search.all_of:
            yield _holding(word)
        for word in search.none_of:
            yield no(_holding(word))
        if search.any_of:
            yield predicates.some(_holding(word) for word in search.any_of)


def _holding(word: str) -> Predicate[StoredEvent]:
    columns = (event.c.resource, event.c.related, event.c.payload)
    text: sa.ColumnElement[str] = event.c.event
    for column in columns:
        text = text + " " + sa.cast(column, sa.Text)
    folded = word.lower()
    return Predicate(contains(text, word), lambda told: folded in told.text.lower())


class EventOrder(StrEnum):
    """The orders in which events can be listed."""

    ASC = "ASC"
    DESC = "DESC"


class EventFilter(RequestModel):
    """What to ask of events: all of it must be true."""

    occurred: EventOccurredFilter = Field(
        default_factory=EventOccurredFilter, description="What to ask of the time at which they happened."
    )
    event: EventNameFilter | None = Field(default=None, description="What to ask of their names.")
    resource: EventResourceFilter | None = Field(default=None, description="What to ask of what they are about.")
    related: EventRelatedFilter | Annotated[list[EventRelatedFilter], Field(max_length=MAX_LABELS)] | None = Field(
        default=None, description="What to ask of related resources; each filter of a list may find another one."
    )
    any_resource: (
        EventAnyResourceFilter | Annotated[list[EventAnyResourceFilter], Field(max_length=MAX_LABELS)] | None
    ) = Field(default=None, description="What to ask of any of their resources.")
    id: EventIDFilter = Field(default_factory=EventIDFilter, description="What to ask of their ids.")
    text: EventTextFilter | None = Field(default=None, description="What to look for in them.")
    order: EventOrder = Field(default=EventOrder.DESC, description="Whether the newest comes first or the oldest.")

    @property
    def is_distinct(self) -> bool:
        return self.resource is not None and self.resource.distinct

    def predicate(self) -> Predicate[StoredEvent]:
        """All that is asked."""
        return every(self._asked())

    def interest(self) -> Interest[StoredEvent]:
        """All that is asked but the time, so that streams that began at different times may share it."""
        key = self.model_dump_json(exclude={"occurred", "order"})
        names = self.event.name if self.event is not None else None
        prefixes = self.event.prefix if self.event is not None else None
        return Interest(
            key=key,
            matches=every(self._asked_but_time()).holds,
            topics=frozenset(names) if names else self._topics(),
            prefixes=tuple(prefixes or ()),
        )

    def _topics(self) -> frozenset[str] | None:
        """The ids of resources of which one must be there, if any are named."""
        for asked in (self.resource, *_each(self.any_resource), *_each(self.related)):
            if asked is not None and asked.id:
                return frozenset(asked.id)
        return None

    def _asked(self) -> ForEvent:
        yield self.occurred.predicate()
        yield from self._asked_but_time()

    def _asked_but_time(self) -> ForEvent:
        if self.event is not None:
            yield from self.event.asked()
        yield from self.id.asked()
        scope = _between(event_resource.c.occurred, self.occurred)
        if self.resource is not None and (asked := list(self.resource.asked())):
            yield has_resource(every([PRIMARY, *asked]), scope)
        for related in _each(self.related):
            if asked := list(related.asked()):
                yield has_resource(every([*asked] if related.role else [RELATED, *asked]), scope)
        for resource in _each(self.any_resource):
            if asked := list(resource.asked()):
                yield has_resource(every(asked), scope)
        if self.text is not None:
            yield from self.text.asked()


F = TypeVar("F")


def _each(given: F | list[F] | None) -> list[F]:
    if given is None:
        return []
    return given if isinstance(given, list) else [given]
