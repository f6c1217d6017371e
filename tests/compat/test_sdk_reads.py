"""Nothing that is stored is missing to a read of the SDK, which drops, skips or gives up something in silence after many a 404."""

import asyncio
from pathlib import Path
from typing import Any

from . import sdk
from .servers import Server

Json = Any

OF_NO_RUN_OF_A_DEPLOYMENT = {"get_runs_in_work_queue"}
"""Prefect looks for the name of the queue, which such a run does not keep; see docs/compatibility.md."""


async def test_every_read_finds_what_is_stored(telling: tuple[Server, Server], tmp_path: Path) -> None:
    def read(server: Server) -> Json:
        return sdk.run(server, tmp_path / server.name, "reads")

    theirs, ours = await asyncio.gather(*(asyncio.to_thread(read, server) for server in telling))
    assert ours.pop("unread") == theirs.pop("unread") == [], "reads that scripts/reads.py does not try"
    assert {name for name, answer in theirs.items() if not answer} == OF_NO_RUN_OF_A_DEPLOYMENT
    assert ours == theirs | {"get_runs_in_work_queue": ["FlowRun"]}
    assert ours["read_events_page"] == "10 of 60 events"
    optional = {name for name, answer in ours.items() if answer == "NoneType"}
    assert optional == {"send_worker_heartbeat", "update_server_default_result_storage"}, "what is there was not found"
