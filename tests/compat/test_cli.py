"""Prefect's CLI, pointed here."""

from pathlib import Path

from . import sdk
from .servers import Server


def test_runs_are_listed_inspected_and_ended(lictor: Server, tmp_path: Path) -> None:
    ids = sdk.run(lictor, tmp_path, "listed", settings={"PREFECT_LOGGING_LEVEL": "INFO"})
    commands = {
        ("version",): ("3.9.1", "Server type:          server"),
        ("config", "validate"): ("valid",),
        ("flow", "ls"): ("shown",),
        ("flow-run", "ls"): ("well", "badly", "waiting", "COMPLETED", "FAILED", "SCHEDULED"),
        ("flow-run", "inspect", ids["completed"]): ("well", "COMPLETED"),
        ("flow-run", "logs", ids["completed"]): ("printed by the flow", "Finished in state Completed()"),
        ("flow-run", "cancel", ids["waiting"]): ("scheduled for cancellation",),
        ("flow-run", "inspect", ids["waiting"]): ("CANCEL",),
        ("flow-run", "delete", ids["failed"]): ("deleted",),
        ("task-run", "ls"): ("look", "COMPLETED"),
        ("task-run", "inspect", ids["task_run"]): ("look", "shown"),
        ("task-run", "logs", ids["task_run"]): ("looking at",),
    }
    for (command, expected), (code, printed) in zip(
        commands.items(), sdk.cli(lictor, tmp_path, *commands), strict=True
    ):
        assert code == 0, f"{command}\n{printed}"
        missing = [words for words in expected if words not in printed]
        assert not missing, f"{command} says nothing of {missing}:\n{printed}"
    [(code, printed)] = sdk.cli(lictor, tmp_path, ["flow-run", "inspect", ids["failed"]])
    assert code == 1
    assert "not found" in printed
