"""Requests whose statements take long: they end in time, and do no harm to others."""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message

from lictor.app import ROUTERS, create_app
from lictor.db.engine import Database
from lictor.http.dependencies import CurrentGrant, ReadDB, WriteTx
from lictor.http.routing import StrictRouter
from lictor.resources.concurrency_limits.table import global_limit
from lictor.resources.flow_runs.claims import claim
from lictor.resources.flow_runs.dependencies import Holder
from lictor.settings import Settings
from tests.serving import client_to, port_of, running

SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e12) SELECT count(*) FROM n",
    "postgresql": "SELECT 1 FROM pg_sleep(1000)",
}
INCREMENT, ONE_SLOT = "/v2/concurrency_limits/increment", {"slots": 1, "names": ["slots"]}
LONGER = 0.5  # seconds; what a quick answer never takes


@pytest.fixture
def routers(dialect: str) -> list[StrictRouter]:
    """Those of the server, and one whose statements never end by themselves."""
    slow = StrictRouter(prefix="/slow", tags=["Slow"])
    statement = sa.text(SLOW[dialect]).columns(found=sa.Integer)

    @slow.post("/page")
    async def page(db: ReadDB) -> None:
        await db.scalar(statement)

    @slow.post("/count")
    async def count(db: ReadDB) -> None:
        await db.slow.scalar(statement)

    @slow.post("/write")
    async def write(tx: WriteTx) -> None:
        await tx.execute(sa.text("DELETE FROM flow"))
        await asyncio.sleep(LONGER)

    return [*ROUTERS, slow]


@contextlib.asynccontextmanager
async def serving(settings: Settings, routers: list[StrictRouter], **database: Any) -> AsyncIterator[httpx.AsyncClient]:
    changed = settings.model_copy(update={"database": settings.database.model_copy(update=database)})
    async with (
        port_of(create_app(changed, routers)) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api", timeout=30) as client,
    ):
        assert (await client.get("/ready")).status_code == 200
        yield client


async def hang_up(client: httpx.AsyncClient, path: str, after: float = 0.3, **request: Any) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await client.post(path, timeout=httpx.Timeout(after, connect=10), **request)


async def test_a_statement_that_takes_too_long_is_ended(settings: Settings, routers: list[StrictRouter]) -> None:
    async with serving(settings, routers, timeout=0.3) as client:
        for path in ("/slow/page", "/slow/count"):
            start = time.monotonic()
            reply = await client.post(path)
            assert time.monotonic() - start < 5
            assert reply.status_code == 503
            assert "PREFECT_SERVER_DATABASE_TIMEOUT" in reply.json()["exception_message"]
            assert reply.headers["retry-after"]
        assert (await client.post("/task_runs/filter", json={})).json() == []


async def test_who_hangs_up_leaves_nothing_running(
    settings: Settings, routers: list[StrictRouter], db: Database, dialect: str
) -> None:
    async with serving(settings, routers, timeout=None, pool_size=2, max_overflow=2) as client:
        await asyncio.gather(*(hang_up(client, "/slow/page") for _ in range(12)))
        start = time.monotonic()
        replies = await asyncio.gather(*(client.post("/task_runs/filter", json={}) for _ in range(4)))
        assert [reply.status_code for reply in replies] == [200] * 4
        assert time.monotonic() - start < 5
        await asyncio.sleep(LONGER)
        if dialect == "sqlite":
            before = time.process_time()
            await asyncio.sleep(LONGER)
            assert time.process_time() - before < LONGER / 2
        else:
            running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1000)%' AND state = 'active'"
            counted = sa.text(f"{running} AND pid <> pg_backend_pid()").columns(n=sa.Integer)
            async with asyncio.timeout(15):  # each is cancelled over a connection of its own
                while await db.read.scalar(counted):  # noqa: ASYNC110  # nothing tells when
                    await asyncio.sleep(LONGER)


async def test_what_was_begun_to_be_written_is_written(
    settings: Settings, routers: list[StrictRouter], db: Database, make: Any
) -> None:
    await make.flow()
    async with serving(settings, routers) as client:
        await hang_up(client, "/slow/write")
        await asyncio.sleep(2 * LONGER)
    assert await db.read.scalar(sa.text("SELECT count(*) FROM flow").columns(n=sa.Integer)) == 0


async def test_a_write_of_a_client_that_has_gone_is_not_begun(
    settings: Settings, routers: list[StrictRouter], db: Database, make: Any
) -> None:
    """With slots it matters most: nobody gives back what nobody knows that he has."""
    await make.limit("slots", limit=50)
    held = sa.select(global_limit).where(global_limit.c.name == "slots").with_for_update()
    async with serving(settings, routers) as client:
        async with db.write() as tx:  # whoever wants a slot, or to write at all on SQLite, waits for this
            await tx.all(held)
            await asyncio.gather(*(hang_up(client, INCREMENT, json=ONE_SLOT) for _ in range(12)))
        start = time.monotonic()
        assert (await client.post(INCREMENT, json=ONE_SLOT)).status_code == 200
        assert time.monotonic() - start < 5
        assert (await client.get("/v2/concurrency_limits/slots")).json()["active_slots"] == 1


async def test_what_is_granted_to_a_client_that_has_gone_is_given_back(
    settings: Settings, db: Database, make: Any
) -> None:
    await make.limit("slots")
    slow = StrictRouter(prefix="/slow", tags=["Slow"])

    @slow.post("/grant")
    async def grant(grant: CurrentGrant) -> None:
        await grant.tx.execute(sa.update(global_limit).values(active_slots=1))
        await asyncio.sleep(LONGER)

    taken = sa.select(global_limit.c.active_slots)
    async with serving(settings, [*ROUTERS, slow]) as client:
        await hang_up(client, "/slow/grant")
        await asyncio.sleep(2 * LONGER)
        assert await db.read.scalar(taken) == 0
        assert (await client.post("/slow/grant")).status_code == 200
        assert await db.read.scalar(taken) == 1


@pytest.fixture
def slow_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each commit clients have time to hang up before they are answered."""

    @contextlib.asynccontextmanager
    async def write(self: Database) -> AsyncIterator[Any]:
        async with quick(self) as transaction:
            yield transaction
        await asyncio.sleep(LONGER)

    quick = Database.write
    monkeypatch.setattr(Database, "write", write)


GRANTS = {
    INCREMENT: ONE_SLOT,
    "/v2/concurrency_limits/increment-with-lease": ONE_SLOT,
    "/concurrency_limits/increment": {"names": ["tagged"], "task_run_id": str(uuid4())},
}


@pytest.mark.usefixtures("slow_commits")
async def test_slots_of_a_client_that_goes_between_commit_and_answer_are_given_back(
    settings: Settings, make: Any
) -> None:
    await make.limit("slots", limit=5)
    await make.limit("tag:tagged", limit=5)
    async with serving(settings, [*ROUTERS]) as client:

        async def taken(count: int) -> None:
            async def counted() -> list[int]:
                limits = (await client.post("/v2/concurrency_limits/filter", json={})).json()
                return [limit["active_slots"] for limit in limits]

            while True:
                if sum(await counted()) == count:
                    return
                await asyncio.sleep(0.1)

        for path, body in GRANTS.items():
            async with asyncio.timeout(20):
                await hang_up(client, path, json=body)
                await taken(1)  # while the server thinks that it answers
                await taken(0)
        for path, body in GRANTS.items():
            assert (await client.post(path, json=body)).status_code == 200
        await taken(3)


async def test_runs_claimed_for_a_worker_that_goes_are_others(settings: Settings, db: Database, make: Any) -> None:
    """A poll whose answer nobody hears claims nothing for longer than it takes."""
    holder = Holder(Request({"type": "http", "client": ("10.0.0.1", 5)}, gone))
    run, other = await make.flow_run(), await make.flow_run()
    async with db.write() as tx:
        assert await claim(tx, holder.name, [run], timedelta(minutes=1)) == {run}
        assert await claim(tx, "10.0.0.2:6", [other], timedelta(minutes=1)) == {other}
    await holder.give_back_if_gone(db)
    async with db.write() as tx:
        assert await claim(tx, "10.0.0.3:7", [run, other], timedelta(minutes=1)) == {run}


async def gone() -> Message:
    return {"type": "http.disconnect"}


async def test_a_run_does_not_start_for_a_client_that_has_gone(settings: Settings, make: Any) -> None:
    """It would take the slot of a tag, and nobody would know that it runs; where it ends, it ends all the same."""
    await make.limit("tag:tagged", limit=5)
    run = await make.task_run(tags=["tagged"], state_type="PENDING")
    async with running(settings) as (app, _):
        for state, recorded in (("RUNNING", "PENDING"), ("COMPLETED", "COMPLETED")):
            body = json.dumps({"state": {"type": state}}).encode()
            with contextlib.suppress(ClientDisconnect):
                await ask_and_go(app, f"/api/task_runs/{run}/set_state", body)
            async with client_to(app) as client:
                assert (await client.get(f"/task_runs/{run}")).json()["state_type"] == recorded
                assert (await client.get("/v2/concurrency_limits/tag:tagged")).json()["active_slots"] == 0


async def ask_and_go(app: ASGIApp, path: str, body: bytes) -> None:
    """Sends a request, and hangs up as soon as the server has begun to write."""
    sent = iter([{"type": "http.request", "body": body}])
    looks = itertools.count()

    async def receive() -> Message:
        if (message := next(sent, None)) is not None:
            return message
        if next(looks) == 0:  # the look before the first statement
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
    }
    await app({**scope, "root_path": "", "client": ("127.0.0.1", 1), "http_version": "1.1"}, receive, send)


async def test_slow_requests_leave_connections_to_pages(settings: Settings, routers: list[StrictRouter]) -> None:
    async with serving(
        settings, routers, timeout=4, slow_reads=2, slow_read_timeout=0.3, pool_size=3, max_overflow=0
    ) as one:
        counts = [asyncio.create_task(one.post("/slow/count")) for _ in range(5)]
        await asyncio.sleep(LONGER)
        start = time.monotonic()
        for _ in range(5):
            assert (await one.post("/task_runs/filter", json={})).status_code == 200
        assert time.monotonic() - start < 3
        reply = await one.post("/task_runs/count", json={})
        assert reply.status_code == 503
        assert reply.headers["retry-after"]
        assert "LICTOR_SLOW_READS" in reply.json()["exception_message"]
        told = [reply.json()["exception_message"] for reply in await asyncio.gather(*counts)]
        assert sum("LICTOR_SLOW_READS" in message for message in told) == 3
        assert sum("PREFECT_SERVER_DATABASE_TIMEOUT" in message for message in told) == 2
        assert (await one.post("/task_runs/count", json={})).json() == 0


async def test_who_hangs_up_while_waiting_gives_up_the_place(settings: Settings, routers: list[StrictRouter]) -> None:
    async with serving(settings, routers, timeout=None, slow_reads=1, slow_read_timeout=20) as client:
        await asyncio.gather(*(hang_up(client, "/slow/count") for _ in range(3)))
        assert (await client.post("/task_runs/count", json={}, timeout=5)).json() == 0
