"""Sessions of browsers: a signed cookie in place of the password, which pages never keep."""

import hmac
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from lictor.db.clock import CLOCK

COOKIE = "lictor_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Sessions:
    """Issues and checks session tokens.

    A token is a Unix time at which it expires and an HMAC of that time, keyed by the credentials: every replica takes
    it, nothing is stored, and a new password ends all sessions.
    """

    def __init__(self, credentials: bytes) -> None:
        self._key = sha256(b"lictor session\0" + credentials).digest()

    def issue(self, lifetime_seconds: float) -> str:
        """A token that is good for this long."""
        expires = str(int(CLOCK.seconds() + lifetime_seconds))
        return f"{expires}.{self._signature(expires)}"

    def admits(self, headers: Headers, method: str = "GET") -> bool:
        """True if a request bears a token that is good, and was not sent by a page of another site.

        `SameSite` keeps the cookie from other sites; the origin is compared because neighbours on the same domain are
        the same site.
        """
        token = _cookie(headers)
        if token is None or not self._is_good(token):
            return False
        if headers.get("sec-fetch-site") == "same-origin":  # which no page can write itself
            return True
        origin = headers.get("origin")
        return method in SAFE_METHODS if origin is None else urlsplit(origin).netloc == headers.get("host")

    def _is_good(self, token: str) -> bool:
        expires, _, signature = token.partition(".")
        if not expires.isascii() or not expires.isdigit() or len(expires) > 12:
            return False
        expected = self._signature(expires)
        return hmac.compare_digest(signature.encode(), expected.encode()) and int(expires) > CLOCK.seconds()

    def _signature(self, expires: str) -> str:
        return hmac.new(self._key, expires.encode(), sha256).hexdigest()


def _cookie(headers: Headers) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return None if found is None else found.value
