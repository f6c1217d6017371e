"""Templates that users write: Jinja's sandbox, with the objects and filters that Prefect offers in it.

Pure functions of JSON: nothing here knows the database, the settings or HTTP, so that a template can be rendered in a
process that may be ended. This module needs no Jinja, which takes ten megabytes that few servers ever use.
"""

import importlib
from types import ModuleType


class InvalidTemplate(ValueError):
    """A template that cannot be rendered whatever its objects are: why, and in which line."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class RenderingFailed(ValueError):
    """A template whose rendering ended in an error."""


def is_template(text: str) -> bool:
    """True if the text holds anything for Jinja to do."""
    return "{{" in text or "{%" in text


def as_expression(text: str) -> str | None:
    """The template of the value of a text that is one expression: that keeps its type."""
    stripped = text.strip()
    if stripped.startswith("{{") and stripped.endswith("}}") and stripped.count("{{") == 1:
        return "{{ " + stripped[2:-2].strip() + " | tojson }}"
    return None


def validate(template: str) -> None:
    """Raises InvalidTemplate."""
    if is_template(template) or "{#" in template:
        _rendering().validate(template)


def names_in(template: str) -> set[str]:
    """The variables that a template reads. Raises InvalidTemplate."""
    names: set[str] = _rendering().names_in(template)
    return names


def _rendering() -> ModuleType:
    return importlib.import_module("lictor.templates.rendering")
