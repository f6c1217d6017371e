"""Files as they are sent: compressed beforehand, with validators and lifetimes for caches."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from mimetypes import guess_type

from starlette.datastructures import Headers
from starlette.responses import Response

FOREVER = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Content encodings, the best first, and what the names of files in them end with."""


@dataclass(frozen=True)
class File:
    """A built file, in the encodings that it is there in; `identity` is the file as it is."""

    contents: Mapping[str, bytes]
    media_type: str
    etag: str
    cache_control: str
    headers: Mapping[str, str]

    def response(self, headers: Headers) -> Response:
        """The answer to a request with these headers."""
        encoding = _encoding(headers.get("accept-encoding", ""), self.contents)
        own = {
            **self.headers,
            "ETag": self.etag,
            "Cache-Control": self.cache_control,
            "Vary": "Accept-Encoding",
        }
        if encoding != "identity":
            own["Content-Encoding"] = encoding
        if self.etag.removeprefix("W/") in _etags(headers.get("if-none-match", "")):
            return Response(status_code=304, headers=own)
        return Response(self.contents[encoding], headers=own, media_type=self.media_type)


def _encoding(accepted: str, offered: Mapping[str, bytes]) -> str:
    """The first of our encodings that a client accepts: those that it gives a quality of zero it does not."""
    names = {}
    for each in accepted.split(","):
        name, _, quality = each.partition(";")
        names[name.strip().lower()] = quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return next((name for name in ENCODINGS if name in offered and names.get(name)), "identity")


def _etags(if_none_match: str) -> set[str]:
    return {each.strip().removeprefix("W/") for each in if_none_match.split(",")}


def etag_of(content: bytes) -> str:
    return f'W/"{sha256(content).hexdigest()[:24]}"'


def media_type_of(path: str) -> str:
    """What a file holds, by its name."""
    return "text/javascript" if path.endswith(".js") else guess_type(path)[0] or "application/octet-stream"


def cache_control_of(path: str) -> str:
    """How long a file may be kept: for good in `assets/`, where its name holds a hash of its content."""
    return FOREVER if path.startswith("assets/") else REVALIDATE
