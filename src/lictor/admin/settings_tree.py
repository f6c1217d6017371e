"""The settings of this server in the tree in which Prefect's clients and pages look for them."""

from functools import cache
from typing import Any

from lictor.settings import Settings, all_settings
from lictor.settings.fields import variables_of

JSONObject = dict[str, Any]
Path = tuple[str, ...]

OUR_OWN = "lictor"
"""Below this name is what Prefect has no setting for."""

GROUPS: JSONObject = {
    "server": {
        "api": {},
        "concurrency": {},
        "database": {"sqlalchemy": {"connect_args": {"tls": {}}}},
        "deployments": {},
        "events": {},
        "flow_run_graph": {},
        "logs": {},
        "services": {
            "cancellation_cleanup": {},
            "cleanup_reconciler": {},
            "db_vacuum": {},
            "event_logger": {},
            "event_persister": {},
            "foreman": {},
            "late_runs": {},
            "pause_expirations": {},
            "repossessor": {},
            "scheduler": {},
            "task_run_recorder": {},
            "triggers": {},
        },
        "tasks": {"scheduling": {}},
        "ui": {},
        "worker_channel": {},
    }
}
"""Prefect's groups of settings, whose names are parts of the names of variables: PREFECT_SERVER_API_PORT."""

FIXED: JSONObject = {"server": {"analytics_enabled": False, "ui": {"show_promotional_content": False}}}
"""What no setting changes: nothing is sent to anybody. Where this is missing, Prefect's pages send telemetry."""


def settings_tree(settings: Settings) -> JSONObject:
    """All settings, secrets masked: Prefect's under the names that Prefect has for them."""
    tree: JSONObject = {}
    shown = settings.model_dump(mode="json")
    for path, field in all_settings():
        value: Any = shown
        for name in path:
            value = value[name]
        _put(tree, _place(tuple(variables_of(field)), path), value)
    for group, values in FIXED["server"].items():
        _put(tree, ("server", group), values)
    return tree


@cache
def _place(variables: Path, path: Path) -> Path:
    """Where a setting stands: as its variable says, if that belongs to one of Prefect's groups."""
    for variable in variables:
        words = variable.lower().removeprefix("prefect_")
        if found := _in_groups(f"server_{words}" if words.startswith("ui_") else words, GROUPS):
            return found
    return (OUR_OWN, *path)


def _in_groups(words: str, groups: JSONObject) -> Path:
    for name, inner in groups.items():
        if words.startswith(f"{name}_"):
            rest = words.removeprefix(f"{name}_")
            return (name, *(_in_groups(rest, inner) or (rest,)))
    return ()


def _put(tree: JSONObject, place: Path, value: Any) -> None:
    *groups, name = place
    for group in groups:
        tree = tree.setdefault(group, {})
    if isinstance(value, dict) and isinstance(tree.get(name), dict):
        tree[name] |= value
    else:
        tree[name] = value
