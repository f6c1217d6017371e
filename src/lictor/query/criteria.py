"""How a resource declares what can be asked of it.

    class FlowFilter(Filter):
        id = on(flow.c.id, "any_", "not_any_")
        name = on(flow.c.name, "any_", "like_")

Each attribute is a criterion. From the class come the Pydantic model of the request, its OpenAPI
text and, in `lictor.query.compiler`, the SQL.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, get_args, get_origin
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidatorFunctionWrapHandler, WrapValidator, create_model
from pydantic._internal._model_construction import ModelMetaclass

from lictor.db.types import UUIDType
from lictor.query.binds import Bind, Form
from lictor.query.operators import Clause, operator_for
from lictor.validation.pieces import values_of


class Combinator(StrEnum):
    """How the criteria of a filter are joined."""

    and_ = "and_"
    or_ = "or_"


Combinator.__name__ = Combinator.__qualname__ = "Operator"  # as the OpenAPI document calls it


_OPERATOR: Any = (
    Combinator,
    Field(default=Combinator.and_, description="Whether all must hold (and_) or one (or_)."),
)

OUR_OPERATOR: Any = Field(
    default=Combinator.and_, description=_OPERATOR[1].description, json_schema_extra={"x-lictor": True}
)
"""The operator of a filter that has none in Prefect."""


class RequestModel(BaseModel):
    """What a request asks: only known names, each absent unless given."""

    model_config = ConfigDict(extra="forbid")


def set_fields(model: RequestModel) -> dict[str, Any]:
    """What a filter or a criterion asks: the value of each of its fields that is there, but for the operator."""
    # Past the attributes, as reading a deprecated one would warn.
    return {name: value for name, value in model.__dict__.items() if value is not None and name != "operator"}


def form_of(value: Any) -> Form:
    """A flag itself; of a list whether it has no value, one or several; of any other value nothing."""
    if isinstance(value, bool):
        return value
    return min(len(value), 2) if isinstance(value, list) else None


@dataclass(frozen=True)
class Condition:
    """One thing that can be asked: the type of its value, and the SQL of what stands for that value.

    The SQL may depend on the `form` of a value, not on the value. `matches` is the same test of an object in memory,
    which only resources that are streamed need.
    """

    value: Any
    clause: Callable[[Bind], Clause]
    meaning: str
    ignore_empty: bool = False
    default: Any = None
    required: bool = False
    matches: Callable[[Any, Any], bool] | None = None
    form: Callable[[Any], Form] = form_of
    column: sa.ColumnElement[Any] | None = None

    def field(self, subject: str) -> Any:
        text = f"The {subject} {self.meaning}."
        value = values_of(*get_args(self.value)) if get_origin(self.value) is list else self.value
        if self.required:
            return (value, Field(description=text))
        return (value | None, Field(default=self.default, description=text))


CustomClause = Callable[[Mapping[str, Bind]], Clause | None]


@dataclass(frozen=True)
class Criterion:
    """What can be asked of one field: its conditions, or the criteria it is a group of.

    `custom` takes the place of the conditions' own SQL where they bear on each other: of what stands for the value of
    each condition that is asked, it makes the SQL of them all. `name` is
    the model's public name where it does not follow from the filter's and the field's. An `ignored`
    criterion is taken and checked, and has no effect. `default` is what is asked where the request
    does not say; null in a request asks nothing.
    """

    conditions: Mapping[str, Condition] = field(default_factory=dict)
    group: Mapping[str, "Criterion"] = field(default_factory=dict)
    combinable: bool = False
    custom: CustomClause | None = None
    name: str | None = None
    ignored: bool = False
    default: Mapping[str, Any] | None = None

    def model(self, name: str, subject: str) -> type[RequestModel]:
        """The Pydantic model of this criterion."""
        fields: dict[str, Any] = {"operator": _OPERATOR} if self.combinable or self.group else {}
        for word, condition in self.conditions.items():
            fields[word] = condition.field(subject)
        for key, member in self.group.items():
            fields[key] = member.field(f"{name}{key.capitalize()}", f"{subject} {key}")
        return create_model(name, __base__=RequestModel, __doc__=f"What to ask of the {subject}.", **fields)

    def field(self, name: str, subject: str) -> Any:
        model = self.model(self.name or name, subject)
        text = f"What to ask of the {subject}."
        default = None if self.default is None else model(**self.default)
        return (model | None, Field(default=default, description=text, deprecated=self.ignored or None))

    def named(self, name: str) -> "Criterion":
        """This criterion under a public name that does not follow from the filter's and the field's."""
        return replace(self, name=name)

    def with_default(self, **filter_: Any) -> "Criterion":
        """This criterion, which asks so much where a request does not say."""
        return replace(self, default=filter_)

    def with_clause(self, custom: CustomClause, **defaults: Any) -> "Criterion":
        """This criterion with one function for all its conditions, and other defaults of them."""
        conditions = {
            word: replace(condition, default=defaults.get(word, condition.default))
            for word, condition in self.conditions.items()
        }
        return replace(self, conditions=conditions, custom=custom)


def column(
    column: sa.ColumnElement[Any],
    *words: str,
    combinable: bool = False,
    item: Any = None,
    **elsewhere: sa.ColumnElement[Any],
) -> Any:
    """A criterion on a column, by the words of `lictor.query.operators`.

    `item` is the type of the values in a list where it does not follow from the column;
    `elsewhere` names the words that ask another column.
    """
    item = item or (UUID if isinstance(column.type, UUIDType) else str)
    filter_ = dict.fromkeys(words, column) | elsewhere
    conditions = {word: _condition(word, target, item) for word, target in filter_.items()}
    return Criterion(conditions, combinable=combinable)


def _condition(word: str, column: sa.ColumnElement[Any], item: Any) -> Condition:
    operator = operator_for(column, word)
    return Condition(
        operator.value(item),
        lambda bind: operator.clause(column, bind),
        operator.meaning,
        operator.ignore_empty,
        matches=operator.matches and partial(_matches, operator.matches, str(column.key), "null" in word),
        form=operator.form or form_of,
        column=column,
    )


def _matches(test: Callable[[Any, Any], bool], name: str, knows_none: bool, item: Any, wanted: Any) -> bool:
    value = getattr(item, name)
    return test(value, wanted) if knows_none or value is not None else False


def custom(*, combinable: bool = False, name: str | None = None, **conditions: Condition) -> Any:
    """A criterion whose conditions have SQL of their own."""
    return Criterion(conditions, combinable=combinable, name=name)


def ignored(**values: Any) -> Any:
    """A criterion that is taken and checked but has no effect: the types of its values."""
    conditions = {word: Condition(value, lambda _: sa.true(), "is ignored") for word, value in values.items()}
    return Criterion(conditions, ignored=True)


def group(**criteria: Criterion) -> Any:
    """A criterion made of others. Unlike a filter's, its empty members ask nothing at all."""
    return Criterion(group=criteria)


MAX_FILTER_DEPTH = 10
"""How many levels of further filters a filter may have below it."""

MAX_FURTHER_FILTERS = 50
"""How many further filters one of its lists may hold, on all levels together."""


@dataclass
class _Tree:
    """How much of a tree of filters has been met, and how deep in it the reader is."""

    filters: int = 0
    depth: int = 0


_tree: ContextVar[_Tree | None] = ContextVar("tree", default=None)


def _bounded(filter_: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Reads a list of further filters, perhaps within others; refuses trees that are too large before reading on."""
    tree = _tree.get() or _Tree()
    before = _tree.set(tree)
    tree.depth += 1
    tree.filters += len(filter_) if isinstance(filter_, list) else 0
    try:
        if tree.depth > MAX_FILTER_DEPTH:
            raise ValueError(f"filters may be nested at most {MAX_FILTER_DEPTH} levels deep")
        if tree.filters > MAX_FURTHER_FILTERS:
            raise ValueError(f"there may be at most {MAX_FURTHER_FILTERS} further filters")
        return read(filter_)
    finally:
        tree.depth -= 1
        _tree.reset(before)


def _further(meaning: str) -> Any:
    text = f"Further filters of the same kind, {meaning}. An empty list asks nothing."
    return Field(default=None, max_length=MAX_FURTHER_FILTERS, description=text, json_schema_extra={"x-lictor": True})


FURTHER = {
    "all_of": _further("all of which must match"),
    "any_of": _further("of which one must match"),
    "none_of": _further("none of which may match"),
}
"""The lists of further filters that a filter may hold. They are ours: Prefect has none."""


class FilterType(ModelMetaclass):
    """Turns the criteria in the body of a class into the fields of its Pydantic model."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> type:
        criteria = {key: value for key, value in namespace.items() if isinstance(value, Criterion)}
        annotations = namespace.setdefault("__annotations__", {})
        for key, criterion in criteria.items():
            words = key.split("_")
            camel = "".join(word.capitalize() for word in words)
            annotations[key], namespace[key] = criterion.field(f"{name}{camel}", " ".join(words))
        for key, field_of_list in FURTHER.items():
            annotations[key] = Annotated[f"list[{name}] | None", WrapValidator(_bounded)]
            namespace[key] = field_of_list
        namespace["criteria"] = criteria
        annotations["criteria"] = ClassVar[Mapping[str, Criterion]]
        return super().__new__(mcs, name, bases, namespace, **kwargs)


class Filter(RequestModel, metaclass=FilterType):
    """A filter on one family of objects: its criteria and its lists of further filters, joined by its operator."""

    criteria: ClassVar[Mapping[str, Criterion]]

    operator: Combinator = _OPERATOR[1]
    if TYPE_CHECKING:  # of the class's own kind, which `FilterType` says: FastAPI cannot read `Self`
        all_of: list[Self] | None
        any_of: list[Self] | None
        none_of: list[Self] | None
