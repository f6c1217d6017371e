"""Whatever happens to server processes, what they acknowledged is there, and what they did not comes again."""

import asyncio
import random
import resource
import signal
import sqlite3
import time

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.events.sender import events_in
from tests.faults.world import SOAK, Place, as_text, lives, recorded, running, tell


async def test_killed_again_and_again(database_url, tmp_path):
    place = Place(tmp_path, database_url)
    with place.running():
        flow_run = place.new_flow_run()
    expected = lives(200 * SOAK, flow_run)
    told = [event for life in expected for event in life]
    halves = told[::2], told[1::2]
    telling = asyncio.gather(*(tell([place.port], half) for half in halves))
    for _ in range(2 + SOAK // 4):
        with place.running() as server:
            await asyncio.sleep(random.uniform(0.1, 0.5))
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
    with place.running():
        await telling
        await recorded(place.api, expected)


async def test_told_to_stop_under_full_load(database_url, tmp_path):
    place = Place(tmp_path, database_url)
    expected = lives(3000 * SOAK)
    told = [event for life in expected for event in life]
    acknowledged: list[int] = []

    async def flood(part: list) -> None:
        async with events_in(place.port) as socket:
            try:
                for first in range(0, len(part), 100):
                    for event in part[first : first + 100]:
                        await socket.send(as_text(event))
                    await (await socket.ping())
                    acknowledged.append(len(part[first : first + 100]))
            except ConnectionClosed:
                pass

    with place.running() as server:
        flooding = asyncio.gather(*(flood(told[number::4]) for number in range(4)))
        await asyncio.sleep(1)
        code, said = await asyncio.to_thread(server.stop)  # which waits a minute at most
        assert (code, said) == (0, "")
        await flooding
    assert sum(acknowledged) > 0
    with place.running():
        async with httpx.AsyncClient(base_url=place.api, timeout=60) as api:
            ids = [life[0]["resource"]["prefect.resource.id"][len("prefect.task-run.") :] for life in expected]
            count = await api.post("/task_runs/count", json={"task_runs": {"id": {"any_": ids}}})
        assert count.json() * 3 >= sum(acknowledged)
        await tell([place.port], told[: 3 * 100])
        await recorded(place.api, expected[:100])


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_replicas_with_events_of_the_same_task_runs(database_url, tmp_path):
    places = [Place(tmp_path, database_url, "--workers", "2"), Place(tmp_path, database_url)]
    if SOAK > 1:
        places.append(Place(tmp_path, database_url))
    with running(*places) as servers:
        flow_run = places[0].new_flow_run()
        expected = lives(150 * SOAK, flow_run)
        told = [event for life in expected for event in life]
        ports = [place.port for place in places]

        def shuffled() -> list:
            return random.sample([*told, *random.sample(told, len(told) // 5)], len(told) + len(told) // 5)

        await asyncio.gather(*(tell(ports[turn:] + ports[:turn], shuffled()) for turn in range(len(ports))))
        await recorded(places[0].api, expected)
        said = [server.stop()[1] for server in servers]
    assert "deadlock" not in "".join(said), said


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_ten_write_and_ten_read(database_url, tmp_path):
    place = Place(tmp_path, database_url)
    deadline = time.monotonic() + 4 * SOAK
    answers: list[tuple[int, str]] = []
    expected = []

    async def write() -> None:
        while time.monotonic() < deadline:
            some = lives(10)
            await tell([place.port], [event for life in some for event in life])
            expected.extend(some)
            async with httpx.AsyncClient(base_url=place.api, timeout=30) as api:
                reply = await api.post("/flows/", json={"name": f"f{random.randrange(100)}"})
                answers.append((reply.status_code, reply.text))

    async def read() -> None:
        async with httpx.AsyncClient(base_url=place.api, timeout=30) as api:
            while time.monotonic() < deadline:
                reply = await api.post("/task_runs/filter", json={"limit": 20})
                answers.append((reply.status_code, reply.text[:100]))

    with place.running() as server:
        await asyncio.gather(*(write() for _ in range(10)), *(read() for _ in range(10)))
        await recorded(place.api, expected)
        assert {status for status, _ in answers} <= {200, 201}, [a for a in answers if a[0] > 201]
        assert server.stop() == (0, "")


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_disk_that_is_full_for_a_while(database_url, tmp_path):
    file = database_url.partition("///")[2]
    place = Place(tmp_path, database_url)
    expected = lives(100 * SOAK)
    told = [event for life in expected for event in life]
    with place.running() as server:
        await tell([place.port], told[:150])
        room, all_there_is = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        # No file of the server may grow: to it that is a disk without room.
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, all_there_is))
        async with httpx.AsyncClient(base_url=place.api, timeout=30) as api:
            refused = await api.post("/flows/", json={"name": "no room"})
            assert refused.status_code == 503
            assert refused.headers["retry-after"]
            telling = asyncio.create_task(tell([place.port], told[150:]))
            await asyncio.sleep(1)
            assert not telling.done()
            assert (await api.post("/task_runs/filter", json={"limit": 5})).status_code == 200
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            connection.close()
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (room, all_there_is))
            await telling
            assert (await api.post("/flows/", json={"name": "room"})).status_code == 201
        await recorded(place.api, expected)
        assert "Recording goes on" in server.stop()[1]
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
