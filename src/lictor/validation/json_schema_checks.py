"""Values against JSON Schemas of draft 2020-12, none of which is ever fetched from elsewhere.

A schema that a client wrote may take for ever, so nothing of this is called in the server's process:
`lictor.validation.json_schema` and `lictor.resources.work_pools.templates` call it through `lictor.sandbox`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jsonschema import Draft202012Validator, SchemaError, ValidationError
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from lictor.validation.json_schema import InvalidSchema, Mismatch, Schema

NOTHING_ELSEWHERE: Registry[Any] = Registry()
FORMATS = Draft202012Validator.FORMAT_CHECKER


def check_schema(schema: Schema) -> None:
    """Raises InvalidSchema unless it is a schema, regular expressions included."""
    try:
        Draft202012Validator.check_schema(schema, format_checker=FORMATS)
    except SchemaError as error:
        raise InvalidSchema(error.message) from error
    except OverflowError as error:  # of the regular expression a{99999999999}
        raise InvalidSchema(str(error)) from error


def check(values: Any, schema: Schema) -> None:
    """Raises Mismatch if the values are not as the schema asks, and InvalidSchema if nobody can tell."""
    check_schema(schema)
    with _naming_what_is_wrong():
        error = best_match(_validator(schema).iter_errors(values))
    if error is not None:
        raise Mismatch(_explained(error))


def first_error(values: Any, schema: Schema) -> ValidationError | None:
    """The first thing that is wrong with the values, formats included. The schema must have been checked."""
    with _naming_what_is_wrong():
        return next(_validator(schema, format_checker=FORMATS).iter_errors(values), None)


def all_errors(values: Any, schema: Schema) -> list[ValidationError]:
    """All that is wrong with the values, formats included. The schema must have been checked."""
    with _naming_what_is_wrong():
        return list(_validator(schema, format_checker=FORMATS).iter_errors(values))


def _validator(schema: Schema, **options: Any) -> Draft202012Validator:
    return Draft202012Validator(schema, registry=NOTHING_ELSEWHERE, **options)


@contextmanager
def _naming_what_is_wrong() -> Iterator[None]:
    try:
        yield
    except RecursionError as error:
        raise InvalidSchema("Unable to validate schema with circular references.") from error
    except Unresolvable as error:
        raise Mismatch(f"Validation failed. Failure reason: {error}") from error
    except (ValueError, OverflowError) as error:  # of references that are no URLs, and of numbers beyond floats
        raise InvalidSchema(str(error)) from error


def _explained(error: ValidationError) -> str:
    field = error.json_path.replace("$.", "")
    where = "" if field == "$" else f" for field {field!r}"
    return f"Validation failed{where}. Failure reason: {error.message}"
