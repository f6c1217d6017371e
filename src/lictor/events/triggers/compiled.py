"""Automations made ready for evaluation: their triggers as a tree, each of which knows at once whether an event concerns it."""

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from lictor.events.schemas import ID, ROLE

Labels = Mapping[str, str]
Test = Callable[[Labels], bool]

IGNORED_EVENTS = frozenset({"prefect.log.write"})
"""Events that no trigger is evaluated for, as in Prefect."""


@lru_cache(10_000)
def name_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of event names, in which `*` stands for at least one character."""
    return re.compile(re.escape(pattern).replace(r"\*", ".+"), re.DOTALL)


@lru_cache(10_000)
def _label_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))


def _label_test(label: str, patterns: str | Sequence[str]) -> Test:
    tests = [
        (_label_pattern(pattern.removeprefix("!")).match, pattern.startswith("!"))
        for pattern in ([patterns] if isinstance(patterns, str) else patterns)
    ]

    def holds(labels: Labels) -> bool:
        value = labels.get(label)
        return value is not None and any((match(value) is None) is negated for match, negated in tests)

    return holds


class Specification:
    """What a resource must be: all of its labels as given, each like one of some patterns."""

    def __init__(self, labels: Mapping[str, str | list[str]]) -> None:
        self.labels = labels
        self._tests = [_label_test(label, patterns) for label, patterns in labels.items()]

    def holds(self, resources: Sequence[Labels]) -> bool:
        """True if one of the resources is such, or if nothing is asked."""
        return not self._tests or any(all(test(labels) for test in self._tests) for labels in resources)

    @cached_property
    def ids(self) -> frozenset[str] | None:
        """The ids of which the resource must have one, if they are named without wildcards."""
        patterns = self.labels.get(ID)
        listed = [patterns] if isinstance(patterns, str) else patterns or []
        if not listed or any(pattern.startswith("!") or set(pattern) & set("*?[") for pattern in listed):
            return None
        return frozenset(listed)


@dataclass
class Node:
    """A trigger of an automation."""

    id: UUID
    parent: "CompositeNode | None"
    stored: Mapping[str, Any]

    @property
    def is_order_free(self) -> bool:
        """True if it fires the same whatever the order is in which events come."""
        raise NotImplementedError

    def leaves(self) -> "Iterator[EventNode]":
        raise NotImplementedError


@dataclass
class EventNode(Node):
    """An event trigger."""

    is_proactive: bool
    threshold: int
    within: timedelta
    for_each: tuple[str, ...]
    after: tuple[str, ...]
    expect: tuple[str, ...]
    match: Specification
    match_related: list[Specification]

    @property
    def is_immediate(self) -> bool:
        return not self.is_proactive and not self.within

    @property
    def is_order_free(self) -> bool:
        return self.is_immediate and self.threshold <= 1 and not self.after

    @property
    def has_lasting_window(self) -> bool:
        """True if a window is open at all times: the events are missed although nothing has ever happened."""
        return self.is_proactive and not self.for_each and not self.after

    def leaves(self) -> "Iterator[EventNode]":
        yield self

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The patterns of names that it has anything to do with."""
        return ("*",) if not self.expect else tuple(sorted({*self.expect, *self.after}))

    def starts_after(self, name: str) -> bool:
        return any(name_pattern(pattern).fullmatch(name) for pattern in self.after)

    def expects(self, name: str) -> bool:
        return not self.expect or any(name_pattern(pattern).fullmatch(name) for pattern in self.expect)

    def covers(self, resources: Sequence[Labels]) -> bool:
        """True if an event with these resources, the first of which it happened to, may concern this trigger."""
        return self.match.holds(resources[:1]) and all(
            specification.holds(resources[1:]) for specification in self.match_related
        )

    def key(self, resources: Sequence[Labels]) -> tuple[str, ...]:
        """The values of the labels for each of which events are counted apart."""
        return tuple(_find_label(label, resources) or "" for label in self.for_each)

    def meets_threshold(self, count: int) -> bool:
        return count < self.threshold if self.is_proactive else count >= self.threshold


def _find_label(label: str, resources: Sequence[Labels]) -> str | None:
    directive, _, related_label = label.rpartition(":")
    directive, _, role = directive.partition(":")
    if directive == "related":
        for related in resources[1:]:
            if related.get(ROLE) == role:
                return related.get(related_label)
    return resources[0].get(label)


@dataclass
class CompositeNode(Node):
    """A trigger made of others."""

    is_sequence: bool
    expected: int
    within: timedelta | None
    children: list[Node] = field(default_factory=list)

    @property
    def is_order_free(self) -> bool:
        return self.expected == 1 and all(child.is_order_free for child in self.children)

    def leaves(self) -> Iterator[EventNode]:
        for child in self.children:
            yield from child.leaves()


def compile_trigger(stored: Mapping[str, Any], parent: CompositeNode | None = None) -> Node:
    """A trigger of its stored JSON."""
    id = UUID(stored["id"])
    if stored["type"] == "event":
        related = stored["match_related"]
        return EventNode(
            id,
            parent,
            stored,
            is_proactive=stored["posture"] == "Proactive",
            threshold=stored["threshold"],
            within=timedelta(seconds=stored["within"]),
            for_each=tuple(sorted(stored["for_each"])),
            after=tuple(stored["after"]),
            expect=tuple(stored["expect"]),
            match=Specification(stored["match"]),
            match_related=[Specification(one) for one in (related if isinstance(related, list) else [related])],
        )
    within = stored["within"]
    node = CompositeNode(
        id,
        parent,
        stored,
        is_sequence=stored["type"] == "sequence",
        expected=_expected(stored),
        within=None if within is None else timedelta(seconds=within),
    )
    node.children = [compile_trigger(child, node) for child in stored["triggers"]]
    return node


def _expected(stored: Mapping[str, Any]) -> int:
    match stored.get("require", "all"):
        case "any":
            return 1
        case "all":
            return len(stored["triggers"])
        case number:
            return int(number)
