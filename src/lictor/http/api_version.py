"""Which Prefect's API this is, and which clients may use it."""

from lictor.errors import BadRequest

PREFECT_VERSION = "3.9.1"
API_VERSION = "0.8.4"
OLDEST_API_VERSION = "0.8.0"

HEADER = "x-prefect-api-version"


def numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = version.split(".")
    return int(major), int(minor), int(patch)


OLDEST = numbers(OLDEST_API_VERSION)


def check_api_version(requested: str) -> None:
    """Refuse a client that speaks an older API than this server does; one that does not say may pass."""
    if not requested:
        return
    try:
        too_old = numbers(requested) < OLDEST
    except ValueError:
        raise BadRequest(
            f"Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received {requested}"
        ) from None
    if too_old:
        raise BadRequest(
            f"The request specified API version {requested} but this server requires version "
            f"{OLDEST_API_VERSION} or higher."
        )
