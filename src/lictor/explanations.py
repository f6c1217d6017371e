"""How the database would answer a list, for whoever wonders why it is slow."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from lictor.db.explain import explain
from lictor.filters.cursor import Listing
from lictor.http.dependencies import CurrentSettings, ReadDB
from lictor.http.errors import Forbidden, as_json
from lictor.http.paging import Part
from lictor.http.routing import StrictRouter
from lictor.lists import statements


class ExplainedStatement(BaseModel):
    """A statement that the server would send."""

    sql: str = Field(description="The statement, with placeholders.")
    parameters: list[Any] = Field(description="What stands in place of its placeholders, in their order.")
    plan: Any = Field(
        description="The database's plan: on PostgreSQL the object of EXPLAIN (FORMAT JSON), on SQLite a list of lines."
    )


class Explanation(BaseModel):
    """What a request would ask of the database."""

    database: str = Field(description="`postgresql` or `sqlite`.")
    statements: list[ExplainedStatement] = Field(
        description="The statements, in their order; later ones are sent only if earlier ones find too few rows."
    )


def add_explain(router: StrictRouter, name: str, asked: Callable[..., Awaitable[Listing]]) -> None:
    """Gives a router `POST /filter/explain`, for the list that a dependency makes of a request."""

    async def explain_list(
        db: ReadDB, settings: CurrentSettings, part: Part, listing: Annotated[Listing, Depends(asked)]
    ) -> Response:
        if not settings.server.explain_enabled:
            raise Forbidden("Explanations are switched off; LICTOR_EXPLAIN_ENABLED=true switches them on.")
        async with db.connection() as lane:
            explained = [await explain(lane, each) for each in statements(listing, part, lane.dialect)]
            content = {"database": lane.dialect.name, "statements": explained}
        return Response(as_json(content), media_type="application/json")

    router.add_api_route(
        "/filter/explain",
        explain_list,
        methods=["POST"],
        name=f"explain_{name}",
        description=f"Tell how the database would list these {name.replace('_', ' ')}: SQL, parameters, plan. "
        "Only if LICTOR_EXPLAIN_ENABLED is set.",
        response_model=Explanation,
        openapi_extra={"x-lictor": True},
    )
