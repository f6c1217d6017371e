"""The key of a set of filters: all that their SQL depends on. The values that the SQL only holds go into slots.

    {"name": {"any_": ["a", "b"]}, "start_time": {"before_": ...}}

has the key `name.any_` of several values and `start_time.before_`, and the slots `["a", "b"]` and the moment. Filters
with the same key have the same SQL, because the SQL is written from the key.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lictor.query.binds import Form
from lictor.query.criteria import Combinator, Criterion, Filter, RequestModel

Filters = Mapping[str, Filter | None]
"""What a request asks of each resource, by the resource's name in the request."""


class Term(NamedTuple):
    """One operator of a criterion, the form of its value, and the slot that holds the value."""

    word: str
    form: Form
    slot: int


class CriterionKey(NamedTuple):
    """The operators of a criterion, or the criteria that it groups; without any it asks nothing.

    A contradictory one matches no row, whatever the row holds.
    """

    operator: Combinator
    terms: tuple[Term, ...] = ()
    members: tuple[tuple[str, "CriterionKey"], ...] = ()
    contradictory: bool = False


class FilterKey(NamedTuple):
    """The criteria of a filter, and the lists of further filters within it.

    A resolved one has the ids of the rows that match, which are known to be there; it has no filter's `kind`.
    """

    kind: type[Filter] | None
    operator: Combinator
    criteria: tuple[tuple[str, CriterionKey], ...] = ()
    all_of: tuple["FilterKey", ...] = ()
    any_of: tuple["FilterKey", ...] = ()
    none_of: tuple["FilterKey", ...] = ()
    resolved: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it asks nothing: every row matches."""
        return not (self.criteria or self.all_of or self.any_of or self.none_of)

    @property
    def names(self) -> set[str]:
        """The criteria that it asks itself."""
        return {name for name, _ in self.criteria}

    @property
    def all_names(self) -> set[str]:
        """The criteria that it asks, and those of the filters within it."""
        return self.names.union(*(further.all_names for further in (*self.all_of, *self.any_of, *self.none_of)))

    @property
    def has_further(self) -> bool:
        """Whether there are filters within it."""
        return bool(self.all_of or self.any_of or self.none_of)

    @property
    def contradictory(self) -> bool:
        """Whether no row can match."""
        found = [key.contradictory for _, key in self.criteria]
        if self.operator is Combinator.and_:
            return any(found) or any(further.contradictory for further in self.all_of)
        return bool(found) and all(found) and not self.has_further

    def only_term(self, *path: str) -> Term | None:
        """The term at the end of a path of names, if nothing else is asked; otherwise None."""
        name, *names = path
        if self.has_further or len(self.criteria) != 1 or self.criteria[0][0] != name:
            return None
        return _only_term(self.criteria[0][1], *names)


def _only_term(key: CriterionKey, name: str, *names: str) -> Term | None:
    if names:
        if key.terms or len(key.members) != 1 or key.members[0][0] != name:
            return None
        return _only_term(key.members[0][1], *names)
    if key.members or len(key.terms) != 1 or key.terms[0].word != name:
        return None
    return key.terms[0]


class Slots(list[Any]):
    """The values of filters, collected while their keys are read."""

    def add(self, value: Any) -> int:
        """Keeps a value; its slot."""
        self.append(value)
        return len(self) - 1

    def key_of(self, filter_: Filter) -> FilterKey:
        """The key of a filter, whose values are kept here."""
        criteria = filter_.criteria
        found: list[tuple[str, CriterionKey]] = []
        further: dict[str, tuple[FilterKey, ...]] = {}
        for name, value in filter_.__dict__.items():  # past the attributes, as reading a deprecated one would warn
            if value is None or name == "operator":
                continue
            if (criterion := criteria.get(name)) is None:
                further[name] = tuple([self.key_of(each) for each in value])
            elif not criterion.ignored:
                found.append((name, self._criterion_key(criterion, value)))
        all_of, any_of, none_of = (further.get(name, ()) for name in ("all_of", "any_of", "none_of"))
        return FilterKey(type(filter_), filter_.operator, tuple(found), all_of, any_of, none_of)

    def _criterion_key(self, criterion: Criterion, model: RequestModel) -> CriterionKey:
        terms: list[Term] = []
        members: list[tuple[str, CriterionKey]] = []
        operator = Combinator.and_
        for name, value in model.__dict__.items():
            if value is None:
                continue
            if (condition := criterion.conditions.get(name)) is not None:
                if not condition.ignore_empty or value:
                    terms.append(Term(name, condition.form(value), self.add(value)))
            elif (member := criterion.group.get(name)) is not None:
                members.append((name, self._criterion_key(member, value)))
            else:
                operator = value
        found = [key.contradictory for _, key in members if key.terms]
        if operator is Combinator.and_:
            contradictory = any(found) or self._contradict(criterion, terms)
        else:
            contradictory = bool(found) and all(found) and not terms
        return CriterionKey(operator, tuple(terms), tuple(members), contradictory)

    def _contradict(self, criterion: Criterion, terms: list[Term]) -> bool:
        """Whether no value of a column can be what all of these operators ask."""
        if criterion.custom is not None:
            return False
        by_column: dict[int, dict[str, Term]] = {}
        for term in terms:
            if (column := criterion.conditions[term.word].column) is not None:
                by_column.setdefault(id(column), {})[term.word] = term
        return any(self._exclude_each_other(words) for words in by_column.values())

    def _exclude_each_other(self, words: Mapping[str, Term]) -> bool:
        if (any_ := words.get("any_")) is not None and any_.form == 0:
            return True
        if (null := words.get("is_null_")) is not None and null.form and words.keys() & NOT_OF_NULL:
            return True
        return any(
            low in words and high in words and self[words[low].slot] > self[words[high].slot] for low, high in BOUNDS
        )


NOT_OF_NULL = {"any_", "not_any_", "like_", "before_", "after_", "ge_", "le_"}
"""Operators that a null value never satisfies."""

BOUNDS = (("after_", "before_"), ("ge_", "le_"))


def keys_of(filters: Filters) -> tuple[dict[str, FilterKey], Slots]:
    """The key of each filter that there is, by resource, and the values of them all."""
    slots = Slots()
    return {name: slots.key_of(filter_) for name, filter_ in filters.items() if filter_ is not None}, slots


def terms_in(key: CriterionKey) -> Iterator[Term]:
    """All terms of a criterion."""
    yield from key.terms
    for _, member in key.members:
        yield from terms_in(member)
