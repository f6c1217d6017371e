"""How the database would answer a list, for whoever wonders why it is slow."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from lictor.db.explain import explain
from lictor.errors import Forbidden
from lictor.http.dependencies import CurrentSettings, ReadDB
from lictor.http.errors import as_json
from lictor.http.list_response import statements
from lictor.http.paging import PageParams
from lictor.http.routing import StrictRouter
from lictor.query.cursor import ListQuery


class ExplainedStatement(BaseModel):
    """A statement that the server would send."""

    strategy: str = Field(
        description="`related_set`, or the way chosen to make the page; empty for a page behind a cursor. A way that walks "
        "through rows in order is raced by a `search` if it takes longer than LICTOR_WALK_SECONDS."
    )
    sql: str = Field(description="The statement, with placeholders.")
    parameters: list[Any] = Field(description="What stands in place of its placeholders, in their order.")
    plan: Any = Field(
        description="The database's plan: on PostgreSQL the object of EXPLAIN (FORMAT JSON), on SQLite a list of lines."
    )


class Explanation(BaseModel):
    """What a request would ask of the database."""

    database: str = Field(description="`postgresql` or `sqlite`.")
    statements: list[ExplainedStatement] = Field(
        description="The statements, in their order: those that resolve related sets, then those of the page; later "
        "ones of a page behind a cursor are sent only if earlier ones find too few rows."
    )


def add_explain(router: StrictRouter, name: str, list_query: Callable[..., Awaitable[ListQuery]]) -> None:
    """Gives a router `POST /filter/explain`, for the list that a dependency makes of a request."""

    async def explain_list(
        db: ReadDB,
        settings: CurrentSettings,
        page_params: PageParams,
        list_query: Annotated[ListQuery, Depends(list_query)],
    ) -> Response:
        if not settings.server.explain_enabled:
            raise Forbidden("Explanations are switched off; LICTOR_EXPLAIN_ENABLED=true switches them on.")
        async with db.connection() as connection:
            explained = [
                explanation
                for statement in statements(list_query, page_params, connection.dialect)
                for explanation in await explain(connection, statement)
            ]
            content = {"database": connection.dialect.name, "statements": explained}
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
