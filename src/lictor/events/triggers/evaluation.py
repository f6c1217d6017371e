"""What an automation makes of events in their order: pure functions of what has been counted and what happens.

An event trigger counts within windows of time, one open at a time for each key. A reactive trigger fires as soon as its
count is reached, and then waits for the rest of its window; a proactive one can only fire when a window is over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lictor.db.ids import uuid7
from lictor.events.triggers.compiled import CompositeNode, EventNode, Labels, Node

LOOKBACK = timedelta(minutes=15)
"""How long before the first event of a window begins, so that somewhat older ones count in it, too."""

MAX_EVENTS_TOLD = 20
"""How many of the events that led to a firing are told with it: the last ones."""

KEPT_AFTER_END = timedelta(seconds=60)
"""How long a window that waits for nothing stays after its end."""

COUNTED = "counted_events"
"""Where the JSON of a firing has the ids of events that Prefect's does not have."""

Key = tuple[str, ...]


@dataclass(frozen=True)
class Happening:
    """An event, as triggers see it."""

    id: UUID
    moment: datetime
    """When it counts: when it happened, or when it was received if that was earlier."""
    name: str
    resources: Sequence[Labels]
    shown: Mapping[str, Any]
    """Its JSON, as actions get it."""


@dataclass
class Bucket:
    """What a trigger has counted for one key in its current window, from its start until before its end."""

    start: datetime
    end: datetime
    count: int = 0
    last_event: Mapping[str, Any] | None = None
    event_ids: tuple[str, ...] = ()
    """The last of the events that were counted."""

    def add(self, happening: Happening) -> None:
        self.count += 1
        self.last_event = happening.shown
        self.event_ids = (*self.event_ids, str(happening.id))[-MAX_EVENTS_TOLD:]


@dataclass
class Firing:
    """A trigger that has fired."""

    trigger: Node
    fired: datetime
    key: str
    """The same for the same firing, whoever works it out."""
    labels: Mapping[str, str]
    event: Mapping[str, Any] | None
    parts: list[Mapping[str, Any]] = field(default_factory=list)
    event_ids: tuple[str, ...] = ()
    """The last of the events that it counted."""
    id: UUID = field(default_factory=uuid7)

    def shown(self) -> dict[str, Any]:
        """Its JSON."""
        return {
            "id": str(self.id),
            "trigger": self.trigger.stored,
            "trigger_states": ["Triggered"],
            "triggered": self.fired.isoformat().replace("+00:00", "Z"),
            "triggering_labels": dict(self.labels),
            "triggering_firings": self.parts,
            "triggering_event": self.event,
            "triggering_value": None,
            COUNTED: self.event_ids,
        }


@dataclass
class Part:
    """The last firing of a child of a composite trigger."""

    fired: datetime
    place: int
    shown: Mapping[str, Any]


@dataclass
class Memory:
    """What an automation has counted, as far as it is needed; and what of it has changed."""

    buckets: dict[tuple[UUID, Key], Bucket] = field(default_factory=dict)
    parts: dict[UUID, dict[UUID, Part]] = field(default_factory=dict)
    changed_buckets: set[tuple[UUID, Key]] = field(default_factory=set)
    changed_parts: set[tuple[UUID, UUID]] = field(default_factory=set)

    def put(self, place: tuple[UUID, Key], bucket: Bucket | None) -> None:
        self.changed_buckets.add(place)
        if bucket is None:
            self.buckets.pop(place, None)
        else:
            self.buckets[place] = bucket


class Evaluation:
    """One automation at work; `firings` are those of its own trigger, in their order."""

    def __init__(self, root: Node, memory: Memory) -> None:
        self._root = root
        self._leaves = {leaf.id: leaf for leaf in root.leaves()}
        self._memory = memory
        self.firings: list[Firing] = []

    def run(self, happenings: Sequence[Happening], until: datetime) -> None:
        """Takes events, in the order of their moments, and the ends of windows up to a moment."""
        for happening in sorted(happenings, key=lambda each: (each.moment, each.id)):
            self._end_windows(happening.moment)
            for leaf in self._leaves.values():
                self._take(leaf, happening)
        self._end_windows(until)

    def _take(self, trigger: EventNode, happening: Happening) -> None:
        if not trigger.covers(happening.resources):
            return
        expects, starts = trigger.expects(happening.name), trigger.starts_after(happening.name)
        if not expects and not starts:
            return
        key = trigger.key(happening.resources)
        if trigger.is_order_free:
            self._fire(trigger, key, happening.moment, happening.shown, str(happening.id), (str(happening.id),))
            return
        place = (trigger.id, key)
        bucket = self._memory.buckets.get(place) or _first_bucket(trigger, happening, expects=expects, starts=starts)
        if bucket is None:
            return
        if expects:
            bucket = self._count(trigger, key, bucket, happening)
        self._memory.put(place, bucket)

    def _count(self, trigger: EventNode, key: Key, bucket: Bucket, happening: Happening) -> Bucket | None:
        """What becomes of the window in which an event that is expected happens, or which it comes after."""
        now = happening.moment
        if now < bucket.start:
            return bucket  # late, or in the rest of the window of a trigger that has fired
        is_within = trigger.is_immediate or now < bucket.end
        if is_within:
            bucket.add(happening)
        has_fired = trigger.meets_threshold(bucket.count) and (not trigger.is_proactive or bucket.end <= now)
        if has_fired:
            self._fire(trigger, key, now, happening.shown, str(happening.id), bucket.event_ids)
        elif now < bucket.end:
            if (
                trigger.is_proactive
                and trigger.meets_threshold(bucket.count) is False
                and trigger.starts_after(happening.name)
            ):
                # The event is what was expected, and from now on another one is.
                return Bucket(now, now + trigger.within, 0, happening.shown)
            return bucket
        if trigger.after:
            return None
        if not trigger.within:
            return None if has_fired else bucket
        start = max(bucket.end, now)
        following = Bucket(start, start + trigger.within)
        if is_within:
            return following
        if trigger.is_proactive:
            following.count = 1
            return following
        return self._count(trigger, key, following, happening)

    def _end_windows(self, until: datetime) -> None:
        """Takes the ends of windows up to a moment, in their order."""
        while True:
            ended = [
                (end, str(place[0]), place[1], place)
                for place, bucket in self._memory.buckets.items()
                if (leaf := self._leaves.get(place[0])) is not None and (end := _looked_at(leaf, bucket)) <= until
            ]
            if not ended:
                return
            end, _, _, place = min(ended)
            self._memory.put(place, self._end(self._leaves[place[0]], place[1], self._memory.buckets[place], until))

    def _end(self, trigger: EventNode, key: Key, bucket: Bucket, now: datetime) -> Bucket | None:
        if not trigger.is_proactive:
            return None
        is_missed = trigger.meets_threshold(bucket.count)
        if is_missed:
            cause = f"{'/'.join(key)}/{bucket.end.isoformat()}"
            self._fire(trigger, key, bucket.end, bucket.last_event, cause, bucket.event_ids)
        if trigger.after or (trigger.for_each and not is_missed):
            return None
        # Windows that went by while nobody looked are not made up for.
        start = bucket.end if now - bucket.end < trigger.within else now
        return Bucket(start, start + trigger.within)

    def _fire(
        self,
        trigger: EventNode,
        key: Key,
        fired: datetime,
        event: Mapping[str, Any] | None,
        cause: str,
        event_ids: tuple[str, ...],
    ) -> None:
        labels = dict(zip(trigger.for_each, key, strict=True))
        self._rise(Firing(trigger, fired, f"{trigger.id}/{cause}", labels, event, event_ids=event_ids))

    def _rise(self, firing: Firing) -> None:
        """Hands a firing up the tree, until a trigger needs more than it."""
        parent = firing.trigger.parent
        if parent is None:
            self.firings.append(firing)
        elif parent.expected == 1:
            self._rise(_of_composite(parent, firing, [firing.shown()]))
        elif (parts := self._gather(parent, firing)) is not None:
            self._rise(_of_composite(parent, firing, parts))

    def _gather(self, parent: CompositeNode, firing: Firing) -> list[Mapping[str, Any]] | None:
        """The firings that let a composite trigger fire, if this was the last one it needed."""
        parts = self._memory.parts.setdefault(parent.id, {})
        if parent.within is not None:
            for id in [id for id, part in parts.items() if part.fired < firing.fired - parent.within]:
                self._drop(parent.id, id)
        place = max((part.place for part in parts.values()), default=0) + 1
        parts[firing.trigger.id] = Part(firing.fired, place, firing.shown())
        self._memory.changed_parts.add((parent.id, firing.trigger.id))
        order = sorted(parts, key=lambda child: (parts[child].fired, parts[child].place))
        if parent.is_sequence:
            if order != [child.id for child in parent.children]:
                return None
        elif len(parts) < parent.expected:
            return None
        shown = [parts[id].shown for id in order]
        for id in order:
            self._drop(parent.id, id)
        return shown

    def _drop(self, parent_id: UUID, id: UUID) -> None:
        del self._memory.parts[parent_id][id]
        self._memory.changed_parts.add((parent_id, id))


def _first_bucket(trigger: EventNode, happening: Happening, *, expects: bool, starts: bool) -> Bucket | None:
    """The window that an event opens, if it opens one."""
    now = happening.moment
    if starts:
        # An event that both starts a window and counts in it is the first to count in none.
        return Bucket(now, now + trigger.within, -1 if expects else 0, happening.shown)
    if trigger.after or not expects:
        return None
    return Bucket(now - LOOKBACK, now + trigger.within, 0, happening.shown)


def _looked_at(trigger: EventNode, bucket: Bucket) -> datetime:
    """When the end of a window is looked at, if nothing happens before."""
    return bucket.end if trigger.is_proactive else bucket.end + KEPT_AFTER_END


def due_of(trigger: EventNode, bucket: Bucket, grace: timedelta) -> datetime:
    """When a window's end can be looked at: when events that happened before it have been received."""
    return _looked_at(trigger, bucket) + grace


def _of_composite(parent: CompositeNode, last: Firing, parts: list[Mapping[str, Any]]) -> Firing:
    return Firing(parent, last.fired, last.key, {}, last.event, parts)


def nodes(root: Node) -> Iterator[Node]:
    """A trigger and all below it."""
    yield root
    if isinstance(root, CompositeNode):
        for child in root.children:
            yield from nodes(child)
