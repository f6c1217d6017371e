"""Messages of policies, which have variables in braces as `str.format` has them, as templates of automations."""

from collections.abc import Iterator
from string import Formatter

EXPRESSIONS = {
    "flow_run_notification_policy_id": "automation.id",
    "flow_id": "flow.id",
    "flow_name": "flow.name",
    "flow_run_url": "flow_run | ui_url",
    "flow_run_id": "flow_run.id",
    "flow_run_name": "flow_run.name",
    "flow_run_parameters": "flow_run.parameters",
    "flow_run_state_type": "flow_run.state.type.value",
    "flow_run_state_name": "flow_run.state.name",
    "flow_run_state_timestamp": "flow_run.state.timestamp",
    "flow_run_state_message": "flow_run.state.message",
}
"""What each variable of a message is in a template."""

DEFAULT_MESSAGE = """\
{flow_name}/{flow_run_name} is {flow_run_state_name} since {flow_run_state_timestamp}.
{flow_run_state_message}

{flow_run_url}
Flow {flow_id}, flow run {flow_run_id}
"""

MAX_WIDTH_DIGITS = 4


def to_jinja(message: str) -> str:
    """The template that renders as a message does. Raises ValueError if it can be rendered by neither.

    For example, `{flow_run_name}: 100 {{%}}` becomes `{{ flow_run.name }}{{ ': 100 {%}' }}`.
    """
    return "".join(_parts(message))


def _parts(message: str) -> Iterator[str]:
    for text, name, format_, conversion in Formatter().parse(message):
        if text:
            yield _as_expression(text) if set(text) & set("{}") else text
        if name is None:
            continue
        if name not in EXPRESSIONS:
            raise ValueError(f"Invalid template variable provided: {name!r}")
        expression = EXPRESSIONS[name]
        if not format_ and not conversion:
            yield f"{{{{ {expression} }}}}"
            continue
        how = f"{{{f'!{conversion}' if conversion else ''}{f':{format_}' if format_ else ''}}}"
        _check(how, format_ or "")
        yield f"{{{{ {how!a}.format(({expression}) | string) }}}}"


def _as_expression(text: str) -> str:
    return f"{{{{ {text!a} }}}}"


def _check(how: str, format_: str) -> None:
    digits = "".join(character if character.isdigit() else " " for character in format_).split()
    if "{" in format_ or any(len(each) > MAX_WIDTH_DIGITS for each in digits):
        raise ValueError(f"Invalid format of a variable: {format_!r}")
    how.format("test")
