"""The page on compatibility tells which routes there are, and of which it says how they differ."""

from starlette.routing import WebSocketRoute

from lictor.app import ROUTERS, create_app
from lictor.settings import Settings
from tests.compatibility_page import DIFFERS, NOT_YET, WORKS, anchors, of_request, told


def test_the_page_names_the_routes_that_are_there(unused_settings: Settings) -> None:
    paths = create_app(unused_settings).openapi()["paths"]
    served = {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method, operation in methods.items()
        if "x-lictor" not in operation  # what Prefect has not
    }
    served |= {f"WS {route.path}" for router in ROUTERS for route in router.routes if isinstance(route, WebSocketRoute)}
    assert served == {route for route, status in told().items() if status != NOT_YET}


def test_what_differs_says_where_it_is_told_how() -> None:
    differing = {status for status in told().values() if status not in {WORKS, NOT_YET}}
    links = {found[1] for status in differing if (found := DIFFERS.fullmatch(status))}
    assert len(links) == len(differing)
    assert links <= anchors()


def test_a_request_is_found_by_its_route() -> None:
    assert of_request("GET", "/flow_run_states/?flow_run_id=x") == told()["GET /flow_run_states/"]
    assert of_request("GET", "/flows/name/x") == told()["GET /flows/name/{name}"]
    assert of_request("GET", "/nothing") is None
