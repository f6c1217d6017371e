"""Settings of how much a client may take."""

from lictor.settings.fields import Group, setting


class ServerBounds(Group):
    """What one client may take of the server."""

    max_body_bytes: int = setting(
        16 * 1024 * 1024, "LICTOR_MAX_BODY_BYTES", about="The largest request body that is read, in bytes.", ge=1
    )
    max_response_bytes: int = setting(
        64 * 1024 * 1024,
        "LICTOR_MAX_RESPONSE_BYTES",
        about="The largest answer that is read and sent whole, in bytes; for more, ask for fewer objects, or for an export.",
        ge=1024 * 1024,
    )
    max_response_bytes_in_flight: int = setting(
        256 * 1024 * 1024,
        "LICTOR_MAX_RESPONSE_BYTES_IN_FLIGHT",
        about="How many bytes of large answers a process holds, from when the database sends them until their clients have "
        "read them; further ones get 503.",
        ge=1024 * 1024,
    )
    request_timeout: float = setting(
        20.0,
        "LICTOR_REQUEST_TIMEOUT",
        about="How many seconds a client may take to send the header of a request, or its body without getting on: each "
        "byte that arrives adds 2 ms.",
        gt=0,
    )
    write_timeout: float = setting(
        30.0,
        "LICTOR_WRITE_TIMEOUT",
        about="How many seconds a client may leave an answer or a stream unread before it is cut off.",
        gt=0,
    )
    sandbox_seconds: float = setting(
        1.0,
        "LICTOR_SANDBOX_SECONDS",
        about="How many seconds of processor time the check of a value against a client's JSON Schema may take, or the "
        "rendering of a client's template.",
        gt=0,
    )
    sandbox_memory_bytes: int = setting(
        512 * 1024 * 1024,
        "LICTOR_SANDBOX_MEMORY_BYTES",
        about="How much memory the process has in which they are checked and rendered, in bytes of address space.",
        ge=128 * 1024 * 1024,
    )
    sandbox_processes: int = setting(
        2, "LICTOR_SANDBOX_PROCESSES", about="How many such processes a server has at most; none while idle.", ge=1
    )
