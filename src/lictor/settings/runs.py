"""The settings of work pools, and of what the server does by itself to runs."""

from datetime import timedelta

from lictor.settings.fields import Group, Seconds, setting


class WorkPoolSettings(Group):
    """How work is given to workers."""

    claim_lease: Seconds = setting(
        timedelta(seconds=5),
        "LICTOR_WORK_POOLS_CLAIM_LEASE",
        about="For how long a run that a worker, or a process that serves a deployment, was given is not given to another:"
        " seconds, or an ISO 8601 duration. Who is able to start it does so within that time; 0 gives a run to all who ask.",
        ge=timedelta(0),
        le=timedelta(minutes=5),
    )
    cleanup_lease_seconds: float = setting(
        30.0,
        "PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_LEASE_SECONDS",
        about="For how many seconds infrastructure that a worker was told to tear down is left to that worker.",
        gt=0,
    )
    cleanup_max_delivery_attempts: int = setting(
        3,
        "PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_MAX_DELIVERY_ATTEMPTS",
        about="How many workers are told to tear the same infrastructure down, one after the other, until one has.",
        ge=1,
    )


class ForemanSettings(Group):
    """When workers and pools count as ready, and who says so."""

    enabled: bool = setting(
        True,
        "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED",
        "PREFECT_API_SERVICES_FOREMAN_ENABLED",
        about="Tell by events when pools, queues and deployments become ready or cease to be. Whether they are is worked"
        " out when somebody asks, in any case.",
    )
    loop_seconds: float = setting(
        15.0,
        "PREFECT_SERVER_SERVICES_FOREMAN_LOOP_SECONDS",
        "PREFECT_API_SERVICES_FOREMAN_LOOP_SECONDS",
        about="How many seconds lie between two looks for such events.",
        gt=0,
    )
    inactivity_heartbeat_multiple: int = setting(
        3,
        "PREFECT_SERVER_SERVICES_FOREMAN_INACTIVITY_HEARTBEAT_MULTIPLE",
        "PREFECT_API_SERVICES_FOREMAN_INACTIVITY_HEARTBEAT_MULTIPLE",
        about="After how many intervals between heartbeats without one a worker counts as offline.",
        ge=1,
        le=1000,
    )
    fallback_heartbeat_interval_seconds: int = setting(
        30,
        "PREFECT_SERVER_SERVICES_FOREMAN_FALLBACK_HEARTBEAT_INTERVAL_SECONDS",
        "PREFECT_API_SERVICES_FOREMAN_FALLBACK_HEARTBEAT_INTERVAL_SECONDS",
        about="How many seconds lie between the heartbeats of a worker that does not say so.",
        ge=1,
    )


class LateRunSettings(Group):
    """When scheduled runs become late."""

    enabled: bool = setting(
        True,
        "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED",
        "PREFECT_API_SERVICES_LATE_RUNS_ENABLED",
        about="Have scheduled runs that did not start in time enter the state `Late`.",
    )
    loop_seconds: float = setting(
        5.0,
        "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS",
        "PREFECT_API_SERVICES_LATE_RUNS_LOOP_SECONDS",
        about="How many seconds lie between two looks for such runs.",
        gt=0,
    )
    after_seconds: Seconds = setting(
        timedelta(seconds=15),
        "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS",
        "PREFECT_API_SERVICES_LATE_RUNS_AFTER_SECONDS",
        about="How long after it was due a run is late: seconds, or an ISO 8601 duration.",
        ge=timedelta(0),
    )


class PauseExpirationSettings(Group):
    """When paused runs fail."""

    enabled: bool = setting(
        True,
        "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED",
        "PREFECT_API_SERVICES_PAUSE_EXPIRATIONS_ENABLED",
        about="Have paused runs fail that were not resumed in time.",
    )
    loop_seconds: float = setting(
        5.0,
        "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS",
        "PREFECT_API_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS",
        about="How many seconds lie between two looks for such runs.",
        gt=0,
    )


class CancellationSettings(Group):
    """What follows from the cancellation of a run."""

    enabled: bool = setting(
        True,
        "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_ENABLED",
        "PREFECT_API_SERVICES_CANCELLATION_CLEANUP_ENABLED",
        about="Cancel the task runs and subflow runs of cancelled runs, and end cancellations that take too long.",
    )
    loop_seconds: float = setting(
        20.0,
        "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS",
        "PREFECT_API_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS",
        about="How many seconds lie between two looks for such runs.",
        gt=0,
    )
    cancelling_timeout_seconds: float = setting(
        300.0,
        "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_CANCELLING_TIMEOUT_SECONDS",
        about="After how many seconds a run that is being cancelled counts as cancelled; a worker is told to tear its"
        " infrastructure down.",
        gt=0,
    )


class LivenessSettings(Group):
    """When runs that nobody hears of any more are taken for crashed."""

    enabled: bool = setting(
        True,
        "LICTOR_LIVENESS_ENABLED",
        about="Have runs crash whose process fell silent, and schedule runs anew whose worker died before it started"
        " them.",
    )
    loop_seconds: float = setting(
        15.0, "LICTOR_LIVENESS_LOOP_SECONDS", about="How many seconds lie between two looks for such runs.", gt=0
    )
    grace: Seconds = setting(
        timedelta(seconds=90),
        "LICTOR_LIVENESS_GRACE",
        about="For how long after a run was taken or started, or after the server started, nothing follows from the silence"
        " of a worker: seconds, or an ISO 8601 duration.",
        ge=timedelta(0),
    )
    pending_timeout: Seconds = setting(
        timedelta(hours=1),
        "LICTOR_PENDING_TIMEOUT",
        about="How long a run of a deployment or a work pool may be pending before it counts as crashed: seconds, or an"
        " ISO 8601 duration; 0 for any time.",
        ge=timedelta(0),
    )


class ConcurrencySettings(Group):
    """The rules that limits on concurrency follow."""

    longest_wait_seconds: float = setting(
        30.0,
        "PREFECT_SERVER_CONCURRENCY_MAXIMUM_CONCURRENCY_SLOT_WAIT_SECONDS",
        about="The most seconds, on average, that whoever is denied a slot of a limit is told to wait before asking "
        "again. For limits on tags it is `PREFECT_SERVER_TASKS_TAG_CONCURRENCY_SLOT_WAIT_SECONDS`; rates tell it "
        "themselves.",
        ge=0,
    )


class TaskSettings(Group):
    """The rules that task runs follow."""

    tag_concurrency_slot_wait_seconds: float = setting(
        10.0,
        "PREFECT_SERVER_TASKS_TAG_CONCURRENCY_SLOT_WAIT_SECONDS",
        "PREFECT_TASK_RUN_TAG_CONCURRENCY_SLOT_WAIT_SECONDS",
        about="After how many seconds a task run asks again when its tag's concurrency limit is used up.",
        ge=0,
    )
    max_cache_key_length: int = setting(
        2000,
        "PREFECT_SERVER_TASKS_MAX_CACHE_KEY_LENGTH",
        "PREFECT_API_TASK_CACHE_KEY_MAX_LENGTH",
        about="How many characters a task run's cache key may have.",
        ge=1,
    )
