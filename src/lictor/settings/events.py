"""Settings of events."""

from datetime import timedelta

from lictor.settings.fields import Group, setting


class EventSettings(Group):
    """What events may be like, and how long they are kept."""

    maximum_event_name_length: int = setting(
        1024,
        "PREFECT_SERVER_EVENTS_MAXIMUM_EVENT_NAME_LENGTH",
        about="How many characters the name of an event may have.",
        ge=1,
    )
    maximum_labels_per_resource: int = setting(
        500,
        "PREFECT_SERVER_EVENTS_MAXIMUM_LABELS_PER_RESOURCE",
        "PREFECT_EVENTS_MAXIMUM_LABELS_PER_RESOURCE",
        about="How many labels a resource of an event may have.",
        ge=1,
    )
    maximum_related_resources: int = setting(
        100,
        "PREFECT_SERVER_EVENTS_MAXIMUM_RELATED_RESOURCES",
        "PREFECT_EVENTS_MAXIMUM_RELATED_RESOURCES",
        about="How many related resources an event may have.",
        ge=0,
    )
    retention_period: timedelta = setting(
        timedelta(days=7),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD",
        "PREFECT_EVENTS_RETENTION_PERIOD",
        about="How long events are kept.",
        gt=timedelta(0),
    )
    maximum_websocket_backfill: timedelta = setting(
        timedelta(minutes=15),
        "PREFECT_SERVER_EVENTS_MAXIMUM_WEBSOCKET_BACKFILL",
        "PREFECT_EVENTS_MAXIMUM_WEBSOCKET_BACKFILL",
        about="How far back a stream of events may begin.",
        ge=timedelta(0),
    )
    websocket_backfill_page_size: int = setting(
        250,
        "PREFECT_SERVER_EVENTS_WEBSOCKET_BACKFILL_PAGE_SIZE",
        "PREFECT_EVENTS_WEBSOCKET_BACKFILL_PAGE_SIZE",
        about="How many past events are read at once for a stream.",
        ge=1,
    )
