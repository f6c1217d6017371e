"""What templates see: events, runs and the rest, with the attributes that Prefect's objects have."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urljoin

KIND = "__kind"
ID = "prefect.resource.id"
NAME = "prefect.resource.name"
ROLE = "prefect.resource.role"

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_DURATIONS = frozenset(
    {"total_run_time", "estimated_run_time", "estimated_start_time_delta", "within", "schedule_after"}
)
_ENUMS = {"state_type": "StateType", "posture": "Posture"}
_AS_THEY_ARE = frozenset({"parameters", "payload", "job_variables", "labels", "context", "pull_steps"})
"""What users put there is not looked into."""

_PAGES = {
    "flow-run": "runs/flow-run/{id}",
    "task-run": "runs/task-run/{id}",
    "flow": "flows/flow/{id}",
    "deployment": "deployments/deployment/{id}",
    "automation": "automations/automation/{id}",
    "work-pool": "work-pools/work-pool/{name}",
    "work-queue": "work-queues/work-queue/{id}",
    "concurrency-limit": "concurrency-limits/concurrency-limit/{id}",
    "block-document": "blocks/block/{id}",
    "variable": "variables/variable/{id}",
}
_WITH_EVENTS = frozenset({"automation", "deployment", "flow", "flow-run", "task-run", "work-pool", "work-queue"})


def of_kind(kind: str, value: Any) -> dict[str, Any]:
    """JSON that `read_object` makes an object of."""
    return {KIND: kind, "value": value}


def read_object(value: Any, ui_url: str | None = None) -> Any:
    """What a template sees of a value of its context."""
    if isinstance(value, list):
        return [read_object(item, ui_url) for item in value]
    if not isinstance(value, dict) or KIND not in value:
        return value
    kind, inner = value[KIND], value["value"]
    if inner is None:
        return None
    if kind == "event":
        return Event(inner, ui_url)
    make = _KINDS.get(kind)
    return TemplateObject(kind, inner) if make is None else make(inner)


class Enumerated(str):
    """A value of an enumeration of Prefect's, which prints with the enumeration's name and compares as its text."""

    __slots__ = ("_enumeration",)
    _enumeration: str

    def __new__(cls, enumeration: str, value: str) -> Self:
        made = super().__new__(cls, value)
        made._enumeration = enumeration
        return made

    @property
    def value(self) -> str:
        return str.__str__(self)

    def __str__(self) -> str:
        return f"{self._enumeration}.{str.__str__(self)}"


class TemplateObject:
    """Fields of a JSON object as attributes; moments and durations among them as Python has them."""

    def __init__(self, kind: str, fields: Mapping[str, Any]) -> None:
        self._kind = kind
        self._fields = fields

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._fields:
            raise AttributeError(name)
        return _read_field(self._kind, name, self._fields[name])

    def __str__(self) -> str:
        shown = ((name, _read_field(self._kind, name, value)) for name, value in self._fields.items())
        return " ".join(f"{name}={value!r}" for name, value in shown)

    def __repr__(self) -> str:
        return f"{self._kind.title().replace('-', '')}({self._fields!r})"

    @property
    def ui_path(self) -> str | None:
        page = _PAGES.get(self._kind)
        return page and page.format(id=self._fields.get("id"), name=self._fields.get("name"))

    @property
    def events_path(self) -> str | None:
        if self._kind not in _WITH_EVENTS:
            return None
        return f"events?resource=prefect.{self._kind}.{self._fields.get('id')}"

    def _plain(self) -> Any:
        return self._fields


def _read_field(kind: str, name: str, value: Any) -> Any:
    if value is None or name in _AS_THEY_ARE:
        return value
    if isinstance(value, str):
        if name in _ENUMS or (kind == "state" and name == "type"):
            return Enumerated(_ENUMS.get(name, "StateType"), value)
        return datetime.fromisoformat(value) if _MOMENT.fullmatch(value) else value
    if name in _DURATIONS and isinstance(value, int | float):
        return timedelta(seconds=value)
    if isinstance(value, dict):
        return State(value) if name == "state" else TemplateObject(name, value)
    if isinstance(value, list):
        return [_read_field(kind, f"{name}[]", item) for item in value]
    return value


class State(TemplateObject):
    def __init__(self, fields: Mapping[str, Any]) -> None:
        super().__init__("state", fields)

    def __str__(self) -> str:
        return f"{self._fields.get('name')}({self._fields.get('message') or ''!r})"

    __repr__ = __str__


class Labels:
    """Labels as a tree: `labels.prefect.resource.id`."""

    def __init__(self, labels: Mapping[str, str], value: str = "") -> None:
        self._labels = dict(labels)
        self._value = value

    def __getattr__(self, name: str) -> "Labels":
        if name.startswith("_"):
            raise AttributeError(name)
        below = {key[len(name) + 1 :]: value for key, value in self._labels.items() if key.startswith(f"{name}.")}
        if not below and name not in self._labels:
            raise AttributeError(name)
        return Labels(below, self._labels.get(name, ""))

    def __getitem__(self, key: str) -> str:
        return self._labels[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._labels.items())

    def __len__(self) -> int:
        return len(self._labels)

    def __str__(self) -> str:
        return self._value

    def _plain(self) -> Any:
        return self._labels


class Resource(TemplateObject):
    """A resource of an event: its labels, by key, as a tree, and the best known of them as attributes."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        super().__init__("resource", labels)

    @property
    def id(self) -> str:
        return str(self._fields[ID])

    @property
    def name(self) -> str | None:
        return self._fields.get(NAME)

    @property
    def role(self) -> str | None:
        return self._fields.get(ROLE)

    @property
    def labels(self) -> Labels:
        return Labels(self._fields)

    @property
    def root(self) -> Mapping[str, str]:
        return self._fields

    def __getitem__(self, label: str) -> str:
        value: str = self._fields[label]
        return value

    def __contains__(self, label: str) -> bool:
        return label in self._fields

    def get(self, label: str, default: str | None = None) -> str | None:
        value: str | None = self._fields.get(label, default)
        return value

    def keys(self) -> Any:
        return self._fields.keys()

    def items(self) -> Any:
        return self._fields.items()

    def __str__(self) -> str:
        return f"root={self._fields!r}"

    @property
    def ui_path(self) -> str | None:
        kind, _, id = self.id.rpartition(".")
        page = _PAGES.get(kind.removeprefix("prefect."))
        return page and page.format(id=id, name=self.name)

    @property
    def events_path(self) -> str | None:
        return f"events?resource={self.id}"


class Event(TemplateObject):
    """An event, with its related resources by their roles."""

    def __init__(self, fields: Mapping[str, Any], ui_url: str | None = None) -> None:
        super().__init__("event", fields)
        self.url = ui_address(ui_url, self.ui_path)
        self.resource = Resource(fields["resource"])
        self.related = [Resource(resource) for resource in fields.get("related", ())]

    @property
    def involved_resources(self) -> list[Resource]:
        return [self.resource, *self.related]

    @property
    def resource_in_role(self) -> dict[str, Resource]:
        return {str(resource.role): resource for resource in reversed(self.related)}

    @property
    def resources_in_role(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.related:
            found.setdefault(str(resource.role), []).append(resource)
        return found

    @property
    def ui_path(self) -> str | None:
        return f"events/event/{str(self._fields['occurred'])[:10]}/{self._fields['id']}"

    @property
    def events_path(self) -> str | None:
        return None


class Firing(TemplateObject):
    """A firing: its event, and the firings that led to it."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        super().__init__("firing", fields)
        event = fields.get("triggering_event")
        self.triggering_event = None if event is None else Event(event)
        self.triggering_firings = [Firing(firing) for firing in fields.get("triggering_firings", ())]


_KINDS: dict[str, Callable[[Any], Any]] = {
    "resource": Resource,
    "labels": Labels,
    "firing": Firing,
    "state": State,
}


def plain(value: Any) -> Any:
    """JSON of what templates see."""
    if isinstance(value, TemplateObject | Labels):
        return plain(value._plain())  # noqa: SLF001
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str.__str__(value) if isinstance(value, str) else value


def ui_address(base: str | None, path: str | None) -> str | None:
    """Where a page of the UI is."""
    if base is None or path is None:
        return None
    return urljoin(f"{base.rstrip('/')}/", path)
