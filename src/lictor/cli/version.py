import platform

from lictor import __version__
from lictor.http.api_version import PREFECT_VERSION


def version() -> None:
    """Show the versions of Lictor, of the API it serves, and of Python."""
    print(f"Lictor {__version__}")
    print(f"Prefect's API as of {PREFECT_VERSION}")
    print(f"Python {platform.python_version()}")
