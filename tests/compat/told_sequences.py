"""Sequences of requests whose last answer shows what a row of docs/compatibility.md tells.

A step is a request, whose third word names what it makes: `{name}` stands in later steps for the id that each server gave
to it, or for what a fourth word finds in the answer. What the row is about is the status of the last answer, or what lies
in it at a path, where `#` is a length.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

Json = Any
Step = tuple[str, Json]

BOTH = ("sqlite", "postgresql")
CIRCLE = {
    "type": "object",
    "properties": {"x": {"$ref": "#/definitions/a"}},
    "definitions": {"a": {"$ref": "#/definitions/a"}},
}
PATTERN = {"type": "object", "properties": {"x": {"type": "string", "pattern": "("}}}
VAULT = {
    "type": "object",
    "title": "Vault",
    "description": "first",
    "properties": {"password": {"type": "string"}, "keys": {"type": "object"}, "pairs": {"type": "object"}},
    "secret_fields": ["password", "keys", "pairs.*"],
}
NOWHERE = "00000000-0000-4000-8000-000000000000"
SOME = re.compile(r"[1-9]\d*")
SOME_MORE = re.compile(r"[2-9]|[1-9]\d+")
RETRIES = {"retries": 1, "retry_delay": 60}


@dataclass(frozen=True)
class Sequence:
    row: str
    steps: tuple[Step, ...]
    theirs: Json
    """A status, or what Prefect's answer has at the path; a pattern for what is partly each server's own."""
    ours: Json
    at: tuple[str | int, ...] = ()
    kinds: tuple[str, ...] = BOTH


def _run(name: str, **fields: Json) -> Step:
    return f"POST /flow_runs/ {name}", {"flow_id": "{flow}", **fields}


def _state(name: str, type: str, **fields: Json) -> Step:
    return f"POST /flow_runs/{{{name}}}/set_state", {"state": {"type": type, **fields}}


_LOG: Step = (
    "POST /logs/",
    [
        {
            "name": "told",
            "level": 20,
            "message": "\u00c4rger",
            "timestamp": "2024-01-01T00:00:00Z",
            "flow_run_id": "{run}",
        }
    ],
)


def _automation(*, expect: Json, actions: Json = ()) -> Json:
    trigger = {"type": "event", "posture": "Reactive", "expect": expect, "threshold": 1}
    return {"name": "told", "trigger": trigger, "actions": list(actions), "enabled": False}


def _vault(name: str) -> tuple[Step, ...]:
    """A block type with two secrets, and its schema."""
    return (
        ("POST /block_types/ type", {"name": name, "slug": name}),
        (
            "POST /block_schemas/ schema",
            {"block_type_id": "{type}", "fields": {**VAULT, "block_type_slug": name}, "capabilities": []},
        ),
    )


def _document(data: Json) -> Step:
    document = {"name": "told", "data": data, "block_type_id": "{type}", "block_schema_id": "{schema}"}
    return "POST /block_documents/ document", document


_DAILY = {"name": "daily", "flow_id": "{flow}", "schedules": [{"schedule": {"cron": "0 0 * * *"}}]}
_TWICE = {
    "name": "twice",
    "flow_id": "{flow}",
    "schedules": [{"schedule": {"cron": "0 0 * * *"}}, {"schedule": {"cron": "0 12 * * *"}}],
}

SEQUENCES = (
    Sequence("a NUL character in a state's message", (_run("nul"), _state("nul", "RUNNING", message="a\0")), "a\0", "a\ufffd", ("state", "message"), ("sqlite",)),
    Sequence("a NUL character in a state's message", (_run("nul"), _state("nul", "RUNNING", message="a\0")), 503, 201, kinds=("postgresql",)),
    Sequence("an unpaired surrogate in such a message", (_run("half"), _state("half", "RUNNING", message="a\ud800")), "ABORT", "ACCEPT", ("status",), ("sqlite",)),
    Sequence("an unpaired surrogate in such a message", (_run("half"), _state("half", "RUNNING", message="a\ud800")), 503, 201, kinds=("postgresql",)),
    Sequence("times in `state_details` with an offset", (_run("offset"), _state("offset", "SCHEDULED", state_details={"scheduled_time": "2030-01-01T12:00:00+02:00"})), "2030-01-01T12:00:00+02:00", "2030-01-01T10:00:00Z", ("state", "state_details", "scheduled_time")),
    Sequence("an empty list of retry delays, or a delay beyond the calendar", (_run("endless", empirical_policy={"retries": 1, "retry_delay": 10**15}), _state("endless", "RUNNING"), _state("endless", "FAILED")), 500, 201),
    Sequence("labels that are null, lists or objects, in a `PATCH`", (_run("labels"), ("PATCH /flow_runs/{labels}/labels", {"a": None})), 204, 422),
    Sequence("a prefix of keys with `%` or `_`; its case on SQLite", (_run("inputs"), ("POST /flow_runs/{inputs}/input", {"key": "a-1", "value": "x"}), ("POST /flow_runs/{inputs}/input/filter", {"prefix": "a_"})), 1, 0, ("#",)),
    Sequence("upper case in a search that is not ASCII, on SQLite", (_LOG, ("POST /logs/filter", {"logs": {"flow_run_id": {"any_": ["{run}"]}, "text": {"query": "\u00c4rger"}}})), 0, SOME, ("#",), ("sqlite",)),
    Sequence("a search that is blank in a filter with `or_`", (_LOG, ("POST /logs/filter", {"logs": {"operator": "or_", "flow_run_id": {"any_": [NOWHERE]}, "text": {"query": " "}}})), 0, SOME, ("#",)),
    Sequence("numbers in a variable", (("POST /variables/ whole", {"name": "whole", "value": 1.0}), ("GET /variables/{whole}", None)), 1, 1.0, ("value",), ("sqlite",)),
    Sequence("numbers in a variable", (("POST /variables/ digits", {"name": "digits", "value": 2**63 + 1}), ("GET /variables/{digits}", None)), 2.0**63, 2**63 + 1, ("value",), ("sqlite",)),
    Sequence("a template of more than 50,000 characters", (("POST /automations/", _automation(expect=["x"], actions=[{"type": "send-notification", "block_document_id": NOWHERE, "subject": "s", "body": "{{ x }}" + "y" * 50_000}])),), 201, 422),
    Sequence("an error in one of many kinds of trigger or action", (("POST /automations/", _automation(expect=5)),), SOME, 1, ("exception_detail", "#")),
    Sequence("a schema with circular references, or with patterns that are no regular expressions", (("POST /deployments/", {"name": "circle", "flow_id": "{flow}", "parameters": {"x": 1}, "parameter_openapi_schema": CIRCLE, "enforce_parameter_schema": True}),), 500, 422),
    Sequence("a schema with circular references, or with patterns that are no regular expressions", (("POST /deployments/ pattern", {"name": "pattern", "flow_id": "{flow}", "parameter_openapi_schema": PATTERN}), ("POST /deployments/{pattern}/create_flow_run", {"parameters": {"x": "1"}})), 500, 422),
    Sequence("`max_scheduled_runs` of a schedule in `POST /deployments/`, or of a new one in a `PATCH`", (("POST /deployments/", {"name": "few", "flow_id": "{flow}", "schedules": [{"schedule": {"interval": 3600}, "max_scheduled_runs": 2}]}),), None, 2, ("schedules", 0, "max_scheduled_runs")),
    Sequence("a parameter of an unknown `__prefect_kind` that is a list or an object", (("POST /deployments/{deployment}/create_flow_run", {"parameters": {"x": {"__prefect_kind": ["a"]}}}),), 500, 201),
    Sequence("the state `PENDING` for a run of a deployment or a queue that is over", (("POST /deployments/{deployment}/create_flow_run over", {}), _state("over", "COMPLETED"), _state("over", "PENDING")), "ACCEPT", "ABORT", ("status",)),
    Sequence("`PENDING` for a run that its own process tries again", (("POST /deployments/{deployment}/create_flow_run again", {"empirical_policy": RETRIES, "state": {"type": "PENDING"}}), _state("again", "RUNNING"), _state("again", "FAILED"), _state("again", "PENDING")), "ACCEPT", "ABORT", ("status",)),
    Sequence("an update with a `block_schema_id` and no `data`", (*_vault("told-moved"), ("POST /block_schemas/ other", {"block_type_id": "{type}", "fields": {**VAULT, "block_type_slug": "told-moved", "description": "other"}, "capabilities": []}), _document({"password": "x"}), ("PATCH /block_documents/{document}", {"block_schema_id": "{other}"}), ("GET /block_documents/{document}", None)), "first", "other", ("block_schema", "fields", "description")),
    Sequence("a secret that is an object, or lies in objects of a list", (*_vault("told-open"), _document({"keys": {"a": "b"}}), ("GET /block_documents/{document}", None)), {"a": "b"}, "********", ("data", "keys")),
    Sequence("a hidden value that comes back into a dictionary of secrets, for one that never was there", (*_vault("told-empty"), _document({}), ("PATCH /block_documents/{document}", {"data": {"pairs": {"a": "********"}}})), 500, 204),
    Sequence("the `idempotency_key` of a run of a schedule", (("POST /deployments/ kolkata", {"name": "kolkata", "flow_id": "{flow}", "schedules": [{"schedule": {"cron": "0 0 * * *", "timezone": "Asia/Kolkata"}}]}), ("POST /deployments/{kolkata}/schedule", {}), ("POST /flow_runs/filter", {"deployments": {"id": {"any_": ["{kolkata}"]}}})), re.compile(r".* 00:00:00\+05:30"), re.compile(r".* 18:30:00\+00:00"), (0, "idempotency_key")),
    Sequence("deploying a flow again", (("POST /deployments/ again schedules.0.id", _DAILY), ("POST /deployments/ daily", _DAILY), ("PATCH /deployments/{daily}/schedules/{again}", {"active": False})), 404, 204),
    Sequence("changing or deleting a schedule", (("POST /deployments/ daily", _TWICE), ("POST /deployments/ first schedules.0.id", _TWICE), ("POST /deployments/{daily}/schedule", {}), ("DELETE /deployments/{daily}/schedules/{first}", None), ("POST /flow_runs/filter", {"deployments": {"id": {"any_": ["{daily}"]}}})), 0, SOME, ("#",)),
    Sequence("a queue renamed to such a name", (("POST /work_pools/told/queues named", {"name": "named"}), ("PATCH /work_pools/told/queues/named", {"name": "a/b"})), 204, 422),
    Sequence("numbers in a variable", (("POST /variables/ huge", {"name": "huge", "value": 1e300}), ("GET /variables/{huge}", None)), 500, 200, kinds=("postgresql",)),
    Sequence("the first and the last microsecond of the calendar", (_run("last", state={"type": "SCHEDULED", "state_details": {"scheduled_time": "9999-12-31T23:59:59.999999Z"}}), ("GET /flow_runs/{last}", None)), 500, "9999-12-31T23:59:59.999998Z", ("next_scheduled_start_time",), ("postgresql",)),
)  # fmt: skip

_NOON = (datetime.now(UTC) - timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
_DAY = timedelta(days=1)
EVENTS = [
    {
        "id": str(uuid4()),
        "event": f"told{separator}event",
        "occurred": _NOON.isoformat(),
        "resource": {"prefect.resource.id": f"told{separator}resource"},
        "related": [{"prefect.resource.id": "told", "prefect.resource.role": "the role"}],
    }
    for separator in "_x%"
]
_THEN = {"occurred": {"since": (_NOON - _DAY / 4).isoformat(), "until": (_NOON + _DAY / 4).isoformat()}}


def _asked(filter_: Json, /, path: str = "filter", **more: Json) -> tuple[Step]:
    return ((f"POST /events/{path}", {"filter": _THEN | filter_, **more}),)


SEQUENCES_OF_EVENTS = (
    Sequence("a prefix of an event's name or a resource's id with `%` or `_` in it", _asked({"event": {"prefix": ["told_"]}}), 3, 1, ("total",)),
    Sequence("a prefix of an event's name or a resource's id with `%` or `_` in it", _asked({"resource": {"id_prefix": ["told%"]}}), 3, 1, ("total",)),
    Sequence("a pattern for the label `prefect.resource.role`", _asked({"related": {"labels": {"prefect.resource.role": "the*"}}}), 0, 3, ("total",)),
    Sequence("no pattern for the label `prefect.resource.id` or `prefect.resource.role`", _asked({"resource": {"labels": {"prefect.resource.id": []}}}), 3, 0, ("total",)),
    Sequence("no pattern for the label `prefect.resource.id` or `prefect.resource.role`", _asked({"related": {"labels": {"prefect.resource.role": []}}}), 3, 0, ("total",)),
    Sequence("`limit` 0 for events", _asked({}, limit=0), re.compile("http.*"), None, ("next_page",)),
    Sequence("counts by `day` with another unit or interval", _asked({"resource": {"id": ["nobody"]}}, "count-by/day", time_unit="hour", time_interval=6), SOME_MORE, 1, ("#",)),
    Sequence("events that happen after the last interval of a count", _asked({}, "count-by/day", time_unit="hour", time_interval=6), 500, 200),
)  # fmt: skip


def shown(sequence: Sequence, status: int, body: Json) -> Json:
    """What the last answer of a sequence has where the row is about it."""
    if not sequence.at or (status >= 300 and sequence.at[0] != "exception_detail"):
        return status
    return found_at(body, sequence.at)


def found_at(body: Json, path: Iterable[str | int]) -> Json:
    for step in path:
        body = len(body) if step == "#" else body[step]
    return body


def is_told(expected: Json, found: Json) -> bool:
    if isinstance(expected, re.Pattern):
        return bool(expected.fullmatch(str(found)))
    return repr(expected) == repr(found)
