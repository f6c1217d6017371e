"""The page on compatibility tells which routes there are, and of which it says how they differ."""

from pathlib import Path

from starlette.routing import WebSocketRoute

from lictor.app import ROUTERS, create_app
from lictor.settings import Settings
from tests.compat.told import COMPARED, UNASKED
from tests.compat.told_requests import ROWS
from tests.compat.told_sequences import SEQUENCES, SEQUENCES_OF_EVENTS
from tests.compatibility_page import DIFFERS, NOT_YET, WORKS, anchors, differing, of_request, told

COMPAT = Path(__file__).with_name("compat")


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


def test_no_row_is_without_a_check() -> None:
    """A request or a test shows that it still differs, or a reason tells why none can."""
    rows = differing()
    asked = {each.row: None for each in (*ROWS, *SEQUENCES, *SEQUENCES_OF_EVENTS)}
    shown = [*asked, *COMPARED, *UNASKED]
    assert len(set(rows)) == len(rows), "two rows have one name"
    assert set(rows) - set(shown) == set(), "rows without a check"
    assert set(shown) - set(rows) == set(), "checks of rows that are not there"
    assert len(set(shown)) == len(shown), "rows with two kinds of check"
    for test in COMPARED.values():
        module, _, name = test.partition("::")
        assert f"def {name}(" in (COMPAT / f"{module}.py").read_text(), test


def test_a_request_is_found_by_its_route() -> None:
    assert of_request("GET", "/flow_run_states/?flow_run_id=x") == told()["GET /flow_run_states/"]
    assert of_request("GET", "/flows/name/x") == told()["GET /flows/name/{name}"]
    assert of_request("GET", "/nothing") is None
