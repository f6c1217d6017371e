"""Values of a base job template's variables against the schemas of these; runs in a process of `lictor.sandbox`."""

from typing import Any

from lictor.validation.json_schema import tolerant, without_required
from lictor.validation.json_schema_checks import check, check_schema, first_error

Template = dict[str, Any]


def check_defaults(template: Template) -> None:
    """Raises Mismatch if a variable's default is not what its schema asks for; InvalidSchema if that is none."""
    if isinstance(variables := template.get("variables"), dict):
        check_schema(variables)
        _check(_defaults(variables), variables)


def check_values(template: Template, values: dict[str, Any], is_complete: bool = False) -> None:
    """Raises Mismatch if a deployment may not set these variables so; InvalidSchema if nobody can tell.

    Values may be missing, as each run can add some; with those of a run they are complete. Defaults that are wrong are
    nobody's fault here, but for them too, something may be missing.
    """
    if not isinstance(variables := template.get("variables"), dict):
        return
    check_schema(variables)
    loose = without_required(variables)
    defaults = _defaults(variables)
    sound = {name: value for name, value in defaults.items() if not first_error({name: value}, loose)}
    _check(sound | values, variables, is_complete=is_complete and len(sound) == len(defaults))


def first_wrong_value(template: Template, values: dict[str, Any]) -> str | None:
    """What is wrong with one of the values by itself, whatever the defaults are; InvalidSchema if nobody can tell."""
    if not isinstance(variables := template.get("variables"), dict):
        return None
    check_schema(variables)
    error = first_error(values, without_required(tolerant(variables)))
    return None if error is None else repr(error)


def _check(values: dict[str, Any], variables: dict[str, Any], *, is_complete: bool = False) -> None:
    meant = tolerant(variables, of_defaults=True)
    check(values, meant if is_complete else without_required(meant))


def _defaults(variables: dict[str, Any]) -> dict[str, Any]:
    """The variables' defaults, but for those that stand for a block."""
    properties = variables.get("properties", {})
    return {
        name: schema["default"]
        for name, schema in properties.items()
        if isinstance(schema, dict) and "default" in schema and not _is_reference(schema["default"])
    }


def _is_reference(default: Any) -> bool:
    return isinstance(default, dict) and "$ref" in default
