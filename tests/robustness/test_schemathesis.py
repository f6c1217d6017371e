"""Requests that schemathesis makes up from our own OpenAPI document, fitting it and not."""

import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core import NotSet
from schemathesis.schemas import APIOperation

from lictor.app import create_app
from tests.databases import settings_for
from tests.faults.world import SOAK
from tests.robustness.server import Server

DOCUMENT = create_app(settings_for(f"sqlite+aiosqlite:///{Path('never-opened.db').absolute()}")).openapi()
OPERATIONS = [found.ok() for found in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()]

PATIENCE = settings(
    max_examples=4 * SOAK,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


FITTING, UNFIT = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
TRIED = [
    pytest.param(operation, mode, id=f"{operation.label} {mode.value}")
    for operation in OPERATIONS
    for mode in (FITTING, UNFIT)
    if mode is FITTING or operation.body  # any text is a path
]


@pytest.mark.parametrize(("operation", "mode"), TRIED)
def test_no_request_is_our_fault(servers: dict[str, Server], operation: APIOperation, mode: GenerationMode) -> None:
    documented = DOCUMENT["paths"][operation.path][operation.method]["responses"]

    @PATIENCE
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        headers, body = _headers(case), _body(case)
        for dialect, server in servers.items():
            reply = server.ask(case.method, case.formatted_path, params=case.query, headers=headers, content=body)
            assert reply.status_code < 500, (dialect, reply.text)
            assert not reply.is_success or str(reply.status_code) in documented, (dialect, reply.status_code)

    ask()
    for server in servers.values():
        server.restore()


def _headers(case: Case) -> dict[str, str]:
    sendable = {name: value for name, value in (case.headers or {}).items() if value.isascii() and value.isprintable()}
    return sendable | {"content-type": "application/json"}


def _body(case: Case) -> bytes:
    match case.body:
        case NotSet():
            return b""
        case bytes() as body:
            return body
        case body:
            return json.dumps(body).encode(errors="surrogatepass")
