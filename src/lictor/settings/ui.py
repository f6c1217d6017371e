"""The settings of the pages."""

from datetime import timedelta

from lictor.settings.fields import Group, Seconds, URLPath, setting


class UISettings(Group):
    """The pages that a person looks at."""

    enabled: bool = setting(
        True, "PREFECT_SERVER_UI_ENABLED", "PREFECT_UI_ENABLED", about="Serve pages to look at, beside the API."
    )
    serve_base: URLPath = setting(
        "",
        "PREFECT_SERVER_UI_SERVE_BASE",
        "PREFECT_UI_SERVE_BASE",
        about="The path below which the pages stand; `/` for none. It is not the API's.",
    )
    session_lifetime: Seconds = setting(
        timedelta(hours=12),
        "LICTOR_UI_SESSION_LIFETIME",
        about="How long whoever logs in on the pages stays so, where `PREFECT_SERVER_API_AUTH_STRING` is set: seconds, "
        "or an ISO 8601 duration such as `PT12H`.",
        gt=timedelta(0),
    )
