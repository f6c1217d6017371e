"""Base job templates: what a work pool's jobs are made of, and which variables of theirs a deployment may set."""

import json
import re
from typing import Any

from lictor.validation.json_schema import call

PLACEHOLDER = re.compile(r"\{\{\s*([\w.\-\[\]$]+)\s*\}\}")

Template = dict[str, Any]


def check_template(template: Template) -> Template:
    """The template, unless it lacks a part or uses a variable that it does not declare. An empty one may pass."""
    if not template:
        return template
    configuration, variables = template.get("job_configuration"), template.get("variables")
    if not (configuration and variables):
        raise ValueError("The `base_job_template` must contain both a `job_configuration` key and a `variables` key.")
    declared: Any = variables.get("properties", {}) if isinstance(variables, dict) else None
    if not all(isinstance(part, dict) for part in (configuration, declared)):
        raise ValueError("The `job_configuration`, the `variables` and their `properties` must be objects.")
    used = set(PLACEHOLDER.findall(json.dumps(configuration)))
    if undeclared := used.difference(declared):
        raise ValueError(
            "The variables specified in the job configuration template must be present as properties in the variables"
            " schema. Your job configuration uses the following undeclared variable(s): "
            + " ,".join(sorted(undeclared))
            + "."
        )
    return template


async def check_defaults(template: Template) -> None:
    """Raises Mismatch if a variable's default is not what its schema asks for; InvalidSchema if that is none."""
    await call("work_pools.check_defaults", template)


async def check_values(template: Template, values: dict[str, Any], *, is_complete: bool = False) -> None:
    """Raises Mismatch if a deployment may not set these variables so; InvalidSchema if nobody can tell.

    Values may be missing, as each run can add some; with those of a run they are complete.
    """
    await call("work_pools.check_values", template, values, is_complete)


async def first_wrong_value(template: Template, values: dict[str, Any]) -> str | None:
    """What is wrong with one of the values by itself, whatever the defaults are; InvalidSchema if nobody can tell."""
    wrong: str | None = await call("work_pools.first_wrong_value", template, values)
    return wrong
