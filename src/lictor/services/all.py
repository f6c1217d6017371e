"""Which services there are."""

from functools import partial

from lictor.services.automation_trimming import trim_automations
from lictor.services.event_trimming import trim_events
from lictor.services.lease_expiry import expire_leases
from lictor.services.runner import Service
from lictor.settings import Settings


def services(settings: Settings) -> list[Service]:
    """The services of a server. Whoever makes one adds a line here."""
    found = (
        (
            settings.services.lease_expiry_enabled,
            Service("lease expiry", settings.services.lease_expiry_seconds, partial(expire_leases, settings)),
        ),
        (True, Service("event trimming", settings.services.trimming_seconds, partial(trim_events, settings.events))),
        (
            True,
            Service(
                "automation trimming", settings.services.trimming_seconds, partial(trim_automations, settings.events)
            ),
        ),
    )
    return [service for is_wanted, service in found if is_wanted]
