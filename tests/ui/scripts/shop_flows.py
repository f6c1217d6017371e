"""Runs some flows of a shop against a server, by the real SDK, for pictures of them: `shop_flows.py ROUNDS`."""

import random
import sys
import time

from prefect import flow, get_run_logger, tags, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact

RANDOM = random.Random(7)


@task
def extract(shard: int) -> int:
    time.sleep(RANDOM.uniform(0.05, 0.3))
    get_run_logger().info("Fetched %d rows of shard %d", 37 * shard + 1204, shard)
    return shard


@task(retries=1, retry_delay_seconds=0.2)
def load(shard: int, *, bad: bool = False) -> int:
    time.sleep(RANDOM.uniform(0.05, 0.4))
    if bad:
        get_run_logger().warning("A row of shard %d has no id", shard)
        raise KeyError("id")
    get_run_logger().info("Loaded shard %d", shard)
    return shard


@task
def report(shards: list[int]) -> None:
    regions = [{"region": name, "rows": RANDOM.randint(1000, 9000)} for name in ("north", "south", "east", "west")]
    create_table_artifact(key="rows-by-region", table=regions)
    create_markdown_artifact(key="summary", markdown=f"# Orders\n\n**{len(shards)} shards** were loaded.")


@flow(name="refresh-search")
def refresh_search() -> None:
    extract(1)


@flow(name="load-orders", log_prints=True)
def load_orders(shards: int = 6, region: str = "north", *, bad: bool = False) -> None:
    print("Loading", region)
    fetched = [extract.submit(shard) for shard in range(shards)]
    loaded = [load.submit(each, bad=bad and number == 3) for number, each in enumerate(fetched)]
    refresh_search()
    report([each.result() for each in loaded])


@flow(name="send-invoices")
def send_invoices(month: str = "2026-06") -> None:
    get_run_logger().info("Sent the invoices of %s", month)


if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        with tags(*RANDOM.sample(["prod", "eu", "nightly", "gpu"], 2)):
            bad = number % 5 == 3
            load_orders(RANDOM.randint(4, 7), RANDOM.choice(["north", "south"]), bad=bad, return_state=True)
            send_invoices(return_state=True)
