"""A server that ends again and again under a flow of the real SDK: the flow goes on, and nothing of it is lost.

By the SDK's own code, whichever server it talks to:
- For each event it connects anew ten times, in about seven seconds. If none succeeds, it keeps the event and tries again
  with the next one, or, while its process lives, at most half a minute later. When the process ends, it gives up: what
  has no receipt then is lost. So the flow's last events come after the last fault (`scripts/steadfast.py`).
- A handshake that is cut short, as by a server that is just being killed, it does not try again at once: it says that
  it "failed to process" the event, but keeps it, too, and sends it with the next one.
- Other requests it repeats five times, in about a minute. But if the first that a client makes finds nobody to connect
  to, it fails, and the event that it was for is lost. So the first fault comes when some task runs are recorded.
"""

import signal
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.world import PATIENCE, SOAK, Place

from . import sdk
from .databases import Databases
from .servers import Server

TASKS = max(320, 150 * SOAK)
"""When three quarters of them are completed, the SDK has a receipt: it asks for one after 700 events, three each."""

FAULTS = 3 + SOAK // 4
PAGE = 200
ONCE_EACH = ["Pending", "Running", "Completed"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0)], ids=["SIGKILL", "SIGTERM"]
)
def test_a_flow_outlives_its_servers(databases: Databases, tmp_path: Path, number: signal.Signals, code: int) -> None:
    database = databases.create(f"steadfast_{number.name.lower()}")
    place = Place(tmp_path, database)
    over = tmp_path / "over"
    caught = []
    with ExitStack() as stack:
        api = stack.enter_context(httpx.Client(base_url=place.api, timeout=60))
        for fault in range(1, FAULTS + 1):
            with place.running() as running:
                if fault == 1:
                    server = Server("lictor", place.api, database, tmp_path / "log")
                    flow = stack.enter_context(sdk.running(server, tmp_path, "steadfast", str(TASKS), str(over)))
                caught.append(wait_for_completed(api, TASKS * fault // (FAULTS + 1)))
                assert running.stop(number) == (code, "")
        with place.running():
            over.touch()
            assert flow.wait(PATIENCE) == 0
            check_that_all_is_there_once(api)
    assert caught[0] < TASKS - 1, "all was done before the first fault"


def wait_for_completed(api: httpx.Client, wanted: int) -> int:
    """Waits until so many task runs are completed; how many are."""
    completed = {"task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    deadline = time.monotonic() + PATIENCE
    while (count := ask(api, "/task_runs/count", completed)) < wanted:
        assert time.monotonic() < deadline, f"only {count} of {wanted} are completed"
        time.sleep(0.005)
    return count


def check_that_all_is_there_once(api: httpx.Client) -> None:
    [flow_run] = ask(api, "/flow_runs/filter", {})
    assert states(api, "flow", flow_run) == ONCE_EACH
    runs = [run for first in range(0, TASKS + PAGE, PAGE) for run in page(api, first)]
    assert len(runs) == len({run["dynamic_key"] for run in runs}) == TASKS
    assert {(run["flow_run_id"], run["state"]["type"]) for run in runs} == {(flow_run["id"], "COMPLETED")}
    assert [told for run in runs if (told := states(api, "task", run)) != ONCE_EACH] == []
    events = ask(api, "/events/filter", {"filter": {"event": {"prefix": ["prefect.task-run."]}}, "limit": 1})
    assert events["total"] == TASKS * len(ONCE_EACH)


def page(api: httpx.Client, first: int) -> list[dict[str, Any]]:
    return ask(api, "/task_runs/filter", {"sort": "ID_DESC", "limit": PAGE, "offset": first})


def states(api: httpx.Client, kind: str, run: dict[str, Any]) -> list[str]:
    reply = api.get(f"/{kind}_run_states/", params={f"{kind}_run_id": run["id"]})
    return [state["name"] for state in reply.raise_for_status().json()]


def ask(api: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    return api.post(path, json=body).raise_for_status().json()
