"""The pages that show what the API answers: Swagger UI, served by ourselves, as not everybody reaches the internet."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

START = 'SwaggerUIBundle({url: "openapi.json", dom_id: "#docs", deepLinking: true, layout: "BaseLayout"})'

PAGE = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lictor: API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="docs"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>{START}</script>
</html>
"""

MEDIA_TYPES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}

POLICY = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' "
    f"'sha256-{base64.b64encode(hashlib.sha256(START.encode()).digest()).decode()}'; frame-ancestors 'none'; base-uri 'none'"
)


async def _page(_: Request) -> Response:
    return HTMLResponse(PAGE, headers={"content-security-policy": POLICY})


async def _to_docs(_: Request) -> Response:
    return RedirectResponse("docs")


async def _file(request: Request) -> Response:
    name: str = request.path_params["name"]
    if name not in MEDIA_TYPES:
        return Response(status_code=404)
    headers = {"cache-control": "max-age=86400"}
    return Response(_read(name), media_type=MEDIA_TYPES[name], headers=headers)


@cache
def _read(name: str) -> bytes:
    return (files("fastapi_swagger") / "resources" / name).read_bytes()


DOCS_ROUTES = (Route("/docs", _page), Route("/docs/{name}", _file), Route("/redoc", _to_docs))
