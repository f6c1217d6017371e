"""The comparison sees what it must see: a real answer of the oracle, altered in one place, differs from itself."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from .asking import Answer, Pair, Question
from .compare import differences
from .rows import Rows
from .trees import HISTORY

Json = Any

BY_TIME = Question("/task_runs/filter", {"sort": "EXPECTED_START_TIME_ASC", "limit": 50, "offset": 3})
PAGE = Question("/flow_runs/paginate", {"sort": "NAME_DESC", "limit": 20, "page": 2})
PER_DAY = Question("/task_runs/history", HISTORY)
COUNT = Question("/flows/count", {})


def _change_state_detail(rows: Json) -> None:
    rows[7]["state"]["state_details"]["deferred"] = None


def _leave_out_null(rows: Json) -> None:
    del rows[0]["state"]["state_details"]["pause_key"]


def _integer_for_float(rows: Json) -> None:
    rows[0]["total_run_time"] = int(rows[0]["total_run_time"])


def _later_by_a_microsecond(rows: Json) -> None:
    rows[9]["created"] = rows[9]["created"][:-2] + ("1Z" if rows[9]["created"][-2] != "1" else "2Z")


def _swap_across_keys(rows: Json) -> None:
    last = len(rows) - 1
    assert rows[0]["expected_start_time"] != rows[last]["expected_start_time"]
    rows[0], rows[last] = rows[last], rows[0]


def _same_row_twice(rows: Json) -> None:
    rows[1] = rows[0]


def _wrong_lateness(rows: Json) -> None:
    late = next(row for row in rows if row["estimated_start_time_delta"] > 1000)
    late["estimated_start_time_delta"] = 0.0


def _one_run_more(history: Json) -> None:
    next(interval for interval in history if interval["states"])["states"][0]["count_runs"] += 1


def _one_state_less(history: Json) -> None:
    next(interval for interval in history if interval["states"])["states"].pop()


def _seconds_more(history: Json) -> None:
    states = (state for interval in history for state in interval["states"] if state["state_type"] == "COMPLETED")
    state = next(states)
    state["sum_estimated_run_time"] += 2 * state["count_runs"]  # more than the fractions that Prefect drops on SQLite


def _one_page_more(page: Json) -> None:
    page["pages"] += 1


def _other_name_in_page(page: Json) -> None:
    page["results"][5]["tags"] = [*page["results"][5]["tags"], "new"]


@pytest.mark.parametrize(
    ("question", "alter"),
    [
        (BY_TIME, _change_state_detail),
        (BY_TIME, _leave_out_null),
        (BY_TIME, _integer_for_float),
        (BY_TIME, _later_by_a_microsecond),
        (BY_TIME, _swap_across_keys),
        (BY_TIME, _same_row_twice),
        (BY_TIME, _wrong_lateness),
        (BY_TIME, list.pop),
        (PER_DAY, _one_run_more),
        (PER_DAY, _one_state_less),
        (PER_DAY, _seconds_more),
        (PER_DAY, list.pop),
        (PAGE, _one_page_more),
        (PAGE, _other_name_in_page),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else value.path,
)
async def test_altered_answer_differs(
    readers: Pair, rows: Rows, question: Question, alter: Callable[[Json], None]
) -> None:
    oracle, _ = await readers.ask(question)
    altered = copy.deepcopy(oracle)
    assert not differences(question, oracle, altered, rows.by_id)
    alter(altered.body)
    assert differences(question, oracle, altered, rows.by_id)


async def test_other_number_or_status_differs(readers: Pair) -> None:
    oracle, _ = await readers.ask(COUNT)
    assert differences(COUNT, oracle, Answer(oracle.status, oracle.body + 1))
    assert differences(COUNT, oracle, Answer(oracle.status, float(oracle.body)))
    assert differences(COUNT, oracle, Answer(201, oracle.body))


async def test_rows_with_equal_sort_keys_may_change_places(readers: Pair, rows: Rows) -> None:
    oracle, _ = await readers.ask(BY_TIME)
    keys = [row["expected_start_time"] for row in oracle.body]
    tied = next(number for number in range(len(keys) - 1) if keys[number] == keys[number + 1])
    swapped = copy.deepcopy(oracle)
    swapped.body[tied], swapped.body[tied + 1] = swapped.body[tied + 1], swapped.body[tied]
    assert not differences(BY_TIME, oracle, swapped, rows.by_id)


async def test_row_that_no_tie_excuses_differs(readers: Pair, rows: Rows) -> None:
    """A row in the middle of a page may not be another one of the same sort key."""
    question = Question("/flow_runs/filter", {"sort": "NAME_ASC", "flow_runs": {"name": {"any_": ["tie", "a", "z"]}}})
    oracle, _ = await readers.ask(question)
    shown = {row["id"] for row in oracle.body}
    altered = copy.deepcopy(oracle)
    altered.body[1] = copy.deepcopy(next(row for row in rows.by_family["FlowRunFilter"] if row["id"] not in shown))
    altered.body[1]["name"] = oracle.body[1]["name"]
    assert differences(question, oracle, altered, rows.by_id)
