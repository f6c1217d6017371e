"""Tell what differs between the oracle's answer and another: nothing but what the oracle itself leaves open.

Open are: the order of rows with equal sort keys (and so which of them stand at a page's edges), of states in a history
interval, the order of several errors of one request and their words on malformed times and ids (which depend on
releases of Python and pydantic), and what moves with the clock between two requests.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

from .asking import Answer, Question

Json = Any
Row = dict[str, Any]

# Both are asked at the same moment, but a busy machine may answer one of them seconds later.
CLOCK_SECONDS = 20.0
# Sums of seconds in binary: Prefect adds floats on SQLite and decimals on PostgreSQL.
SUM_SECONDS = 1e-4
UNFINISHED = {"SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING", None}
ROLLING_FIELDS = {"estimated_run_time", "estimated_start_time_delta"}

DEFAULT_SORTS = {"task_runs": "ID_DESC", "flow_runs": "ID_DESC", "artifacts": "ID_DESC", "logs": "TIMESTAMP_ASC"}
DEFAULT_LIMIT = 200


def differences(question: Question, oracle: Answer, subject: Answer, known: dict[str, Row] | None = None) -> list[str]:
    """Where and how the answers differ; `known` has the oracle's rows by id, for rows that only one page shows."""
    if oracle.status != subject.status:
        return [f"status {oracle.status} became {subject.status}: {_short(subject.body)}"]
    if oracle.status >= 300:
        return list(_differ("", settled(oracle.body), settled(subject.body)))
    if question.method == "GET" and isinstance(oracle.body, dict) and isinstance(subject.body, dict):
        return list(_rows_differ("", oracle.body, subject.body, {}, seen_now=True))
    verb = question.path.rpartition("/")[2]
    if verb == "filter":
        offset = question.asked.get("offset") or 0
        return list(_pages_differ(question, oracle.body, subject.body, offset, known or {}))
    if verb == "paginate":
        return list(_paginations_differ(question, oracle.body, subject.body, known or {}))
    if verb == "history":
        return list(_histories_differ(oracle.body, subject.body))
    if verb == "lateness":
        return list(_numbers_differ("lateness", oracle.body, subject.body, CLOCK_SECONDS))
    return list(_differ("", oracle.body, subject.body))


def settled(refusal: Json) -> Json:
    """A body that refuses a request, less what is left open: the order of errors, and the words above."""
    if not isinstance(refusal, dict) or not isinstance(refusal.get("exception_detail"), list):
        return refusal
    errors = map(_without_words, refusal["exception_detail"])
    return {**refusal, "exception_detail": sorted(errors, key=lambda error: json.dumps(error["loc"]))}


def _without_words(error: Json) -> Json:
    """An error, less the words that depend on Prefect's Python (times) or the release of pydantic (ids)."""
    of_time = error["type"] == "value_error" and ("parse string" in error["msg"] or "a valid datetime" in error["msg"])
    if of_time or error["type"].startswith("datetime_"):
        return {"type": "datetime", "loc": error["loc"], "input": error["input"]}
    if error["type"] == "uuid_parsing":
        return {"type": "uuid_parsing", "loc": error["loc"], "input": error["input"]}
    return error


def _paginations_differ(question: Question, oracle: Json, subject: Json, known: dict[str, Row]) -> Iterator[str]:
    yield from _differ("", {**oracle, "results": None}, {**subject, "results": None})
    offset = (oracle["page"] - 1) * oracle["limit"]
    yield from _pages_differ(question, oracle["results"], subject["results"], offset, known)


def _pages_differ(question: Question, oracle: Json, subject: Json, offset: int, known: dict[str, Row]) -> Iterator[str]:
    if not isinstance(subject, list) or len(oracle) != len(subject):
        yield f"{len(oracle)} rows became {len(subject)}: {_short(subject)}"
        return
    key = _sort_key(question, known)
    ours, theirs = _groups(subject, key), _groups(oracle, key)
    if [(value, len(rows)) for value, rows in ours] != [(value, len(rows)) for value, rows in theirs]:
        yield f"order by {key.__name__}: {[key(row) for row in oracle]} became {[key(row) for row in subject]}"
        return
    limit = question.asked.get("limit")
    cut = {0} if offset else set()
    if len(oracle) == (DEFAULT_LIMIT if limit is None else int(float(limit))):
        cut.add(len(ours) - 1)
    for number, ((value, their_rows), (_, our_rows)) in enumerate(zip(theirs, ours, strict=True)):
        strangers = our_rows.keys() - their_rows.keys()
        if strangers and number not in cut:
            yield f"where the sort key is {value!r}: {sorted(their_rows)} became {sorted(our_rows)}"
        for id, row in our_rows.items():
            if id in their_rows:
                yield from _rows_differ(f"[{id}]", their_rows[id], row, known.get(id, {}), seen_now=True)
            elif id in known:
                expected = {name: known[id][name] for name in oracle[0]}
                yield from _rows_differ(f"[{id}]", expected, row, known[id], seen_now=False)
            else:
                yield f"a row the oracle does not have: {_short(row)}"


def _rows_differ(where: str, oracle: Row, subject: Row, whole: Row, *, seen_now: bool) -> Iterator[str]:
    rolling = ROLLING_FIELDS if (whole | oracle).get("state_type", "unknown") in UNFINISHED else set()
    yield from _differ(
        where,
        {name: value for name, value in oracle.items() if name not in rolling},
        {name: value for name, value in subject.items() if name not in rolling},
    )
    for name in sorted(rolling & oracle.keys()):
        if seen_now or not isinstance(subject.get(name), float):
            yield from _numbers_differ(f"{where}.{name}", oracle[name], subject.get(name), CLOCK_SECONDS)


def _histories_differ(oracle: Json, subject: Json) -> Iterator[str]:
    def without_states(history: Json) -> Json:
        return [{**interval, "states": None} for interval in history]

    yield from _differ("", without_states(oracle), without_states(subject))
    for number, (their_interval, our_interval) in enumerate(zip(oracle, subject, strict=False)):
        theirs, ours = _by_state(their_interval["states"]), _by_state(our_interval["states"])
        if theirs.keys() != ours.keys():
            yield f"[{number}].states {sorted(theirs)} became {sorted(ours)}"
        for state in theirs.keys() & ours.keys():
            yield from _sums_differ(f"[{number}].{state}", theirs[state], ours[state])


def _sums_differ(where: str, oracle: Row, subject: Row) -> Iterator[str]:
    sums = {"sum_estimated_run_time", "sum_estimated_lateness"}
    yield from _differ(
        where,
        {name: value for name, value in oracle.items() if name not in sums},
        {name: value for name, value in subject.items() if name not in sums},
    )
    each = CLOCK_SECONDS if oracle["state_type"] in UNFINISHED else SUM_SECONDS
    for name in sorted(sums):
        if float(oracle[name]).is_integer():  # on SQLite Prefect drops each run's fraction of a second
            each = max(each, 1)
        yield from _numbers_differ(f"{where}.{name}", oracle[name], subject.get(name), each * oracle["count_runs"])


def _numbers_differ(where: str, oracle: Json, subject: Json, tolerance: float) -> Iterator[str]:
    if oracle is None or not isinstance(subject, int | float) or isinstance(subject, bool):
        yield from _differ(where, oracle, subject)
    elif abs(oracle - subject) > tolerance:
        yield f"{where}: {oracle} became {subject}"


def _differ(where: str, oracle: Json, subject: Json) -> Iterator[str]:
    if type(oracle) is not type(subject):
        yield f"{where}: {_short(oracle)} became {_short(subject)}"
    elif isinstance(oracle, dict):
        for name in oracle.keys() | subject.keys():
            if name not in subject:
                yield f"{where}.{name}: {_short(oracle[name])} is missing"
            elif name not in oracle:
                yield f"{where}.{name}: {_short(subject[name])} is new"
            else:
                yield from _differ(f"{where}.{name}", oracle[name], subject[name])
    elif isinstance(oracle, list):
        if len(oracle) != len(subject):
            yield f"{where}: {_short(oracle)} became {_short(subject)}"
        for number, (theirs, ours) in enumerate(zip(oracle, subject, strict=False)):
            yield from _differ(f"{where}[{number}]", theirs, ours)
    elif oracle != subject:
        yield f"{where}: {_short(oracle)} became {_short(subject)}"


def _groups(rows: list[Row], key: Callable[[Row], Json]) -> list[tuple[Json, dict[str, Row]]]:
    return [(value, {row["id"]: row for row in group}) for value, group in itertools.groupby(rows, key)]


def _by_state(states: list[Row]) -> dict[tuple[str, str], Row]:
    return {(state["state_type"], state["state_name"]): state for state in states}


def _sort_key(question: Question, known: dict[str, Row]) -> Callable[[Row], Json]:
    """What the rows are sorted by; a page may leave it out of its rows, then `known` has it."""
    family = question.path.split("/")[1]
    sort = question.asked.get("sort") or DEFAULT_SORTS.get(family, "NAME_ASC")
    field = sort.rpartition("_")[0].lower()

    def key(row: Row) -> Json:
        whole = known.get(row["id"], {}) | row
        if field == "start_time" and whole["start_time"] is None:
            return whole["expected_start_time"]
        if field == "duration":
            # What runs grows between two answers, and Prefect counts it in milliseconds on SQLite: neighbours that run
            # are compared as a set.
            is_running = (whole.get("state_type") or (whole["state"] or {}).get("type")) == "RUNNING"
            return "running" if is_running else whole["total_run_time"]
        return whole[field]

    key.__name__ = field
    return key


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) < 200 else text[:200] + "..."
