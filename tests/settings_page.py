"""Writes docs/settings.md from the settings: `make docs`."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from lictor.settings import Settings, all_settings
from lictor.settings.fields import Group, variables_of

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

HEAD = """# Settings

Lictor reads its settings from environment variables, and from a file `.env` in the folder that it is started in; the
environment goes first. Where Prefect has a setting, its variables have Prefect's names, so a server that took Prefect's
place starts as it was configured. `LICTOR_*` is what Prefect has not. Upper and lower case are alike in names, and a
variable that is set to nothing is not set. Where a setting has several variables, the first that is set counts.

A value that cannot be is refused when a command starts, in one line that names the variable.
"""

TABLE_HEAD = "| Variable | Type | Default | What it does |\n|---|---|---|---|\n"


def settings_page() -> str:
    groups: dict[type[Group] | None, list[str]] = {}
    for path, field in all_settings():
        group = Settings.model_fields[path[0]].annotation if len(path) > 1 else None
        names = "<br>".join(f"`{name}`" for name in variables_of(field))
        row = f"| {names} | {_type(field.annotation)} | {_default(field.default)} | {field.description} |\n"
        groups.setdefault(group, []).append(row)
    sections = [f"\n## {_title(group)}\n\n{TABLE_HEAD}{''.join(rows)}" for group, rows in groups.items()]
    return HEAD + "".join(sections)


def _title(group: type[Group] | None) -> str:
    assert group is None or group.__doc__
    return group.__doc__.rstrip(".") if group else "Lictor itself"


NAMES = {
    "str": "text",
    "Path": "path",
    "SecretStr": "secret",
    "int": "integer",
    "float": "number",
    "bool": "yes or no",
    "timedelta": "duration",
    "tuple": "list",
    "dict": "JSON object",
}


def _type(annotation: Any) -> str:
    text = str(annotation)
    if "Literal" in text:
        return "one of " + ", ".join(f"`{choice}`" for choice in re.findall(r"'([^']+)'", text))
    name = (
        getattr(annotation, "__name__", "")
        if "|" not in text
        else text.split("|", maxsplit=1)[0].strip().rpartition(".")[2]
    )
    return NAMES[name]


def _default(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return f"{value.total_seconds():g} s"
        case tuple():
            return f"`{','.join(value)}`"
        case SecretStr():
            return "set"
        case _:
            return f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(settings_page())
