"""What the linters do not watch: things stay small enough to read."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "lictor"
MODULES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_modules_and_functions_are_short(module):
    text = module.read_text()
    assert len(text.splitlines()) < 600
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno
            assert node.end_lineno - node.lineno < 60, node.name


WALK = re.compile(r"^## An? (?:read|event):.*?(?=^## )", re.MULTILINE | re.DOTALL)
STEP = re.compile(r"`([\w/]+\.py)`,\s+`([\w.]+)`")


def test_the_walks_in_the_documents_name_what_is_there() -> None:
    walks = WALK.findall((SOURCE.parents[1] / "docs" / "architecture.md").read_text())
    assert len(walks) == 2
    for walk in walks:
        steps = STEP.findall(walk)
        assert len(steps) >= 8
        for path, name in steps:
            *_, last = name.split(".")
            assert re.search(rf"^\s*(async def|def|class) {last}\b", (SOURCE / path).read_text(), re.MULTILINE), name
