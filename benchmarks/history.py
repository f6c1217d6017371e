"""A made-up history: which flow runs there were, when, and how each went. The same every time for the same size.

Recent days hold more than old ones: half of all runs fall into the last quarter of the 90 days. What is frequent in
real histories (completed runs, a few tags, a few flows) is frequent here. The rows made of it are in `rows.py`.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

END = datetime(2026, 6, 1, tzinfo=UTC)  # the history's own present: a fixed one, so that nothing depends on today
RUNS_PER_FLOW_RUN = 50
RUNS_PER_CUSTOMER = 500
ONE_OUTSIDE_IN = 100  # task runs: the last of so many has no flow run
FLOWS = 40
DEPLOYMENTS = 100
POOLS = 3
QUEUES = 9

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000  # moments are microseconds since 1970, as are durations
DAY = 24 * 3600 * SECOND
SPAN = 90 * DAY

# How runs end, and how often of a hundred times.
ENDS = {
    ("COMPLETED", "Completed"): 90.5,
    ("COMPLETED", "Cached"): 2.5,
    ("COMPLETED", "Skipped"): 1.0,
    ("FAILED", "Failed"): 3.5,
    ("FAILED", "TimedOut"): 0.5,
    ("CRASHED", "Crashed"): 1.0,
    ("CANCELLED", "Cancelled"): 1.0,
}
State = tuple[str, str]


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


NOW = micros(END)


@dataclass(eq=False, slots=True)
class FlowRun:
    id: str
    number: int
    start: int
    flow: int
    deployment: int | None
    parent: "FlowRun | None" = None
    parent_task_run_id: str | None = None
    children: "list[FlowRun]" = field(default_factory=list)
    size: int = 0  # task runs
    state: State = ("SCHEDULED", "Scheduled")

    @property
    def is_over(self) -> bool:
        return self.state in ENDS

    @property
    def end(self) -> int:
        """Its task runs start one a second and last a minute at most."""
        return self.start + (self.size + 60) * SECOND


class Ids:
    """Random ids, as the servers and the SDK make them."""

    def __init__(self, random: Random) -> None:
        self._bits = random.getrandbits

    def anywhere(self) -> str:
        """A UUID of version 4."""
        return self._uuid(self._bits(60), 4)

    def at(self, moment: int) -> str:
        """A UUID of version 7: in the order of time, to the millisecond."""
        return self._uuid(moment // 1000 << 12 | self._bits(12), 7)

    def _uuid(self, head: int, version: int) -> str:
        number = (head >> 12) << 80 | version << 76 | (head & 0xFFF) << 64 | 2 << 62 | self._bits(62)
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class History:
    def __init__(self, task_runs: int) -> None:
        if task_runs < 1000 or task_runs % 1000:
            raise ValueError("a history has a multiple of 1000 task runs")
        self.task_runs = task_runs
        self.customers = max(task_runs // RUNS_PER_CUSTOMER, 20)
        self.random = Random(task_runs)  # nobody has to be unable to guess these rows
        self.ids = Ids(self.random)
        self._outcomes, self._weights = list(ENDS), list(accumulate(ENDS.values()))
        self.flows = [self.ids.anywhere() for _ in range(FLOWS)]
        self.deployments = [self.ids.anywhere() for _ in range(DEPLOYMENTS)]
        self.pools = [self.ids.anywhere() for _ in range(POOLS)]
        self.queues = [self.ids.anywhere() for _ in range(QUEUES)]
        self.flow_runs = self._make_flow_runs(task_runs // RUNS_PER_FLOW_RUN)

    def flow_of(self, deployment: int) -> int:
        return deployment % FLOWS

    def queue_of(self, deployment: int) -> int:
        return deployment % QUEUES

    def pool_of(self, queue: int) -> int:
        return queue % POOLS

    def flow_name(self, flow: int) -> str:
        return f"flow-{flow:02}"

    def deployment_name(self, deployment: int) -> str:
        return f"{('nightly', 'hourly', 'adhoc')[deployment % 3]}-{deployment // 3:02}"

    def customer_tag(self, customer: int) -> str:
        return f"customer-{customer:05}"

    def queue_name(self, queue: int) -> str:
        return f"queue-{queue}"

    def outcome(self) -> State:
        """How some run ended."""
        return self.random.choices(self._outcomes, cum_weights=self._weights)[0]

    def typical_flow_run(self) -> FlowRun:
        """One of recent days, which has as many task runs as the mean."""
        recent = self.flow_runs[len(self.flow_runs) * 3 // 4 : len(self.flow_runs) * 9 // 10]
        return min(recent, key=lambda run: abs(run.size - RUNS_PER_FLOW_RUN))

    def _make_flow_runs(self, count: int) -> list[FlowRun]:
        ahead = count // 100  # these are only scheduled
        runs: list[FlowRun] = []
        for number in range(count - ahead):
            age = ((count - ahead - number - self.random.random()) / (count - ahead)) ** 2
            run = self._flow_run(number, NOW - int(age * SPAN))
            if runs and self.random.random() < 0.5:
                self._make_subflow_run(run, runs[-1].parent or runs[-1])
            runs.append(run)
        self._share_out_task_runs(runs)
        newest = len(runs) - max(len(runs) // 200, 5)
        for run in runs:
            run.state = self.outcome() if run.end < NOW and run.number < newest else ("RUNNING", "Running")
        return runs + [self._flow_run(count - ahead + n, NOW + n * 60 * SECOND) for n in range(1, ahead + 1)]

    def _flow_run(self, number: int, start: int) -> FlowRun:
        deployment = int(DEPLOYMENTS * self.random.random() ** 2)
        return FlowRun(self.ids.anywhere(), number, start, self.flow_of(deployment), deployment)

    def _make_subflow_run(self, run: FlowRun, parent: FlowRun) -> None:
        run.start = parent.start + (len(parent.children) + 1) * SECOND + run.number % 1000
        run.deployment = None
        run.parent, run.parent_task_run_id = parent, self.ids.at(run.start)
        parent.children.append(run)

    def _share_out_task_runs(self, runs: list[FlowRun]) -> None:
        """Many flow runs have a few task runs, a few have hundreds. One of them stands for each subflow run.

        The newest have not come far yet.
        """
        spare = self.task_runs - self.task_runs // ONE_OUTSIDE_IN - sum(len(run.children) for run in runs)
        newest = len(runs) - len(runs) // 200
        sizes = (self.random.lognormvariate(0, 1) / (1 if run.number < newest else 5) for run in runs)
        weights = list(accumulate(sizes))
        edges = [0, *(round(spare * weight / weights[-1]) for weight in weights)]
        for run, low, high in zip(runs, edges, edges[1:], strict=False):
            run.size = len(run.children) + high - low
