"""What users of Prefect's SDK do with concurrency limits, against the server of PREFECT_API_URL.

Run as `sdk_concurrency.py use`, it goes through all of it, and as `sdk_concurrency.py command` through the command line;
it fails by an assertion. Run as `sdk_concurrency.py hold NAME`, it holds a slot of a limit until it is told to let go by
a line on its input.
"""

import asyncio
import sys
import threading
import time
from uuid import uuid4

from prefect import flow, get_client, task
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.concurrency.asyncio import AcquireConcurrencySlotTimeoutError, ConcurrencySlotAcquisitionError
from prefect.concurrency.asyncio import concurrency as async_concurrency
from prefect.concurrency.asyncio import rate_limit as async_rate_limit
from prefect.concurrency.sync import concurrency, rate_limit
from prefect.concurrency.v1.sync import concurrency as concurrency_on_tags
from prefect.exceptions import ObjectNotFound
from prefect.testing.cli import invoke_and_assert


def hold(name: str) -> None:
    with concurrency(name, strict=True, lease_duration=60):
        print("holding", flush=True)
        sys.stdin.readline()
    print("let go", flush=True)


def use() -> None:
    with get_client(sync_client=True) as client:
        for name, limit, decay in (("one", 1, 0), ("wide", 5, 0), ("rate", 2, 10), ("frozen", 1, 0.0001)):
            made = GlobalConcurrencyLimitCreate(name=name, limit=limit, slot_decay_per_second=decay)
            client.create_global_concurrency_limit(made)
        in_sync(client)
        asyncio.run(in_async())
        on_tags(client)
        rates(client)
        client.delete_global_concurrency_limit_by_name("wide")
        try:
            client.read_global_concurrency_limit_by_name("wide")
        except ObjectNotFound:
            pass
        else:
            raise AssertionError("a deleted limit is still there")


def active(client, name: str) -> int:
    return client.read_global_concurrency_limit_by_name(name).active_slots


def in_sync(client) -> None:
    with concurrency(["one", "wide"], occupy=1):
        assert (active(client, "one"), active(client, "wide")) == (1, 1)
        assert refused(lambda: concurrency("one", timeout_seconds=0.2)) == "AcquireConcurrencySlotTimeoutError"
        assert refused(lambda: concurrency("one", max_retries=0)) == "ConcurrencySlotAcquisitionError"
    with concurrency("wide", occupy=5):
        assert active(client, "wide") == 5
    assert (active(client, "one"), active(client, "wide")) == (0, 0)
    with concurrency("not there"):
        pass
    assert refused(lambda: concurrency("not there", strict=True)) == "ConcurrencySlotAcquisitionError"
    assert refused(lambda: concurrency("wide", occupy=6)) == "ConcurrencySlotAcquisitionError"


async def in_async() -> None:
    most = now = 0

    async def work() -> None:
        nonlocal most, now
        async with async_concurrency("wide", occupy=2, strict=True):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.05)
            now -= 1

    await asyncio.gather(*(work() for _ in range(6)))
    assert most <= 2, most
    refusal = None
    try:
        async with async_concurrency("not there", strict=True):
            pass
    except ConcurrencySlotAcquisitionError as error:
        refusal = error
    assert refusal
    await async_rate_limit("rate")


def on_tags(client) -> None:
    client.create_concurrency_limit(tag="scarce", concurrency_limit=2)
    holder = uuid4()
    with concurrency_on_tags("scarce", task_run_id=holder):
        assert client.read_concurrency_limit_by_tag("scarce").active_slots == [holder]
    lock, running, most = threading.Lock(), 0, 0

    @task(tags=["scarce"])
    def crowd() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1

    @flow
    def crowded() -> None:
        for future in [crowd.submit() for _ in range(5)]:
            future.result()

    crowded()
    assert 1 <= most <= 2, most
    assert client.read_concurrency_limit_by_tag("scarce").active_slots == []
    client.reset_concurrency_limit_by_tag("scarce")
    assert len(client.read_concurrency_limits(limit=10, offset=0)) == 1
    client.delete_concurrency_limit_by_tag("scarce")


def rates(client) -> None:
    began = time.monotonic()
    for _ in range(6):
        rate_limit("rate")
    assert time.monotonic() - began > 0.2  # two at once, ten a second after that
    rate_limit("frozen")
    assert active(client, "frozen") == 1
    assert refused(lambda: rate_limit("frozen", timeout_seconds=0.2)) == "AcquireConcurrencySlotTimeoutError"
    assert refused(lambda: rate_limit("one")) == "ConcurrencySlotAcquisitionError"
    assert refused(lambda: rate_limit("not there", strict=True)) == "ConcurrencySlotAcquisitionError"


def command() -> None:
    invoke_and_assert(["global-concurrency-limit", "create", "typed", "--limit", "3", "--slot-decay-per-second", "0.5"])
    invoke_and_assert(["global-concurrency-limit", "ls"], expected_output_contains="typed")
    invoke_and_assert(["global-concurrency-limit", "disable", "typed"])
    invoke_and_assert(["global-concurrency-limit", "update", "typed", "--limit", "7"])
    inspected = ["global-concurrency-limit", "inspect", "typed", "--output", "json"]
    invoke_and_assert(inspected, expected_output_contains=['"limit": 7', '"active": false'])
    invoke_and_assert(["global-concurrency-limit", "delete", "typed"])
    invoke_and_assert(["global-concurrency-limit", "inspect", "typed"], expected_code=1)
    invoke_and_assert(["concurrency-limit", "create", "typed", "4"])
    invoke_and_assert(["concurrency-limit", "ls"], expected_output_contains="typed")
    invoke_and_assert(["concurrency-limit", "inspect", "typed"], expected_output_contains="4")
    invoke_and_assert(["concurrency-limit", "reset", "typed"])
    invoke_and_assert(["concurrency-limit", "delete", "typed"])


def refused(attempt) -> str:
    try:
        entered = attempt()
        if entered is not None:
            with entered:
                pass
    except (AcquireConcurrencySlotTimeoutError, ConcurrencySlotAcquisitionError) as error:
        return type(error).__name__
    return "nothing"


if __name__ == "__main__":
    {"use": use, "command": command, "hold": hold}[sys.argv[1]](*sys.argv[2:])
