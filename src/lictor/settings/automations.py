"""Settings of automations."""

from datetime import timedelta

from lictor.settings.fields import Group, Seconds, setting


class AutomationSettings(Group):
    """How triggers are evaluated, and what their actions may do."""

    triggers_enabled: bool = setting(
        True,
        "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED",
        about="Evaluate the triggers of automations, and carry out their actions.",
    )
    grace: Seconds = setting(
        timedelta(seconds=1),
        "LICTOR_AUTOMATIONS_GRACE",
        about="How late an event may arrive, and still be evaluated in its place among the others, where that matters.",
        ge=timedelta(0),
        le=timedelta(minutes=5),
    )
    action_attempts: int = setting(
        6,
        "LICTOR_AUTOMATIONS_ACTION_ATTEMPTS",
        about="How often an action is attempted before it is given up.",
        ge=1,
    )
    action_timeout: Seconds = setting(
        timedelta(seconds=30),
        "LICTOR_AUTOMATIONS_ACTION_TIMEOUT",
        about="How long an attempt of an action may take.",
        gt=timedelta(0),
    )
    allow_private_addresses: bool = setting(
        False,
        "LICTOR_AUTOMATIONS_ALLOW_PRIVATE_ADDRESSES",
        about="Let webhooks and notifications reach loopback, link-local and private addresses.",
    )
    ui_url: str | None = setting(
        None,
        "PREFECT_UI_URL",
        about="Where the pages are that templates of automations link to.",
    )
