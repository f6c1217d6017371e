"""The settings of the pages."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

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
    default: Literal["lictor", "prefect"] = setting(
        "lictor",
        "LICTOR_UI_DEFAULT",
        about="Whose pages stand at the base path. With `lictor`, Prefect's stand at `prefect/` below it; with `prefect`, "
        "where Prefect's can be found, they stand at the base path and at `v2/`, and Lictor's at `lictor/`.",
    )
    prefect_directory: Path | None = setting(
        None,
        "LICTOR_PREFECT_UI_DIRECTORY",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY",
        "PREFECT_UI_STATIC_DIRECTORY",
        about="The folder that holds Prefect's pages, as `ui` and `ui-v2` (in Prefect's package: `prefect/server`). When it "
        "is not set, or has none, they are taken from the `prefect` package that Python finds, if it does.",
    )
    prefect_v2_enabled: bool = setting(
        True,
        "PREFECT_SERVER_UI_V2_ENABLED",
        about="Open the second version of Prefect's pages for whoever has not chosen the first.",
    )
    api_url: str | None = setting(
        None,
        "PREFECT_SERVER_UI_API_URL",
        "PREFECT_UI_API_URL",
        about="The API's address that Prefect's pages use. When it is not set, it is the path of the API on the server that "
        "the pages come from.",
    )
