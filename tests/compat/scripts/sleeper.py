"""A flow that sleeps until its process is told to end."""

import time

from prefect import flow


@flow(name="sleeper")
def sleeper() -> None:
    for _ in range(600):
        time.sleep(0.1)


if __name__ == "__main__":
    sleeper()
