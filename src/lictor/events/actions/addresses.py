"""Which addresses outgoing requests may reach."""

import ipaddress


class ForbiddenAddress(Exception):
    """The address is one that outgoing requests may not reach."""


def check_address(address: str, host: str) -> None:
    """Raises ForbiddenAddress unless it is an address of the public internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found.sixtofour or found
    if not found.is_global or found.is_multicast:
        raise ForbiddenAddress(
            f"{host} is at {address}, which is not a public address; LICTOR_AUTOMATIONS_ALLOW_PRIVATE_ADDRESSES lets"
            " webhooks and notifications reach those, too."
        )
