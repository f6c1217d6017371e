"""Whether a filter matches an object in memory: the same as what the compiler's SQL says of its row."""

from collections.abc import Iterator
from typing import Any

from lictor.filters.criteria import Asked, Criterion, Filter, Operator


def matches(asked: Filter, item: Any) -> bool:
    """Whether it matches an object whose attributes are named as its table's columns."""
    found = [*_criteria(asked, item), *_further(asked, item)]
    return _joined(found, asked.operator)


def _joined(found: list[bool], operator: Operator) -> bool:
    return not found or (all(found) if operator is Operator.and_ else any(found))


def _criteria(asked: Filter, item: Any) -> Iterator[bool]:
    for key, criterion in asked.criteria.items():
        if not criterion.inert and (value := getattr(asked, key)) is not None:
            yield _criterion_matches(criterion, value, item)


def _further(asked: Filter, item: Any) -> Iterator[bool]:
    if asked.all_of:
        yield all(matches(further, item) for further in asked.all_of)
    if asked.any_of:
        yield any(matches(further, item) for further in asked.any_of)
    if asked.none_of:
        yield not any(matches(further, item) for further in asked.none_of)


def _criterion_matches(criterion: Criterion, asked: Asked, item: Any) -> bool:
    assert criterion.decide is None
    assert not criterion.group
    found = []
    for word, condition in criterion.conditions.items():
        value = getattr(asked, word)
        if value is not None and not (condition.ignore_empty and not value):
            assert condition.holds is not None, word
            found.append(condition.holds(item, value))
    return _joined(found, getattr(asked, "operator", Operator.and_))
