"""Requests that show what rows of docs/compatibility.md tell: both servers answer, and otherwise."""

from dataclasses import dataclass, field
from typing import Any

from tests import incompressible

from .asking import Question

Json = Any

NOWHERE = "00000000-0000-4000-8000-000000000000"
HISTORY = {"history_start": "2024-01-01T00:00:00Z", "history_end": "2024-01-02T00:00:00Z"}


LONG = incompressible.text(3000)
TRIGGER = {"type": "event", "posture": "Proactive", "expect": ["told"], "threshold": 1}
AUTOMATION = {"name": "told", "actions": [{"type": "do-nothing"}], "enabled": False}


def _started_before(moment: str) -> Json:
    return {"flow_runs": {"start_time": {"before_": moment}}}


@dataclass(frozen=True)
class Told:
    """A request that shows what a row tells; `theirs` and `ours` are the statuses that its words stand for."""

    row: str
    path: str
    body: Json = None
    method: str = "POST"
    theirs: int | None = None
    ours: int | None = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    kinds: tuple[str, ...] = ("sqlite", "postgresql")
    """The databases on which it shows."""

    def question(self, names: dict[str, str]) -> Question:
        path = self.path.format(**names)
        return Question(path, filled(self.body, names), self.method, self.content, self.headers)


ROWS = (
    Told("an `offset` of 2^63 or more", "/flows/filter", {"offset": 2**63}),
    Told("a `page` that lies 2^63 rows away", "/flows/paginate", {"page": 2**62, "limit": 200}, ours=200),
    Told("an interval longer than the calendar", "/flow_runs/history", {**HISTORY, "history_interval_seconds": 1e15}),
    Told("a run created in a state with data", "/flow_runs/", {"flow_id": "{flow}", "state": {"type": "RUNNING", "data": {}}}),
    Told("`empirical_policy` that is null or no object", "/flow_runs/", {"flow_id": "{flow}", "empirical_policy": "x"}),
    Told("an unknown `flow_id`, `flow_run_id`, `parent_task_run_id`", "/flow_runs/", {"flow_id": NOWHERE}),
    Told("resuming an unknown flow run", f"/flow_runs/{NOWHERE}/resume"),
    Told("a variable's name that ends in a line break", "/variables/", {"name": "x\n", "value": 1}, theirs=201),
    Told("`null` for a variable's name or tags, in a `PATCH`", "/variables/{variable}", {"name": None}, "PATCH"),
    Told("a tag with `/`, `%`, `&`, `<` or `>`", "/concurrency_limits/", {"tag": "a/b", "concurrency_limit": 1}),
    Told("`null` for what cannot be absent, in a `PATCH`", "/v2/concurrency_limits/{limit}", {"limit": None}, "PATCH"),
    Told("an unknown work pool, in a `PATCH`", "/deployments/{deployment}", {"work_pool_name": "nobody"}, "PATCH"),
    Told("`null` for a work pool's name", "/work_pools/", {"name": None}),
    Told("deleting a pool's default queue", "/work_pools/told/queues/default", method="DELETE"),
    Told("a document of an unknown block type", "/block_documents/", {"name": "d", "data": {}, "block_type_id": NOWHERE, "block_schema_id": NOWHERE}),
    Told("a `$ref` that is no object", "/block_documents/", {"name": "d", "data": {"x": {"$ref": "y"}}, "block_type_id": "{type}", "block_schema_id": "{schema}"}),
    Told("a slug or a document's name that ends with a line break", "/block_types/", {"name": "n", "slug": "slug\n"}),
    Told("an unknown `block_schema_id`", "/block_documents/", {"name": "d", "data": {}, "block_type_id": "{type}", "block_schema_id": NOWHERE}),
    Told("names of block types and documents of more than 1,250 bytes", "/block_types/", {"name": LONG, "slug": "long"}, theirs=201),
    Told("a NUL character in any other text", "/flows/", {"name": "a\0"}, theirs=201),
    Told("an unpaired surrogate in any other text", "/flows/", {"name": "a\ud800"}, kinds=("sqlite",)),
    Told("a moment that in UTC lies outside of the years 1 to 9999", "/flow_runs/filter", _started_before("0001-01-01T00:00:00+14:00"), kinds=("sqlite",)),
    Told("an integer of more than 4,300 digits", "/flows/filter", content=b'{"limit": 1' + b"0" * 5000 + b"}"),
    Told("JSON nested more than 200 levels deep", "/flows/filter", content=b'{"x": ' + b"[" * 300 + b"]" * 300 + b"}", theirs=200),
    Told("a body past `LICTOR_MAX_BODY_BYTES`, or of more than 250,000 values", "/flows/filter", content=b'{"x": [' + b"1," * 250_000 + b"1]}", theirs=200),
    Told("a `like_` or `startswith_` of more than 49,998 bytes", "/flows/filter", {"flows": {"name": {"like_": "x" * 50_000}}}, kinds=("sqlite",)),
    Told("without a password: a page of another origin", "/flows/filter", {}, headers={"origin": "http://elsewhere.example"}, theirs=200),
    Told("without a password, on a loopback address: another `Host`", "/flows/filter", {}, headers={"host": "elsewhere.example"}, theirs=200),
    Told("an empty idempotency key, twice", "/flow_runs/", {"flow_id": "{flow}", "idempotency_key": ""}, times=2, ours=200),
    Told("names, tags and keys of more than 2,500 bytes", "/flows/", {"name": LONG}, theirs=201),
    Told("a `scheduled_time` outside of the calendar, a surrogate in a state's name", "/flow_runs/{run}/set_state", {"state": {"type": "RUNNING", "name": "\ud800"}}, kinds=("sqlite",)),
    Told("an input's key with anything but `a-z`, `0-9` and `-`", "/flow_runs/{run}/input", {"key": "A b", "value": "x"}),
    Told("a negative `limit` of inputs, or of the dashboard's history", "/flow_runs/{run}/input/filter", {"prefix": "a", "limit": -1}, theirs=200),
    Told("an artifact's key that ends in a line break, or of more than 2,500 bytes", "/artifacts/", {"key": "x\n"}, theirs=201),
    Told("a saved search of a name of more than 2,500 bytes", "/saved_searches/", {"name": LONG, "filters": []}, "PUT", theirs=201),
    Told("more than 50 filters in `related` or `any_resource`, or 50 labels", "/events/filter", {"filter": {"related": [{"id": ["x"]}] * 51}}, theirs=200),
    Told("a trigger's `within` of more than ten years, a `threshold` beyond 32 bits", "/automations/", {**AUTOMATION, "trigger": {**TRIGGER, "within": 10**9}}, theirs=201),
    Told("`/flow_run_notification_policies` of the clients 3.0 to 3.3", "/flow_run_notification_policies/filter", {}, theirs=404, ours=200),
    Told("counts past 2^31", "/v2/concurrency_limits/", {"name": "past", "limit": 2**31}, theirs=201),
    Told("negative numbers, or more than the calendar has, in `POST /deployments/{id}/schedule`", "/deployments/{deployment}/schedule", {"max_runs": -1}, theirs=200),
    Told("an unknown `flow_id`", "/deployments/", {"name": "x", "flow_id": NOWHERE}),
    Told("limits, priorities and counts past 2^31", "/work_pools/", {"name": "past", "type": "process", "concurrency_limit": 2**31}, theirs=201),
    Told("a base job template whose parts are no objects", "/work_pools/", {"name": "odd", "type": "process", "base_job_template": {"job_configuration": 5, "variables": 5}}),
    Told("a `parameter_openapi_schema` that is no schema, in a `PATCH`", "/deployments/{deployment}", {"parameter_openapi_schema": {"type": 5}, "parameters": {"x": 1}, "enforce_parameter_schema": True}, "PATCH"),
    Told("a recurrence rule with an `INTERVAL` of 0, or below", "/deployments/{deployment}/schedules", [{"schedule": {"rrule": "FREQ=DAILY;INTERVAL=0"}}]),
    Told("the time zone of a recurrence rule", "/deployments/{deployment}/schedules", [{"schedule": {"rrule": "FREQ=DAILY", "timezone": "xUTC"}}], theirs=201, ours=422),
    Told("two schedules of one slug", "/deployments/{deployment}/schedules", [{"schedule": {"interval": 60}, "slug": "s"}], times=2, kinds=("sqlite",)),
    Told('"already exists in work pool" of a queue', "/work_pools/told/queues", {"name": "default"}, theirs=409, ours=409),
    Told("a `heartbeat_interval_seconds` of 0 or less, a worker's name of more than 2,500 bytes", "/work_pools/told/workers/heartbeat", {"name": "w", "heartbeat_interval_seconds": 0}),
    Told("deleting a pool's default queue by its id", "/work_queues/{queue}", method="DELETE"),
)  # fmt: skip


def filled(value: Json, names: dict[str, str]) -> Json:
    if isinstance(value, dict):
        return {key: filled(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    return names.get(value[1:-1], value) if isinstance(value, str) and value.startswith("{") else value
