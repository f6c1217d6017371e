"""Take the figures: how long each request takes on each server, how long a start takes, how much memory servers hold."""

import statistics
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import servers
from benchmarks.client import Client, Reply, request_of
from benchmarks.driver import statement_of
from benchmarks.history import History
from benchmarks.mapped import Mapped
from benchmarks.shapes import Shape, shapes
from benchmarks.throughput import Throughput
from tests.compat.asking import Question
from tests.compat.compare import differences

LEAST_ROUNDS = 5
SETTLING_SECONDS = 2  # until a server that has answered first has done all that it does at its start


@dataclass(frozen=True)
class Rounds:
    """Each request is asked so many times, fewer if that takes longer than so many seconds, but at least five times.

    Each time it is asked so many times `in_a_row`, of which the last counts: the first finds the processor's caches
    full of what another server did, which whoever has a server to itself never meets.
    """

    most: int = 25
    seconds: float = 12
    in_a_row: int = 3


@dataclass
class Timing:
    """What came of one shape: milliseconds by server."""

    shape: Shape
    objects: int  # in the answer
    kilobytes: float
    milliseconds: dict[str, float]
    differences: list[str]

    @property
    def ratio(self) -> float:
        return self.milliseconds["Prefect"] / self.milliseconds["Lictor"]


@dataclass
class Reads:
    """What came of one database."""

    kind: str
    version: str
    timings: list[Timing] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)  # MB after all requests
    throughput: Throughput = field(default_factory=dict)
    mapped: Mapped | None = None

    @property
    def mean_ratio(self) -> float:
        return statistics.geometric_mean(timing.ratio for timing in self.timings)


@dataclass(frozen=True)
class Start:
    """Of one server: seconds until it first answered, and MB that it then held."""

    on_empty_home: float
    once_more: float
    memory: float


def starts(times: int) -> dict[str, Start]:
    """Starts of both servers in turn, each on an empty home and then once more on what that left. Medians."""
    found: dict[str, list[Start]] = {}
    for _ in range(times):
        for start in (servers.prefect, servers.lictor):
            with tempfile.TemporaryDirectory() as home:
                with start(Path(home)) as first:
                    time.sleep(SETTLING_SECONDS)
                with start(Path(home)) as second:
                    time.sleep(SETTLING_SECONDS)
                    memory = second.memory()
            start_of_this = Start(first.seconds_to_first_answer, second.seconds_to_first_answer, memory)
            found.setdefault(first.name, []).append(start_of_this)
    return {name: _median_start(measured) for name, measured in found.items()}


def _median_start(starts: Iterable[Start]) -> Start:
    columns = zip(*((start.on_empty_home, start.once_more, start.memory) for start in starts), strict=True)
    return Start(*map(statistics.median, columns))


def reads(
    result: Reads, history: History, prefect_url: str, lictor_url: str, rounds: Rounds, only: set[str], home: Path
) -> None:
    """Ask both servers and the bare driver for each shape in turn; all of them run on the same rows."""
    with ExitStack() as stack:
        started = [
            stack.enter_context(servers.prefect(home / "prefect", prefect_url)),
            stack.enter_context(servers.lictor(home / "lictor", lictor_url, settings=servers.NOTHING_LATE)),
            stack.enter_context(servers.driver(home / "driver", lictor_url)),
        ]
        clients = {server.name: stack.enter_context(Client(server.port)) for server in started}
        for shape in shapes(history, some_task_run(clients["Prefect"], history)):
            if not only or shape.key in only:
                result.timings.append(_timing(shape, clients, lictor_url, rounds))
        result.memory = {server.name: server.memory() for server in started}


def some_task_run(client: Client, history: History) -> str:
    """The id of one that is neither new nor old."""
    question = Question("/task_runs/filter", {"limit": 1, "offset": history.task_runs // 4})
    return str(client.ask(request_of(question)).answer.body[0]["id"])


def _timing(shape: Shape, clients: dict[str, Client], lictor_url: str, rounds: Rounds) -> Timing:
    request = request_of(shape.question, shape.headers)
    requests = {"Prefect": request, "Lictor": request}
    if (statement := statement_of(shape, lictor_url)) is not None:
        clients["driver"].ask(request_of(Question("/prepare", statement)))
        requests["driver"] = request_of(Question(f"/{shape.key}", method="GET"))
    replies = {name: clients[name].ask(request) for name, request in requests.items()}
    taken = in_turn(requests, clients, rounds)
    return Timing(
        shape,
        objects_in(replies["Prefect"]),
        len(replies["Lictor"].content) / 1000,
        {name: statistics.median(seconds) * 1000 for name, seconds in taken.items()},
        [
            f"{name}: {difference}"
            for name in ("Lictor", "driver")
            if name in replies
            for difference in differences(shape.question, replies["Prefect"].answer, replies[name].answer)
        ],
    )


def in_turn(requests: dict[str, bytes], clients: dict[str, Client], rounds: Rounds) -> dict[str, list[float]]:
    """Seconds taken. The servers take turns, so that a disturbance meets all alike."""
    taken: dict[str, list[float]] = {name: [] for name in requests}
    deadline = time.perf_counter() + rounds.seconds
    for number in range(rounds.most):
        if number >= LEAST_ROUNDS and time.perf_counter() > deadline:
            break
        for name, request in requests.items():
            for _ in range(rounds.in_a_row - 1):
                clients[name].ask(request)
            began = time.perf_counter()
            clients[name].ask(request)
            taken[name].append(time.perf_counter() - began)
    return taken


def objects_in(reply: Reply) -> int:
    """How many things an answer lists; any other answer is one thing."""
    body = reply.answer.body
    if isinstance(body, dict) and "results" in body:
        return len(body["results"])
    return len(body) if isinstance(body, list) else 1
