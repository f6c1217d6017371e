"""How many answers a second a server gives when many clients ask at once, and how long each of them waits."""

import asyncio
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from benchmarks import servers
from benchmarks.client import request_of
from tests.compat.asking import Question

CLIENTS = 16
PATIENCE_SECONDS = 30
ASKED = {"page of 200": {}, "page of 1": {"limit": 1}}


@dataclass
class Load:
    """What came of many clients asking for some seconds."""

    seconds: float
    waits: list[float] = field(default_factory=list)  # seconds, one for each good answer
    errors: int = 0

    @property
    def answers_a_second(self) -> float:
        return len(self.waits) / self.seconds

    @property
    def median(self) -> float:
        return statistics.median(self.waits) * 1000 if self.waits else float("nan")

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.waits, n=100)[98] * 1000 if len(self.waits) > 1 else float("nan")


Throughput = dict[str, dict[str, Load]]
"""What came of each server, by what was asked of it."""


def throughput(prefect_url: str, lictor_url: str, seconds: float, home: Path) -> Throughput:
    """One server after the other, alone on the machine but for its clients, which are a process of their own."""
    starts = {
        "Prefect": lambda: servers.prefect(home / "prefect", prefect_url),
        "Lictor": lambda: servers.lictor(home / "lictor", lictor_url),
        "Lictor, 2 workers": lambda: servers.lictor(home / "lictor-2", lictor_url, workers=2),
    }
    found: Throughput = {title: {} for title in ASKED}
    for name, start in starts.items():
        with start() as server, ProcessPoolExecutor(1) as clients:
            for title, body in ASKED.items():
                request = request_of(Question("/task_runs/filter", body))
                clients.submit(load, server.port, request, 1.0).result()  # warms it up
                found[title][name] = clients.submit(load, server.port, request, seconds).result()
    return found


def load(port: int, request: bytes, seconds: float) -> Load:
    return uvloop.run(_load(port, request, seconds))


async def _load(port: int, request: bytes, seconds: float) -> Load:
    result = Load(seconds)
    end = time.perf_counter() + seconds
    await asyncio.gather(*(_client(port, request, end, result) for _ in range(CLIENTS)))
    return result


async def _client(port: int, request: bytes, end: float, result: Load) -> None:
    while time.perf_counter() < end:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        try:
            while (began := time.perf_counter()) < end:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    good = await _ask(reader, writer, request)
                if not good:
                    result.errors += 1
                elif (now := time.perf_counter()) <= end:
                    result.waits.append(now - began)
        except (OSError, asyncio.IncompleteReadError):
            result.errors += 1
        finally:
            writer.close()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bool:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]))
    return head.split(b" ", 2)[1] == b"200"
