"""Where whose pages stand."""

from starlette.routing import BaseRoute

from lictor.settings import Settings
from lictor.ui.pages import Pages
from lictor.ui.prefect_pages import PREFECT_PATH, PrefectPages, PrefectSettings, find_bundles

LICTOR_PATH = "/lictor"
"""Where our pages stand, below the base path of both, when Prefect's are the default."""


def page_routes(settings: Settings) -> list[BaseRoute]:
    """The routes of all pages, the longest paths first. They take every GET request that comes to them."""
    api_path = settings.server.base_path
    base = settings.ui.serve_base
    bundles = find_bundles(settings.ui.prefect_directory)
    prefect_is_default = bool(bundles) and settings.ui.default == "prefect"
    own_path = base + LICTOR_PATH if prefect_is_default else base
    routes: list[BaseRoute] = []
    if bundles:
        prefect_path = base if prefect_is_default else base + PREFECT_PATH
        routes.append(PrefectPages(prefect_path, bundles, PrefectSettings.of(settings)))
    if own_path != api_path:
        routes.insert(1 if not prefect_is_default else 0, Pages(own_path, api_path))
    return routes
