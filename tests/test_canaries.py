"""What we rely on of each library beyond its documentation; `docs/decisions` says why.

A test that fails here after an upgrade says which library moved something, before anything else fails for reasons that
are hard to see.
"""

import asyncio
from typing import Annotated, Any

import aiosqlite
import sqlalchemy as sa
import starlette
import uvicorn
from asyncpg.protocol.protocol import BaseProtocol
from fastapi import APIRouter, Body
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic._internal._model_construction import ModelMetaclass
from sqlalchemy.dialects import sqlite
from starlette._utils import get_route_path
from starlette.middleware.gzip import GZipResponder
from starlette.responses import Response
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import apply_mask
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from lictor.http.fast_dependencies import UNSUPPORTED


def test_fastapi() -> None:
    async def route(one: Annotated[int, Body()], other: Annotated[int, Body()] = 2) -> Response:
        return Response(str(one + other))

    router = APIRouter()
    router.add_api_route("/", route, methods=["POST"])
    (made,) = router.routes
    assert isinstance(made, APIRoute)
    assert made._embed_body_fields
    assert [field._type_adapter.validator.validate_python("1") for field in made.dependant.body_params] == [1, 1]
    assert all(hasattr(Dependant(), kind) for kind in (*UNSUPPORTED, "use_cache", "http_connection_param_name"))


def test_starlette() -> None:
    assert starlette.__version__
    assert get_route_path({"type": "http", "path": "/api/flows", "root_path": "/api"}) == "/flows"
    assert isinstance(GZipResponder.__dict__["compressor"], property)


def test_sqlalchemy() -> None:
    statement: Any = sa.select(sa.literal(7).label("seven"))
    key = statement._generate_cache_key()
    compiled = statement._compiler(sqlite.dialect(), cache_key=key, column_keys=[], for_executemany=False)
    values = compiled.construct_params(
        params=None, extracted_parameters=key.bindparams, escape_names=False, _collected_params=key.params
    )
    assert [*values.values()] == [7]
    assert [column.keyname for column in compiled._result_columns] == ["seven"]
    assert compiled._bind_processors == {}
    assert not compiled.post_compile_params
    assert not compiled.literal_execute_params


def test_asyncpg() -> None:
    assert callable(BaseProtocol._is_cancelling)
    assert callable(BaseProtocol._wait_for_cancellation)


async def test_aiosqlite() -> None:
    async with aiosqlite.connect(":memory:") as connection:
        assert await connection._execute(lambda: connection._conn.execute("SELECT 7").fetchone()) == (7,)


def test_uvicorn() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        pass

    async def make() -> WebSocketsSansIOProtocol:
        return WebSocketsSansIOProtocol(uvicorn.Config(app, interface="asgi3"), ServerState(), {})

    protocol = asyncio.run(make())
    assert isinstance(protocol.conn, ServerProtocol)
    assert isinstance(protocol.queue, asyncio.Queue)
    assert (protocol.read_paused, protocol.close_sent) == (False, False)
    assert all(callable(getattr(protocol, f"handle_{event}")) for event in ("ping", "text", "close"))


def test_websockets() -> None:
    protocol = ServerProtocol()
    assert isinstance(protocol.reader, StreamReader)
    assert protocol.reader.buffer == bytearray()
    assert protocol.current_size is None
    assert protocol.events == []
    next(protocol.parse())
    assert apply_mask(b"\x01\x02", b"\x03\x03\x03\x03") == b"\x02\x01"


def test_pydantic() -> None:
    class Adding(ModelMetaclass):
        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> type:
            namespace.setdefault("__annotations__", {})["added"] = int
            return super().__new__(mcs, name, bases, namespace, **options)

    class Model(BaseModel, metaclass=Adding):
        pass

    assert Model.model_validate({"added": "7"}).model_dump() == {"added": 7}
