"""The rows of Prefect's tables that a history makes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any
from zlib import crc32

from benchmarks.history import DEPLOYMENTS, EPOCH, NOW, ONE_OUTSIDE_IN, SECOND, SPAN, FlowRun, History, State

Row = tuple[Any, ...]
Run = tuple[Row, list[Row]]  # and its states
Duration = Callable[[int], str]

_RUN = (
    *("id", "created", "updated", "name", "state_type", "state_name", "state_timestamp", "state_id", "run_count"),
    *("expected_start_time", "start_time", "end_time", "total_run_time", "empirical_policy", "tags", "labels"),
)
_STATE = ("id", "created", "updated", "type", "timestamp", "name", "message", "state_details", "data")
COLUMNS = {
    "flow": ("id", "created", "updated", "name", "tags", "labels"),
    "work_pool": ("id", "created", "updated", "name", "type", "status"),
    "work_queue": ("id", "created", "updated", "name", "priority", "work_pool_id", "status"),
    "deployment": (
        *("id", "created", "updated", "name", "flow_id", "tags", "parameters", "parameter_openapi_schema", "version"),
        *("path", "entrypoint", "work_queue_name", "work_queue_id", "paused", "status", "labels"),
    ),
    "flow_run": (
        *_RUN,
        *("flow_id", "deployment_id", "parent_task_run_id", "work_queue_name", "work_queue_id", "flow_version"),
        *("parameters", "auto_scheduled", "next_scheduled_start_time"),
    ),
    "flow_run_state": (*_STATE, "flow_run_id"),
    "task_run": (*_RUN, "flow_run_id", "task_key", "dynamic_key", "flow_run_run_count", "task_inputs"),
    "task_run_state": (*_STATE, "task_run_id"),
}

TASKS = (
    *("extract", "transform", "load", "validate", "fetch_page", "parse", "enrich", "deduplicate", "join_orders"),
    *("aggregate", "train_model", "score", "publish", "notify", "copy_to_lake", "vacuum_table", "check_quality"),
)
SUBJECTS = ("orders", "customers", "payments", "shipments", "inventory", "sessions", "refunds", "invoices")
# Of a hundred task runs, how many have these tags. A fifth of all have the tag of one customer besides.
TAGS = {
    "": 35,
    '"prod"': 25,
    '"prod", "etl"': 15,
    '"etl"': 8,
    '"dev"': 7,
    '"prod", "nightly"': 6,
    '"gpu", "prod"': 3,
    '"backfill"': 1,
}
MESSAGES = {
    "COMPLETED": "",
    "FAILED": "Task run encountered an exception ValueError: invalid literal for int() with base 10: 'n/a'",
    "CRASHED": "Execution was interrupted by the runtime environment: the process received SIGTERM.",
    "CANCELLED": "Execution was cancelled by the runtime environment.",
}
RUNNING = ("RUNNING", "Running")
PENDING = ("PENDING", "Pending")
WAITING = ("SCHEDULED", "AwaitingConcurrencySlot")

POLICY = '{"max_retries": 0, "retry_delay_seconds": 0.0, "retries": %d, "retry_delay": %d, "retry_jitter_factor": null}'
POLICIES = (POLICY % (0, 0), POLICY % (0, 0), POLICY % (2, 10))
DETAILS = (
    '{"flow_run_id": %s, "task_run_id": %s, "child_flow_run_id": %s, "scheduled_time": null, "cache_key": null, '
    '"cache_expiration": null, "deferred": false, "untrackable_result": false, "pause_timeout": null, '
    '"pause_reschedule": false, "pause_key": null, "run_input_keyset": null, "refresh_cache": null, '
    '"retriable": null, "transition_id": null, "task_parameters_id": null, "traceparent": null, '
    '"deployment_concurrency_lease_id": null}'
)
RESULT = (
    '{"storage_key": "/home/worker/.prefect/storage/%s", "expiration": null, "serializer": {"type": "pickle", '
    '"picklelib": "cloudpickle", "picklelib_version": null}, "prefect_version": "3.9.1", "storage_block_id": null}'
)
PARAMETERS = '{"title": "Parameters", "type": "object", "properties": {"day": {"title": "day", "type": "string"}}}'
LONGEST = 50 * SECOND  # a task run


@dataclass(frozen=True)
class Batch:
    """Rows of one table. Moments, ids and JSON are text, booleans 0 or 1."""

    table: str
    rows: list[Row]

    @property
    def columns(self) -> tuple[str, ...]:
        return COLUMNS[self.table]


def batches(history: History, duration: Duration, size: int = 5_000) -> Iterator[Batch]:
    """All rows of a history, which can be asked for once; `duration` writes microseconds as the database has them."""
    yield from _definitions(history)
    yield from _in_batches("flow_run", _flow_runs(history, duration), size)
    yield from _in_batches("task_run", _task_runs(history, duration), size)


def moment(micros: int) -> str:
    """Prefect's way to write UTC moments on SQLite; PostgreSQL reads it too."""
    return (EPOCH + timedelta(microseconds=micros)).isoformat(" ", "microseconds")[:26]


def _in_batches(table: str, runs: Iterator[Run], size: int) -> Iterator[Batch]:
    while found := list(islice(runs, size)):
        yield Batch(table, [row for row, _ in found])
        yield Batch(f"{table}_state", [state for _, states in found for state in states])


def _definitions(history: History) -> Iterator[Batch]:
    """What runs are runs of, and where they run."""
    made = (moment(NOW - SPAN),) * 2
    flows = enumerate(history.flows)
    yield Batch("flow", [(id, *made, history.flow_name(n), '["team-a"]' if n % 3 else "[]", "{}") for n, id in flows])
    pools = enumerate(history.pools)
    yield Batch("work_pool", [(id, *made, f"pool-{n}", "process", "READY") for n, id in pools])
    queues = [
        (id, *made, history.queue_name(n), n + 1, history.pools[history.pool_of(n)], "READY")
        for n, id in enumerate(history.queues)
    ]
    yield Batch("work_queue", queues)
    yield Batch("deployment", [_deployment(history, n, *made) for n in range(DEPLOYMENTS)])


def _deployment(history: History, n: int, created: str, updated: str) -> Row:
    flow, queue = history.flow_of(n), history.queue_of(n)
    return (
        *(history.deployments[n], created, updated, history.deployment_name(n), history.flows[flow]),
        *(_flow_run_tags(n), '{"day": "today"}', PARAMETERS, "1.0", "/srv/flows", f"main.py:flow_{flow:02}"),
        *(history.queue_name(queue), history.queues[queue], int(n % 10 == 0), "NOT_READY", "{}"),
    )


def _flow_run_tags(deployment: int | None) -> str:
    if deployment is None:
        return "[]"
    return '["prod", "nightly"]' if deployment % 3 == 0 else '["prod"]'


def _flow_runs(history: History, duration: Duration) -> Iterator[Run]:
    for run in history.flow_runs:
        is_ahead, is_over = run.state[0] == "SCHEDULED", run.is_over
        since = run.end if is_over else NOW if is_ahead else run.start
        at, start, expected = moment(since), moment(run.start), moment(run.start - 40_000)
        state_id = history.ids.at(since)
        flow_id = history.flows[run.flow]
        queue = None if run.deployment is None else history.queue_of(run.deployment)
        row = (
            *(run.id, expected, at, f"{SUBJECTS[run.number % 8]}-{run.number}", *run.state, at, state_id),
            *((0, expected, None) if is_ahead else (1, expected, start)),
            *((at, duration(run.end - run.start)) if is_over else (None, duration(0))),
            *(POLICIES[0], _flow_run_tags(run.deployment), f'{{"prefect.flow.id": "{flow_id}"}}', flow_id),
            None if run.deployment is None else history.deployments[run.deployment],
            run.parent_task_run_id,
            *((None, None) if queue is None else (history.queue_name(queue), history.queues[queue])),
            *(f"v{run.number % 4}", f'{{"day": "{expected[:10]}"}}', int(is_ahead), expected if is_ahead else None),
        )
        details = DETAILS % (_quoted(run.id), _quoted(run.parent_task_run_id), "null")
        states = [_state(state_id, at, run.state, details, run.id)]
        if is_over:
            states.append(_state(history.ids.at(run.start), start, RUNNING, details, run.id))
        yield row, states


def _state(id: str, at: str, state: State, details: str, run_id: str, data: str | None = None) -> Row:
    kind, name = state
    if kind == "SCHEDULED":
        details = details.replace('"scheduled_time": null', f'"scheduled_time": "{at.replace(" ", "T")}Z"')
    return (id, at, at, kind, at, name, MESSAGES.get(kind), details, data, run_id)


def _quoted(text: str | None) -> str:
    return "null" if text is None else f'"{text}"'


def _task_runs(history: History, duration: Duration) -> Iterator[Run]:
    """Those of each flow run, and in between those that have none."""
    tasks = TaskRuns(history, duration)
    for run in history.flow_runs:
        for child in run.children:
            yield tasks.standing_for(child, run)
            yield from tasks.one_outside(run)
        before = None
        for place in range(run.size - len(run.children)):
            made = tasks.one_of(run, place, before)
            yield made
            before = made[0][0]
            yield from tasks.one_outside(run)


@dataclass
class Happened:
    """What is known of a task run, before it becomes rows."""

    id: str
    name: str
    key: tuple[str, str]  # of its task, and its own
    state: State
    expected: int
    start: int
    end: int


class TaskRuns:
    """Makes one task run after the other."""

    def __init__(self, history: History, duration: Duration) -> None:
        self.history = history
        self.duration = duration
        self.random = history.random
        self.ids = history.ids
        self.number = 0  # of those made
        self.tags = list(TAGS)
        self.tag_weights = list(TAGS.values())
        self.task_keys = [f"{task}-{crc32(task.encode()):08x}" for task in TASKS]

    def one_of(self, run: FlowRun, place: int, before: str | None) -> Run:
        """The task run in this place of a flow run; it takes the result of the one before."""
        return self._rows(self._happened(run, place), run, None, before)

    def one_outside(self, run: FlowRun) -> Iterator[Run]:
        """A task run without flow run, at about this time, if it is the turn of one."""
        if self.number % ONE_OUTSIDE_IN == ONE_OUTSIDE_IN - 1:
            yield self._rows(self._happened(run, 0), None, None, None)

    def standing_for(self, child: FlowRun, run: FlowRun) -> Run:
        """The task run of a flow run that stands for one of its subflow runs."""
        name = self.history.flow_name(child.flow)
        assert child.parent_task_run_id
        happened = Happened(
            id=child.parent_task_run_id,
            name=f"{name}-0",
            key=(f"{name}-{crc32(name.encode()):08x}", str(child.number)),
            state=child.state,
            expected=self._unlike_others(child.start - SECOND // 20),
            start=child.start,
            end=self._unlike_others(child.end + SECOND // 20),
        )
        return self._rows(happened, run, child, None)

    def _unlike_others(self, micros: int) -> int:
        """A moment that none of the next and the last hundreds of task runs has: so orders by time are strict."""
        return micros // 1000 * 1000 + self.number % 1000

    def _happened(self, run: FlowRun, place: int) -> Happened:
        random = self.random
        expected = self._unlike_others(min(run.start + place * SECOND // 5, NOW - SECOND))
        start = max(run.start + place * SECOND, expected) + int(random.random() * SECOND / 2)
        end = self._unlike_others(start + 1000 + min(int(random.lognormvariate(-0.5, 1.2) * SECOND), LONGEST))
        state = self._state_by_now(run, start, end)
        task = int(len(TASKS) * random.random() ** 2)
        key = self.ids.anywhere()
        # Most names are the SDK's, some a mapped task's of older SDKs, some a user's.
        kind = random.random()
        if kind < 0.7:
            name = f"{TASKS[task]}-{key[:3]}"
        elif kind < 0.85:
            name = f"{TASKS[task]}-{place}"
        else:
            name = f"{TASKS[task]} {SUBJECTS[place % 8]} {moment(expected)[:10]}"
        return Happened(self.ids.at(expected), name, (self.task_keys[task], key), state, expected, start, end)

    def _state_by_now(self, run: FlowRun, start: int, end: int) -> State:
        if run.is_over:
            return self.history.outcome()
        luck = self.random.random()
        if start > NOW or luck < 0.1:
            return PENDING if luck < 0.08 else WAITING
        return RUNNING if end > NOW or luck < 0.4 else self.history.outcome()

    def _some_tags(self) -> str:
        tags = self.random.choices(self.tags, self.tag_weights)[0]
        if self.random.random() < 0.2:
            tag = f'"{self.history.customer_tag(int(self.history.customers * self.random.random() ** 2))}"'
            tags = f"{tags}, {tag}" if tags else tag
        return f"[{tags}]"

    def _rows(self, task: Happened, run: FlowRun | None, child: FlowRun | None, before: str | None) -> Run:
        self.number += 1
        kind = task.state[0]
        is_over, has_started = kind in MESSAGES, kind in MESSAGES or kind == "RUNNING"
        since = task.end if is_over else task.start if has_started else task.expected + 1
        expected, start, at = moment(task.expected), moment(task.start), moment(since)
        state_id = self.ids.at(since)
        row = (
            *(task.id, expected, at, task.name, *task.state, at, state_id, int(has_started), expected),
            *(
                (start if has_started else None),
                *((at, self.duration(task.end - task.start)) if is_over else (None, self.duration(0))),
            ),
            *(POLICIES[self.number % 3], "[]" if child else self._some_tags(), "{}", run and run.id, *task.key),
            int(run is not None),
            '{"rows": []}' if before is None else f'{{"rows": [{{"input_type": "task_run", "id": "{before}"}}]}}',
        )
        details = DETAILS % (_quoted(run and run.id), _quoted(task.id), _quoted(child and child.id))
        result = RESULT % task.key[1].replace("-", "") if kind == "COMPLETED" and self.number % 5 < 2 else None
        first = (start, RUNNING) if is_over else (expected, WAITING if kind == "PENDING" else PENDING)
        return row, [
            _state(self.ids.at(task.expected), *first, details, task.id),
            _state(state_id, at, task.state, details, task.id, result),
        ]
