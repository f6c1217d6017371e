"""Prints the OpenAPI document of the server: `python -m tests.openapi_document`."""

import json

from lictor.app import create_app
from lictor.settings import Settings

if __name__ == "__main__":
    print(json.dumps(create_app(Settings()).openapi()))
