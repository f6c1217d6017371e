"""A flow that a process serves, and that runs when events happen. With an argument: sends an event of that name."""

import sys

from prefect import flow
from prefect.events import DeploymentCompoundTrigger, DeploymentEventTrigger, EventTrigger, emit_event
from prefect.events.worker import EventsWorker


@flow
def triggered(name: str = "nobody") -> str:
    return name


def main() -> None:
    if len(sys.argv) > 1:
        for name in sys.argv[1:]:
            emit_event(name, resource={"prefect.resource.id": "thing.1"})
        EventsWorker.instance().drain()
        print("[]")
    else:
        triggered.serve(
            "by-events",
            triggers=[
                DeploymentEventTrigger(name="one", expect={"sdk.one"}, parameters={"name": "{{ event.resource.id }}"}),
                DeploymentCompoundTrigger(
                    name="both",
                    require="all",
                    within=60,
                    triggers=[EventTrigger(expect={f"sdk.{part}"}) for part in ("first", "second")],
                    parameters={"name": "both"},
                ),
            ],
        )


if __name__ == "__main__":  # the process of a run imports this file, too
    main()
