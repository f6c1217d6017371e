"""Workers that start the scheduled runs of a pool, as `prefect worker` does, without anything that takes long.

Run as a process (`python polling_worker.py API POOL NUMBER`), so that it can be killed at any moment. Each start that
the server granted is a line on stdout.
"""

import asyncio
import random
import sys
import time
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

import httpx

CLIENT = {"User-Agent": "prefect/3.9.1 (API 0.8.4)"}
RUN_SECONDS = 0.02
PAUSE_SECONDS = 0.3
HEARTBEAT_SECONDS = 2


class Worker:
    """One worker, with a connection of its own."""

    def __init__(self, api: str, pool: str) -> None:
        self.client = httpx.AsyncClient(base_url=api, timeout=30, headers=CLIENT)
        self.pool, self.name = pool, f"worker {uuid4()}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.client.aclose()

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Asks until there is an answer, as the SDK does: servers come and go."""
        while True:
            try:
                reply = await self.client.request(method, path, json=body)
            except httpx.TransportError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if reply.status_code == 404:
                return None  # a deploy took the run away
            if reply.status_code < 500:
                return reply.raise_for_status().json() if reply.content else None
            await asyncio.sleep(PAUSE_SECONDS)

    async def enter(self, run_id: str, kind: str) -> bool:
        """Proposes a state, each time by the same id of the transition; whether the run is in it by that."""
        proposed = {"type": kind, "state_details": {"transition_id": str(uuid4())}}
        result = await self.ask("POST", f"/flow_runs/{run_id}/set_state", {"state": proposed})
        if result is None:
            return False
        repeated = "already made" in (result["details"].get("reason") or "")
        return result["status"] == "ACCEPT" or (repeated and result["state"]["type"] == kind)

    async def work(self) -> None:
        async with self:
            await self._work()

    async def _work(self) -> None:
        told = 0.0
        while True:
            if time.monotonic() - told > HEARTBEAT_SECONDS / 2:
                told = time.monotonic()
                heartbeat = {"name": self.name, "heartbeat_interval_seconds": HEARTBEAT_SECONDS}
                await self.ask("POST", f"/work_pools/{self.pool}/workers/heartbeat", heartbeat)
            asked = {"limit": 3, "scheduled_before": datetime.now(UTC).isoformat()}
            for each in await self.ask("POST", f"/work_pools/{self.pool}/get_scheduled_flow_runs", asked):
                await self.start(each["flow_run"]["id"], each["work_pool_id"])
            await asyncio.sleep(random.uniform(0.5, 1.5) * PAUSE_SECONDS)

    async def start(self, run_id: str, pool_id: str) -> None:
        labels = {"prefect.worker.name": self.name, "prefect.work-pool.id": pool_id}
        await self.ask("PATCH", f"/flow_runs/{run_id}/labels", labels)
        if await self.enter(run_id, "PENDING") and await self.enter(run_id, "RUNNING"):
            print(run_id, flush=True)
            await asyncio.sleep(RUN_SECONDS)
            await self.enter(run_id, "COMPLETED")


async def main(api: str, pool: str, number: int) -> None:
    await asyncio.gather(*(Worker(api, pool).work() for _ in range(number)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
