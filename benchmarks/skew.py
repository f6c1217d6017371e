"""Skew a made-up history, so that random filters meet rare and frequent values of every kind.

A plain history has a few flows and tags, all of them frequent. Here one flow has a tenth of all flow runs and a
thousand flows have one each, tags are on one run in two down to one in a hundred thousand, two tags are frequent but
seldom together, and many runs lack a state, a start, an expected start or a flow run's deployment.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

from benchmarks.history import History
from benchmarks.rows import COLUMNS, SUBJECTS, Batch, Row

SINGLE_RUN_FLOWS = 1_000
MORE_DEPLOYMENTS = 900
SINGLE_RUN_EVERY = 7  # flow runs: the last of so many is the only one of its flow, until each such flow has one
TAG_SHARES = {"half": 2, "tenth": 10, "hundredth": 100, "thousandth": 1_000, "myriadth": 10_000, "rarest": 100_000}
BOTH_SIDES_EVERY = 2_000  # runs: one has both of the tags `left` and `right`, the others have one or neither
WITHOUT_STATE = 8
WITHOUT_START = 10
WITHOUT_EXPECTED_START = 50
WITHOUT_DEPLOYMENT = 5
STATE_COLUMNS = ("state_type", "state_name", "state_timestamp", "state_id")

Values = dict[str, Any]


def skewed(history: History, batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches with skewed values; the same every time for the same history."""
    skew = _Skew(history)
    for batch in batches:
        if (change := skew.changes.get(batch.table)) is None:
            yield batch
            continue
        rows = [_row(batch, change, row) for row in batch.rows]
        yield replace(batch, rows=rows + skew.further(batch))


def _row(batch: Batch, change: Callable[[Values], None], row: Row) -> Row:
    values = dict(zip(batch.columns, row, strict=True))
    change(values)
    return tuple(values.values())


class _Skew:
    def __init__(self, history: History) -> None:
        self.random = Random(history.task_runs + 1)
        self.single_run_flows = [history.ids.anywhere() for _ in range(SINGLE_RUN_FLOWS)]
        self.more_deployments = [history.ids.anywhere() for _ in range(MORE_DEPLOYMENTS)]
        self.flow_runs = 0
        self.runs = 0
        self.changes: dict[str, Callable[[Values], None]] = {
            "flow": lambda _: None,
            "deployment": self._change_deployment,
            "flow_run": self._change_flow_run,
            "task_run": self._change_task_run,
        }

    def further(self, batch: Batch) -> list[Row]:
        """The flows and deployments that a plain history does not have, made like its own."""
        if batch.table == "flow":
            return [
                self._like(batch, number, id=id, name=f"single-{SUBJECTS[number % 8]}-{number:04}", tags="[]")
                for number, id in enumerate(self.single_run_flows)
            ]
        if batch.table == "deployment":
            return [
                self._like(
                    *(batch, number),
                    id=id,
                    name=f"{SUBJECTS[number % 8]}-{number:04}",
                    flow_id=self.single_run_flows[number % SINGLE_RUN_FLOWS],
                    tags='["team-a"]' if number % 4 == 0 else "[]",
                    paused=int(number % 50 == 0),
                )
                for number, id in enumerate(self.more_deployments)
            ]
        return []

    def _like(self, batch: Batch, number: int, **values: Any) -> Row:
        row = dict(zip(COLUMNS[batch.table], batch.rows[number % len(batch.rows)], strict=True))
        return tuple((row | values).values())

    def _change_deployment(self, values: Values) -> None:
        if self._one_in(10):
            values["tags"] = "[]"

    def _change_flow_run(self, values: Values) -> None:
        self.flow_runs += 1
        number, turn = divmod(self.flow_runs, SINGLE_RUN_EVERY)
        if turn == 0 and number <= SINGLE_RUN_FLOWS:
            values["flow_id"] = self.single_run_flows[number - 1]
            has_deployment = number <= MORE_DEPLOYMENTS and number % 2
            values["deployment_id"] = self.more_deployments[number - 1] if has_deployment else None
        elif self._one_in(WITHOUT_DEPLOYMENT):
            values |= dict.fromkeys(("deployment_id", "work_queue_id", "work_queue_name"))
        self._change_run(values)

    def _change_task_run(self, values: Values) -> None:
        self._change_run(values)

    def _change_run(self, values: Values) -> None:
        self.runs += 1
        tags = [*json.loads(values["tags"]), *(tag for tag, share in TAG_SHARES.items() if self._one_in(share))]
        side = self.runs % 5
        if self.runs % BOTH_SIDES_EVERY == 0:
            tags += ["left", "right"]
        elif side < 4:
            tags.append("left" if side % 2 else "right")
        values["tags"] = json.dumps(tags)
        if self._one_in(WITHOUT_STATE):
            values |= dict.fromkeys(STATE_COLUMNS)
        if self._one_in(WITHOUT_START):
            values["start_time"] = None
        if self._one_in(WITHOUT_EXPECTED_START):
            values["expected_start_time"] = None

    def _one_in(self, share: int) -> bool:
        return self.random.randrange(share) == 0
