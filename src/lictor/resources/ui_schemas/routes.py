"""The API of forms."""

from typing import Annotated, Any

from fastapi import Body, Response

from lictor.errors import Unprocessable
from lictor.http.dependencies import ReadDB
from lictor.http.routing import StrictRouter
from lictor.http.rows import RowsResponse
from lictor.resources.ui_schemas.placeholders import replace, variable_names
from lictor.resources.ui_schemas.schemas import SchemaValuesValidationResponse
from lictor.resources.variables.queries import values_of
from lictor.validation.json_schema import InvalidSchema, Mismatch, call

router = StrictRouter(prefix="/ui/schemas", tags=["UI", "Schemas"])

ANY_OBJECT = {"additionalProperties": True}


@router.post("/validate", name="validate_obj", response_model=SchemaValuesValidationResponse)
async def validate_values(
    db: ReadDB,
    json_schema: Annotated[
        dict[str, Any],
        Body(embed=True, alias="schema", description="A JSON Schema.", json_schema_extra=ANY_OBJECT),
    ],
    values: Annotated[
        dict[str, Any], Body(embed=True, description="The values of the form.", json_schema_extra=ANY_OBJECT)
    ],
) -> Response:
    """Say what is wrong with the values of a form, each in its place."""
    variables = await values_of(db, variable_names(values))
    meant, problems = replace(values, variables)
    try:
        errors = await call("form_errors", json_schema, meant, problems)
    except (InvalidSchema, Mismatch) as error:
        raise Unprocessable(f"Invalid schema: {error}") from None
    return RowsResponse({"errors": errors, "valid": not errors})
