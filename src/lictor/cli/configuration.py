"""The settings of a command, and the folder that they call home."""

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from lictor.errors import LictorError
from lictor.settings import Settings, read_settings


def configured() -> Settings:
    """The settings. If they put the database into Lictor's own folder, that is there from now on."""
    settings = read_settings()
    try:
        url = make_url(settings.database.url)
    except (ArgumentError, ValueError):
        raise LictorError("PREFECT_SERVER_DATABASE_CONNECTION_URL: is not the URL of a database") from None
    if url.get_backend_name() == "sqlite" and (url.database or "").startswith(f"{settings.home}/"):
        try:
            settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LictorError(f"LICTOR_HOME: {settings.home} cannot be made: {error.strerror}") from error
    return settings
