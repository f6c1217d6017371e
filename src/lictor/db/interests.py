"""Who wants which of many items: found by topic, and asked once for all that want the same."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Topical(Protocol):
    """An item that says what it is about."""

    @property
    def topics(self) -> Collection[str]: ...

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Topical)
M = TypeVar("M", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Interest(Generic[T]):
    """What somebody wants. Interests of the same `key` are the same.

    Of an interest with `topics` only items about one of these need to be tried; of one with `prefixes`, those whose names
    begin so.
    """

    key: Hashable
    matches: Callable[[T], bool]
    topics: frozenset[str] | None = None
    prefixes: tuple[str, ...] = ()


@dataclass(eq=False)
class _Group(Generic[T, M]):
    """All members of one interest."""

    interest: Interest[T]
    members: set[M] = field(default_factory=set)


class Interests(Generic[T, M]):
    """Members by what they want.

    An item costs a look into a dictionary for each of its topics, one test for each interest that may want it, and
    nothing for the others, however many members there are.
    """

    def __init__(self) -> None:
        self._groups: dict[Hashable, _Group[T, M]] = {}
        self._by_topic: defaultdict[str, set[_Group[T, M]]] = defaultdict(set)
        self._by_prefix: set[_Group[T, M]] = set()
        self._others: set[_Group[T, M]] = set()
        self._prefixes: tuple[str, ...] = ()

    def add(self, interest: Interest[T], member: M) -> None:
        group = self._groups.get(interest.key)
        if group is None:
            group = self._groups[interest.key] = _Group(interest)
            for groups in self._homes(interest):
                groups.add(group)
            self._join_prefixes(interest)
        group.members.add(member)

    def discard(self, interest: Interest[T], member: M) -> None:
        group = self._groups.get(interest.key)
        if group is None:
            return
        group.members.discard(member)
        if not group.members:
            del self._groups[interest.key]
            for groups in self._homes(interest):
                groups.discard(group)
            for topic in interest.topics or ():
                if not self._by_topic[topic]:
                    del self._by_topic[topic]
            self._join_prefixes(interest)

    def _homes(self, interest: Interest[T]) -> Iterator[set[_Group[T, M]]]:
        if interest.topics is not None:
            for topic in interest.topics:
                yield self._by_topic[topic]
        else:
            yield self._by_prefix if interest.prefixes else self._others

    def _join_prefixes(self, interest: Interest[T]) -> None:
        if interest.topics is None and interest.prefixes:
            self._prefixes = tuple({prefix for group in self._by_prefix for prefix in group.interest.prefixes})

    def of(self, item: T) -> Iterator[M]:
        """The members that want an item."""
        for group in self._candidates(item):
            if group.interest.matches(item):
                yield from group.members

    def _candidates(self, item: T) -> Iterator[_Group[T, M]]:
        yield from self._others
        if self._prefixes and item.name.startswith(self._prefixes):
            for group in self._by_prefix:
                if item.name.startswith(group.interest.prefixes):
                    yield group
        if self._by_topic:
            found = [self._by_topic[topic] for topic in item.topics if topic in self._by_topic]
            yield from found[0] if len(found) == 1 else set().union(*found)
