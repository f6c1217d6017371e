"""Sends one notification by apprise, as a process of its own: it can be ended, and needs no memory of the server.

It reads what to send from its standard input, as JSON, and writes whether it was sent, and what apprise logged.
"""

import json
import logging
import re
import resource
import socket
import sys
from typing import Any

from lictor.events.actions.addresses import ForbiddenAddress, check_address

MAX_MEMORY_BYTES = 1024 * 2**20
MAX_LOG_CHARACTERS = 4_000


def main() -> None:
    """Sends what standard input says."""
    order = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    log: list[str] = []
    if not order["allow_private"]:
        _refuse_private_addresses(log)
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(_Kept(log))
    try:
        is_sent = _send(order)
    except Exception as error:  # noqa: BLE001  # whatever apprise has against it is to be told
        is_sent = False
        log.append(f"{type(error).__name__}: {error}")
    sys.stdout.write(json.dumps({"is_sent": is_sent, "log": "\n".join(log)[:MAX_LOG_CHARACTERS]}))


CAUSE = "Socket Exception: "
"""How apprise begins to say, at the level of debugging, why a connection failed."""

_ADDRESS = re.compile(r"(?<=with url: )\S+|https?://\S+")
"""What may hold a token."""


class _Kept(logging.Handler):
    """Keeps warnings, and the causes of connections that failed."""

    def __init__(self, log: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.levelno >= logging.WARNING:
            self._log.append(message)
        elif message.startswith(CAUSE):
            self._log.append(_ADDRESS.sub("…", message.removeprefix(CAUSE)))


def _refuse_private_addresses(log: list[str]) -> None:
    """Every connection of this process looks its host up here, and goes to what was found here."""
    look_up = socket.getaddrinfo

    def checked(host: Any, *arguments: Any, **options: Any) -> Any:
        found = look_up(host, *arguments, **options)
        for *_, address in found:
            try:
                check_address(str(address[0]), str(host))
            except ForbiddenAddress as error:
                log.append(str(error))
                raise OSError(str(error)) from error
        return found

    socket.getaddrinfo = checked


def _send(order: dict[str, Any]) -> bool:
    import apprise  # noqa: PLC0415  # none of the server's business until somebody is notified

    asset = apprise.AppriseAsset(app_id="Lictor", app_desc="Lictor", app_url="https://github.com/lictor")
    client = apprise.Apprise(asset=asset)
    if "url" in order:
        added = client.add(order["url"])
    else:
        added = client.add(_plugin(order["plugin"])(**order["arguments"], asset=asset))
    if not added:
        raise ValueError("The notification block was invalid: apprise cannot tell where to send to")
    return bool(client.notify(body=order["body"], title=order["subject"], notify_type=order["notify_type"]))


def _plugin(path: str) -> Any:

    module, _, name = path.partition(":")
    return getattr(__import__(f"apprise.plugins.{module}", fromlist=[name]), name)


if __name__ == "__main__":
    main()
