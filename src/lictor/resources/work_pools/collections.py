"""What there is to choose from when a work pool or a block is made: kinds of workers and of blocks, kept with the code.

Prefect asks a registry on the network for it; a server that has no way out shows the same here.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from lictor.resources.block_schemas.system import system_blocks

Json = dict[str, Any]

FACTS = Path(__file__).with_name("worker_types.json")

DESCRIPTIONS = {
    "process": "Start each flow run in a process of its own, on the machine of the worker. No further service is needed.",
    "docker": "Start each flow run in a container, by a Docker daemon that the worker can reach.",
    "kubernetes": "Start each flow run as a job of a Kubernetes cluster.",
    "ecs": "Start each flow run as a task of the Elastic Container Service of AWS, on EC2 or Fargate.",
    "azure-container-instance": "Start each flow run in a container instance of Azure.",
    "cloud-run": "Start each flow run as a job of Google Cloud Run, by the first version of its API.",
    "cloud-run-v2": "Start each flow run as a job of Google Cloud Run, by the second version of its API.",
    "vertex-ai": "Start each flow run as a custom job of Google Vertex AI.",
}


@cache
def _worker_types() -> Json:
    facts: Json = json.loads(FACTS.read_text())
    collections: defaultdict[str, Json] = defaultdict(dict)
    for type_, fact in facts.items():
        collection = fact["collection"]
        collections[collection][type_] = {
            "type": type_,
            "display_name": fact["display_name"],
            "description": DESCRIPTIONS[type_],
            "documentation_url": "",
            "logo_url": "",
            "install_command": f"pip install {collection}",
            "is_beta": fact["is_beta"],
            "default_base_job_configuration": fact["default_base_job_configuration"],
        }
    return dict(collections)


@cache
def _block_types() -> Json:
    return {"prefect": {"block_types": system_blocks()}}


def _none() -> Json:
    """A view that has nothing in it: flows to show are on the network only."""
    return {}


VIEWS: dict[str, Callable[[], Json]] = {
    "aggregate-block-metadata": _block_types,
    "aggregate-flow-metadata": _none,
    "aggregate-worker-metadata": _worker_types,
    "demo-flows": _none,
}


def view(name: str) -> Json | None:
    """What a view shows; None if there is none of this name."""
    read = VIEWS.get(name)
    return None if read is None else read()
