"""Prefect's SDK and CLI keep their blocks in Lictor."""

from pathlib import Path

from . import sdk
from .servers import Server


def test_blocks_are_registered_saved_loaded_changed_and_deleted(lictor: Server, tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    assert sdk.run(lictor, tmp_path, "blocks", str(results)) == "done"


def test_results_go_where_the_server_says_they_do_by_default(lictor: Server, tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    storage = sdk.run(lictor, tmp_path, "storage", "save", str(results))
    command = ("experimental", "result-storage")
    answers = sdk.cli(lictor, tmp_path, (*command, "inspect"), (*command, "set", storage), (*command, "inspect"))
    assert [code for code, _ in answers] == [0, 0, 0], answers
    assert "No default" in answers[0][1]
    assert storage in answers[2][1]
    assert sdk.run(lictor, tmp_path, "storage", "use") == 42
    assert list(results.iterdir())
    answers = sdk.cli(lictor, tmp_path, (*command, "clear"), (*command, "inspect"))
    assert "No default" in answers[1][1], answers


def test_blocks_by_the_command_line(lictor: Server, tmp_path: Path) -> None:
    assert sdk.run(lictor, tmp_path, "kettle") == "saved"
    commands = [
        (("block", "register", "--file", str(sdk.SCRIPTS / "kettle.py")), 0, ("2 blocks", "Kitchen", "Kettle")),
        (("block", "type", "ls"), 0, ("kitchen", "kettle", "local-file-system")),
        (("block", "type", "inspect", "kitchen"), 0, ("Kitchen",)),
        (("block", "ls"), 0, ("small", "kettle")),
        (("block", "inspect", "kettle/small"), 0, ("litres", "2.5")),
        (("block", "delete", "kettle/small"), 0, ("Deleted",)),
        (("block", "inspect", "kettle/small"), 1, ("not found",)),
        (("block", "type", "delete", "kitchen"), 0, ("Deleted",)),
        (("block", "type", "delete", "secret"), 1, ("protected",)),
    ]
    answers = sdk.cli(lictor, tmp_path, *(command for command, *_ in commands))
    for (command, due, words), (code, printed) in zip(commands, answers, strict=True):
        assert code == due, f"{command}\n{printed}"
        assert all(word in printed for word in words), f"{command}\n{printed}"
