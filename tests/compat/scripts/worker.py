"""A process worker, as `prefect worker start` starts it. Takes its name."""

import sys

from prefect.cli import app

sys.argv = ["prefect", "worker", "start", "--pool", "workers", "--type", "process", "--name", sys.argv[1]]
app()
