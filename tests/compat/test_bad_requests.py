"""Requests that no client should send: both servers refuse or bear them alike, in the same words."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from .asking import Answer, Pair, Question
from .compare import differences
from .conftest import SUBJECT
from .databases import Databases
from .deviations import Deviation, judge
from .rows import Rows
from .trees import HISTORY, OWN_FAMILY
from .vocabulary import Route, Vocabulary, kind

Json = Any

NOWHERE = UUID(int=5)
SHORT = {"limit": 3}  # what is not refused after all need not be long
NO_JSON = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"5",
    b"tru",
    b'{"limit": 5,}',
    b"{'limit': 5}",
    b"\xff\xfe",
    b'{"limit": 5} x',
    b"true",
    b"[{}]",
)
NO_NUMBER = (b'{"limit": NaN}', b'{"limit": Infinity}', b'{"offset": -Infinity}', b'{"limit": 1e400}')
LIMITS = (0, 1, 200, 201, -1, "5", 5.0, 5.5, True, "x", "", [], {}, None, 2**31, 2**63, -(2**63) - 1, 1e3, "5.0", " 5 ")
OFFSETS = (0, -1, "5", 5.5, "x", None, [], 2**63 - 1, True)
PAGES = (0, 1, -1, "2", 1.5, None, "x", 2**31)
SORTS = ("X", "", "name_asc", "ID_ASC", 5, None, [], {})
FILTERS = (
    [],
    "x",
    5,
    True,
    None,
    {"unknown": 1},
    {"id": []},
    {"id": "x"},
    {"id": {"unknown_": 1}},
    {"operator": "and"},
    {"operator": None},
    {"operator": 1},
    {"operator": "or_"},
)
WRONG = {
    "uuids": (
        "x",
        5,
        [5],
        [None],
        ["x"],
        {},
        [[]],
        [str(NOWHERE), "x", 7],
        ["{00000000-0000-0000-0000-000000000005}"],
        [f"urn:uuid:{NOWHERE}"],
        [NOWHERE.hex],
        [""],
        True,
    ),
    "strings": ("x", 5, [5], [None], {}, [[]], ["x", 7, None], [True], [1.5]),
    "enums": ("x", 5, [5], [None], ["failed"], ["Failed"], ["RUNNING", "X", 5], [""], {}, ["UNKNOWN"]),
    "moment": (
        "x",
        "",
        [],
        {},
        True,
        "2024-13-01",
        "2024-02-30T00:00:00Z",
        "2024-01-01T25:00:00Z",
        "2024-01-01",
        "2024-01-01T00:00",
        "2024-01-01T00:00:00+25:00",
        0,
        1e12,
        1.5,
        -1,
        "1700000000",
        10**30,
        "now",
        "2024-W01",
        "2024-01-01T00:00:00.123456789Z",
        "2024-01-01T24:00:00Z",
        "12:00",
        "P1D",
        "2024-01-01/2024-01-02",
    ),
    "flag": ("x", 2, "maybe", [], {}, "true", 1, 0, "yes", "off", "", 1.0, 0.5, "TRUE", "t"),
    "number": ("x", 1.5, [], {}, "5", True, 1.0, "", " 7 "),
    "text": (5, [], {}, True, 1.5),
}
INTERVALS = (0, 0.5, 1, 0.999999, -5, "x", None, [], "60", True, 1e9)
TIMES = ("x", None, 5, [], "2024-01-01", "2024-03-01T00:00:00", "2024-03-01T00:00:00+05:30", "")
VERSIONS = ("0.8.4", "0.8.0", "0.7.9", "0.7", "x", "1.0.0", "0.8.4.1", "", "0.8.x", "-1.0.0", "99.0.0")
CONTENT_TYPES = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/problem+json",
    "multipart/form-data",
    "application/JSON; charset=utf-8",
    "nonsense",
)

DEVIATIONS = (
    Deviation(r"NaN|Infinity|1e400", 422, "JSON has no such numbers; Prefect ignores them or fails"),
    Deviation(
        r"'content-type': '(text|application/x-www|multipart|nonsense)",
        422,
        "a body that is not sent as JSON; Prefect acts as if there were none",
    ),
    Deviation(
        r'"(now|12:00|2024-W01)"',
        422,
        "no time of any standard in JSON; Prefect takes it on Python 3.12 and before only",
    ),
    Deviation(r"/task_run_states/", 404, "Prefect calls it a flow run state"),
    Deviation(r"/name/x%00", 404, "no name holds a NUL; Prefect fails on PostgreSQL"),
)


def bad_pages(vocabulary: Vocabulary) -> Iterator[Question]:
    for route in vocabulary.routes.values():
        required = HISTORY if route.verb == "history" else {}
        yield from (Question(route.path, content=content) for content in (*NO_JSON, *NO_NUMBER))
        yield from (
            Question(route.path, content=b'{"limit": 1}', headers={"content-type": type}) for type in CONTENT_TYPES
        )
        if route.sorts:
            yield from (Question(route.path, {"limit": limit}) for limit in LIMITS)
            yield from (Question(route.path, {**SHORT, "sort": sort}) for sort in SORTS)
        if route.verb == "filter":
            yield from (Question(route.path, {**SHORT, "offset": offset}) for offset in OFFSETS)
        if route.verb == "paginate":
            yield from (Question(route.path, {**SHORT, "page": page}) for page in PAGES)
        for family in route.families:
            yield from (Question(route.path, {**required, **SHORT, family: wrong}) for wrong in FILTERS)
        yield Question(route.path, {**required, "unknown": 1, "limit": 3})
        yield Question(route.path, {"limit": "x", "sort": "x", "offset": "x", "task_runs": {"id": 5}, "flows": []})
        if route.verb == "history":
            yield from bad_histories(route)
    yield from (Question("/task_runs/count", {}, headers={"X-PREFECT-API-VERSION": version}) for version in VERSIONS)


def bad_histories(route: Route) -> Iterator[Question]:
    yield from (Question(route.path, {**HISTORY, "history_interval_seconds": interval}) for interval in INTERVALS)
    for end in ("history_start", "history_end"):
        yield from (Question(route.path, {**HISTORY, end: time}) for time in TIMES)
    yield Question(
        route.path,
        {
            "history_start": HISTORY["history_end"],
            "history_end": HISTORY["history_start"],
            "history_interval_seconds": 60,
        },
    )
    yield from (
        Question(route.path, {name: value for name, value in HISTORY.items() if name != missing}) for missing in HISTORY
    )


def bad_criteria(vocabulary: Vocabulary) -> Iterator[Question]:
    for route in vocabulary.routes.values():
        for key, family in route.families.items():
            first = route.verb == "filter" and (
                OWN_FAMILY[route.resource] == family or (route.resource == "deployments" and key.startswith("work"))
            )
            if not first:
                continue
            for criterion in vocabulary.criteria(family):
                yield Question(route.path, {**SHORT, key: criterion.asking(unknown_=1)})
                yield Question(route.path, {**SHORT, key: criterion.asking(operator="and")})
                for operator, schema in criterion.operators.items():
                    for wrong in WRONG[kind(schema)]:
                        yield Question(route.path, {**SHORT, key: criterion.asking(**{operator: wrong})})


def bad_paths() -> Iterator[Question]:
    ids = (
        NOWHERE,
        str(NOWHERE).upper(),
        NOWHERE.hex,
        f"{{{NOWHERE}}}",
        "x",
        "00000000-0000-0000-0000-00000000000g",
        "%00",
    )
    for resource in (
        "flows",
        "flow_runs",
        "task_runs",
        "deployments",
        "flow_run_states",
        "task_run_states",
        "ui/task_runs",
    ):
        for id in ids:
            yield Question(f"/{resource}/{id}", method="GET")
            yield Question(f"/{resource}/{id}", method="DELETE")
            yield Question(f"/{resource}/{id}", {}, method="PATCH")
            yield Question(f"/{resource}/{id}", {"unknown": 1}, method="PATCH")
            yield Question(f"/{resource}/{id}", method="PUT")
    for resource in ("flow_runs", "task_runs"):
        yield from (Question(f"/{resource}/{NOWHERE}/set_state", body) for body in BAD_STATES)
        yield Question(f"/{resource}/x/set_state", {"state": {"type": "RUNNING"}})
    for query in (
        "",
        "?flow_run_id=x",
        f"?flow_run_id={NOWHERE}",
        f"?task_run_id={NOWHERE}",
        "?task_run_id=",
        "?task_run_id=5",
    ):
        yield Question(f"/flow_run_states/{query}", method="GET")
        yield Question(f"/task_run_states/{query}", method="GET")
    for name in ("nobody", "a%2Fb", "%C3%BC", "%25", "x%00", "", "a/b/c"):
        yield Question(f"/flows/name/{name}", method="GET")
        yield Question(f"/deployments/name/{name}", method="GET")
        yield Question(f"/deployments/name/{name}/{name}", method="GET")
    for path in (
        "/nothing",
        "/task_runs/nothing",
        "/task_runs/filter/x",
        "/ui",
        "/ui/task_runs/nothing",
        "/flow_runs/history/x",
    ):
        yield from (Question(path, {}), Question(path, method="GET"))
    for path in ("/task_runs/filter", "/flows/count", "/health", "/version", "/admin/version"):
        yield from (Question(path, {}, method=method) for method in ("GET", "PUT", "PATCH", "DELETE", "POST"))
    yield from (Question(f"/csrf-token{query}", method="GET") for query in ("", "?client=x", "?client="))


BAD_STATES = (
    None,
    {},
    {"state": None},
    {"state": {}},
    {"state": {"type": "X"}},
    {"state": {"type": "RUNNING"}},
    {"state": {"type": "RUNNING"}, "force": "x"},
    {"state": {"type": "RUNNING", "unknown": 1}},
    {"state": {"type": "RUNNING", "timestamp": "2020-01-01T00:00:00Z"}},
    {"state": {"type": "RUNNING", "name": 5}},
    {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": "x"}}},
    {"state": {"type": "RUNNING", "state_details": []}},
    {"state": {"type": "RUNNING", "state_details": {"flow_run_id": "x", "pause_timeout": "y", "retriable": 7}}},
    {"state": []},
    {"state": "RUNNING"},
    [],
    {"type": "RUNNING"},
)


async def test_bad_requests(readers: Pair, vocabulary: Vocabulary, rows: Rows, databases: Databases) -> None:
    def differ(question: Question, oracle: Answer, subject: Answer) -> list[str]:
        return differences(question, oracle, subject, rows.by_id)

    questions = [*bad_pages(vocabulary), *bad_criteria(vocabulary), *bad_paths()]
    wrong = judge(await readers.ask_all(questions), differ, DEVIATIONS, databases.kind, all_needed=SUBJECT != "prefect")
    if wrong:
        pytest.fail("\n".join([f"{len(wrong)} lines", *wrong[:200]]))
