"""Which services there are."""

from collections.abc import Iterable
from functools import partial

from lictor.observability.measurements import RetentionMeasurements
from lictor.resources.deployments.table import deployment_schedule
from lictor.services.automation_trimming import trim_automations
from lictor.services.cancellations import cancel_children, end_cancellations
from lictor.services.catch_up import skip_missed_runs
from lictor.services.event_trimming import trim_events
from lictor.services.foreman import tell_changes_of_status
from lictor.services.late_runs import mark_late_runs
from lictor.services.lease_expiry import expire_leases
from lictor.services.liveness import Liveness
from lictor.services.pause_expirations import fail_expired_pauses
from lictor.services.retention import Retention
from lictor.services.runner import Service
from lictor.services.scheduler import make_scheduled_runs
from lictor.settings import Settings

CATCH_UP_SECONDS = 15.0


def services(settings: Settings, measurements: RetentionMeasurements) -> list[Service]:
    """The services of a server. Whoever makes one adds a line here."""
    found = (
        (
            settings.services.lease_expiry_enabled,
            Service("lease expiry", settings.services.lease_expiry_seconds, partial(expire_leases, settings)),
        ),
        (
            settings.services.scheduler.enabled,
            Service(
                "scheduler",
                settings.services.scheduler.loop_seconds,
                partial(make_scheduled_runs, settings.services.scheduler),
                wakes=deployment_schedule.name,
            ),
        ),
        (
            settings.services.scheduler.enabled,
            Service("missed runs", CATCH_UP_SECONDS, partial(skip_missed_runs, settings), starts_at_once=True),
        ),
        (
            settings.services.retention.deletes_runs or settings.services.retention.logs is not None,
            Service(
                "retention",
                settings.services.retention.loop_seconds,
                Retention(settings.services.retention, measurements).work,
            ),
        ),
        (True, Service("event trimming", settings.services.trimming_seconds, partial(trim_events, settings.events))),
        (
            True,
            Service(
                "automation trimming", settings.services.trimming_seconds, partial(trim_automations, settings.events)
            ),
        ),
        *_of_runs(settings),
    )
    return [service for is_wanted, service in found if is_wanted]


def _of_runs(settings: Settings) -> Iterable[tuple[bool, Service]]:
    """What the server does by itself to runs."""
    late, pauses, cancellation = settings.late_runs, settings.pause_expirations, settings.cancellation
    liveness = settings.liveness
    yield settings.foreman.enabled, Service("foreman", settings.foreman.loop_seconds, tell_changes_of_status)
    yield late.enabled, Service("late runs", late.loop_seconds, partial(mark_late_runs, settings))
    yield (
        pauses.enabled,
        Service("pause expirations", pauses.loop_seconds, partial(fail_expired_pauses, settings)),
    )
    yield (
        cancellation.enabled,
        Service("cancellation cleanup", cancellation.loop_seconds, partial(cancel_children, settings)),
    )
    yield (
        cancellation.enabled,
        Service("cancellation timeouts", cancellation.loop_seconds, partial(end_cancellations, settings)),
    )
    yield liveness.enabled, Service("liveness", liveness.loop_seconds, Liveness.of(settings).look)
