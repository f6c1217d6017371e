"""The variable API."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Response

from lictor.db.engine import Reader
from lictor.errors import NotFound
from lictor.http.dependencies import ReadDB, WriteTx
from lictor.http.fast_dependencies import through_fastapi
from lictor.http.list_response import list_response
from lictor.http.paging import PageParams
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.query.operators import Clause
from lictor.resources.variables import queries
from lictor.resources.variables.filters import VariableFilter
from lictor.resources.variables.queries import with_id, with_name
from lictor.resources.variables.schemas import Variable, VariableCreate, VariableSort, VariableUpdate
from lictor.resources.variables.writes import change_variable, drop_variable, make_variable

router = StrictRouter(prefix="/variables", tags=["Variables"])

Id = Annotated[UUID, Path(description="The variable's id.")]
Name = Annotated[str, Path(description="The variable's name.")]


@router.post("/", response_model=Variable, status_code=201)
@through_fastapi
async def create_variable(tx: WriteTx, variable: VariableCreate) -> Response:
    """Make a variable."""
    id = await make_variable(tx, variable)
    return RowsResponse(await tx.object(queries.VARIABLE, queries.one_variable(with_id(id))), 201)


@router.get("/{id:uuid}", response_model=Variable)
async def read_variable(db: ReadDB, id: Id) -> Response:
    """Read a variable."""
    return await _read(db, with_id(id))


@router.get("/name/{name}", response_model=Variable)
async def read_variable_by_name(db: ReadDB, name: Name) -> Response:
    """Read the variable of a name."""
    return await _read(db, with_name(name))


async def _read(db: Reader, which: Clause) -> Response:
    variable = await db.object(queries.VARIABLE, queries.one_variable(which))
    if variable is None:
        raise NotFound("Variable not found.")
    return RowsResponse(variable)


@router.post("/filter", response_model=list[Variable])
async def read_variables(
    db: ReadDB,
    page_params: PageParams,
    variables: Annotated[VariableFilter | None, Body(description="What to ask of the variables.")] = None,
    sort: Annotated[VariableSort, Body(description="In which order to list the variables.")] = VariableSort.NAME_ASC,
) -> Response:
    """List the variables that match."""
    return await list_response(db, queries.variable_list({"variables": variables}, sort), page_params)


@router.post("/count")
async def count_variables(
    db: ReadDB,
    variables: Annotated[VariableFilter | None, Body(embed=True, description="What to ask of the variables.")] = None,
) -> int:
    """Count the variables that match."""
    count: int = await db.slow.scalar(queries.variable_count({"variables": variables}))
    return count


@router.patch("/{id:uuid}", status_code=204)
async def update_variable(tx: WriteTx, id: Id, variable: VariableUpdate) -> None:
    """Change a variable. What is not given stays as it is."""
    await change_variable(tx, with_id(id), variable)


@router.patch("/name/{name}", status_code=204)
async def update_variable_by_name(tx: WriteTx, name: Name, variable: VariableUpdate) -> None:
    """Change the variable of a name. What is not given stays as it is."""
    await change_variable(tx, with_name(name), variable)


@router.delete("/{id:uuid}", status_code=204)
async def delete_variable(tx: WriteTx, id: Id) -> None:
    """Delete a variable."""
    await drop_variable(tx, with_id(id))


@router.delete("/name/{name}", status_code=204)
async def delete_variable_by_name(tx: WriteTx, name: Name) -> None:
    """Delete the variable of a name."""
    await drop_variable(tx, with_name(name))
