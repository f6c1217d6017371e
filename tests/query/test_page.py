"""The page on filters tells of every criterion, every word and every sort there is."""

import re
from pathlib import Path

import pytest

from lictor.query.criteria import Criterion, Filter
from lictor.resources.artifacts.filters import ArtifactFilter
from lictor.resources.artifacts.schemas import ArtifactSort
from lictor.resources.block_documents.filters import BlockDocumentFilter
from lictor.resources.block_documents.schemas import BlockDocumentSort
from lictor.resources.block_schemas.filters import BlockSchemaFilter
from lictor.resources.block_types.filters import BlockTypeFilter
from lictor.resources.deployments.filters import DeploymentFilter
from lictor.resources.deployments.schemas import DeploymentSort
from lictor.resources.flow_runs.filters import FlowRunFilter
from lictor.resources.flow_runs.schemas import FlowRunSort
from lictor.resources.flows.filters import FlowFilter
from lictor.resources.flows.schemas import FlowSort
from lictor.resources.logs.filters import LogFilter
from lictor.resources.logs.schemas import LogSort
from lictor.resources.task_runs.filters import TaskRunFilter
from lictor.resources.task_runs.schemas import TaskRunSort
from lictor.resources.variables.filters import VariableFilter
from lictor.resources.variables.schemas import VariableSort

PAGE = (Path(__file__).parents[2] / "docs" / "filters.md").read_text()


def section(title: str) -> str:
    return PAGE.split(f"\n## `{title}`", 1)[1].split("\n## ", 1)[0]


def told(text: str) -> dict[str, set[str]]:
    """The words that the table of a section gives for each criterion."""
    rows = (re.split(r"(?<!\\)\|", line) for line in text.splitlines() if line.startswith("| `"))
    return {
        criterion: set(re.findall(r"`([^`]+)`", row[2])) - {"operator"}
        for row in rows
        for criterion in re.findall(r"`([^`]+)`", row[1])
    }


def declared(family: type[Filter]) -> dict[str, set[str]]:
    def words(prefix: str, criterion: Criterion) -> dict[str, set[str]]:
        if criterion.group:
            return {
                name: asked
                for key, member in criterion.group.items()
                for name, asked in words(f"{prefix}.{key}", member).items()
            }
        return {prefix: set(criterion.conditions)}

    return {name: asked for key, criterion in family.criteria.items() for name, asked in words(key, criterion).items()}


@pytest.mark.parametrize(
    ("title", "family", "sorts"),
    [
        ("task_runs", TaskRunFilter, TaskRunSort),
        ("flow_runs", FlowRunFilter, FlowRunSort),
        ("flows", FlowFilter, FlowSort),
        ("deployments", DeploymentFilter, DeploymentSort),
        ("block_documents", BlockDocumentFilter, BlockDocumentSort),
        ("logs", LogFilter, LogSort),
        ("artifacts", ArtifactFilter, ArtifactSort),
        ("variables", VariableFilter, VariableSort),
    ],
)
def test_criteria_words_and_sorts(title: str, family: type[Filter], sorts: type) -> None:
    text = section(title)
    assert told(text) == declared(family)
    assert set(re.findall(r"`([A-Z_]+_(?:ASC|DESC))`", text)) == {sort.value for sort in sorts}


@pytest.mark.parametrize(("title", "family"), [("block_types", BlockTypeFilter), ("block_schemas", BlockSchemaFilter)])
def test_criteria_and_words_of_what_has_one_order(title: str, family: type[Filter]) -> None:
    assert told(section(title)) == declared(family)
