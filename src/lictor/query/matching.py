"""Whether a filter matches an object in memory: the same as what the compiler's SQL says of its row."""

from collections.abc import Iterator
from typing import Any

from lictor.query.criteria import Combinator, Criterion, Filter, RequestModel


def matches(filter_: Filter, item: Any) -> bool:
    """Whether it matches an object whose attributes are named as its table's columns."""
    found = [*_criteria(filter_, item), *_further(filter_, item)]
    return _joined(found, filter_.operator)


def _joined(found: list[bool], operator: Combinator) -> bool:
    return not found or (all(found) if operator is Combinator.and_ else any(found))


def _criteria(filter_: Filter, item: Any) -> Iterator[bool]:
    for key, criterion in filter_.criteria.items():
        if not criterion.ignored and (value := getattr(filter_, key)) is not None:
            yield _criterion_matches(criterion, value, item)


def _further(filter_: Filter, item: Any) -> Iterator[bool]:
    if filter_.all_of:
        yield all(matches(further, item) for further in filter_.all_of)
    if filter_.any_of:
        yield any(matches(further, item) for further in filter_.any_of)
    if filter_.none_of:
        yield not any(matches(further, item) for further in filter_.none_of)


def _criterion_matches(criterion: Criterion, model: RequestModel, item: Any) -> bool:
    assert criterion.custom is None
    assert not criterion.group
    found = []
    for word, condition in criterion.conditions.items():
        value = getattr(model, word)
        if value is not None and not (condition.ignore_empty and not value):
            assert condition.matches is not None, word
            found.append(condition.matches(item, value))
    return _joined(found, getattr(model, "operator", Combinator.and_))
