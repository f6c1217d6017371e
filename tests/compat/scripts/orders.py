"""Flows for deployments, which their runs import from this file."""

import os
import time

from prefect import flow, suspend_flow_run, task
from prefect.deployments import run_deployment
from prefect.flow_engine import BaseFlowRunEngine
from prefect.runtime import flow_run

if os.environ.get("SILENT"):
    BaseFlowRunEngine.heartbeat_seconds = None  # as clients of before 3.1.8, which send no heartbeats


@task
def double(number: int) -> int:
    return 2 * number


@flow(persist_result=True)
def doubles(number: int = 1) -> int:
    return double(number)


@flow
def sleeps(seconds: float = 300) -> None:
    time.sleep(seconds)


@flow
def leads(seconds: float = 300) -> None:
    """Waits for a run of another deployment, its subflow."""
    run_deployment("sleeps/ordered", parameters={"seconds": seconds}, poll_interval=1)


@flow(retries=1)
def falters() -> None:
    if flow_run.run_count == 1:
        raise ValueError("the first time")


@flow(persist_result=True)
def suspends() -> str:
    """Its process ends; resumed, another one begins the run anew, and goes on where the first one ended."""
    suspend_flow_run(timeout=120, key="once")
    return f"resumed in run {flow_run.run_count}"
