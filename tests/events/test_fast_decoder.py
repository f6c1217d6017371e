"""What is read the short way becomes the same rows as what is read the long way, and nothing else goes the short way."""

import json
from copy import deepcopy
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lictor.db.ids import uuid7
from lictor.events.batch_insert import PendingEvent
from lictor.events.decoding import BadEvent, decode_any_event
from lictor.events.fast_decoder import MAX_EVENT_BYTES, decode_fast
from lictor.settings.events import EventSettings
from tests.make import NOON

FLOW_RUN, TASK_RUN, EVENT = str(uuid7()), str(uuid7()), str(uuid7())

# As Prefect 3.9.1's SDK sends them: a task run that failed after a retry, of a task with tags.
FAILED: dict[str, Any] = {
    "occurred": "2026-11-25T02:06:18.162465Z",
    "event": "prefect.task-run.Failed",
    "resource": {
        "prefect.resource.id": f"prefect.task-run.{TASK_RUN}",
        "prefect.resource.name": "extract-112",
        "prefect.run-count": "3",
        "prefect.state-message": 'Task run encountered an exception ValueError: bad "thing"\n x',
        "prefect.state-name": "Failed",
        "prefect.state-timestamp": "2026-11-25T02:06:18.162465+00:00",
        "prefect.state-type": "FAILED",
        "prefect.orchestration": "client",
    },
    "related": [
        {"prefect.resource.id": "prefect.tag.a", "prefect.resource.role": "tag"},
        {
            "prefect.resource.id": f"prefect.flow-run.{FLOW_RUN}",
            "prefect.resource.role": "flow-run",
            "prefect.resource.name": "thundering-seal",
        },
    ],
    "payload": {
        "intended": {"from": "RUNNING", "to": "FAILED"},
        "initial_state": {"type": "RUNNING", "name": "Retrying", "message": "", "state_details": {}},
        "validated_state": {
            "type": "FAILED",
            "name": "Failed",
            "message": 'Task run encountered an exception ValueError: bad "thing"\n x',
            "state_details": {"retriable": False},
            "data": None,
        },
        "task_run": {
            "name": "extract-112",
            "task_key": "extract-04b4eddc",
            "dynamic_key": "1121a6ec-19b2-4c39-b9df-6498c57fed88",
            "empirical_policy": {"max_retries": 0, "retry_delay_seconds": 0.0, "retries": 2, "retry_delay": 0},
            "tags": ["b", "a"],
            "labels": {},
            "task_inputs": {"n": []},
            "run_count": 3,
            "flow_run_run_count": 1,
            "expected_start_time": "2026-11-25T02:06:17.110052Z",
            "start_time": "2026-11-25T02:06:18.126596Z",
            "end_time": "2026-11-25T02:06:18.162465Z",
            "total_run_time": 0.035869,
        },
    },
    "id": EVENT,
    "follows": None,
}


def changed(*changes: tuple[str, Any]) -> dict[str, Any]:
    """The event above with other values at some paths."""
    told = deepcopy(FAILED)
    for path, value in changes:
        inside = told
        *steps, last = path.split("/")
        for step in steps:
            inside = inside[step]
        inside[last] = value
    return told


RUN, STATE = "payload/task_run", "payload/validated_state"
USUAL = {
    "failed": FAILED,
    "pending": changed(
        ("event", "prefect.task-run.Pending"),
        (f"{STATE}/type", "PENDING"),
        (f"{STATE}/state_details", {}),
        ("payload/initial_state", None),
        (f"{RUN}/run_count", 0),
        (f"{RUN}/total_run_time", 0.0),
    ),
    "outside a flow": changed(("related", []), ("follows", str(uuid7()))),
    "with a result that is kept": changed((f"{STATE}/data", {"storage_key": "x", "expiration": None, "size": 1e6})),
    "with a result that is not": changed((f"{STATE}/data", {"type": "unpersisted"})),
    "cached": changed((f"{STATE}/state_details", {"cache_key": "k", "cache_expiration": "2026-11-26T00:00:00Z"})),
    "with inputs, labels and letters": changed(
        (f"{RUN}/task_inputs", {"x": [{"input_type": "task_run", "id": TASK_RUN}]}),
        (f"{RUN}/labels", {"a": 1, "b": 0.5, "c": True, "d": "ü"}),
        (f"{RUN}/name", "größe-7"),
        (f"{STATE}/message", "\x7f\u2028\t\\ 😀"),
    ),
}


def read(told: str, of: EventSettings | None = None) -> tuple[PendingEvent | None, PendingEvent | str]:
    """The event read both ways: the short one may decline, the long one may refuse."""
    of = of or EventSettings()
    try:
        long: PendingEvent | str = decode_any_event(told, NOON, of)
    except BadEvent as error:
        long = str(error)
    return decode_fast(told.encode(), NOON, of), long


@pytest.mark.parametrize("told", USUAL.values(), ids=USUAL)
def test_what_the_sdk_sends_is_read_the_short_way(told):
    short, long = read(orjson.dumps(told).decode())
    assert short is not None
    assert short == long
    assert short.task_run_update is not None


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(changed(("event", "prefect.flow-run.Failed")), id="of a flow run"),
        pytest.param(changed(("resource/prefect.orchestration", "server")), id="orchestrated by the server"),
        pytest.param(changed((f"{STATE}/type", "SCHEDULED")), id="of a state that gets its time from us"),
        pytest.param(changed(("payload/deep", orjson.loads("[" * 199 + "]" * 199))), id="nested too deeply"),
        pytest.param(changed((f"{STATE}/message", "x" * MAX_EVENT_BYTES)), id="large"),
        pytest.param(changed((f"{STATE}/message", "\0")), id="with what PostgreSQL cannot store"),
        pytest.param(changed(("occurred", "2026-11-25T02:06:18.1624659Z")), id="of a moment that would be rounded"),
        pytest.param(changed(("occurred", "2026-11-25T02:06:18+01:00")), id="of a moment elsewhere"),
        pytest.param(changed(("payload/number", 2**70)), id="with a number that would not stay as it is"),
    ],
)
def test_what_is_not_usual_is_read_the_long_way(told):
    short, _ = read(json.dumps(told, separators=(",", ":")))
    assert short is None


@pytest.mark.parametrize(
    "limit", ["maximum_event_name_length", "maximum_related_resources", "maximum_labels_per_resource"]
)
def test_what_exceeds_a_limit_is_refused(limit):
    short, long = read(orjson.dumps(FAILED).decode(), EventSettings(**{limit: 1}))
    assert short is None
    assert isinstance(long, str)


PATHS = [
    *FAILED,
    *(f"resource/{name}" for name in FAILED["resource"]),
    *(f"payload/{name}" for name in FAILED["payload"]),
    *(f"{STATE}/{name}" for name in FAILED["payload"]["validated_state"]),
    *(f"{RUN}/{name}" for name in FAILED["payload"]["task_run"]),
    *(f"{STATE}/{name}" for name in ("id", "timestamp", "more")),
    *(f"{STATE}/state_details/{name}" for name in ("flow_run_id", "scheduled_time", "deferred", "cache_key", "more")),
    *(f"{RUN}/{name}" for name in ("cache_key", "cache_expiration", "task_version", "next_scheduled_start_time", "id")),
    *(f"{RUN}/empirical_policy/{name}" for name in ("retries", "max_retries", "retry_delay", "retry_jitter_factor")),
    "resource/prefect.resource.role",
    "more",
]
TEXTS = [
    *("", "ü😀", '"\\\n\t\x7f\u2028/', "x" * 313, "x" * 1251, "x" * 2501, "ü" * 1251, "a\0b"),
    *("PENDING", "SCHEDULED", "completed", "prefect.task-run.", "prefect.task-runX", f"prefect.task-run.{EVENT}"),
    *(EVENT, EVENT.upper(), EVENT.replace("-", ""), f"{{{EVENT}}}", f"urn:uuid:{EVENT}", EVENT[:-1], f"-{EVENT[1:]}"),
    *("2026-11-25T02:06:18Z", "2026-11-25t02:06:18z", "2026-11-25 02:06:18", "2026-11-25", "2026-11-25T02:06Z"),
    *("2026-11-25T02:06:18.1Z", "2026-11-25T02:06:18.123456789Z", "2026-11-25T02:06:18,5Z", "2026-11-25T24:00:00Z"),
    *("2026-11-25T02:06:60Z", "2026-11-25T02:06:18+00:00", "2026-11-25T02:06:18-0000", "2026-11-25T02:06:18+23:59"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-02-29T00:00:00Z", "1700000000", "true", "1.5"),
]
OTHERS = [
    *(None, True, False, [], {}, [None], ["a", "a"], [1], {"a": None}, {"a": 1, "b": 0.1}, {"": ""}),
    *(0, -1, 2**31 - 1, 2**31, -(2**31), 2**53 + 1, 2**63, 2**64 - 1, 2**64, 10**30),
    *(0.0, -0.0, 1.0, 0.1, 1.5e-7, 1e15, 1e16, 1e21, 1e22, 5e-324, 1.7976931348623157e308, 0.0000005, 2.5e-6),
    *({"type": "unpersisted"}, {"type": "unpersisted ", "a": [1e16]}, {"a": {"type": "unpersisted"}}),
    [{"prefect.resource.id": f"prefect.flow-run.{FLOW_RUN}"}],
    [{"prefect.resource.id": "prefect.flow-run.x", "prefect.resource.role": "flow-run"}],
    [{"prefect.resource.id": "x", "prefect.resource.role": "flow"}] * 3,
    {"n": [{"id": EVENT, "input_type": "task_run"}, {"input_type": "parameter", "name": "p", "more": 1}]},
    {"n": [{"input_type": "constant", "type": "int"}, {"input_type": "flow_run", "id": EVENT.upper()}]},
]
VALUES = st.one_of(
    st.sampled_from(TEXTS), st.sampled_from(OTHERS), st.floats(allow_nan=False), st.integers(), st.text(max_size=20)
)
INSERTIONS = [
    *(" ", "\n", "\t", ",", '"', "\\", "\\n", "\\/", "\\u0041", "\\u00e9", "\\ud800", "\\ud83d\\ude00", "\\u0000"),
    *("0", "01", "-", "-0", "1e5", "1E5", "1e999", ".0", "0.10", "NaN", "null", "true", "[]", "{}", "}", "]", "00Z"),
    *('"id":1,', '"data":1,', '"name":"twice",', '"tags":[],', '"resource":{},', '"prefect.resource.id":"x",', "\0"),
]


@st.composite
def odd_events(draw: st.DrawFn) -> str:
    """The text of an event that is odd in a place or two, or not at all."""
    told = deepcopy(draw(st.sampled_from(list(USUAL.values()))))
    for path in draw(st.lists(st.sampled_from(PATHS), max_size=2)):
        inside = told
        *steps, last = path.split("/")
        for step in steps:
            inside = inside.get(step, {}) if isinstance(inside, dict) else {}
        if isinstance(inside, dict):
            if draw(st.booleans()) or last not in inside:
                inside[last] = draw(VALUES)
            else:
                del inside[last]
    spaced, ascii_only = draw(st.sampled_from([(False, False)] * 4 + [(True, False), (False, True)]))
    text = json.dumps(told, separators=None if spaced else (",", ":"), ensure_ascii=ascii_only)
    for insertion in draw(st.lists(st.sampled_from(INSERTIONS), max_size=draw(st.sampled_from([0, 0, 1, 2])))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + insertion + text[place + draw(st.sampled_from([0, 0, 1, 4])) :]
    return text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(odd_events())
def test_an_odd_event_becomes_the_same_both_ways(text):
    short, long = read(text)
    assert short is None or short == long


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.decimals(allow_nan=False, allow_infinity=False)
)


@settings(max_examples=150, deadline=None)
@given(NUMBERS.map(str))
def test_a_number_is_stored_the_same_both_ways(number):
    template = orjson.dumps(changed((f"{STATE}/data", {"n": "?"}), (f"{RUN}/total_run_time", "?"))).decode()
    short, long = read(template.replace('"?"', number))
    assert short is None or short == long
