"""Validates and renders templates.

Nothing of this is safe from templates that are merely expensive: who renders what a stranger wrote bounds its time and
memory from outside.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from jinja2 import ChainableUndefined, TemplateError, TemplateSyntaxError, nodes, pass_context, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import htmlsafe_json_dumps
from jinja2_humanize_extension import HumanizeExtension  # type: ignore[import-untyped]
from markupsafe import Markup

from lictor.templates import InvalidTemplate, RenderingFailed, is_template
from lictor.templates.objects import TemplateObject, plain, read_object, ui_address

MAX_RANGE = 100
MAX_LOOPS = 10
MAX_LOOP_DEPTH = 2
MAX_OUTPUT_CHARACTERS = 1_000_000
MAX_REPEATED_LENGTH = 1_000_000
"""Of what `*` makes of a text or a list."""

MAX_EXPONENT_BITS = 10_000
MAX_TEMPLATE_CHARACTERS = 50_000
"""To parse that many takes some ten milliseconds."""

_FLOW_RUN = re.compile("flow-run/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


def validate(template: str) -> None:
    """Raises InvalidTemplate."""
    loops = list(_parse(template).find_all(nodes.For))
    if len(loops) > MAX_LOOPS:
        raise InvalidTemplate(
            f"Contains {len(loops)} for loops. Templates can contain no more than {MAX_LOOPS} for loops.", 0
        )
    if (depth := max(map(_loop_depth, loops), default=0)) > MAX_LOOP_DEPTH:
        raise InvalidTemplate(
            f"Contains nested for loops at a depth of {depth}. Templates can nest for loops no more than"
            f" {MAX_LOOP_DEPTH} loops deep.",
            0,
        )


def names_in(template: str) -> set[str]:
    """The variables that a template reads. Raises InvalidTemplate."""
    return {node.name for node in _parse(template).find_all(nodes.Name) if node.ctx == "load"}


def render(template: str, context: Mapping[str, Any], ui_url: str | None = None) -> str:
    """The text of a template. Raises InvalidTemplate, RenderingFailed.

    The context is JSON; a value `{"__kind": "flow-run", "value": {...}}` becomes the object that Prefect's templates see.
    """
    if not is_template(template):
        return template
    validate(template)
    try:
        return _limited(
            _environment().from_string(template), {name: read_object(v, ui_url) for name, v in context.items()}, ui_url
        )
    except RenderingFailed:
        raise
    except Exception as error:  # whatever a template does wrong is the template's
        raise RenderingFailed(f"{error!r}") from error


def render_all(templates: list[str], context: Mapping[str, Any], ui_url: str | None = None) -> list[str]:
    """The texts of templates with one context: what `lictor.sandbox` calls."""
    return [render(template, context, ui_url) for template in templates]


def _limited(template: Any, context: Mapping[str, Any], ui_url: str | None) -> str:
    parts, length = [], 0
    for part in template.generate({**context, _UI_URL: ui_url}):
        length += len(part)
        if length > MAX_OUTPUT_CHARACTERS:
            raise RenderingFailed(f"The result is longer than {MAX_OUTPUT_CHARACTERS} characters.")
        parts.append(part)
    return "".join(parts)


def _parse(template: str) -> nodes.Template:
    if len(template) > MAX_TEMPLATE_CHARACTERS:
        raise InvalidTemplate(f"Templates can have no more than {MAX_TEMPLATE_CHARACTERS} characters.", 0)
    try:
        return _environment().parse(template)
    except TemplateSyntaxError as error:
        raise InvalidTemplate(error.message or str(error), error.lineno) from None
    except (TemplateError, RecursionError) as error:
        raise InvalidTemplate(str(error), 0) from None


def _loop_depth(node: nodes.Node) -> int:
    own = isinstance(node, nodes.For)
    return own + max(map(_loop_depth, node.iter_child_nodes()), default=0)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Refuses operators whose result would be out of all proportion to their operands."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "*":
            for operand, times in ((left, right), (right, left)):
                if (
                    isinstance(times, int)
                    and hasattr(operand, "__len__")
                    and len(operand) * times > MAX_REPEATED_LENGTH
                ):
                    raise OverflowError(f"The sandbox blocks results longer than {MAX_REPEATED_LENGTH}.")
        elif isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > MAX_EXPONENT_BITS:
            raise OverflowError(f"The sandbox blocks powers of more than {MAX_EXPONENT_BITS} bits.")
        return super().call_binop(context, operator, left, right)


@cache
def _environment() -> _Sandbox:
    environment = _Sandbox(undefined=ChainableUndefined, extensions=[HumanizeExtension])
    environment.globals["range"] = _range
    del environment.globals["lipsum"]
    environment.filters |= {
        "tojson": _to_json,
        "flow_run_id": _flow_run_id,
        "ui_url": _ui_url,
        "ui_resource_events_url": _events_url,
    }
    return environment


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise OverflowError(f"Range too big. The sandbox blocks ranges larger than {MAX_RANGE}.")
    return numbers


@pass_eval_context
def _to_json(context: EvalContext, value: Any, indent: int | None = None) -> Markup:
    arguments = context.environment.policies["json.dumps_kwargs"]
    if indent is not None:
        arguments = arguments | {"indent": indent}
    return htmlsafe_json_dumps(plain(value), dumps=_dump_json, **arguments)


def _dump_json(value: Any, **arguments: Any) -> str:
    return json.dumps(value, default=_json_of, **arguments)


def _json_of(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _flow_run_id(text: str | None) -> str | None:
    found = _FLOW_RUN.search(text or "")
    return None if found is None else found.group(1)


_UI_URL = "__ui_url"


def _url_filter(path_of: Callable[[TemplateObject], str | None]) -> Callable[..., str | None]:
    @pass_context
    def address(context: Any, subject: Any) -> str | None:
        path = path_of(subject) if isinstance(subject, TemplateObject) else None
        return ui_address(context.get(_UI_URL), path)

    return address


_ui_url = _url_filter(lambda subject: subject.ui_path)
_events_url = _url_filter(lambda subject: subject.events_path)
