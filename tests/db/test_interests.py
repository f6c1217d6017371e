"""Who wants an item, and whom it costs something to find out."""

from dataclasses import dataclass
from typing import Any

import pytest

from lictor.db.interests import Interest, Interests


@dataclass(frozen=True)
class Thing:
    name: str
    topics: tuple[str, ...] = ()


class Asked:
    """An interest in names that end so, and how often it was tried."""

    def __init__(self, ending: str, **options: Any) -> None:
        self.times = 0
        self.ending = ending
        self.interest: Interest[Thing] = Interest(key=(ending, str(options)), matches=self.matches, **options)

    def matches(self, thing: Thing) -> bool:
        self.times += 1
        return thing.name.endswith(self.ending)


def test_the_same_is_asked_once_for_all_who_want_it() -> None:
    asked, interests = Asked("b"), Interests[Thing, int]()
    for member in range(1_000):
        interests.add(asked.interest, member)
    assert [*interests.of(Thing("a"))] == []
    assert len([*interests.of(Thing("ab"))]) == 1_000
    assert asked.times == 2


@pytest.mark.parametrize(
    ("options", "other", "wanted"),
    [
        ({"topics": frozenset({"x", "y"})}, Thing("other", ("z",)), Thing("x1", ("x", "y"))),
        ({"prefixes": ("flow.", "task.")}, Thing("other.1", ("flow.",)), Thing("task.1")),
    ],
)
def test_others_are_not_even_asked(options: dict[str, Any], other: Thing, wanted: Thing) -> None:
    asked, interests = Asked("1", **options), Interests[Thing, str]()
    interests.add(asked.interest, "me")
    assert [*interests.of(other)] == []
    assert asked.times == 0
    assert [*interests.of(wanted)] == ["me"]
    assert asked.times == 1


def test_who_leaves_leaves_nothing_behind() -> None:
    interests = Interests[Thing, int]()
    all_asked = [Asked("1"), Asked("1", topics=frozenset("x")), Asked("1", prefixes=("flow.",))]
    for asked in all_asked:
        interests.add(asked.interest, 1)
        interests.add(asked.interest, 2)
    thing = Thing("flow.1", ("x",))
    assert sorted(interests.of(thing)) == [1, 1, 1, 2, 2, 2]
    for asked in all_asked:
        interests.discard(asked.interest, 1)
    assert sorted(interests.of(thing)) == [2, 2, 2]
    for asked in all_asked:
        interests.discard(asked.interest, 2)
    assert [*interests.of(thing)] == []
    assert not any((interests._groups, interests._by_topic, interests._by_prefix, interests._others))
    assert interests._prefixes == ()
