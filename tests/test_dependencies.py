"""What Lictor depends on is bound to what it was tested with."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LOCKED = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().lower().splitlines())
DEPENDENCIES = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
UNBOUND = {"tzdata"}  # the newest is always the right one


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_a_dependency_goes_up_to_the_next_breaking_version(dependency: str) -> None:
    asked = Requirement(dependency)
    locked = LOCKED.get(asked.name) or LOCKED[asked.name.replace("-", "_")]
    assert asked.specifier.contains(locked)
    bounds = [bound.version for bound in asked.specifier if bound.operator == "<"]
    if asked.name in UNBOUND:
        assert not bounds
        return
    [bound] = [tuple(map(int, bound.split("."))) for bound in bounds]
    major, minor = map(int, locked.split(".")[:2])
    assert bound in {(major, minor + 1), (major + 1,) if major else ()}
