"""Templates that users write."""

from typing import Any

import pytest

from lictor.templates import rendering
from lictor.templates.objects import of_kind
from lictor.templates.rendering import InvalidTemplate, RenderingFailed, names_in, render

RUN_ID = "7de862b7-f1c8-47a2-ac2f-75d8c1c8354c"
EVENT = {
    "id": "00259aaf-cc16-4be0-9573-a53bed308d9d",
    "occurred": "2026-11-28T11:28:04.414186Z",
    "event": "a.b",
    "resource": {"prefect.resource.id": f"prefect.flow-run.{RUN_ID}", "prefect.resource.name": "nm", "a.b.c": "1"},
    "related": [{"prefect.resource.id": "r1", "prefect.resource.role": "flow"}],
    "payload": {"x": {"y": [1, 2]}, "when": "2026-11-28T11:28:04Z"},
    "follows": None,
}
FLOW_RUN = {
    "id": RUN_ID,
    "name": "x",
    "state": {"type": "FAILED", "name": "Failed", "message": "boom"},
    "state_type": "FAILED",
    "parameters": {"a": 1, "b": None},
    "tags": ["x"],
    "start_time": "2026-11-28T11:28:04.414089Z",
    "total_run_time": 90.0,
    "created": None,
}
CONTEXT: dict[str, Any] = {
    "event": of_kind("event", EVENT),
    "flow_run": of_kind("flow-run", FLOW_RUN),
    "automation": of_kind("automation", {"id": "0d916608-1afd-470e-8118-2a3b6c5062d8", "name": "auto"}),
    "labels": of_kind("labels", {"a.b": "1", "a": "2"}),
    "events": [of_kind("event", EVENT)],
    "variables": {"region": "eu"},
    "flow": of_kind("flow", None),
}
UI = "http://ui/base"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("no template", "no template"),
        ("{{ flow_run.state.type }}", "StateType.FAILED"),
        ("{{ flow_run.state.type == 'FAILED' }} {{ flow_run.state_type.value }}", "True FAILED"),
        ("{{ flow_run.state.name }} {{ flow_run.state }}", "Failed Failed('boom')"),
        ("{{ flow_run.parameters }} {{ flow_run.parameters.a }}", "{'a': 1, 'b': None} 1"),
        ("{{ flow_run.start_time }}", "2026-11-28 11:28:04.414089+00:00"),
        ("{{ flow_run.start_time.strftime('%H:%M') }}", "11:28"),
        ("{{ flow_run.total_run_time }}", "0:01:30"),
        ("{{ flow_run.tags }} {{ flow_run.created }}", "['x'] None"),
        ("{{ flow_run.nope.what }}|{{ nothing.at.all }}|{{ flow.name }}", "||"),
        ("{{ event.resource.labels.a.b.c }} {{ labels.a.b }} {{ labels.a }}", "1 1 2"),
        ("{{ event.resource['prefect.resource.name'] }} {{ event.resource.name }}", "nm nm"),
        ("{{ event.resource_in_role['flow'].id }} {{ event.resource_in_role.flow.id }}", "r1 r1"),
        ("{{ event.related[0].role }} {{ event.involved_resources | length }}", "flow 2"),
        ("{{ event.payload.x.y }} {{ event.payload.when }}", "[1, 2] 2026-11-28T11:28:04Z"),
        ("{% for k, v in event.related[0].items() %}{{ k }}={{ v }};{% endfor %}", None),
        ("{{ event.resource.get('zz', 'd') }}", "d"),
        ("{{ events[0].id }}", EVENT["id"]),
        ("{{ variables.region }}", "eu"),
        ("{{ flow_run | ui_url }}", f"{UI}/runs/flow-run/{RUN_ID}"),
        ("{{ event.resource | ui_url }}", f"{UI}/runs/flow-run/{RUN_ID}"),
        ("{{ event.resource | ui_resource_events_url }}", f"{UI}/events?resource=prefect.flow-run.{RUN_ID}"),
        ("{{ event | ui_resource_events_url }}", "None"),
        ("{{ event.url }}", f"{UI}/events/event/2026-11-28/{EVENT['id']}"),
        ("{{ automation | ui_url }}", f"{UI}/automations/automation/0d916608-1afd-470e-8118-2a3b6c5062d8"),
        ("{{ ('flow-run/' ~ flow_run.id) | flow_run_id }}", RUN_ID),
        ("{{ 1234567 | humanize_intcomma }}", "1,234,567"),
        ("{{ flow_run.state | tojson }}", '{"message": "boom", "name": "Failed", "type": "FAILED"}'),
        ("{{ event.payload.x | tojson }}", '{"y": [1, 2]}'),
        ("{{ [flow_run.total_run_time, event.occurred] | tojson }}", '[90.0, "2026-11-28T11:28:04.414186Z"]'),
        ("{{ range(3) | list }}", "[0, 1, 2]"),
    ],
)
def test_templates_see_what_prefects_see(template: str, text: str | None) -> None:
    rendered = render(template, CONTEXT, UI)
    if text is not None:
        assert rendered == text


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ event.__init__.__globals__ }}",
        "{{ event._fields }}",
        "{{ labels._labels }}",
        "{{ self.__init__ }}",
        "{{ variables.update({'a': 1}) }}",
        "{{ lipsum() }}",
        "{{ cycler.__init__.__globals__.os }}",
    ],
)
def test_nothing_behind_the_objects_can_be_reached(template: str) -> None:
    try:
        rendered = render(template, CONTEXT)
    except RenderingFailed:
        return
    assert rendered == ""


@pytest.mark.parametrize(
    "template",
    [
        "{{ range(101) }}",
        "{{ 'x' * 10000000 }}",
        "{{ [1] * 10000000 }}",
        "{{ 9 ** 99999 }}",
        "{{ 5 / 0 }}",
        "{{ nothing() }}",
        "{{ a | nofilter }}",
        "{% for a in range(100) %}{% for b in range(100) %}{{ 'x' * 1000 }}{% endfor %}{% endfor %}",
    ],
)
def test_what_goes_wrong_in_a_template_is_said(template: str) -> None:
    with pytest.raises(RenderingFailed):
        render(template, CONTEXT)


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("{{ a", 1),
        ("\n{% if %}", 2),
        ("{% for a in b %}" * 11 + "{% endfor %}" * 11, 0),
        ("{% for a in b %}" * 3 + "{% endfor %}" * 3, 0),
        ("{% for a in b %}{% endfor %}" * 11, 0),
        ("{{" + "(" * 3000, 0),
        ("{{ a }}" + "x" * rendering.MAX_TEMPLATE_CHARACTERS, 0),
    ],
)
def test_templates_that_are_none(template: str, line: int) -> None:
    with pytest.raises(InvalidTemplate) as refused:
        render(template, CONTEXT)
    assert line in {refused.value.line, 0}


def test_names_that_a_template_reads() -> None:
    assert names_in("{{ flow.name }} {% set x = 5 %}{{ x }} {% if variables.a %}{% endif %}") >= {"flow", "variables"}
