"""A process worker, as `prefect worker start` starts it. Takes its name and, unless it is `workers`, its pool."""

import sys

from prefect.cli import app

name, pool = sys.argv[1], (*sys.argv[2:], "workers")[0]
sys.argv = ["prefect", "worker", "start", "--pool", pool, "--type", "process", "--name", name]
app()
